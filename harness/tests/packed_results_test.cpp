// SPDX-License-Identifier: Apache-2.0
#include "result/packed_results.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <string>

#include "result/case_result.hpp"

namespace lsgd {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using testing::HasSubstr;

ordered_json case_of(const std::string& id, std::size_t elements) {
  CaseResult result;
  result.elements = elements;
  return case_json(result, id, "SPEC 6.1", 1, "repeat");
}

/// Two targets that show the same in the first case, and something else in the second.
ordered_json whole_results() {
  const auto target = [](const std::string& name, std::size_t elements) {
    return ordered_json{
        {"name", name},
        {"shortened", {"this", "and that"}},
        {"cases", {case_of("level1/alike", 10), case_of("level1/other", elements)}}};
  };
  return {{"format", results_format},
          {"targets", {target("one", 20), target("two", 30)}},
          {"totals", {{"targets", 2}}}};
}

JsonDocument unpacked(const std::string& text) {
  JsonDocument document = parse_json(text, "results.json");
  unpack_results(document);
  return document;
}

std::string error_of(const std::string& text) {
  try {
    unpacked(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  const auto at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return text.replace(at, part.size(), by);
}

TEST(PackedResults, SayOnceWhatTargetsShowAlikeAndNothingOfWhatIsAbsent) {
  const json file = json::parse(packed_results(whole_results()));
  EXPECT_EQ(file.at("cases").size(), 3U);
  EXPECT_EQ(file.at("targets").at(0).at("cases"), json({0, 1}));
  EXPECT_EQ(file.at("targets").at(1).at("cases"), json({0, 2}));
  EXPECT_EQ(file.at("cases").at(0), json({{"id", "level1/alike"},
                                          {"clause", "SPEC 6.1"},
                                          {"level", 1},
                                          {"verdict", "pass"},
                                          {"elements", 10}}));
}

TEST(PackedResults, AreWholeAgainWhenTheyAreRead) {
  EXPECT_EQ(unpacked(packed_results(whole_results())).value, json(whole_results()));
  // Whole ones are as they were.
  EXPECT_EQ(unpacked(json(whole_results()).dump()).value, json(whole_results()));
  const ordered_json none{{"format", results_format}, {"targets", ordered_json::array()}};
  EXPECT_EQ(unpacked(packed_results(none)).value, json(none));
}

/// One target whose only case has two statistics and what is detected in a tensor.
ordered_json results_with_lists() {
  ordered_json results = whole_results();
  results["targets"].erase(1);
  ordered_json& found = results["targets"][0]["cases"][0];
  found["statistics"] = {{{"tensor", "a1"},
                          {"name", "bias"},
                          {"value", 0.25},
                          {"low", -0.5},
                          {"high", 0.75},
                          {"verdict", "pass"}},
                         {{"tensor", "W1"},
                          {"name", "root_mean_square"},
                          {"value", nullptr},
                          {"low", 0.125},
                          {"high", 1.5},
                          {"verdict", "fail"}}};
  found["detected"] = {{{"tensor", "W1"},
                        {"has_results", true},
                        {"inverted", true},
                        {"zeroed", false},
                        {"scaled", true},
                        {"stale", nullptr},
                        {"gain", 24},
                        {"cut", nullptr}}};
  return results;
}

TEST(PackedResults, SayTheMembersOfListsByTheirPlaces) {
  const std::string text = packed_results(results_with_lists());
  const json file = json::parse(text);
  EXPECT_EQ(file.at("format"), "lsgd-results/3");
  EXPECT_EQ(file.at("cases").at(0).at("statistics"),
            json::parse(R"([["a1", "bias", 0.25, -0.5, 0.75, "pass"],
                            ["W1", "root_mean_square", null, 0.125, 1.5, "fail"]])"));
  EXPECT_EQ(file.at("cases").at(0).at("detected"),
            json::parse(R"([["W1", true, true, false, true, null, 24, null]])"));
  EXPECT_EQ(unpacked(text).value, json(results_with_lists()));
}

TEST(PackedResults, OfTheFormatBeforeKeepEveryName) {
  ordered_json results = results_with_lists();
  results["format"] = results_format_of_named_members;
  const std::string text = packed_results(results);
  const json file = json::parse(text);
  EXPECT_EQ(file.at("format"), "lsgd-results/2");
  EXPECT_EQ(file.at("cases").at(0).at("statistics"),
            json(results.at("targets").at(0).at("cases").at(0).at("statistics")));
  EXPECT_EQ(unpacked(text).value, json(results));
}

TEST(PackedResults, TellWhereARowHasAMember) {
  const JsonDocument document = unpacked(packed_results(results_with_lists()));
  EXPECT_EQ(place_in_file(document, "/targets/0/cases/0/statistics/1/low"),
            "/cases/0/statistics/1/3");
  EXPECT_EQ(place_in_file(document, "/targets/0/cases/0/statistics/1"), "/cases/0/statistics/1");
}

TEST(PackedResults, HaveALineForEveryCase) {
  std::istringstream lines(packed_results(whole_results()));
  std::size_t of_cases = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.find("\"id\"") != std::string::npos) {
      EXPECT_TRUE(json::accept(line.substr(0, line.rfind('}') + 1))) << line;
      ++of_cases;
    }
  EXPECT_EQ(of_cases, 3U);
}

TEST(PackedResults, TellWhereTheFileHasWhatIsWrong) {
  const std::string text = packed_results(whole_results());
  const JsonDocument document = unpacked(text);
  const auto line_of = [&](const std::string& part) {
    return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find(part)),
                          '\n');
  };
  const auto line_at = [&](const std::string& pointer) {
    return document.line_of(place_in_file(document, pointer));
  };
  EXPECT_EQ(place_in_file(document, "/targets/1/cases/1/verdict"), "/cases/2/verdict");
  EXPECT_EQ(line_at("/targets/1/cases/1/verdict"), line_of("\"elements\":30"));
  EXPECT_EQ(line_at("/targets/0/cases/1"), line_of("\"elements\":20"));
  EXPECT_EQ(line_at("/targets/1/name"), line_of("\"two\""));
  EXPECT_EQ(place_in_file(document, "/targets/1/cases"), "/targets/1/cases");
}

