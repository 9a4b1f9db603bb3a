// SPDX-License-Identifier: Apache-2.0
#include "reports/render_reports.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>

#include "files/json_file.hpp"
#include "sample_results.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

class RenderReports : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::map<std::string, std::string> files(const std::string& within = {}) const {
    std::map<std::string, std::string> contents;
    for (const auto& entry : fs::directory_iterator(folder_ / within)) {
      std::ifstream file(entry.path(), std::ios::binary);
      contents[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return contents;
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(RenderReports, WritesFourFilesAndNothingElse) {
  render_reports(mixed_run(), {}, folder_);
  std::vector<std::string> names;
  for (const auto& [name, text] : files()) names.push_back(name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"cases.csv", "index.html", "junit.xml", "summary.md"}));
}

TEST_F(RenderReports, WritesJunitOfEachTargetUnderAnyName) {
  nlohmann::json results = mixed_run();
  results["targets"].at(0)["name"] = "../up/.and \"on\"";
  results["targets"].at(1)["name"] = ".hidden";
  render_further_reports(results, {true, false, false, ""}, folder_);
  const auto written = files("junit");
  EXPECT_EQ(written.size(), results.at("targets").size());
  EXPECT_TRUE(written.contains("%2e.%2fup%2f.and%20%22on%22.xml"));
  EXPECT_TRUE(written.contains("%2ehidden.xml"));
}

TEST_F(RenderReports, WritesFurtherFilesForThoseWhoAsk) {
  render_further_reports(mixed_run(), {}, folder_);
  EXPECT_TRUE(files().empty());
  render_further_reports(mixed_run(), {false, true, true, "acme.toml"}, folder_);
  std::vector<std::string> names;
  for (const auto& [name, text] : files()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"badge.svg", "figures.csv", "results.sarif"}));
}

TEST_F(RenderReports, GivesTheSameBytesTwice) {
  render_reports(mixed_run(), {}, folder_);
  const auto first = files();
  render_reports(mixed_run(), {}, folder_);
  EXPECT_EQ(files(), first);
}

TEST_F(RenderReports, RendersHostileTextOfManyKinds) {
  std::string every_byte_but_invalid;
  for (char c = 1; c < 127; ++c) every_byte_but_invalid += c;
  for (const std::string& text :
       {every_byte_but_invalid, std::string(10'000, '`'), std::string("{{{html}}} {{#x}}"),
        std::string("=cmd|'/C calc'!A0"), std::string("\u202eabc\u2066")})
    EXPECT_NO_THROW({
      render_reports(hostile_run(text), {}, folder_);
      render_further_reports(hostile_run(text), {true, true, true, text}, folder_);
    });
}

TEST_F(RenderReports, SampleResultsSatisfyTheSchema) {
  fs::create_directories(folder_);
  for (const auto& results : {mixed_run(), passing_run(), simulated_run(), smoke_run(), empty_run(),
                              selftest_run(), hostile_run("<x>")}) {
    write_json(folder_ / "results.json", results);
    EXPECT_EQ(read_json(folder_ / "results.json", "results"), results);
  }
}

TEST_F(RenderReports, ResultsWithAnUnknownOrMissingMemberAreRejected) {
  fs::create_directories(folder_);
  auto unknown = smoke_run();
  unknown["targets"][0]["cases"][0]["colour"] = "red";
  auto missing = smoke_run();
  missing["targets"][0]["cases"][0].erase("clause");
  auto other_version = smoke_run();
  other_version["format"] = "lsgd-results/5";
  for (const auto& results : {unknown, missing, other_version}) {
    write_json(folder_ / "results.json", results);
    EXPECT_THROW(read_json(folder_ / "results.json", "results"), InputError);
  }
}

}  // namespace
}  // namespace lsgd
