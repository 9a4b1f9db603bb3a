// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <vector>

#include <lsgd/statistics/prediction_interval.hpp>

#include "normal_draw.hpp"

namespace lsgd {
namespace {

constexpr int interval_count = 20'000;

TEST(PredictionInterval, MissesOneMoreValueAtTheStatedRate) {
  NormalDraw draw(2);
  int outside = 0;
  for (int i = 0; i < interval_count; ++i) {
    std::vector<double> members(47);
    for (double& member : members) member = draw();
    outside += prediction_interval(members, 0.01).contains(draw()) ? 0 : 1;
  }
  EXPECT_NEAR(static_cast<double>(outside) / interval_count, 0.01, 0.0025);
}

TEST(PredictionInterval, ContainsItsMembersEvenWhereTheyAreAllAlike) {
  const std::vector<double> alike(47, 0.1);
  const Interval interval = prediction_interval(alike, 1e-6);
  EXPECT_TRUE(interval.contains(0.1));
  EXPECT_LT(interval.high - interval.low, 1e-15);
  EXPECT_GT(prediction_interval(alike, 1e-6, 0.01).high, 0.11) << "a few terms more";
}

TEST(PredictionInterval, SurroundsWhatKeepsMoreBitsByHalfItself) {
  const std::vector<double> declared = {1, 2, 3, 4};
  const Interval alone = prediction_interval(declared, 0.01);
  const std::vector<double> none;
  EXPECT_EQ(prediction_interval(declared, none, 0.01).low, alone.low);
  EXPECT_EQ(prediction_interval(declared, none, 0.01).high, alone.high);
  const std::vector<double> more = {-100, -100};
  const Interval both = prediction_interval(declared, more, 0.01);
  EXPECT_EQ(both.high, alone.high);
  EXPECT_DOUBLE_EQ(both.low, -100 - (alone.high - alone.low) / 2);
}

}  // namespace
}  // namespace lsgd
