// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>
#include <string>

#include "csv_report.hpp"
#include "junit_report.hpp"
#include "markdown_report.hpp"
#include "sample_results.hpp"

namespace lsgd {
namespace {

constexpr const char* hostile_text =
    "a|b `c` ``d`` <img src=x> ]]> \"q\" 'p' & , \x01\x1b\u202e\n# e";

std::map<std::string, unsigned> verdict_counts(const nlohmann::json& results) {
  std::map<std::string, unsigned> counts;
  for (const auto& target : results.at("targets"))
    for (const auto& test_case : target.at("cases")) ++counts[test_case.at("verdict")];
  const std::map<std::string, std::string> verdict_of_mutant{
      {"caught", "pass"}, {"missed", "fail"}, {"equivalent", "skipped"}};
  if (results.contains("selftest"))
    for (const auto& mutant : results.at("selftest").at("mutants"))
      ++counts[verdict_of_mutant.at(mutant.at("verdict"))];
  return counts;
}

unsigned levels_with(const nlohmann::json& results, const std::string& verdict) {
  unsigned count = 0;
  for (const auto& target : results.at("targets"))
    for (const auto& level : target.at("levels")) count += level.at("verdict") == verdict ? 1 : 0;
  return count;
}

unsigned count_of(const pugi::xml_document& document, const char* path) {
  return static_cast<unsigned>(document.select_nodes(path).size());
}

void expect_junit_matches(const nlohmann::json& results) {
  pugi::xml_document document;
  const std::string xml = junit_report(results);
  ASSERT_TRUE(
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8));
  auto counts = verdict_counts(results);
  const unsigned skipped = counts["skipped"] + levels_with(results, "skipped");
  const unsigned failures = counts["fail"] + levels_with(results, "incomplete");
  const unsigned tests = counts["pass"] + counts["device_failure"] + skipped + failures;
  const auto root = document.child("testsuites");
  EXPECT_EQ(root.attribute("tests").as_uint(), tests);
  EXPECT_EQ(root.attribute("failures").as_uint(), failures);
  EXPECT_EQ(root.attribute("errors").as_uint(), counts["device_failure"]);
  EXPECT_EQ(count_of(document, "//testcase"), tests);
  EXPECT_EQ(count_of(document, "//testcase/failure"), failures);
  EXPECT_EQ(count_of(document, "//testcase/error"), counts["device_failure"]);
  EXPECT_EQ(count_of(document, "//testcase/skipped"), skipped);
  EXPECT_EQ(count_of(document, "//testsuite"),
            results.at("targets").size() + results.contains("selftest"));
  for (const auto suite : root.children("testsuite"))
    EXPECT_EQ(suite.attribute("tests").as_uint(),
              std::distance(suite.children("testcase").begin(), suite.children("testcase").end()));
}

/// What Jenkins' schema (xUnit plugin, junit-10.xsd) lets an element have, of what is used here.
struct ElementRule {
  std::set<std::string> attributes;
  std::set<std::string> children;
};

const std::map<std::string, ElementRule> jenkins_rules = {
    {"testsuites", {{"name", "time", "tests", "errors", "failures"}, {"testsuite"}}},
    {"testsuite",
     {{"name", "tests", "failures", "errors", "time", "skipped"}, {"properties", "testcase"}}},
    {"properties", {{}, {"property"}}},
    {"property", {{"name", "value"}, {}}},
    {"testcase", {{"name", "time", "classname"}, {"skipped", "error", "failure", "system-out"}}},
    {"skipped", {{"message", "type"}, {}}},
    {"error", {{"message", "type"}, {}}},
    {"failure", {{"message", "type"}, {}}},
    {"system-out", {{}, {}}}};

void expect_jenkins_reads(const pugi::xml_node& element) {
  const auto rule = jenkins_rules.find(element.name());
  ASSERT_NE(rule, jenkins_rules.end()) << element.name();
  for (const auto& attribute : element.attributes())
    EXPECT_EQ(rule->second.attributes.count(attribute.name()), 1U)
        << attribute.name() << " of " << element.name();
  if (const auto time = element.attribute("time")) {
    EXPECT_THAT(time.value(), testing::MatchesRegex("[0-9]+\\.[0-9][0-9][0-9]"));
  }
  for (const auto& child : element.children()) {
    if (child.type() != pugi::node_element) continue;
    EXPECT_EQ(rule->second.children.count(child.name()), 1U)
        << child.name() << " in " << element.name();
    expect_jenkins_reads(child);
  }
}

TEST(JunitReport, IsReadByJenkins) {
  for (const auto& results : {mixed_run(), simulated_run(), empty_run(), selftest_run()}) {
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(junit_report(results).c_str()));
    expect_jenkins_reads(document.document_element());
  }
}

