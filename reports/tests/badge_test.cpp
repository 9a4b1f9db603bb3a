// SPDX-License-Identifier: Apache-2.0
#include "badge.hpp"

#include <gtest/gtest.h>
#include <pugixml.hpp>
#include <string>
#include <utility>

#include "sample_results.hpp"

namespace lsgd {
namespace {

std::string title_of(const std::string& svg) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(svg.c_str())) << svg;
  return document.child("svg").child("title").text().get();
}

TEST(Badge, SaysTheSuiteAndItsVerdict) {
  EXPECT_EQ(title_of(badge(passing_run())), "L-SGD standard: pass");
  EXPECT_EQ(title_of(badge(smoke_run())), "L-SGD smoke: pass");
  EXPECT_EQ(title_of(badge(mixed_run())), "L-SGD standard: 1 of 22: fail");
  EXPECT_EQ(title_of(badge(empty_run())), "L-SGD standard: fail");
  EXPECT_EQ(title_of(badge(selftest_run())), "L-SGD standard: fail");
}

TEST(Badge, CallsAWaivedFailureNoPass) {
  EXPECT_EQ(title_of(badge(waived_run())), "L-SGD standard: pass with 1 waiver");
  EXPECT_NE(badge(waived_run()).find("#9a5b00"), std::string::npos);
  EXPECT_EQ(badge(waived_run()).find("#2e7d32"), std::string::npos);
}

TEST(Badge, IsGreenForAPassAlone) {
  constexpr const char *green = "#2e7d32", *red = "#c62828", *grey = "#616161";
  nlohmann::json part = passing_run();
  part["suite"]["shard"] = "1/2";
  for (const auto& [results, color] :
       {std::pair(passing_run(), green), {mixed_run(), red}, {empty_run(), red}, {part, grey}})
    for (const char* each : {green, red, grey})
      EXPECT_EQ(badge(results).find(each) != std::string::npos, each == color) << each;
}

TEST(Badge, SaysHowMuchLessThanTheSuiteWasRun) {
  nlohmann::json results = passing_run();
  results["targets"][2]["shortened"] = {"level 2: 1 of 4 chunks of car"};
  for (auto& target : results["targets"]) target["pace"] = "slow";
  EXPECT_EQ(title_of(badge(results)), "L-SGD standard: pass, 1 of 3 of a shortened suite");
  EXPECT_EQ(badge(results).find("#2e7d32"), std::string::npos);
  for (auto& target : results["targets"]) target["shortened"] = results["targets"][2]["shortened"];
  EXPECT_EQ(title_of(badge(results)), "L-SGD standard: pass, of a shortened suite");
  results = passing_run();
  results["suite"]["filter"] = "level0/*";
  EXPECT_EQ(title_of(badge(results)), "L-SGD standard: pass, of a selection");
  EXPECT_EQ(badge(results).find("#2e7d32"), std::string::npos);
}

TEST(Badge, CallsAShardNoPass) {
  nlohmann::json results = passing_run();
  results["suite"]["shard"] = "1/2";
  EXPECT_EQ(title_of(badge(results)), "L-SGD standard: incomplete");
}

TEST(Badge, IsAnImageWhateverASuiteIsCalled) {
  nlohmann::json results = passing_run();
  results["suite"]["name"] = "<script>\"\x01\u202e" + std::string(500, 'x');
  const std::string svg = badge(results);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_LT(svg.size(), 2'000u);
  EXPECT_NE(title_of(svg).find("<script>"), std::string::npos);
}

}  // namespace
}  // namespace lsgd
