// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include <lsgd/statistics/equivalence.hpp>

#include "normal_draw.hpp"

namespace lsgd {
namespace {

constexpr std::size_t initialisations = 5;
constexpr int replicates = 20'000;

/// How often ports whose outcome differs by `difference` in the mean are accepted, where legal
/// trainings differ with standard deviation 1.
double acceptance(double difference, double margin, double known_deviation = 1) {
  NormalDraw draw(1);
  int accepted = 0;
  for (int i = 0; i < replicates; ++i) {
    std::array<double, initialisations> differences;
    for (double& d : differences) d = difference + draw();
    accepted += equivalence_test(differences, margin, known_deviation).passed() ? 1 : 0;
  }
  return static_cast<double>(accepted) / replicates;
}

TEST(EquivalenceTest, FalselyAcceptsAtMostOneInTwentyAtTheMargin) {
  const double resolution = 3 * std::sqrt(0.05 * 0.95 / replicates);
  for (const double margin : {0.5, 1.0, 2.0, 3.0, 30.0}) {
    EXPECT_LE(acceptance(margin, margin), 0.05 + resolution) << margin;
    EXPECT_LE(acceptance(-margin, margin), 0.05 + resolution) << margin;
    EXPECT_LE(acceptance(margin, margin, 0), 0.05 + resolution)
        << margin << ", where the port varies and legal ones do not";
  }
}

TEST(EquivalenceTest, AcceptsNineOfTenCorrectPortsAtTheDerivedMargin) {
  EXPECT_GE(acceptance(0, equivalence_margin(0, 1, initialisations)), 0.9);
  EXPECT_LT(acceptance(0, 0.5 * equivalence_margin(0, 1, initialisations)), 0.9)
      << "the margin is no wider than it has to be";
}

TEST(EquivalenceTest, RefusesBothBetterAndWorse) {
  const std::array better{0.03, 0.031, 0.029, 0.03, 0.032};
  std::array worse = better;
  for (double& d : worse) d = -d;
  const std::array equal{0.001, -0.002, 0.0, 0.001, 0.0};
  EXPECT_FALSE(equivalence_test(better, 0.02, 0).passed());
  EXPECT_FALSE(equivalence_test(worse, 0.02, 0).passed());
  EXPECT_TRUE(equivalence_test(equal, 0.02, 0).passed());
  EXPECT_FALSE(equivalence_test(equal, 0.02, 0.03).passed()) << "luck is no evidence";
  const std::array all_off{0.02, 0.02, 0.02, 0.02, 0.02};
  EXPECT_FALSE(equivalence_test(all_off, 0.02, 0).passed()) << "exactly the margin";
}

TEST(EquivalenceMargin, IsWhatTheTestSetResolvesWhereTheArithmeticLeavesLessOpen) {
  EXPECT_EQ(equivalence_margin(0.016, 1e-5, 5), 0.016);
  EXPECT_GT(equivalence_margin(0.016, 0.02, 5), 0.02);
}

}  // namespace
}  // namespace lsgd