TEST(JunitReport, SaysHowLongEachTargetTook) {
  nlohmann::json results = mixed_run();
  nlohmann::json& timed = results["timing"]["targets"] = nlohmann::json::array();
  for (const auto& target : results.at("targets"))
    timed.push_back({{"name", target.at("name")},
                     {"wall_seconds", 1.25 * static_cast<double>(timed.size() + 1)}});
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(junit_report(results).c_str()));
  double all = 0;
  double expected = 0;
  for (const auto suite : document.child("testsuites").children("testsuite")) {
    EXPECT_EQ(suite.attribute("time").as_double(), expected += 1.25);
    all += expected;
  }
  EXPECT_EQ(document.child("testsuites").attribute("time").as_double(), all);
}

TEST(JunitReport, OfATargetHoldsItsCasesAlone) {
  const nlohmann::json results = mixed_run();
  pugi::xml_document whole;
  ASSERT_TRUE(whole.load_string(junit_report(results).c_str()));
  std::size_t target = 0;
  for (const auto suite : whole.child("testsuites").children("testsuite")) {
    pugi::xml_document own;
    ASSERT_TRUE(own.load_string(junit_report_of_target(results, target++).c_str()));
    expect_jenkins_reads(own.document_element());
    const auto only = own.child("testsuites").child("testsuite");
    EXPECT_FALSE(only.next_sibling());
    std::ostringstream expected, found;
    suite.print(expected);
    only.print(found);
    EXPECT_EQ(found.str(), expected.str());
  }
  EXPECT_EQ(target, results.at("targets").size());
}

TEST(JunitReport, ParsesAndCountsMatchTheResults) {
  for (const auto& results : {mixed_run(), passing_run(), simulated_run(), smoke_run(),
                              selftest_run(), hostile_run(hostile_text)})
    expect_junit_matches(results);
}

TEST(JunitReport, NamesTargetLevelAndTheWrongElement) {
  pugi::xml_document document;
  const std::string xml = junit_report(mixed_run());
  ASSERT_TRUE(document.load_string(xml.c_str()));
  const auto node = document
                        .select_node(
                            "//testcase[@classname='float32_vendor-host-gcc_O2.level2' and "
                            "@name='level2/car/1']/failure")
                        .node();
  ASSERT_TRUE(node);
  const std::string details = node.text().get();
  EXPECT_NE(details.find("layer: 1\ntensor: W1\nneuron: 2\nindex: 17\n"), std::string::npos)
      << details;
  EXPECT_NE(details.find("repeat: lsgd-conform run"), std::string::npos);
}

TEST(JunitReport, ShowsWhatLevel4Measured) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(junit_report(simulated_run()).c_str()));
  const std::string text =
      document.select_node("//testcase[@classname='float32_c99-emulator-gcc_O2.level4']/system-out")
          .node()
          .text()
          .get();
  EXPECT_NE(text.find("step/cycles_median: unknown\n"), std::string::npos) << text;
  EXPECT_NE(text.find("step/instructions_median: 400000\n"), std::string::npos) << text;
}

