// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include <lsgd/statistics/draw_statistics.hpp>

#include "simulated_draws.hpp"

namespace lsgd {
namespace {

/// Probabilities of every number of ups, by convolution.
std::vector<double> distribution_of(const FractionCounts& counts) {
  std::vector<double> chance{1};
  for (const auto& [fraction, count] : counts)
    for (int i = 0; i < static_cast<int>(count); ++i) {
      std::vector<double> next(chance.size() + 1, 0);
      for (std::size_t up = 0; up < chance.size(); ++up) {
        next[up] += chance[up] * (1 - fraction);
        next[up + 1] += chance[up] * fraction;
      }
      chance = next;
    }
  return chance;
}

TEST(DrawStatistics, BoundTheProbabilityOfSums) {
  const FractionCounts counts{{1.0 / 256, 60}, {1.0 / 16, 40}, {0.5, 21}, {15.0 / 16, 9}};
  const std::vector<double> chance = distribution_of(counts);
  double expected = 0;
  for (const auto& [fraction, count] : counts) expected += fraction * count;
  double above = 0;
  for (std::size_t up = chance.size(); up-- > 0;) {
    above += chance[up];
    const double excess = static_cast<double>(up) - expected;
    if (excess <= 0) break;
    const double bound = std::exp(log_tail(counts, excess));
    EXPECT_GE(bound * (1 + 1e-9), above) << up;
    // Chernoff's bound loses a factor of the order of the standard deviation.
    if (above > 1e-12 && above < 1e-3) {
      EXPECT_LE(bound, 40 * above) << up;
    }
  }
  double below = 0;
  for (std::size_t up = 0; static_cast<double>(up) < expected; ++up) {
    below += chance[up];
    EXPECT_GE(std::exp(log_tail(counts, static_cast<double>(up) - expected)) * (1 + 1e-9), below);
  }
}

TEST(DrawStatistics, LookAtRemaindersThatTellUnitsApart) {
  const std::vector<std::uint32_t> fractions = fractions_to_draw();
  ASSERT_EQ(fractions.size(), repetition_draws + mean_draws);
  // Mappings of 4 bits and more to the nearest are right in the mean of these remainders.
  for (int bits = 4; bits <= 16; ++bits) {
    std::int64_t difference = 0;
    const int lost = 16 - bits;
    for (std::size_t i = repetition_draws; i < fractions.size(); ++i) {
      const std::uint32_t half = lost == 0 ? 0 : 1u << (lost - 1);
      difference += std::int64_t{(fractions[i] + half) >> lost << lost} - fractions[i];
    }
    // With 15 bits all of them are ties, which go up by a 65,536th.
    EXPECT_EQ(difference, bits == 15 ? std::int64_t{mean_draws} : 0) << bits;
  }
}

/// Against exact probabilities of every number of ups.
TEST(DrawStatistics, BoundWhatIsAcceptedOfWrongUnits) {
  const FractionCounts counts{{9.0 / 16, 60}, {13.0 / 16, 40}};
  const auto chance_of = [](double fraction) { return fraction - 7.0 / 16; };
  double expected = 0;
  for (const auto& [fraction, count] : counts) expected += fraction * count;
  const double fewest = expected - refused_excess(counts, true);
  // What is refused and what is not, one up apart.
  EXPECT_LE(log_tail(counts, std::floor(fewest) - expected), log_refused_mean());
  EXPECT_GT(log_tail(counts, std::floor(fewest) + 1 - expected), log_refused_mean());
  const std::vector<double> chance = distribution_of({{2.0 / 16, 60}, {6.0 / 16, 40}});
  double accepted = 0;
  for (std::size_t up = 0; up < chance.size(); ++up)
    if (static_cast<double>(up) > fewest) accepted += chance[up];
  const double bound = std::exp(log_accepted(counts, chance_of));
  EXPECT_LT(accepted, bound);
  EXPECT_LT(bound, 40 * accepted);
  EXPECT_LT(bound, 0.1);
  // A right one is refused so seldom that nothing bounds how seldom it is accepted.
  EXPECT_EQ(log_accepted(counts, [](double fraction) { return fraction; }), 0);
}

/// The power that is named (SPEC 15.8): of a unit that loses 0.031 or 0.0020 units to a cut.
TEST(DrawStatistics, MissTheNamedBiasesLessThanOnceInAHundredRuns) {
  const FractionCounts counts = fractions_of_mean(mean_draws);
  for (const int bits : {4, 8}) {
    const auto chance_of = [&](double fraction) { return chance_of_cut(fraction, bits); };
    EXPECT_LT(log_accepted(counts, chance_of), std::log(0.01)) << bits;
    EXPECT_LE(fewest_draws(bits, 0.99), mean_draws) << bits;
  }
  // Half as many would not do.
  EXPECT_GT(fewest_draws(8, 0.99), mean_draws / 2);
}

/// `stochastic_rounding_study` makes a thousand of each.
TEST(DrawStatistics, RefuseWhatDrawsWrongAndNothingElse) {
  for (const SimulatedUnit& unit : simulated_units())
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      const std::vector<DrawVerdict> verdicts = draw_verdicts(draws_of(unit, seed));
      const bool passed = verdicts[0].passed && verdicts[1].passed;
      EXPECT_EQ(passed, unit.is_right) << unit.name << " " << seed;
    }
}

/// Published biases (SPEC 15.8), on remainders of any size.
TEST(DrawStatistics, SimulatedUnitsHaveThePublishedBias) {
  for (const auto& [bits, bias] : {std::pair{4, -0.031}, std::pair{8, -0.0020}}) {
    double sum = 0;
    for (std::uint32_t fraction = 0; fraction < 65536; ++fraction)
      sum += static_cast<double>((fraction >> (16 - bits) << (16 - bits))) - fraction;
    EXPECT_NEAR(sum / 65536 / 65536, bias, 0.05 * -bias);
  }
}

}  // namespace
}  // namespace lsgd
