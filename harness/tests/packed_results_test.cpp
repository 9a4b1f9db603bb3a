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

std::string error_of_unpacking(const std::string& text) {
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
  EXPECT_EQ(file.at("identities"),
            json::parse(R"([["level1/alike", "SPEC 6.1", 1], ["level1/other", "SPEC 6.1", 1]])"));
  EXPECT_EQ(file.at("cases"), json({{{"id", 0}, {"elements", 10}},
                                    {{"id", 1}, {"elements", 20}},
                                    {{"id", 1}, {"elements", 30}}}));
}

TEST(PackedResults, AreWholeAgainWhenTheyAreRead) {
  EXPECT_EQ(unpacked(packed_results(whole_results())).value, json(whole_results()));
  // Whole ones are as they were.
  EXPECT_EQ(unpacked(json(whole_results()).dump()).value, json(whole_results()));
  const ordered_json none{{"format", results_format}, {"targets", ordered_json::array()}};
  EXPECT_EQ(unpacked(packed_results(none)).value, json(none));
}

TEST(PackedResults, SayAVerdictThatIsNoPass) {
  ordered_json results = whole_results();
  results["targets"][1]["cases"][0]["verdict"] = "skipped";
  const std::string text = packed_results(results);
  EXPECT_EQ(json::parse(text).at("cases").at(2),
            json({{"id", 0}, {"verdict", "skipped"}, {"elements", 10}}));
  EXPECT_EQ(unpacked(text).value, json(results));
}

/// One target whose first case has two statistics, what is detected in a tensor, a worst element
/// and a training of one epoch.
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
  found["worst"] = {
      {"bound_fraction", 0.5}, {"ulp", nullptr}, {"tensor", "W1"}, {"index", 7}, {"step", nullptr}};
  ordered_json epoch{{"epoch", 1}, {"weight_fraction_bits", {7, 6}}};
  for (const char* quantity :
       {"training_loss", "training_accuracy", "test_loss", "test_accuracy", "distance"})
    epoch[quantity] = {
        {"value", 0.25}, {"exact", 0.5}, {"low", 0.125}, {"high", 0.75}, {"verdict", "pass"}};
  found["convergence"] = {{"workload", "car"}, {"epochs", {epoch}}};
  return results;
}

TEST(PackedResults, SayMembersThatRepeatByTheirPlaces) {
  const std::string text = packed_results(results_with_lists());
  const json file = json::parse(text);
  EXPECT_EQ(file.at("format"), "lsgd-results/4");
  EXPECT_EQ(file.at("cases").at(0).at("statistics"),
            json::parse(R"([["a1", "bias", 0.25, -0.5, 0.75, "pass"],
                            ["W1", "root_mean_square", null, 0.125, 1.5, "fail"]])"));
  EXPECT_EQ(file.at("cases").at(0).at("detected"),
            json::parse(R"([["W1", true, true, false, true, null, 24, null]])"));
  EXPECT_EQ(file.at("cases").at(0).at("worst"), json::parse(R"([0.5, null, "W1", 7, null])"));
  const json& epoch = file.at("cases").at(0).at("convergence").at("epochs").at(0);
  EXPECT_EQ(epoch.at("distance"), json::parse(R"([0.25, 0.5, 0.125, 0.75, "pass"])"));
  EXPECT_EQ(epoch.at("weight_fraction_bits"), json({7, 6}));
  EXPECT_EQ(unpacked(text).value, json(results_with_lists()));
}

TEST(PackedResults, OfTheFormatBeforeKeepEveryIdentityAndVerdict) {
  ordered_json results = results_with_lists();
  results["format"] = results_format_of_whole_identities;
  const std::string text = packed_results(results);
  const json file = json::parse(text);
  EXPECT_EQ(file.at("format"), "lsgd-results/3");
  EXPECT_FALSE(file.contains("identities"));
  const json whole(results.at("targets").at(0).at("cases").at(0));
  for (const char* member : {"id", "clause", "level", "verdict", "worst", "convergence"})
    EXPECT_EQ(file.at("cases").at(0).at(member), whole.at(member));
  EXPECT_EQ(file.at("cases").at(0).at("statistics").at(1).at(1), "root_mean_square");
  EXPECT_EQ(unpacked(text).value, json(results));
}

