// SPDX-License-Identifier: Apache-2.0
#include "run/results_difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lsgd {
namespace {

using testing::HasSubstr;

nlohmann::json results(const std::string& verdict, double worst = 0.5) {
  return {
      {"suite", {{"seed", 7}}},
      {"targets",
       {{{"name", "port"},
         {"verdict", verdict},
         {"build_identity", "00"},
         {"resources", {{"stack_bytes", 96}}},
         {"cases",
          {{{"id", "level1/a"}, {"verdict", verdict}, {"worst", {{"bound_fraction", worst}}}}}}}}}};
}

TEST(ResultsDifference, OfEqualResultsIsNone) {
  const ResultsDifference difference = compare_results(results("pass"), results("pass"));
  EXPECT_EQ(difference.text, "no difference\n");
  EXPECT_FALSE(difference.verdict_got_worse);
}

TEST(ResultsDifference, SaysThatTheCasesWereDrawnFromOtherSeeds) {
  auto after = results("pass");
  after["suite"]["seed"] = 8;
  const ResultsDifference difference = compare_results(results("pass"), after);
  EXPECT_FALSE(difference.verdict_got_worse);
  EXPECT_EQ(difference.text, "suite: seed 7 -> 8\n");
}

TEST(ResultsDifference, NamesWhatGotWorse) {
  const ResultsDifference difference = compare_results(results("pass"), results("fail"));
  EXPECT_TRUE(difference.verdict_got_worse);
  EXPECT_THAT(difference.text, HasSubstr("port level1/a: pass -> fail (worse)"));
}

TEST(ResultsDifference, ListsEachChangeByItsParts) {
  auto after = results("fail");
  after["targets"][0]["resources"]["stack_bytes"] = 120;
  const std::vector<ResultChange> changes = compare_results(results("pass"), after).changes;
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].place, "port");
  EXPECT_EQ(changes[0].what, "verdict");
  EXPECT_TRUE(changes[0].is_worse);
  EXPECT_EQ(changes[1].what, "stack_bytes");
  EXPECT_EQ(changes[1].relative, "+25.00 %");
  EXPECT_EQ(changes[2].place, "port level1/a");
}

TEST(ResultsDifference, ImprovementIsNotWorse) {
  const ResultsDifference difference = compare_results(results("fail"), results("pass"));
  EXPECT_FALSE(difference.verdict_got_worse);
  EXPECT_THAT(difference.text, HasSubstr("port: fail -> pass\n"));
}

TEST(ResultsDifference, ShowsErrorsAndResources) {
  auto after = results("pass", 0.75);
  after["targets"][0]["resources"]["stack_bytes"] = 128;
  const ResultsDifference difference = compare_results(results("pass"), after);
  EXPECT_FALSE(difference.verdict_got_worse);
  EXPECT_THAT(difference.text, HasSubstr("0.5 -> 0.75"));
  EXPECT_THAT(difference.text, HasSubstr("port: stack_bytes 96 -> 128 (+33.33 %)\n"));
}

TEST(ResultsDifference, ShowsEveryChangedCountOfLevel4) {
  auto before = results("pass"), after = results("pass");
  auto& was = before["targets"][0]["cases"][0]["resources"];
  was = {{"network", "car"}, {"step", {{"cycles_median", 1000}, {"cycles_worst", nullptr}}}};
  auto& is = after["targets"][0]["cases"][0]["resources"];
  is = was;
  EXPECT_EQ(compare_results(before, after).text, "no difference\n");
  is["step"]["cycles_median"] = 990;
  is["step"]["cycles_worst"] = 1010;
  const ResultsDifference difference = compare_results(before, after);
  EXPECT_THAT(difference.text,
              HasSubstr("port level1/a: step/cycles_median 1000 -> 990 (-1.00 %)\n"));
  EXPECT_THAT(difference.text, HasSubstr("port level1/a: step/cycles_worst null -> 1010\n"));
  EXPECT_FALSE(difference.verdict_got_worse);
}

TEST(ResultsDifference, ACaseThatDisappearsIsWorse) {
  auto after = results("pass");
  after["targets"][0]["cases"].clear();
  EXPECT_TRUE(compare_results(results("pass"), after).verdict_got_worse);
}

TEST(ResultsDifference, ANewCaseIsWorseOnlyIfItFails) {
  auto before = results("pass");
  before["targets"][0]["cases"].clear();
  EXPECT_FALSE(compare_results(before, results("pass")).verdict_got_worse);
}

}  // namespace
}  // namespace lsgd
