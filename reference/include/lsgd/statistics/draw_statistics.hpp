// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

// Stochastic roundings whose random bits nobody knows (SPEC 15.8): either neighbour is right each
// time, and whether a unit draws is told by many of them.

namespace lsgd {

/// A remainder of `fraction` / 65,536 units above the number below, and whether it went up.
struct ObservedDraw {
  std::uint32_t fraction = 0;
  bool went_up = false;
};

inline constexpr double fractions_of_unit = 65536;

/// A unit that draws right is refused by all statistics together at most this often.
inline constexpr double draw_false_alarm_rate = 1e-6;

/// Remainders of one half, in the order in which they are drawn, tell draws that repeat.
inline constexpr std::size_t repetition_draws = 4096;
inline constexpr std::size_t longest_period = 2048;
/// Remainders below 1/16, next to each multiple of 1/256, tell a mean that is off: those below one
/// lose up to 1/256 to a remainder that is cut to 8 bits, those above it next to nothing. They fill
/// one step of 4 bits evenly, so that mappings of 4 bits and more that are right in the mean are
/// here, too; and their variance is an eighth of that of remainders of any size.
inline constexpr std::size_t mean_draws = 786432;

/// Remainders to round, in order: repetition_draws of one half, then mean_draws.
inline std::vector<std::uint32_t> fractions_to_draw() {
  std::vector<std::uint32_t> fractions(repetition_draws, 32768);
  constexpr std::uint32_t step = 256, steps = 16;
  while (fractions.size() < repetition_draws + mean_draws)
    for (std::uint32_t k = 0; k < steps; ++k) {
      fractions.push_back(k * step + 1);
      fractions.push_back((k + 1) * step - 1);
    }
  return fractions;
}

/// One statistic of a unit's draws.
struct DrawVerdict {
  std::string statistic;       ///< mean, or repetition of the period most in line with it
  double value = 0;            ///< units too high in the mean; share of equal draws
  std::size_t period = 0;      ///< of repetition
  double log_probability = 0;  ///< of the like, or more, by chance: at most e^this
  bool passed = true;
};

/// Remainders and how many there are of each.
using FractionCounts = std::map<double, double>;

/// ln of a bound on the probability that independent draws, up with their fraction, end `excess`
/// or more above (below, where negative) their expectation (Chernoff): any exponent gives a bound,
/// the best is near enough.
inline double log_tail(const FractionCounts& counts, double excess) {
  if (excess == 0) return 0;
  const double side = excess > 0 ? 1 : -1;
  const auto exponent_of = [&](double theta) {
    double sum = -theta * std::abs(excess);
    for (const auto& [fraction, count] : counts)
      sum += count * (std::log1p(fraction * std::expm1(side * theta)) - side * theta * fraction);
    return sum;
  };
  // The exponent is convex and falls from 0.
  double low = 0, high = 64;
  for (int i = 0; i < 100; ++i) {
    const double left = low + (high - low) / 3, right = high - (high - low) / 3;
    (exponent_of(left) < exponent_of(right) ? high : low) =
        exponent_of(left) < exponent_of(right) ? right : left;
  }
  return std::min(0.0, exponent_of((low + high) / 2));
}

/// ln of the probability that mean_verdict refuses at: half of the false alarms are for this
/// statistic, on two sides.
inline double log_refused_mean() { return std::log(draw_false_alarm_rate / 4); }

/// The least number of ups above their expectation that mean_verdict refuses; of those below where
/// `is_below`.
inline double refused_excess(const FractionCounts& counts, bool is_below) {
  double low = 0, high = 0;
  for (const auto& [fraction, count] : counts) high += count * (is_below ? fraction : 1 - fraction);
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (log_tail(counts, is_below ? -middle : middle) > log_refused_mean() ? low : high) = middle;
  }
  return high;
}

/// ln of a bound on the probability that mean_verdict accepts a unit whose draws are independent
/// and go up with a probability of their own for each remainder (Chernoff): 0 where none is known.
/// @param chance_of a remainder that it goes up
template <class Chance>
double log_accepted(const FractionCounts& counts, const Chance& chance_of) {
  FractionCounts chances;
  double bias = 0;
  for (const auto& [fraction, count] : counts) {
    const double chance = chance_of(fraction);
    chances[chance] += count;
    bias += count * (chance - fraction);
  }
  // It is accepted only where its sum comes back by so much.
  const double room = std::abs(bias) - refused_excess(counts, bias < 0);
  return room <= 0 ? 0 : log_tail(chances, bias < 0 ? room : -room);
}

/// How often draws are too high, in units; of the remainders after the first repetition_draws.
inline DrawVerdict mean_verdict(std::span<const ObservedDraw> draws) {
  std::vector<std::uint32_t> numbers(65537, 0);
  std::int64_t up = 0, expected = 0;
  for (const ObservedDraw& draw : draws) {
    ++numbers.at(draw.fraction);
    up += draw.went_up ? 1 : 0;
    expected += draw.fraction;
  }
  FractionCounts counts;
  for (std::size_t fraction = 0; fraction < numbers.size(); ++fraction)
    if (numbers[fraction] > 0)
      counts[static_cast<double>(fraction) / fractions_of_unit] = numbers[fraction];
  const double excess = static_cast<double>(up) - static_cast<double>(expected) / fractions_of_unit;
  DrawVerdict verdict{"mean", excess / static_cast<double>(draws.size())};
  verdict.log_probability = log_tail(counts, excess);
  verdict.passed = verdict.log_probability > log_refused_mean();
  return verdict;
}

/// The period after which draws of one half are equal most, or least, often. Of independent draws
/// any two are equal with probability one half, and those at one distance are independent.
inline DrawVerdict repetition_verdict(std::span<const ObservedDraw> draws) {
  DrawVerdict verdict{"repetition", 0.5};
  const std::size_t periods = std::min(longest_period, draws.size() / 2);
  for (std::size_t period = 1; period <= periods; ++period) {
    const std::size_t pairs = draws.size() - period;
    std::size_t equal = 0;
    for (std::size_t i = 0; i < pairs; ++i)
      equal += draws[i].went_up == draws[i + period].went_up ? 1 : 0;
    const double count = static_cast<double>(pairs);
    const double excess = static_cast<double>(equal) - count / 2;
    // Hoeffding's bound.
    const double log_probability = -2 * excess * excess / count;
    if (log_probability >= verdict.log_probability) continue;
    verdict.log_probability = log_probability;
    verdict.value = static_cast<double>(equal) / count;
    verdict.period = period;
  }
  const double tests = 4 * static_cast<double>(periods);
  verdict.passed = verdict.log_probability > std::log(draw_false_alarm_rate / tests);
  return verdict;
}

/// Both, of draws of fractions_to_draw().
inline std::vector<DrawVerdict> draw_verdicts(std::span<const ObservedDraw> draws) {
  return {repetition_verdict(draws.first(repetition_draws)),
          mean_verdict(draws.subspan(repetition_draws))};
}

}  // namespace lsgd