TEST(PackedResults, OfTheFormatBeforeThatKeepEveryName) {
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
  EXPECT_EQ(place_in_file(document, "/targets/0/cases/0/worst/index"), "/cases/0/worst/3");
  EXPECT_EQ(place_in_file(document, "/targets/0/cases/0/convergence/epochs/0/test_loss/high"),
            "/cases/0/convergence/epochs/0/test_loss/3");
  EXPECT_EQ(place_in_file(document, "/targets/0/cases/0/convergence/epochs/0/epoch"),
            "/cases/0/convergence/epochs/0/epoch");
  EXPECT_EQ(place_in_file(document, "/targets/0/cases/1/clause"), "/identities/1/1");
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
  EXPECT_EQ(line_at("/targets/1/cases/1/id"), line_of("\"level1/other\""));
  EXPECT_EQ(line_at("/targets/1/cases/1/verdict"), line_of("\"elements\":30"));
  EXPECT_EQ(line_at("/targets/0/cases/1"), line_of("\"elements\":20"));
  EXPECT_EQ(line_at("/targets/1/name"), line_of("\"two\""));
  EXPECT_EQ(place_in_file(document, "/targets/1/cases"), "/targets/1/cases");
}

TEST(PackedResults, RefuseNumbersOfNoCaseAndCasesOfNoTarget) {
  const std::string text = packed_results(whole_results());
  EXPECT_THAT(error_of_unpacking(replaced(text, "[0,2]", "[0,3]")),
              HasSubstr("/targets/1/cases/1 to be the number of one of 3 cases, found 3"));
  EXPECT_THAT(error_of_unpacking(replaced(text, "[0,2]", "[0,1e300]")), HasSubstr("found 1e+300"));
  EXPECT_THAT(error_of_unpacking(replaced(text, "[0,2]", "[0,1]")),
              HasSubstr("/cases/2 to be a case of some target"));
  EXPECT_THAT(error_of_unpacking(replaced(text, "\"cases\": [", "\"cases\": [7,")),
              HasSubstr("/cases/0 to be a case, found 7"));
  EXPECT_THAT(error_of_unpacking(R"({"targets": [{"cases": [0]}]})"), HasSubstr("one of 0 cases"));
}

TEST(PackedResults, RefuseNumbersOfNoIdentityAndIdentitiesOfNoCase) {
  const std::string text = packed_results(whole_results());
  EXPECT_THAT(error_of_unpacking(replaced(text, "{\"id\":0,", "{\"id\":2,")),
              HasSubstr("/cases/0/id to be the number of one of 2 identities, found 2"));
  EXPECT_THAT(error_of_unpacking(replaced(text, "{\"id\":0,", "{\"id\":1,")),
              HasSubstr("/identities/0 to be the identity of some case"));
  EXPECT_THAT(error_of_unpacking(replaced(text, "{\"id\":0,", "{\"id\":0,\"level\":4,")),
              HasSubstr("/cases/0/level to be absent where the identity has a number"));
  EXPECT_THAT(error_of_unpacking(R"({"targets": [{"cases": [{"id": 0}]}]})"),
              HasSubstr("/targets/0/cases/0/id to be the number of one of 0 identities"));
}

TEST(PackedResults, RefuseASmallFileOfEnormousResults) {
  // Of cases that share a long identity; before it is seen that they are of no target.
  const std::string long_name(std::size_t{1} << 20, 'x');
  std::string cases = R"("cases": [{"id": 0})";
  for (std::size_t i = 1; i <= longest_results / long_name.size(); ++i) cases += R"(, {"id": 0})";
  EXPECT_THAT(error_of_unpacking(R"({"identities": [[")" + long_name +
                                 R"(", "SPEC 6.1", 1]], "targets": [],)" + cases + "]}"),
              HasSubstr("results of at most 1073741824 bytes when whole"));
  const std::size_t length = std::size_t{1} << 20;
  std::string text = R"({"cases": [{"id": ")" + std::string(length, 'x') + R"("}], "targets": [)";
  for (std::size_t target = 0; target <= longest_results / length; ++target)
    text += std::string(target == 0 ? "" : ",") + R"({"cases": [0]})";
  EXPECT_THAT(error_of_unpacking(text + "]}"),
              HasSubstr("results of at most 1073741824 bytes when whole"));
}

}  // namespace
}  // namespace lsgd
