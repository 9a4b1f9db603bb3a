// SPDX-License-Identifier: Apache-2.0
#include "run/results_difference.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "files/input_error.hpp"

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

/// Cases whose worst errors all changed; the first of them fails now.
std::pair<nlohmann::json, nlohmann::json> one_regression(std::size_t cases) {
  nlohmann::json before = results("pass"), after = results("fail");
  for (std::size_t c = 0; c < cases; ++c) {
    nlohmann::json found = before["targets"][0]["cases"][0];
    found["id"] = "level2/" + std::to_string(c);
    before["targets"][0]["cases"].push_back(found);
    found["worst"]["bound_fraction"] = 0.5 + 0.001 * static_cast<double>(c);
    after["targets"][0]["cases"].push_back(found);
  }
  return {before, after};
}

TEST(ResultsDifference, OfOneRegressionIsShort) {
  const auto [before, after] = one_regression(60);
  const ResultsDifference difference = compare_results(before, after);
  EXPECT_EQ(difference.changes.size(), 61u);
  EXPECT_EQ(
      summary_of(difference, DifferenceGate::parse("verdict")),
      "port: pass -> fail (worse)\n"
      "port level1/a: pass -> fail (worse)\n"
      "port level2/59: worst |error| / bound 0.5 -> 0.559, the most of 59 figures of error\n");
}

TEST(ResultsDifference, ShowsFewOfManyCasesThatChangedAlike) {
  nlohmann::json before = results("pass");
  for (int c = 0; c < 12; ++c) {
    before["targets"][0]["cases"].push_back(before["targets"][0]["cases"][0]);
    before["targets"][0]["cases"].back()["id"] = "level2/" + std::to_string(c);
  }
  nlohmann::json after = before;
  for (auto& found : after["targets"][0]["cases"]) found["verdict"] = "fail";
  const std::string text =
      summary_of(compare_results(before, after), DifferenceGate::parse("verdict"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 6);
  EXPECT_THAT(text, HasSubstr("port: 8 more cases pass -> fail\n"));
}

TEST(ResultsDifference, SaysNothingOfErrorsOfOtherSamples) {
  auto after = results("pass", 0.75);
  after["suite"]["seed"] = 8;
  EXPECT_EQ(summary_of(compare_results(results("pass"), after), DifferenceGate::parse("verdict")),
            "suite: seed 7 -> 8\n");
}

bool is_refused(const nlohmann::json& after, const char* gate) {
  const ResultsDifference difference = compare_results(results("pass"), after);
  return std::ranges::any_of(difference.changes, [&](const ResultChange& change) {
    return DifferenceGate::parse(gate).refuses(change);
  });
}

TEST(DifferenceGate, LetsFiguresGrowAsFarAsItSays) {
  nlohmann::json after = results("pass");
  after["targets"][0]["resources"]["stack_bytes"] = 97;
  EXPECT_TRUE(is_refused(after, "memory=0"));
  EXPECT_TRUE(is_refused(after, "verdict,cycles=1%,memory=1%"));
  EXPECT_FALSE(is_refused(after, "memory=1"));
  EXPECT_FALSE(is_refused(after, "memory=2%"));
  EXPECT_FALSE(is_refused(after, "verdict"));
  EXPECT_FALSE(is_refused(after, "cycles=0"));
  after["targets"][0]["resources"]["stack_bytes"] = 95;
  EXPECT_FALSE(is_refused(after, "memory=0"));
}

TEST(DifferenceGate, RefusesAFigureThatIsGone) {
  nlohmann::json after = results("pass");
  after["targets"][0]["resources"]["stack_bytes"] = nullptr;
  EXPECT_TRUE(is_refused(after, "memory=50%"));
}

TEST(DifferenceGate, DoesNotShowWhatItAllows) {
  nlohmann::json after = results("pass");
  after["targets"][0]["resources"]["stack_bytes"] = 97;
  const ResultsDifference difference = compare_results(results("pass"), after);
  EXPECT_EQ(summary_of(difference, DifferenceGate::parse("memory=2%")), "no difference\n");
  EXPECT_THAT(summary_of(difference, DifferenceGate::parse("memory=1%")), HasSubstr("96 -> 97"));
}

TEST(DifferenceGate, IsReadAsItIsWrittenOrRefused) {
  for (const char* wrong :
       {"", ",", "verdict,", "verdict=1", "cycles", "cycles=", "cycles=-1", "cycles=1%%",
        "cycles=nan", "speed=1", "memory=1,memory=2", "verdict,verdict", "cycles=1 %"})
    EXPECT_THROW(DifferenceGate::parse(wrong), InputError) << wrong;
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
