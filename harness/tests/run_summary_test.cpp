// SPDX-License-Identifier: Apache-2.0
#include "run/run_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lsgd {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

Json failed_case(const char* id) {
  Json failure = {{"message", "no legal value"}, {"repeat", "lsgd-conform run"}};
  for (const char* key :
       {"step", "layer", "tensor", "neuron", "index", "expected", "got", "tolerance"})
    failure[key] = nullptr;
  return {{"id", id}, {"verdict", "fail"}, {"failure", std::move(failure)}};
}

/// A target on which two steps fail, both as without biases, and a training.
Json run_with_three_failures() {
  const Json hypothesis = {{"name", "no_bias"},    {"sentence", "adds no bias"},
                           {"clause", "SPEC 2.4"}, {"erratum", nullptr},
                           {"explained", 2},       {"contradicted", 0},
                           {"to_the_bit", false},  {"declaration", nullptr}};
  const Json target = {
      {"name", "mine"},
      {"port", "mine"},
      {"platform", "board"},
      {"verdict", "fail"},
      {"levels", Json::array()},
      {"shortened", Json::array()},
      {"cases", {failed_case("level1/a"), failed_case("level1/b"), failed_case("level3/c")}},
      {"explanation",
       {{"failing", 2}, {"passing", 5}, {"equally_good", 1}, {"hypotheses", {hypothesis}}}}};
  return {{"suite", {{"name", "standard"}, {"seed", 1}, {"shard", nullptr}, {"conformance", true}}},
          {"totals", {{"passed", 0}, {"targets", 1}, {"cases", 8}}},
          {"targets", {target}}};
}

TEST(RunSummary, SaysHowManyFailuresTheExplanationIsNotAbout) {
  Json results = run_with_three_failures();
  EXPECT_THAT(run_summary(results),
              HasSubstr("mine behaves as one that adds no bias (SPEC 2.4): explains 2 of 2 failing "
                        "cases, and no passing case contradicts\n"
                        "  1 of the 3 failed cases show no step, operation or heap"));
  results["targets"][0]["cases"].erase(2);
  EXPECT_THAT(run_summary(results), Not(HasSubstr("failed cases")));
}

TEST(RunSummary, SaysByWhichCommandOtherHypothesesAreListed) {
  Json results = run_with_three_failures();
  results["targets"][0]["explanation"]["equally_good"] = 3;
  EXPECT_THAT(run_summary(results),
              HasSubstr("  2 others explain as much: `lsgd-conform explain mine` lists them\n"));
  results["targets"][0]["selector"] = "ports/mine.toml";
  EXPECT_THAT(run_summary(results), HasSubstr("`lsgd-conform explain ports/mine.toml` lists them"));
}

TEST(RunSummary, BlamesNoDeviationWhereNothingThatIsShownIsWrong) {
  Json results = run_with_three_failures();
  Json& explanation = results["targets"][0]["explanation"];
  explanation["hypotheses"] = Json::array();
  explanation["wrong"] = 1;
  EXPECT_THAT(run_summary(results),
              HasSubstr("mine behaves as none of the known deviations does\n"));
  explanation["wrong"] = 0;
  const std::string summary = run_summary(results);
  EXPECT_THAT(summary,
              HasSubstr("mine shows no wrong step or operation in 2 failing cases: what is "
                        "wrong is in their messages\n"));
  EXPECT_THAT(summary, Not(HasSubstr("none of the known deviations")));
}

TEST(RunSummary, AddsUpToTheCasesThatTheProgressCounted) {
  Json results = run_with_three_failures();
  EXPECT_THAT(run_summary(results), HasSubstr("0 of 1 targets passed, 8 cases\n"));
  results["totals"]["cases"] = 2;
  EXPECT_THAT(run_summary(results),
              HasSubstr("0 of 1 targets passed, 2 of 3 cases run, 1 skipped\n"));
}

TEST(RunSummary, CountsTheFailuresThatItDoesNotShow) {
  Json results = run_with_three_failures();
  for (const char* id : {"level1/d", "level1/e", "level1/f"})
    results["targets"][0]["cases"].push_back(failed_case(id));
  const std::string summary = run_summary(results);
  EXPECT_THAT(summary, HasSubstr("fail of mine on board: level1/e: no legal value\n"));
  EXPECT_THAT(summary, Not(HasSubstr("level1/f")));
  EXPECT_THAT(summary, HasSubstr("... and 1 more failed cases on mine\n"));
}

}  // namespace
}  // namespace lsgd
