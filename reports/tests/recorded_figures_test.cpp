// SPDX-License-Identifier: Apache-2.0
#include "reports/recorded_figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>

#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "sample_results.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

Json row(const std::string& port, unsigned cycles, const Json& text_bytes) {
  return {{"port", port},
          {"core", "core_a"},
          {"network", "car"},
          {"forward", {{"cycles", cycles / 4}, {"instructions", cycles / 5}}},
          {"step", {{"cycles", cycles}, {"instructions", cycles / 2}}},
          {"text_bytes", text_bytes}};
}

Json sample_figures() {
  const Json runs = {{"runs", {{"standard", {{"targets", 95}, {"seconds", 713}}}}},
                     {"selftest", {{"legal", {{"accepted", 7}}}}}};
  return recorded_figures({{"rows", {row("slow", 1234567, 4096), row("fast", 45678, nullptr)}}},
                          runs);
}

std::string written(const std::string& document) {
  return with_recorded_figures(document, sample_figures(), "PAGE.md");
}

std::string error_of(const std::string& document) {
  try {
    written(document);
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

std::filesystem::path source() { return LSGD_SOURCE_DIRECTORY; }

TEST(RecordedFigures, StandInTheTextWithDigitsInGroupsOfThree) {
  EXPECT_EQ(written("takes <!-- figure slow/core_a/car/step/cycles -->?<!-- end --> cycles"),
            "takes <!-- figure slow/core_a/car/step/cycles -->1,234,567<!-- end --> cycles");
}

TEST(RecordedFigures, MayBeQuotientsAndTimes) {
  EXPECT_EQ(written("<!-- figure slow/core_a/car/step/cycles / fast/core_a/car/step/cycles -->"
                    "<!-- end -->"),
            "<!-- figure slow/core_a/car/step/cycles / fast/core_a/car/step/cycles -->"
            "27.0<!-- end -->");
  EXPECT_THAT(written("<!-- figure run/standard/seconds --><!-- end -->"),
              HasSubstr(">11 min 53 s<"));
}

TEST(RecordedFigures, FillTablesWithARowForEachWord) {
  EXPECT_EQ(written("before\n<!-- figures\nport: slow fast\ncycles: */core_a/car/step/cycles\n"
                    "code: */core_a/car/text_bytes\n-->\n| old |\n<!-- end -->\nbehind"),
            "before\n<!-- figures\nport: slow fast\ncycles: */core_a/car/step/cycles\n"
            "code: */core_a/car/text_bytes\n-->\n"
            "| port | cycles | code |\n|---|--:|--:|\n"
            "| slow | 1,234,567 | 4,096 |\n| fast | 45,678 | - |\n<!-- end -->\nbehind");
}

TEST(RecordedFigures, LeaveADocumentThatStatesThemAsItIs) {
  const std::string document = written("a <!-- figure selftest/legal/accepted --><!-- end --> b\n");
  EXPECT_EQ(written(document), document);
  EXPECT_EQ(written("no figures"), "no figures");
}

TEST(RecordedFigures, RefuseWhatIsNotRecordedWithItsLine) {
  EXPECT_EQ(error_of("\n\n<!-- figure slow/core_b/car/step/cycles --><!-- end -->"),
            "PAGE.md:3: expected the path of a recorded figure, not "
            "\"slow/core_b/car/step/cycles\"");
  EXPECT_THAT(error_of("<!-- figure slow/core_a/car --><!-- end -->"), HasSubstr("PAGE.md:1: "));
  EXPECT_THAT(error_of("\n<!-- figures\nport: slow\nx: */core_a/car/step/cycles\ny: */z\n-->\n"
                       "<!-- end -->"),
              HasSubstr("PAGE.md:5: "));
  EXPECT_THAT(error_of("<!-- figures\nport slow\n-->\n<!-- end -->"), HasSubstr("PAGE.md:2: "));
}

TEST(RecordedFigures, RefuseACommentWithoutEnd) {
  EXPECT_THAT(error_of("a\n<!-- figure run/standard/targets -->95"),
              HasSubstr("PAGE.md:2: expected <!-- end -->"));
  EXPECT_THAT(error_of("<!-- figure run/standard/targets"), HasSubstr("PAGE.md:1: "));
  EXPECT_THAT(error_of("<!-- figure run/standard/targets -->95\n"
                       "<!-- figure run/standard/targets -->95<!-- end -->"),
              HasSubstr("PAGE.md:1: "));
}

TEST(RecordedFigures, OfRunsComeFromTheirResults) {
  Json runs = read_json(source() / "reports" / "recorded_runs.json", "recorded_runs");
  const Json results = passing_run();
  runs = with_recorded_run(runs, results, "results.json");
  EXPECT_EQ(runs.at("runs").at("standard").at("targets"), 3);
  EXPECT_EQ(runs.at("runs").at("standard").at("cases"), results.at("totals").at("cases"));
  runs = with_recorded_run(runs, selftest_run(), "results.json");
  EXPECT_EQ(runs.at("runs").at("standard").at("targets"), 3);
  EXPECT_EQ(runs.at("selftest").at("generated"),
            (Json{{"mutants", 3}, {"caught", 1}, {"missed", 1}, {"equivalent", 1}}));
}

TEST(RecordedFigures, OfRunsAreThoseOfWholeSuitesThatPassed) {
  Json part = passing_run();
  part["suite"]["filter"] = "level1/*";
  Json part_of_the_legal_targets = selftest_run();
  part_of_the_legal_targets["selftest"]["legal"]["left_out"] = 6;
  for (const Json& results : {part, part_of_the_legal_targets, mixed_run(), empty_run()})
    EXPECT_THROW(with_recorded_run(Json::object(), results, "results.json"), InputError);
}

TEST(Documents, LinkToFilesThatExist) {
  static const std::regex link(R"(\]\(([^)#]+)[^)]*\))");
  std::size_t links = 0;
  for (const std::filesystem::path& document : documents(source())) {
    const std::string text = read_text(document, 1 << 20);
    for (std::sregex_iterator match(text.begin(), text.end(), link), end; match != end; ++match) {
      const std::string target = (*match)[1];
      if (target.find("://") != std::string::npos) continue;
      EXPECT_TRUE(std::filesystem::exists(document.parent_path() / target))
          << document << " links to " << target;
      ++links;
    }
  }
  EXPECT_GT(links, 10U);
}

TEST(Documents, NameFilesThatExist) {
  static const std::regex path(
      "`((?:cmake|harness|reference|reports|rtl|targets|vectors)/[a-z0-9_./-]+)`");
  std::size_t paths = 0;
  for (const std::filesystem::path& document : documents(source())) {
    if (document.filename() == "CHANGELOG.md") continue;  // tells of files that are gone
    const std::string text = read_text(document, 1 << 20);
    for (std::sregex_iterator match(text.begin(), text.end(), path), end; match != end; ++match) {
      const std::string named = (*match)[1];
      EXPECT_TRUE(std::filesystem::exists(source() / named)) << document << " names " << named;
      ++paths;
    }
  }
  EXPECT_GT(paths, 20U);
}

/// `lsgd-conform documents` makes them agree.
TEST(Documents, StateTheFiguresThatAreRecorded) {
  const Json figures =
      recorded_figures(read_json(source() / "targets" / "baselines.json", "baselines"),
                       read_json(source() / "reports" / "recorded_runs.json", "recorded_runs"));
  std::size_t stating = 0;
  for (const std::filesystem::path& document : documents(source())) {
    const std::string text = read_text(document, 1 << 20);
    EXPECT_EQ(text, with_recorded_figures(text, figures, document.string())) << document;
    stating += text.find("<!-- figure") == std::string::npos ? 0 : 1;
  }
  EXPECT_GE(stating, 5U);
}

}  // namespace
}  // namespace lsgd
