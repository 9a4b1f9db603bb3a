// SPDX-License-Identifier: Apache-2.0
#include "history_report.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <limits>
#include <regex>

#include "sample_results.hpp"

namespace lsgd {
namespace {

PastTarget target(const std::string& name, const std::string& verdict = "pass") {
  return {.name = name,
          .port = "p",
          .platform = "q",
          .profile = "float32",
          .verdict = verdict,
          .executed = 100,
          .failed = verdict == "fail" ? 7U : 0U,
          .worst = 0.5,
          .counts = {{"car, step: cycles", 2000}},
          .bytes = {{"car: stack", 224}}};
}

PastRun run_of(const std::string& file, std::vector<PastTarget> targets) {
  return {.file = file,
          .sha256 = std::string(64, '1'),
          .suite = "standard",
          .seed = 7,
          .program = "lsgd-conform 1, specification 1",
          .program_sha256 = std::string(64, '2'),
          .targets = std::move(targets)};
}

/// What stands between two places of the page.
std::string between(const std::string& html, const std::string& from, const std::string& to) {
  const auto begin = html.find(from), end = html.find(to, begin);
  EXPECT_NE(begin, std::string::npos) << from;
  return html.substr(begin, end - begin);
}

std::string section(const std::string& html, const std::string& name) {
  return between(html, "<section id=\"" + name + "\"", "</section>");
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(PastRun, KeepsWhatAStepCostsAndTheWorstError) {
  const PastRun run = past_run(simulated_run(), "r.json", "00");
  EXPECT_EQ(run.file, "r.json");
  EXPECT_EQ(run.targets.size(), 9U);
  const auto of = [&](const std::string& name) {
    return *std::ranges::find(run.targets, name, &PastTarget::name);
  };
  const auto figure = [](const std::vector<PastFigure>& figures, const std::string& what) {
    const auto found = std::ranges::find(figures, what, &PastFigure::what);
    return found == figures.end() ? 0 : found->value;
  };
  // 400,000 instructions, 5 cycles for 4 of them; an emulator counts no cycles, a host nothing.
  EXPECT_EQ(figure(of("float32_c99-simulation-gcc_O2").counts, "car, step: cycles"), 500'000U);
  EXPECT_EQ(figure(of("float32_c99-emulator-gcc_O2").counts, "car, step: instructions"), 400'000U);
  EXPECT_TRUE(of("float32_c99-host-gcc_O2").counts.empty());
  EXPECT_EQ(figure(of("float32_c99-simulation-gcc_O2").bytes, "car: stack"), 252U);

  EXPECT_FALSE(run.targets[0].is_shortened);
  auto results = simulated_run();
  results["targets"][0]["shortened"] = {"level 2: 1 of 4 chunks of car"};
  EXPECT_TRUE(past_run(results, "", "").targets[0].is_shortened);
  for (auto& found : results["targets"][0]["cases"])
    if (!found.at("worst").is_null()) found["worst"]["bound_fraction"] = 0.125;
  EXPECT_EQ(past_run(results, "", "").targets[0].worst, 0.125);
  for (auto& found : results["targets"][0]["cases"])
    if (!found.at("worst").is_null()) {
      found["worst"]["bound_fraction"] = nullptr;
      break;
    }
  EXPECT_EQ(past_run(results, "", "").targets[0].worst, std::numeric_limits<double>::infinity());
}

TEST(HistoryReport, LoadsNothingAndHasNoScript) {
  const std::string html = history_report(sample_history());
  EXPECT_FALSE(
      std::regex_search(html, std::regex(R"((src|href|action)\s*=\s*["']?\s*(https?:|//))")));
  EXPECT_FALSE(has(html, "<script"));
  EXPECT_FALSE(has(html, "script-src"));
  EXPECT_FALSE(has(html, "url("));
}

TEST(HistoryReport, SaysWhatChangedFromTheLastRunButOne) {
  PastTarget faster = target("a"), slower = target("a");
  faster.counts[0].value = 1900;
  slower.counts[0].value = 2500;
  const std::string html = history_report(
      {run_of("1.json", {slower}), run_of("2.json", {target("a")}), run_of("3.json", {faster})});
  const std::string cost = section(html, "cost");
  EXPECT_TRUE(has(cost,
                  "<td class=\"number\">2,500</td><td class=\"number\">2,000</td>"
                  "<td class=\"number\">1,900</td><td class=\"number\">-5.00 %</td>"))
      << cost;
  EXPECT_TRUE(has(cost, "<title>run 2: 2,000</title>"));
  // From the largest to the smallest value, run by run.
  EXPECT_TRUE(has(cost, "x1=\"4.0\" y1=\"5.0\" x2=\"80.0\""));
  EXPECT_TRUE(has(cost, "x2=\"156.0\" y2=\"31.0\""));
  EXPECT_TRUE(has(section(html, "memory"), "1 figure that stayed the same"));
  EXPECT_TRUE(has(section(html, "errors"), "1 figure that stayed the same"));
}

TEST(HistoryReport, ShowsTargetsWhoseVerdictChangedRunByRun) {
  const std::string html = history_report({run_of("1.json", {target("a"), target("b")}),
                                           run_of("2.json", {target("a", "fail"), target("b")})});
  EXPECT_TRUE(has(html, "1 of 2 targets does not pass its last run"));
  EXPECT_TRUE(has(html, "1 verdict is worse than in the run before, 0 better."));
  const std::string changed = between(section(html, "verdicts"), "class=\"overview\"", "</table>");
  EXPECT_TRUE(has(changed, "<bdi>a</bdi>"));
  EXPECT_FALSE(has(changed, "<bdi>b</bdi>"));
  EXPECT_TRUE(has(changed, "aria-label=\"pass, 100 cases\""));
  EXPECT_TRUE(has(changed, "aria-label=\"fail, 7 of 100 cases fail\""));
  EXPECT_TRUE(has(section(html, "verdicts"), "1 target of the same verdict in every run"));
}

TEST(HistoryReport, SaysOfOneFailingCaseThatItFails) {
  PastTarget one = target("a", "fail");
  one.failed = one.executed = 1;
  const std::string html =
      history_report({run_of("1.json", {target("a")}), run_of("2.json", {one})});
  EXPECT_TRUE(has(html, "1 of 1 case fails"));
}

TEST(HistoryReport, TakesNoTargetForThatOfAnotherVendor) {
  PastTarget other = target("a");
  other.port = "acme";
  other.counts[0].value = 9000;
  const std::string html =
      history_report({run_of("1.json", {target("a")}), run_of("2.json", {other})});
  EXPECT_TRUE(has(html, "All 2 targets pass their last run"));
  EXPECT_FALSE(has(section(html, "cost"), "<svg"));
  EXPECT_TRUE(has(section(html, "cost"), "2 figures that stayed the same"));
}

TEST(HistoryReport, LeavesAGapWhereARunDoesNotHaveTheTarget) {
  PastTarget later = target("a", "fail");
  later.counts[0].value = 3000;
  const std::string html = history_report(
      {run_of("1.json", {target("a")}), run_of("2.json", {}), run_of("3.json", {later})});
  EXPECT_TRUE(has(section(html, "verdicts"), "not run"));
  const std::string cost = section(html, "cost");
  EXPECT_TRUE(has(cost, "in 2 runs"));
  EXPECT_FALSE(has(cost, "class=\"curve\""));
  EXPECT_TRUE(has(cost, "+50.00 %"));
}

TEST(HistoryReport, MarksErrorsBeyondTheirBound) {
  PastTarget beyond = target("a"), no_number = target("a");
  beyond.worst = 2.5;
  no_number.worst = std::numeric_limits<double>::infinity();
  const std::string errors =
      section(history_report({run_of("1.json", {target("a")}), run_of("2.json", {beyond}),
                              run_of("3.json", {no_number})}),
              "errors");
  EXPECT_TRUE(has(errors, "class=\"outside\"><title>run 2: 2.50</title>"));
  EXPECT_TRUE(has(errors, "class=\"outside\"><title>run 3: no number</title>"));
  EXPECT_TRUE(has(errors, "r=\"2.4\"><title>run 1: 0.500</title>"));
  EXPECT_TRUE(has(errors, "<b class=\"fail\">no number</b>"));
  EXPECT_TRUE(has(errors, "unknown"));
}

TEST(HistoryReport, NamesRunsThatAnotherProgramWrote) {
  PastRun old = run_of("old.json", {target("a")});
  old.program_sha256 = std::string(64, '3');
  const std::string html =
      history_report({old, run_of("2.json", {target("a")}), run_of("3.json", {target("a")})});
  EXPECT_TRUE(has(html, "1 run was written by another program than the last"));
  const std::string row = between(html, "<bdi>old.json</bdi>", "</tr>");
  EXPECT_TRUE(has(row, "another than the last"));
  EXPECT_TRUE(has(row, std::string(64, '3')));
  EXPECT_FALSE(has(between(html, "<bdi>2.json</bdi>", "</tr>"), "another than the last"));
}

TEST(HistoryReport, SaysThatRunsOfOtherSeedsHaveOtherDrawnCases) {
  const std::string warning = "The runs are of several seeds";
  std::vector<PastRun> runs{run_of("1.json", {target("a")}), run_of("2.json", {target("a")})};
  EXPECT_FALSE(has(history_report(runs), warning));
  runs[1].seed = 8;
  EXPECT_TRUE(has(history_report(runs), warning));
}

TEST(HistoryReport, EscapesWhatTargetsWrite) {
  const std::string text = "</td><img src=x onerror=alert(1)>{{{title}}}\u202e";
  std::vector<PastRun> runs{past_run(hostile_run(text), text, text),
                            past_run(hostile_run(text), text, text)};
  runs[0].targets.front().worst = 0.25;
  runs[0].targets.front().verdict = "fail";
  const std::string html = history_report(runs);
  EXPECT_FALSE(has(html, "<img"));
  EXPECT_FALSE(has(html, "\u202e"));
}

TEST(HistoryReport, GivesTheSameBytesTwiceAndTakesAnyNumberOfRuns) {
  EXPECT_EQ(history_report(sample_history()), history_report(sample_history()));
  EXPECT_TRUE(has(history_report({run_of("1.json", {target("a")})}), "The target passes"));
  EXPECT_TRUE(has(history_report({run_of("1.json", {})}), "No run has a target"));
  const auto folder = std::filesystem::path(testing::TempDir()) / "history_of_one_run";
  render_history({run_of("1.json", {target("a")})}, folder);
  std::ifstream file(folder / "history.html", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            history_report({run_of("1.json", {target("a")})}));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lsgd