TEST(JunitReport, ARunWithoutCasesIsAFailure) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(junit_report(empty_run()).c_str()));
  EXPECT_EQ(document.child("testsuites").attribute("failures").as_uint(), 1U);
}

TEST(JunitReport, HoldsOnlyLegalXmlCharacters) {
  for (const char c : junit_report(hostile_run(hostile_text))) {
    const auto byte = static_cast<unsigned char>(c);
    EXPECT_TRUE(byte >= 0x20 || byte == '\n' || byte == '\t') << int{byte};
  }
}

/// An independent reading of RFC 4180.
std::vector<std::vector<std::string>> parse_csv(const std::string& csv) {
  std::vector<std::vector<std::string>> records(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    std::string& field = records.back().back();
    if (csv[i] == '"' && quoted && csv[i + 1] == '"')
      field += csv[++i];
    else if (csv[i] == '"')
      quoted = !quoted;
    else if (csv[i] == ',' && !quoted)
      records.back().emplace_back();
    else if (csv[i] == '\r' && !quoted)
      records.push_back({""}), ++i;
    else
      field += csv[i];
  }
  records.pop_back();
  return records;
}

TEST(MarkdownReport, BeginsWithTheWaivers) {
  const std::string text = markdown_report(waived_run(), "", 10);
  EXPECT_EQ(text.substr(0, text.find('\n')), "# △ Pass with 1 waiver, on 1 of 3 targets");
  EXPECT_NE(text.find("- waived until `2027-03-01` by `Ada`: `the divider has 22 bits`"),
            text.npos);
}

TEST(JunitReport, BeginsWithTheWaiversAndSkipsWhatIsWaived) {
  const auto results = waived_run();
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(junit_report(results).c_str()));
  const auto root = document.child("testsuites");
  EXPECT_STREQ(root.attribute("name").value(), "lsgd-conform standard: pass with 1 waiver");
  EXPECT_EQ(root.attribute("failures").as_uint(), 0u);
  ASSERT_EQ(count_of(document, "//testcase/skipped[starts-with(@message, 'waived until')]"), 1u);
  EXPECT_EQ(count_of(document, "//property[@name='verdict'][@value='pass with 1 waiver']"), 1u);
}

TEST(CsvReport, HasOneRecordPerCaseWithTheHeadersFields) {
  const auto results = mixed_run();
  const auto records = parse_csv(csv_report(results));
  std::size_t cases = 0;
  for (const auto& target : results.at("targets")) cases += target.at("cases").size();
  ASSERT_EQ(records.size(), cases + 1);
  for (const auto& record : records) EXPECT_EQ(record.size(), records.front().size());
  EXPECT_EQ(records.front().front(), "target");
  EXPECT_EQ(records.front().back(), "repeat");
}

TEST(CsvReport, HasTheFiguresOfLevel4) {
  const auto records = parse_csv(csv_report(simulated_run()));
  std::map<std::string, std::string> last;
  for (std::size_t i = 0; i < records[0].size(); ++i) last[records[0][i]] = records.back()[i];
  EXPECT_EQ(last["case"], "level4/car");
  EXPECT_EQ(last["step_cycles_worst"], "687500");
  EXPECT_EQ(last["forward_instructions_median"], "250000");
  EXPECT_EQ(last["stack_bytes"], "252");
}

TEST(CsvReport, GivesHostileTextBackOnOneLine) {
  const auto records = parse_csv(csv_report(hostile_run(hostile_text)));
  const std::string shown = "a|b `c` ``d`` <img src=x> ]]> \"q\" 'p' & , \\x01\\x1b\\u202e\\n# e";
  for (std::size_t i = 1; i < records.size(); ++i) EXPECT_EQ(records[i].front(), shown);
}