TEST(PackedResults, RefuseNumbersOfNoCaseAndCasesOfNoTarget) {
  const std::string text = packed_results(whole_results());
  EXPECT_THAT(error_of(replaced(text, "[0,2]", "[0,3]")),
              HasSubstr("/targets/1/cases/1 to be the number of one of 3 cases, found 3"));
  EXPECT_THAT(error_of(replaced(text, "[0,2]", "[0,1e300]")), HasSubstr("found 1e+300"));
  EXPECT_THAT(error_of(replaced(text, "[0,2]", "[0,1]")),
              HasSubstr("/cases/2 to be a case of some target"));
  EXPECT_THAT(error_of(replaced(text, "\"cases\": [", "\"cases\": [7,")),
              HasSubstr("/cases/0 to be a case, found 7"));
  EXPECT_THAT(error_of(R"({"targets": [{"cases": [0]}]})"), HasSubstr("one of 0 cases"));
}

TEST(PackedResults, RefuseASmallFileOfEnormousResults) {
  const std::size_t length = std::size_t{1} << 20;
  std::string text = R"({"cases": [{"id": ")" + std::string(length, 'x') + R"("}], "targets": [)";
  for (std::size_t target = 0; target <= longest_results / length; ++target)
    text += std::string(target == 0 ? "" : ",") + R"({"cases": [0]})";
  EXPECT_THAT(error_of(text + "]}"), HasSubstr("results of at most 1073741824 bytes when whole"));
}

}  // namespace
}  // namespace lsgd
