// SPDX-License-Identifier: Apache-2.0
#include "training/seeded_shuffle.hpp"

#include <gtest/gtest.h>
#include <map>
#include <numeric>

namespace lsgd {
namespace {

TEST(ShuffledIndices, AreTheSameForTheSameSeed) {
  std::mt19937_64 engine(1);
  EXPECT_EQ(shuffled_indices(8, engine), (std::vector<std::size_t>{4, 6, 3, 5, 1, 7, 2, 0}));
}

TEST(ShuffledIndices, HandlesNothingAndOne) {
  std::mt19937_64 engine(1);
  EXPECT_TRUE(shuffled_indices(0, engine).empty());
  EXPECT_EQ(shuffled_indices(1, engine), std::vector<std::size_t>{0});
}

TEST(ShuffledIndices, GiveEveryOrderAlikeOften) {
  constexpr int draws = 24'000;
  std::mt19937_64 engine(1);
  std::map<std::vector<std::size_t>, int> counts;
  for (int i = 0; i < draws; ++i) ++counts[shuffled_indices(4, engine)];
  ASSERT_EQ(counts.size(), 24U);
  double chi_squared = 0;
  for (const auto& [order, count] : counts)
    chi_squared += (count - draws / 24) * (count - draws / 24) / (draws / 24.0);
  // 99.9 % quantile of the chi-squared distribution with 23 degrees of freedom.
  EXPECT_LT(chi_squared, 49.73);
}

}  // namespace
}  // namespace lsgd