TEST(CsvReport, LetsNoTextOfATargetBecomeAFormula) {
  const std::map<std::string, std::string> shown{
      {"=1+1", "'=1+1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"},
      {"-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"},
      {"-WEBSERVICE(A1)", "'-WEBSERVICE(A1)"},
      {"-1.5 (0xbfc00000)", "-1.5 (0xbfc00000)"},
      {"-inf (0xff800000)", "-inf (0xff800000)"},
      {"-3 to 4", "-3 to 4"},
      {"-3 to -2 (-1.2e-3 with 4 fraction bits)", "-3 to -2 (-1.2e-3 with 4 fraction bits)"},
      {"1 = 1", "1 = 1"}};
  for (const auto& [text, cell] : shown)
    EXPECT_EQ(parse_csv(csv_report(hostile_run(text)))[1].front(), cell);
}

TEST(MarkdownReport, ShowsTheDigestsOfResultsAndProgram) {
  auto results = passing_run();
  results["tool"]["sha256"] = std::string(64, '2');
  const std::string markdown = markdown_report(results, std::string(64, '1'));
  EXPECT_TRUE(markdown.ends_with("\nSHA-256 of results.json: `" + std::string(64, '1') +
                                 "`\nSHA-256 of the program: `" + std::string(64, '2') + "`\n"));
}

TEST(MarkdownReport, ShowsMatrixAndTheCommandOfEveryFailure) {
  const auto results = mixed_run();
  const std::string markdown = markdown_report(results);
  EXPECT_TRUE(markdown.starts_with("# ✗ 3 of 22 targets do not pass\n"));
  EXPECT_NE(markdown.find("| `float32_vendor-host-gcc_O2` | ✗ **fail** | ✓ 12 pass | ✗ fail, 9 of "
                          "17 | ✗ fail, 5 of 5 |"),
            std::string::npos)
      << markdown;
  for (const auto& target : results.at("targets"))
    for (const auto& test_case : target.at("cases"))
      if (!test_case.at("failure").is_null()) {
        EXPECT_NE(markdown.find(test_case.at("failure").at("repeat").get<std::string>()),
                  std::string::npos);
      }
}

TEST(MarkdownReport, CountsCaughtMutantsByLevelAndListsTheMissed) {
  const std::string markdown = markdown_report(selftest_run());
  EXPECT_NE(markdown.find("| 0 arithmetic | 1 |\n| 1 kernels | 2 |\n"), std::string::npos);
  EXPECT_NE(markdown.find("- `generated_2`: `defect of generated_2`\n"), std::string::npos);
  EXPECT_EQ(markdown.find("`generated_3`"), std::string::npos);
}

TEST(MarkdownReport, ShowsCostsOfTargetsThatCount) {
  const std::string markdown = markdown_report(simulated_run());
  EXPECT_NE(markdown.find("| `car` | `float32_c99-simulation-gcc_O2` | 500,000 | 400,000 | 1.250 | "
                          "252 |"),
            std::string::npos)
      << markdown;
  EXPECT_NE(markdown.find("| `car` | `sgd_classic-emulator-gcc_O2` | unknown | 500,000 | unknown | "
                          "252 |"),
            std::string::npos);
  EXPECT_EQ(markdown.find("| `car` | `float32_c99-host"), std::string::npos);
}

TEST(MarkdownReport, CountsTheFailuresItLeavesOut) {
  EXPECT_NE(markdown_report(mixed_run(), {}, 2)
                .find("13 further failures are in index.html and cases.csv."),
            std::string::npos);
}

TEST(MarkdownReport, KeepsHostileTextInsideItsTableCell) {
  const std::string markdown = markdown_report(hostile_run(hostile_text));
  const auto row = markdown.find("| ``` a\\|b `c` ``d`` <img src=x> ");
  ASSERT_NE(row, std::string::npos) << markdown;
  const std::string line = markdown.substr(row, markdown.find('\n', row) - row);
  unsigned bars = 0;
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++bars;
  EXPECT_EQ(bars, 8U) << line;
}

}  // namespace
}  // namespace lsgd
