// SPDX-License-Identifier: Apache-2.0
#include "run/case_selection.hpp"

#include <gtest/gtest.h>
#include <set>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

std::vector<ConformanceCase> numbered_cases(std::size_t count) {
  std::vector<ConformanceCase> cases(count);
  for (std::size_t i = 0; i < count; ++i)
    cases[i].id = (i % 2 == 0 ? "level0/" : "level1/odd/") + std::to_string(i);
  return cases;
}

TEST(CaseSelection, WithoutConditionsTakesEverything) {
  const auto cases = numbered_cases(5);
  EXPECT_EQ(select(cases, {}).size(), 5u);
}

TEST(CaseSelection, FilterIsAShellPatternOnTheWholeIdentity) {
  const auto cases = numbered_cases(12);
  EXPECT_EQ(select(cases, {"level1/*", {}}).size(), 6u);
  EXPECT_EQ(select(cases, {"level1*1", {}}).size(), 2u);
  EXPECT_EQ(select(cases, {"level0/[24]", {}}).size(), 2u);
  EXPECT_TRUE(select(cases, {"level0", {}}).empty());
}

TEST(CaseSelection, ShardsAreAPartitionWhateverTheirNumber) {
  const auto cases = numbered_cases(23);
  const std::vector<std::optional<std::string>> filters{std::nullopt, "level1/*"};
  for (const auto& filter : filters)
    for (std::size_t count = 1; count <= 25; ++count) {
      std::multiset<std::string> dealt, all;
      for (std::size_t index = 1; index <= count; ++index)
        for (const ConformanceCase* part : select(cases, {filter, Shard{index, count}}))
          dealt.insert(part->id);
      for (const ConformanceCase* part : select(cases, {filter, {}})) all.insert(part->id);
      EXPECT_EQ(dealt, all) << count << " shards";
    }
}

TEST(CaseSelection, ShardsCostAboutTheSame) {
  // A few trainings and many kernels, as a suite has them.
  auto cases = numbered_cases(400);
  double all = 0, most = 0;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    cases[c].cost =
        c % 40 == 0 ? 3000 + 10 * static_cast<double>(c) : 10 + static_cast<double>(c % 7);
    all += cases[c].cost;
    most = std::max(most, cases[c].cost);
  }
  for (const std::size_t count : {2, 7, 10}) {
    std::vector<double> costs;
    for (std::size_t index = 1; index <= count; ++index) {
      double& cost = costs.emplace_back(0);
      for (const ConformanceCase* part : select(cases, {{}, Shard{index, count}}))
        cost += part->cost;
    }
    // Graham's bound: a shard has the mean, and at most a case more.
    EXPECT_LE(std::ranges::max(costs), all / static_cast<double>(count) + most);
    EXPECT_LE(std::ranges::max(costs), 1.5 * all / static_cast<double>(count)) << count;
  }
}

TEST(CaseSelection, ShardIsWrittenIOfN) {
  EXPECT_EQ(Shard::parse("2/3").text(), "2/3");
  for (const char* bad : {"", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1/ 2", "+1/2"})
    EXPECT_THROW(Shard::parse(bad), InputError) << bad;
}

}  // namespace
}  // namespace lsgd
