// SPDX-License-Identifier: Apache-2.0
#include "html_report.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <regex>
#include <sstream>
#include <vector>

#include "headline.hpp"
#include "sample_results.hpp"
#include "target_anchor.hpp"

namespace lsgd {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text)
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else if (c == '\'')
      result += "&apos;";
    else
      result += c;
  return result;
}

TEST(HtmlReport, LoadsNothing) {
  const std::string html = html_report(mixed_run());
  const std::regex load(R"((src|href|action|data)\s*=\s*["']?\s*(https?:|//|file:))");
  EXPECT_FALSE(std::regex_search(html, load));
  EXPECT_EQ(html.find("@import"), std::string::npos);
  EXPECT_EQ(html.find("url("), std::string::npos);
  EXPECT_EQ(html.find("sourceMappingURL"), std::string::npos);
}

nlohmann::json change(const std::string& place, const std::string& what, bool is_worse = false) {
  return {{"place", place},  {"what", what},   {"before", "pass"},
          {"after", "fail"}, {"relative", ""}, {"is_worse", is_worse}};
}

TEST(HtmlReport, ShowsWhatChangedSinceAnEarlierRunTheWorseFirst) {
  auto results = mixed_run();
  EXPECT_EQ(html_report(results).find("Since the earlier run"), std::string::npos);
  results["comparison"] = {
      {"sha256", "00ff"},
      {"suite", "standard"},
      {"seed", 7},
      {"changes",
       {change("port a", "worst |error| / bound"), change("port b", "step/cycles_median"),
        change("port c", "verdict", true)}}};
  const std::string html = html_report(results);
  const std::size_t at = html.find("Since the earlier run</h2>");
  ASSERT_NE(at, std::string::npos);
  const std::size_t worse = html.find("port c", at);
  EXPECT_LT(worse, html.find("port b", at));
  EXPECT_LT(html.find("port b", at), html.find("port a", at));
  EXPECT_NE(html.find("</span> worse", worse), std::string::npos);
  EXPECT_NE(html.find("1 verdict got worse, 0 changed otherwise"), std::string::npos);
}

TEST(HtmlReport, ShowsWorseVerdictsBeforeAFoldedTableOfChanges) {
  auto results = mixed_run();
  results["comparison"] = {{"sha256", "00"}, {"suite", "smoke"}, {"seed", 7}, {"changes", {}}};
  for (int i = 0; i < 100; ++i)
    results["comparison"]["changes"].push_back(change("port a", "verdict"));
  results["comparison"]["changes"].push_back(change("port c", "verdict", true));
  const std::string html = html_report(results);
  const std::size_t at = html.find("Since the earlier run</h2>");
  const std::size_t folded = html.find("<summary>All 101 rows</summary>", at);
  ASSERT_NE(folded, std::string::npos);
  EXPECT_LT(html.find("port c", at), folded);
  EXPECT_LT(html.find("1 verdict got worse", at), folded);
  EXPECT_GT(html.find("port a", at), folded);
}

TEST(HtmlReport, LeavesTheListOfManyChangesToDiff) {
  auto results = mixed_run();
  results["comparison"] = {{"sha256", "00"}, {"suite", "smoke"}, {"seed", 7}, {"changes", {}}};
  for (int i = 0; i < 1234; ++i)
    results["comparison"]["changes"].push_back(change("port", "verdict"));
  EXPECT_NE(html_report(results).find("1,034 more: <code>lsgd-conform diff</code>"),
            std::string::npos);
}

TEST(HtmlReport, ShowsTheCommandOfEveryFailure) {
  const auto results = mixed_run();
  const std::string html = html_report(results);
  std::size_t failures = 0;
  for (const auto& target : results.at("targets"))
    for (const auto& test_case : target.at("cases"))
      if (!test_case.at("failure").is_null()) {
        ++failures;
        EXPECT_NE(html.find(escaped(test_case.at("failure").at("repeat"))), std::string::npos)
            << test_case.at("id");
      }
  EXPECT_GT(failures, 3U);
  EXPECT_EQ(count_of(html, "class=\"failure\""), failures);
}

TEST(HtmlReport, NamesEveryTargetAndSaysVerdictsInWords) {
  const auto results = mixed_run();
  const std::string html = html_report(results);
  for (const auto& target : results.at("targets"))
    EXPECT_NE(html.find("<bdi>" + target.at("name").get<std::string>() + "</bdi>"),
              std::string::npos);
  for (const char* words :
       {"</span> pass</span>", "</span> fail</span>", "</span> device failure</span>",
        "</span> skipped</span>", "</span> incomplete</span>"})
    EXPECT_NE(html.find(words), std::string::npos) << words;
}

TEST(HtmlReport, ShowsTheDeclarationOfAnArithmeticThatIsNoBuiltInProfile) {
  nlohmann::json results = smoke_run();
  EXPECT_EQ(html_report(results).find("<pre>name = "), std::string::npos);
  const std::string digest(64, 'd');
  results.at("targets").at(0)["declaration"] = {{"sha256", digest}, {"text", "name = \"mine\"\n"}};
  const std::string html = html_report(results);
  EXPECT_NE(html.find("<pre>name = &quot;mine&quot;"), std::string::npos);
  EXPECT_NE(html.find(digest), std::string::npos);
}

TEST(HtmlReport, EscapesWhatTargetsWrite) {
  const std::string text =
      "</script><img src=x onerror=alert(1)>\"'`&\x01\x1b\u202e" + std::string(10'000, 'y');
  const std::string html = html_report(hostile_run(text));
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("src=x onerror=alert(1)>"), std::string::npos);
  EXPECT_EQ(html.find('\x01'), std::string::npos);
  EXPECT_EQ(html.find('\x1b'), std::string::npos);
  EXPECT_EQ(html.find("\u202e"), std::string::npos);
  const std::size_t sections_with_charts = 5;
  EXPECT_EQ(count_of(html, "</script>"), sections_with_charts + 1);
  EXPECT_EQ(count_of(html, "<script"), sections_with_charts + 1);
}

TEST(HtmlReport, ShortensLongTextButNeverACommand) {
  const std::string text(10'000, 'y');
  const std::string html = html_report(hostile_run(text));
  const auto results = hostile_run(text);
  std::size_t failures = 0;
  for (const auto& test_case : results.at("targets").at(0).at("cases"))
    failures += test_case.at("failure").is_null() ? 0 : 1;
  EXPECT_EQ(count_of(html, text), failures);
}

TEST(HtmlReport, NeverRoundsAnErrorUpToItsBound) {
  auto results = smoke_run();
  auto& worst = results["targets"][0]["cases"][12]["worst"];
  worst["bound_fraction"] = 0.9999;
  EXPECT_NE(html_report(results).find("<span>&lt; 1</span>"), std::string::npos);
  worst["bound_fraction"] = 1;
  EXPECT_NE(html_report(results).find("<span>1.00</span>"), std::string::npos);
}

/// The cells of a target's row in the table of level 4.
std::vector<std::string> cost_row(const std::string& html, const std::string& target) {
  const std::string table = html.substr(html.find("<section id=\"cost\""));
  const std::size_t start = table.find("<bdi>" + target + "</bdi>");
  std::string row = table.substr(start, table.find("</tr>", start) - start);
  row = std::regex_replace(row, std::regex("</td>"), "\n");
  row = std::regex_replace(row, std::regex("<[^>]*>"), "");
  std::istringstream lines(row.substr(target.size()));
  std::vector<std::string> cells;
  for (std::string cell; std::getline(lines, cell);) cells.push_back(cell);
  return cells;
}

TEST(HtmlReport, ComparesWhatAStepCosts) {
  const std::string html = html_report(simulated_run());
  const auto cells = cost_row(html, "int8_hybrid_c99-simulation-gcc_O2");
  ASSERT_EQ(cells.size(), 12U);
  EXPECT_EQ((std::vector(cells.begin(), cells.begin() + 10)),
            (std::vector<std::string>{"375,000", "300,000", "750,000", "825,000", "600,000",
                                      "660,000", "1.250", "1.50", "1.20", "252"}));
  EXPECT_EQ(cost_row(html, "float32_c99-simulation-gcc_O2").at(8), "0.800");
  EXPECT_EQ(cost_row(html, "sgd_classic-simulation-gcc_O2").at(8), "–");
}

TEST(HtmlReport, CallsUnknownWhatAPlatformDoesNotCount) {
  const std::string html = html_report(simulated_run());
  const auto emulated = cost_row(html, "int8_hybrid_c99-emulator-gcc_O2");
  for (const std::size_t cycles : {0U, 2U, 3U, 6U}) EXPECT_EQ(emulated.at(cycles), "unknown");
  EXPECT_EQ(emulated.at(4), "600,000");
  EXPECT_EQ(emulated.at(7), "1.50");
  const auto hosted = cost_row(html, "int8_hybrid_c99-host-gcc_O2");
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(hosted.at(i), "unknown");
  EXPECT_EQ(hosted.at(7), "–");
}

TEST(HtmlReport, ComparesOnlyWithTheSamePlatformAndVariant) {
  auto results = simulated_run();
  results["targets"][6]["variant"] = "gcc_O3";
  const auto cells = cost_row(html_report(results), "int8_hybrid_c99-simulation-gcc_O2");
  EXPECT_EQ(cells.at(7), "–");
  EXPECT_EQ(cells.at(8), "1.20");
}

TEST(HtmlReport, NamesTheCheapestPortOfFloat32sAccuracyOnEachPlatform) {
  auto results = simulated_run();
  EXPECT_NE(html_report(results).find("simulation gcc_O2: of the ports that reach float32's"),
            std::string::npos);
  EXPECT_NE(html_report(results).find("<strong>float32_c99</strong> (float32) takes the fewest: "
                                      "500,000 cycles per step"),
            std::string::npos);
  // The same trainings at a quarter of the cycles.
  for (auto& target : results["targets"]) {
    if (target.at("port") != "sgd_classic") continue;
    target["profile"] = "int32_fixed";
    for (auto& test_case : target["cases"])
      if (test_case.contains("resources"))
        test_case["resources"]["step"]["cycles_median"] = 125'000;
  }
  const std::string html = html_report(results);
  EXPECT_NE(html.find("<strong>sgd_classic</strong> (int32_fixed) takes the fewest: 125,000 cycles "
                      "per step"),
            std::string::npos);
  EXPECT_NE(html.find(", 4.0 times fewer than float32_c99, the quickest float32 port here"),
            std::string::npos);
}

TEST(HtmlReport, ShowsWhatASelfTestCaughtMissedAndExcused) {
  const std::string html = html_report(selftest_run());
  const std::string section = html.substr(html.find("<section id=\"selftest\""));
  for (const char* text :
       {"2 semantic mutants: 2 caught (1 of them late), 0 missed, 0 equivalent",
        "3 generated mutants: 1 caught, 1 missed, 1 equivalent", "Missed (1)",
        "<details open><summary>Semantic mutants (2)", "defect of generated_2", "the same code",
        "level 1, SPEC 2.4, level1/odd", "<td class=\"number\">98 %</td>",
        "it was the first to catch 1 mutant, and 3 legal targets passed it"})
    EXPECT_NE(section.find(text), std::string::npos) << text;
  EXPECT_EQ(count_of(section, "caught later"), 1U);
}

TEST(HtmlReport, ShowsHowOftenExplanationsNameTheCause) {
  auto results = selftest_run();
  EXPECT_EQ(html_report(results).find("Whether explanations name the cause"), std::string::npos);
  results["selftest"]["explanation"] = {{{"profile", "float32"},
                                         {"mutants", 40},
                                         {"first", 31},
                                         {"in_a_set", 4},
                                         {"among_three", 37},
                                         {"functions", 35},
                                         {"functions_named", 28}}};
  EXPECT_NE(
      html_report(results).find("<tr><th scope=\"row\">float32</th><td class=\"number\">40</td><td "
                                "class=\"number\">31</td><td class=\"number\">4</td><td "
                                "class=\"number\">37</td><td class=\"number\">35</td><td "
                                "class=\"number\">28</td></tr>"),
      std::string::npos);
}

TEST(HtmlReport, ShowsAsWhatAFailingTargetBehaves) {
  auto results = mixed_run();
  for (auto& target : results.at("targets"))
    if (target.at("verdict") == "fail")
      target["explanation"] = {{"failing", 68},
                               {"passing", 231},
                               {"equally_good", 2},
                               {"hypotheses",
                                {{{"name", "bias_not_added"},
                                  {"sentence", "adds no bias in the forward pass"},
                                  {"clause", "SPEC 2.4"},
                                  {"erratum", nullptr},
                                  {"explained", 62},
                                  {"contradicted", 0},
                                  {"to_the_bit", false},
                                  {"declaration", "significand_bits = 8"}}}},
                               {"case",
                                {{"id", "level1/odd"},
                                 {"step", 2},
                                 {"tensors",
                                  {{{"tensor", "a1"},
                                    {"elements", 3},
                                    {"wrong", 1},
                                    {"index", 2},
                                    {"got", 0.5},
                                    {"exact", 0.25},
                                    {"bound", 1e-7}}}}}}};
  const std::string html = html_report(results);
  for (const char* text :
       {"<b>adds no bias in the forward pass</b>",
        "explains 62 of 68 failing cases, and no passing case contradicts",
        "<code>significand_bits = 8</code> declares it", "The first 2 explain the same number",
        "<td class=\"number\">0.25</td><td class=\"number\">1e-07</td>"})
    EXPECT_NE(html.find(text), std::string::npos) << text;
}

TEST(HtmlReport, BlamesNoDeviationWhereNothingThatIsShownIsWrong) {
  auto results = mixed_run();
  const auto failed = std::ranges::find_if(
      results.at("targets"), [](const auto& target) { return target.at("verdict") == "fail"; });
  ASSERT_NE(failed, results.at("targets").end());
  (*failed)["explanation"] = {{"failing", 12},   {"passing", 5},
                              {"wrong", 0},      {"equally_good", 0},
                              {"case", nullptr}, {"hypotheses", nlohmann::json::array()}};
  EXPECT_EQ(count_of(html_report(results), "No step and no operation that 12 failing cases show"),
            1U);
  EXPECT_EQ(count_of(html_report(results), "None of the known deviations"), 0U);
  (*failed)["explanation"]["wrong"] = 3;
  EXPECT_EQ(count_of(html_report(results), "None of the known deviations"), 1U);
}

TEST(HtmlReport, ShowsTheRecordedSelfTestOfARunOrThatThereIsNone) {
  auto results = passing_run();
  EXPECT_EQ(count_of(html_report(results), "No self-test of this suite with these builds"), 1U);

  results["recorded_selftest"] = selftest_run().at("selftest");
  const std::string html = html_report(results);
  const std::string section = html.substr(html.find("<section id=\"selftest\""));
  EXPECT_EQ(count_of(html, "No self-test of this suite with these builds"), 0U);
  for (const char* text : {"2 semantic mutants: 2 caught (1 of them late), 0 missed, 0 equivalent",
                           "the last <code>lsgd-conform selftest</code>", "What caught them first",
                           "defect of generated_2"})
    EXPECT_NE(section.find(text), std::string::npos) << text;
  EXPECT_EQ(section.find("Semantic mutants (2)"), std::string::npos)
      << "only the self-test's own page lists all";

  results["suite"]["conformance"] = false;
  results.erase("recorded_selftest");
  EXPECT_EQ(html_report(results).find("id=\"selftest\""), std::string::npos);
}

TEST(HtmlReport, ListsWhatNoTargetRanOnce) {
  auto results = passing_run();
  const auto skip = [](nlohmann::json& target) {
    target.at("levels").at(0).update(
        {{"verdict", "skipped"}, {"cases_executed", 0}, {"reason", "not selected at all"}});
  };
  auto& targets = results.at("targets");
  for (auto& target : targets) skip(target);
  EXPECT_EQ(count_of(html_report(results), "not selected at all"), 1U);
  EXPECT_EQ(count_of(html_report(results), fmt::format("all {} targets", targets.size())), 1U);

  targets.at(0) = passing_run().at("targets").at(0);
  EXPECT_EQ(count_of(html_report(results), "not selected at all"), targets.size() - 1);
}

TEST(HtmlReport, SaysOnceWhatTheTargetsOfAPortDidNotRun) {
  auto results = passing_run();
  auto& targets = results.at("targets");
  const nlohmann::json first = targets.at(0);
  for (int i = 0; i < 4; ++i) {
    targets.push_back(first);
    targets.back()["name"] = fmt::format("build_{}", i);
    targets.back().at("levels").at(0).update(
        {{"verdict", "skipped"}, {"cases_executed", 0}, {"reason", "not selected at all"}});
  }
  const std::string html = html_report(results);
  EXPECT_EQ(count_of(html, "not selected at all"), 1U);
  EXPECT_EQ(count_of(html, "4 of 5 targets of " + first.at("port").get<std::string>()), 1U);
}

TEST(HtmlReport, LinksEveryTargetFromTheOverview) {
  const auto results = mixed_run();
  const std::string html = html_report(results);
  for (const auto& target : results.at("targets")) {
    const std::string anchor = target_anchor(target);
    EXPECT_EQ(count_of(html, "href=\"#" + anchor + "\""), 1U) << anchor;
    EXPECT_EQ(count_of(html, "id=\"" + anchor + "\""), 1U) << anchor;
    for (const auto& test_case : target.at("cases"))
      if (!test_case.at("failure").is_null()) {
        EXPECT_EQ(count_of(html, "id=\"" + target_anchor(target, test_case.at("id")) + "\""), 1U);
      }
  }
}

TEST(HtmlReport, CountsTargetsOfAPortOnAPlatformWhereTheyAreMany) {
  auto results = passing_run();
  auto& targets = results.at("targets");
  for (int i = 0; i < 40; ++i) {
    targets.push_back(targets.at(0));
    targets.back()["name"] = fmt::format("build_{}", i);
  }
  targets.back()["verdict"] = "fail";
  const std::string html = html_report(results);
  EXPECT_NE(html.find("40 targets: pass"), std::string::npos);
  EXPECT_NE(html.find("1 target: fail"), std::string::npos);
}

TEST(HtmlReport, ShowsOfPassingStatisticsThoseNearestToAnEnd) {
  auto results = passing_run();
  nlohmann::json* found = nullptr;
  for (auto& target : results.at("targets"))
    for (auto& test_case : target.at("cases"))
      if (found == nullptr && !test_case.at("statistics").empty()) found = &test_case;
  ASSERT_NE(found, nullptr);
  nlohmann::json statistic = found->at("statistics").at(0);
  statistic.update({{"name", "bias"}, {"low", -1}, {"high", 1}, {"verdict", "pass"}});
  found->at("statistics") = nlohmann::json::array();
  for (int i = 0; i < 500; ++i) {
    statistic["tensor"] = fmt::format("T{}", i);
    statistic["value"] = i / 1000.0;
    found->at("statistics").push_back(statistic);
  }
  const std::string html = html_report(results);
  EXPECT_EQ(count_of(html, "<code>T499</code>"), 1U);
  EXPECT_EQ(count_of(html, "<code>T498</code>"), 1U);
  EXPECT_EQ(count_of(html, "<code>T497</code>"), 0U);
}

TEST(HtmlReport, NamesTogetherTheTensorsAndCasesOfWhichTheSameIsTold) {
  auto results = passing_run();
  const nlohmann::json told{
      {"has_results", true}, {"inverted", true}, {"zeroed", true}, {"scaled", true},
      {"stale", nullptr},    {"gain", 15},       {"cut", 14}};
  nlohmann::json detected = nlohmann::json::array();
  for (const char* tensor : {"W7", "b7", "W8", "b8"}) {
    detected.push_back(told);
    detected.back()["tensor"] = tensor;
  }
  detected.at(1)["gain"] = 12;
  for (std::size_t c : {0, 1}) results.at("targets").at(0).at("cases").at(c)["detected"] = detected;
  const std::string html = html_report(results);
  const auto id = [&](std::size_t c) {
    return results.at("targets").at(0).at("cases").at(c).at("id").get<std::string>();
  };
  const std::string both = "<code>" + id(0) + " " + id(1) + "</code></th><td><code>";
  // Those that refuse the same changes, with the worst of their figures: 2^-12.
  EXPECT_EQ(count_of(html, both + "W7 b7 W8 b8</code></td>"), 1U);
  EXPECT_EQ(count_of(html, "<td class=\"number\">0.0244 %</td>"), 1U);
  // What is told otherwise has a row of its own.
  results["targets"][0]["cases"][1]["detected"][1]["scaled"] = false;
  const std::string apart = html_report(results);
  EXPECT_EQ(count_of(apart, both + "W7 b7 W8 b8</code></td>"), 1U);
  EXPECT_EQ(count_of(apart, "<code>" + id(1) + "</code></th><td><code>b7</code></td>"), 1U);
  // Many cases are counted.
  auto many = results.at("targets").at(0).at("cases").at(0);
  for (int i = 0; i < 9; ++i) {
    many["id"] = fmt::format("level1/more_{}", i);
    many["level"] = 1;
    results["targets"][0]["cases"].push_back(many);
  }
  EXPECT_NE(html_report(results).find(" cases of level 1</code></th>"), std::string::npos);
}

/// passing_run() with one port in so many arithmetics, on the host.
nlohmann::json run_of_a_family(std::size_t arithmetics) {
  auto results = passing_run();
  const nlohmann::json first = results.at("targets").at(0);
  for (std::size_t i = 0; i < arithmetics; ++i) {
    auto target = first;
    const std::string profile = fmt::format("format_{}", i);
    target["name"] = fmt::format("anyone_{}-host-gcc_O2", profile);
    target["port"] = "anyone_" + profile;
    target["profile"] = profile;
    target["declaration"] = {{"sha256", std::string(64, static_cast<char>('a' + i))},
                             {"text", fmt::format("name = \"{}\"\n", profile)}};
    results["targets"].insert(results["targets"].begin(), target);
  }
  return results;
}

TEST(HtmlReport, FoldsThePortInManyArithmeticsBehindThePorts) {
  const auto results = run_of_a_family(8);
  const std::string html = html_report(results);
  EXPECT_EQ(count_of(html, "<tr><th scope=\"row\"><bdi>anyone</bdi>"), 1U);
  EXPECT_NE(html.find("<details>\n<summary><b><bdi>anyone</bdi></b> <span class=\"note\">8 "
                      "arithmetics; 8 targets, all pass</span></summary>"),
            std::string::npos);
  const std::string last_port = results.at("targets").back().at("port");
  EXPECT_LT(html.find("<bdi>" + last_port + "</bdi>"), html.find("<bdi>anyone</bdi>"));
  for (const auto& target : results.at("targets"))  // every one has its levels
    EXPECT_EQ(count_of(html, "<tr id=\"" + target_anchor(target) + "\">"), 1U);
  EXPECT_EQ(html.find("<pre>name = &quot;format_3"), std::string::npos);
  EXPECT_NE(html.find("SHA-256 <code>" + std::string(64, 'd')), std::string::npos);
}

TEST(HtmlReport, FoldsLongSectionsBehindTheirFirstParagraph) {
  const std::string folded = "<details class=\"long\">\n<summary>All ";
  EXPECT_EQ(html_report(passing_run()).find(folded), std::string::npos);
  auto results = passing_run();
  while (results.at("targets").size() < 41) {
    results.at("targets").push_back(results.at("targets").at(0));
    results.at("targets").back()["name"] = fmt::format("build_{}", results.at("targets").size());
  }
  const std::string html = html_report(results);
  const std::size_t errors = html.find("<section id=\"errors\"");
  const std::size_t at = html.find(folded + "41 rows</summary>", errors);
  EXPECT_LT(html.find("1 is the limit.</p>", errors), at);
  EXPECT_LT(at, html.find("<section", errors + 1));
  // Verdicts are what the page is opened for.
  const std::size_t verdicts = html.find("<section id=\"verdicts\"");
  EXPECT_GT(html.find(folded, verdicts), html.find("</section>", verdicts));
}

TEST(HtmlReport, ShowsFewArithmeticsEachAsAPort) {
  const std::string html = html_report(run_of_a_family(7));
  EXPECT_EQ(html.find("<bdi>anyone</bdi>"), std::string::npos);
  EXPECT_NE(html.find("<bdi>anyone_format_6</bdi>"), std::string::npos);
}

TEST(HtmlReport, UnfoldsArithmeticsOfWhichOneFailsAndNamesItFirst) {
  auto results = run_of_a_family(8);
  results["targets"][5]["verdict"] = "fail";
  const std::string html = html_report(results);
  const std::size_t at = html.find("<details open>\n<summary><b><bdi>anyone</bdi>");
  ASSERT_NE(at, std::string::npos);
  EXPECT_NE(html.find("8 arithmetics; 8 targets: 1 fail, 7 pass"), std::string::npos);
  EXPECT_LT(html.find(target_anchor(results.at("targets").at(5)) + "\"><th", at),
            html.find(target_anchor(results.at("targets").at(0)) + "\"><th", at));
}

/// What a target states of itself, and what a run found.
nlohmann::json capabilities_of_a_port() {
  return {{"stated",
           {{"activations", {"relu", "tanh"}},
            {"losses", {"mse"}},
            {"kernels", {"float_add", "float_divide"}},
            {"counters", nlohmann::json::array()}}},
          {"capacities",
           {{"layers", 8},
            {"inputs", 784},
            {"width", 320},
            {"activations", 1280},
            {"parameters", 98304}}},
          {"found",
           {{"activations", {{"relu", "tested"}, {"tanh", "untested"}, {"sigmoid", "untested"}}},
            {"losses", {{"mse", "tested"}, {"bce", "tested"}}},
            {"kernels", {{"float_add", "tested"}, {"float_divide", "refused"}}},
            {"counters", {{"cycles", "refused"}}}}}};
}

TEST(HtmlReport, ShowsWhatTargetsStateThatTheyCanDo) {
  auto results = passing_run();
  EXPECT_EQ(count_of(html_report(results), "<h2>Capabilities"), 0U);
  for (auto& target : results.at("targets")) target["capabilities"] = capabilities_of_a_port();
  results["targets"][0]["capabilities"]["stated"] = nullptr;
  const std::string html = html_report(results);
  const std::size_t stated = results.at("targets").size() - 1;
  EXPECT_GT(stated, 0U);
  EXPECT_GE(count_of(html, "not tested: tanh</span>"), 1U);
  EXPECT_GE(count_of(html, "not as stated: bce</span>"), 1U);
  EXPECT_GE(count_of(html, "not as stated: float_divide</span>"), 1U);
  EXPECT_GE(count_of(html, "lacks cycles</span>"), 1U);
  EXPECT_GE(count_of(html, "up to 8 layers, 784 inputs, 320 outputs of a layer"), 1U);
  // Of one that states nothing all that its profile has was asked for.
  EXPECT_EQ(count_of(html, "not tested: tanh, sigmoid</span>") +
                count_of(html, "not tested: sigmoid, tanh</span>"),
            1U);
  EXPECT_EQ(count_of(html, "lacks float_divide</span>"), 1U);
}

TEST(Headline, NamesWhatIsStatedAndNotTested) {
  auto results = passing_run();
  const std::string sentence = "Stated and not tested by this run, on ";
  EXPECT_EQ(count_of(html_report(results), sentence), 0U);
  results["targets"][0]["capabilities"] = capabilities_of_a_port();
  const std::string html = html_report(results);
  EXPECT_EQ(count_of(html, sentence + "1 target"), 1U);
  EXPECT_EQ(count_of(html, "activations tanh"), 1U);
  results["targets"][0]["capabilities"]["stated"] = nullptr;
  EXPECT_EQ(count_of(html_report(results), sentence), 0U);
  results["targets"][0]["capabilities"] = capabilities_of_a_port();
  results["suite"]["shard"] = "1/2";
  EXPECT_EQ(count_of(html_report(results), sentence), 0U);
}

TEST(HtmlReport, DoesNotShowTiming) {
  auto results = mixed_run();
  const std::string html = html_report(results);
  results["timing"] = {{"wall_seconds", 9.75}};
  EXPECT_EQ(html_report(results), html);
}

TEST(Headline, ClaimsConformanceOnlyForACompletePassingRun) {
  const Headline head = headline(passing_run());
  EXPECT_EQ(head.verdict, "pass");
  EXPECT_EQ(head.title, "All 3 targets pass");
  EXPECT_EQ(head.sentences.at(0),
            "The standard suite ran 102 of 102 cases on 3 targets; none failed.");
  EXPECT_EQ(head.sentences.at(1),
            "All 3 targets may claim conformance to specification " +
                passing_run().at("tool").at("specification").get<std::string>() + ".");
  EXPECT_EQ(head.reasons.at(0).sentence, "Nothing was skipped.");
}

TEST(Headline, SaysWhoseCostsAreTheDevicesWord) {
  auto results = passing_run();
  const auto says_so = [&] {
    const Headline head = headline(results);
    return std::ranges::any_of(head.reasons, [](const Reason& reason) {
      return reason.sentence.starts_with(
          "Cycles, instructions, stack and heap of 1 target are claimed");
    });
  };
  EXPECT_FALSE(says_so()) << "our agent counts for built-in targets";
  auto& target = results["targets"][0];
  target["selector"] = "acme.toml";
  EXPECT_FALSE(says_so()) << "of level 4 nothing ran";
  target["levels"].push_back({{"level", 4},
                              {"verdict", "pass"},
                              {"cases_expected", 1},
                              {"cases_executed", 1},
                              {"cases_failed", 0},
                              {"reason", nullptr}});
  EXPECT_TRUE(says_so());
}

TEST(Headline, ClaimsForAShortenedSuiteOnlyThatMuch) {
  auto results = passing_run();
  auto& slow = results["targets"][2];
  slow["pace"] = "slow";
  slow["shortened"] = {"level 2: 1 of 4 chunks of car", "level 3: car from 1 of 5 initialisations"};
  const Headline head = headline(results);
  EXPECT_EQ(head.title, "All 3 targets pass, 1 of them a shortened suite");
  EXPECT_TRUE(head.sentences.at(1).starts_with("2 targets may claim conformance"));
  EXPECT_TRUE(
      head.sentences.at(1).ends_with("; 1 target may claim no more than the shortened suite."));
  EXPECT_TRUE(head.reasons.at(1).sentence.starts_with(
      "1 target of pace slow ran less of the suite. A run of --suite full"));
  EXPECT_EQ(head.reasons.at(1).parts, slow["shortened"].get<std::vector<std::string>>());
  auto of_two_paces = results;
  of_two_paces["targets"][0]["pace"] = "brief";
  of_two_paces["targets"][0]["shortened"] = {"level 1: the few cases"};
  const Headline both = headline(of_two_paces);
  EXPECT_TRUE(both.reasons.at(1).sentence.starts_with(
      "2 targets ran less of the suite for their pace: 1 brief, 1 slow. A run of --suite full"));
  EXPECT_EQ(both.reasons.at(1).parts.front(), "pace brief, level 1: the few cases");
  const std::string html = html_report(results);
  EXPECT_EQ(count_of(html, "of a shortened suite"), 1U);
  EXPECT_EQ(count_of(html, "run was 1 of 4 chunks of car"), 1U);
  for (auto& target : results["targets"]) {
    target["pace"] = "slow";
    target["shortened"] = slow["shortened"];
  }
  for (const std::string& sentence : headline(results).sentences)
    EXPECT_EQ(sentence.find("may claim conformance"), std::string::npos) << sentence;
}

TEST(Headline, IsWholeAndShortHoweverMuchWasLeftOut) {
  auto results = passing_run();
  std::size_t number = 0;
  for (auto& target : results["targets"]) {
    target["pace"] = number++ == 0 ? "fast" : number == 1 ? "moderate" : "slow";
    target["shortened"] = nlohmann::json::array();
    for (int part = 0; part < 30; ++part)
      target["shortened"].push_back(
          fmt::format("level 3: workload {} of {}, from 1 of 5 initialisations and for 3 of 40 "
                      "epochs of 1,000 steps each",
                      part, number));
  }
  std::size_t length = 0;
  for (const std::string& sentence : headline(results).sentences) length += sentence.size();
  EXPECT_LE(length, 240U);
  const std::string html = html_report(results);
  const std::string head = html.substr(0, html.find("</header>"));
  EXPECT_EQ(head.find(" characters)"), std::string::npos);
  EXPECT_NE(head.find("<li>pace slow, level 3: workload 29 of 3, from 1 of 5"), std::string::npos);
}

TEST(HtmlReport, DrawsOnceACurveThatSeveralTargetsShare) {
  auto results = simulated_run();
  const auto curves = [&] { return count_of(html_report(results), "\"others\":"); };
  const std::size_t before = curves();
  ASSERT_GT(before, 0U);
  auto other = results["targets"][0];
  other["name"] = "the same elsewhere";
  results["targets"].push_back(other);
  EXPECT_EQ(curves(), before);
  EXPECT_NE(html_report(results).find("\"others\":1"), std::string::npos);
}

TEST(Headline, SaysWhyARunIsNotEnough) {
  auto results = smoke_run();
  EXPECT_EQ(headline(results).sentences.back(),
            "This run is not enough to claim conformance: the smoke suite leaves too much out.");
  results["suite"].erase("not_enough");
  EXPECT_EQ(headline(results).sentences.back(), "This run is not enough to claim conformance.");
}

TEST(Headline, CountsCasesSkippedInLevelsThatRan) {
  auto results = passing_run();
  for (std::size_t c = 12; c < 15; ++c) {
    auto& skipped = results["targets"][0]["cases"][c];
    skipped["verdict"] = "skipped";
    skipped["reason"] = "the port lacks tanh";
  }
  EXPECT_EQ(headline(results).reasons.at(0).sentence,
            "3 cases of levels that ran were skipped, on 1 target: nothing is claimed for what was "
            "skipped.");
}

TEST(Headline, CountsCasesRefusedForTheirNetworks) {
  auto results = passing_run();
  const auto leave_out = [&](std::size_t c, const char* verdict) {
    auto& left_out = results["targets"][0]["cases"][c];
    left_out["verdict"] = verdict;
    left_out["reason"] = "the target takes 6-32-16-4 alone";
  };
  leave_out(12, "refused");
  leave_out(13, "refused");
  EXPECT_EQ(headline(results).reasons.at(0).sentence,
            "2 cases were refused, for their networks, on 1 target: nothing is claimed for what "
            "was refused.");
  EXPECT_EQ(count_of(html_report(results), "2 cases refused"), 1U);
  leave_out(14, "skipped");
  EXPECT_EQ(headline(results).reasons.at(0).sentence,
            "1 case of levels that ran was skipped, on 1 target; 2 cases were refused, for their "
            "networks, on 1 target: nothing is claimed for what was skipped or refused.");
}

TEST(HtmlReport, ShowsTheDigestsOfResultsProgramAndFiles) {
  auto results = passing_run();
  const std::string of_results(64, '1'), of_program(64, '2'), of_file(64, '3');
  results["tool"]["sha256"] = of_program;
  results["suite"]["files"] = {{{"name", "harness/suites/standard.toml"}, {"sha256", of_file}}};
  const std::string html = html_report(results, of_results);
  for (const std::string& digest : {of_results, of_program, of_file})
    EXPECT_EQ(count_of(html, digest), 1U);
}

TEST(Headline, CountsWhatDoesNotPass) {
  const Headline head = headline(mixed_run());
  EXPECT_EQ(head.verdict, "fail");
  EXPECT_EQ(head.title, "3 of 22 targets do not pass");
  EXPECT_EQ(head.sentences.at(0),
            "Of 22 targets, 1 fails, 1 has a device failure, 1 is incomplete.");
  EXPECT_EQ(head.reasons.at(0).sentence,
            "1 level was skipped, on 1 target: nothing is claimed for what was skipped.");
  EXPECT_NE(head.sentences.at(2).find("19 targets may claim conformance"), std::string::npos);
}

TEST(Headline, OfWaivedFailuresSaysSoAndClaimsNothingForThem) {
  const Headline head = headline(waived_run());
  EXPECT_EQ(head.verdict, "waived");
  EXPECT_EQ(head.title, "Pass with 1 waiver, on 1 of 3 targets");
  EXPECT_EQ(head.sentences[0], "Of 3 targets, 1 passes with waivers alone.");
  EXPECT_EQ(head.sentences[2], "2 targets may claim conformance to specification 1.0.");
}

TEST(HtmlReport, ListsWaiversWithWhoAnswersForThem) {
  const std::string page = html_report(waived_run(), "");
  for (const char* shown : {"id=\"waivers\"", "the divider has 22 bits", "2027-03-01", "Ada",
                            "https://acme.example/errata/7", "pass with waivers"})
    EXPECT_NE(page.find(shown), page.npos) << shown;
  EXPECT_EQ(html_report(passing_run(), "").find("id=\"waivers\""), std::string::npos);
}

TEST(Headline, OfAShardIsNoPass) {
  auto results = passing_run();
  results["suite"]["shard"] = "2/7";
  const Headline head = headline(results);
  EXPECT_EQ(head.verdict, "incomplete");
  EXPECT_EQ(head.title, "Shard 2/7 of a run, in which nothing failed");
}

TEST(Headline, ASelfTestThatMissesMutantsFailsThoughEveryTargetPasses) {
  auto results = selftest_run();
  const Headline head = headline(results);
  EXPECT_EQ(head.verdict, "fail");
  EXPECT_EQ(head.title, "The self-test fails");
  results["selftest"]["verdict"] = "pass";
  EXPECT_EQ(headline(results).title, "All 3 targets pass");
  EXPECT_NE(headline(results).sentences.front().find("3 of 3 legal targets accepted"),
            std::string::npos);
}

TEST(Headline, ARunWithoutCasesFails) {
  const Headline head = headline(empty_run());
  EXPECT_EQ(head.verdict, "fail");
  EXPECT_EQ(head.title, "No case was run");
}

/// Everything of a run that trained, with the weights' distance from the reference as given.
std::string report_of_distance(double distance) {
  auto results = simulated_run();
  for (auto& target : results["targets"])
    for (auto& test_case : target["cases"])
      if (test_case.contains("convergence"))
        for (auto& epoch : test_case["convergence"]["epochs"])
          epoch["distance"]["value"] = epoch["distance"]["high"] = distance;
  return html_report(results);
}

TEST(HtmlReport, TellsTheLearningRateOfEveryEpoch) {
  const std::string html = html_report(simulated_run());
  EXPECT_EQ(count_of(html, "Learning rate 0.05 throughout."), 1U);
  EXPECT_EQ(count_of(html, "Learning rate 0.05 in epochs 1 to 3, 0.025 in epochs 4 to 5."), 1U);
}

TEST(HtmlReport, ShowsDistancesUnlessNoneIsAllowed) {
  const std::string caption = "Distance of the parameters from the exact trajectory";
  EXPECT_NE(report_of_distance(1e-5).find(caption), std::string::npos);
  EXPECT_EQ(report_of_distance(0).find(caption), std::string::npos);
}

}  // namespace
}  // namespace lsgd
