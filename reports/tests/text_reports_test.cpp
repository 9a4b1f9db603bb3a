// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

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
      ++counts[mutant.at("is_late") ? "fail" : verdict_of_mutant.at(mutant.at("verdict"))];
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

/// Schemas that documents have to satisfy: ours, and one that LSGD_JUNIT_SCHEMA names, such as that
/// of Jenkins' xUnit plugin.
std::vector<std::string> junit_schemas() {
  std::vector<std::string> schemas{LSGD_SOURCE_DIRECTORY "/reports/junit.xsd"};
  if (const char* other = std::getenv("LSGD_JUNIT_SCHEMA")) schemas.emplace_back(other);
  return schemas;
}

/// Whether xmllint finds that a document satisfies a schema; 3 and 4 are what it says of others.
bool satisfies(const std::string& xml, const std::string& schema) {
  const auto file =
      std::filesystem::path(testing::TempDir()) /
      fmt::format("{}.{}.xml", testing::UnitTest::GetInstance()->current_test_info()->name(),
                  getpid());
  std::ofstream(file, std::ios::binary) << xml;
  const int status = std::system(
      fmt::format("xmllint --noout --schema '{}' '{}' >/dev/null 2>&1", schema, file.string())
          .c_str());
  std::filesystem::remove(file);
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3))
    throw std::runtime_error("xmllint cannot tell");
  return WEXITSTATUS(status) == 0;
}

void expect_consumers_read(const std::string& xml) {
  for (const std::string& schema : junit_schemas()) EXPECT_TRUE(satisfies(xml, schema)) << schema;
}

TEST(JunitReport, SatisfiesTheSchemasOfItsConsumers) {
  for (const auto& results : {mixed_run(), simulated_run(), empty_run(), selftest_run(),
                              waived_run(), hostile_run(hostile_text)})
    expect_consumers_read(junit_report(results));
}

TEST(JunitReport, ItsSchemaRefusesWhatConsumersRefuse) {
  const std::string xml = junit_report(mixed_run());
  const std::vector<std::pair<const char*, const char*>> edits{
      {"<testsuites ", "<testsuites skipped=\"0\" "},
      {"<testsuite name=\"", "<testsuite title=\""},
      {"<testcase classname=\"", "<testcase time=\"0.1 s\" classname=\""},
      {" skipped=\"0\"", " skipped=\"none\""},
      {"<properties>", "<properties><note />"},
      {" type=\"fail\"", ""},
      {"</testsuites>", "<system-out /></testsuites>"}};
  for (const auto& [original, replacement] : edits) {
    std::string changed = xml;
    const std::size_t at = changed.find(original);
    ASSERT_NE(at, std::string::npos) << original;
    changed.replace(at, std::string_view(original).size(), replacement);
    EXPECT_FALSE(satisfies(changed, junit_schemas().front())) << replacement;
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

/// Results with a duration of each case: 0.001 s of the first of a target, 0.002 s of the next.
nlohmann::json timed_run(nlohmann::json results) {
  nlohmann::json& timed = results["timing"]["targets"] = nlohmann::json::array();
  for (const auto& target : results.at("targets")) {
    nlohmann::json durations = nlohmann::json::array();
    for (std::size_t c = 0; c < target.at("cases").size(); ++c)
      durations.push_back(1e-3 * static_cast<double>(c + 1));
    timed.push_back(
        {{"name", target.at("name")}, {"wall_seconds", 2.5}, {"case_seconds", durations}});
  }
  return results;
}

TEST(JunitReport, SaysHowLongEachCaseTookInWhicheverDocumentItStands) {
  for (const auto& results : {timed_run(mixed_run()), timed_run(waived_run())}) {
    std::map<std::string, std::string> expected;
    for (const auto& target : results.at("targets"))
      for (std::size_t c = 0; c < target.at("cases").size(); ++c)
        expected[fmt::format("{} {}", target.at("name").get<std::string>(),
                             target.at("cases").at(c).at("id").get<std::string>())] =
            fmt::format("0.{:03}", c + 1);
    std::map<std::string, std::string> found;
    for (const JunitDocument& document : junit_reports_by_target(results, 3)) {
      pugi::xml_document xml;
      ASSERT_TRUE(xml.load_string(document.xml.c_str()));
      for (const auto& test_case : xml.select_nodes("//testcase[@time]"))
        found[fmt::format("{} {}", test_case.parent().attribute("name").value(),
                          test_case.node().attribute("name").value())] =
            test_case.node().attribute("time").value();
    }
    EXPECT_EQ(found, expected);
    expect_consumers_read(junit_report(results));
  }
}

/// Every test case of a document as text, suite by suite.
std::vector<std::string> test_cases_in(const std::string& xml) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(xml.c_str()));
  std::vector<std::string> texts;
  for (const auto& found : document.select_nodes("//testcase")) {
    std::ostringstream text;
    found.node().print(text);
    texts.push_back(text.str());
  }
  return texts;
}

TEST(JunitReport, ByTargetHoldsWhatTheWholeHoldsInDocumentsOfAFewCases) {
  for (const auto& results : {mixed_run(), selftest_run(), waived_run()})
    for (const std::size_t most : {std::size_t{1}, std::size_t{7}, std::size_t{5000}}) {
      std::vector<std::string> parts;
      std::set<std::pair<std::string, std::size_t>> names;
      for (const JunitDocument& document : junit_reports_by_target(results, most)) {
        EXPECT_TRUE(names.emplace(document.name, document.part).second);
        if (most > 1) expect_consumers_read(document.xml);
        const auto cases = test_cases_in(document.xml);
        EXPECT_LE(cases.size(), most);
        EXPECT_FALSE(cases.empty());
        parts.insert(parts.end(), cases.begin(), cases.end());
      }
      EXPECT_EQ(parts, test_cases_in(junit_report(results)));
      if (most == 5000) {
        EXPECT_EQ(names.size(), results.at("targets").size() + results.contains("selftest"));
      }
    }
}

TEST(JunitReport, ByTargetCountsWhatItHoldsAndTimeOnce) {
  nlohmann::json results = smoke_run();
  results["timing"]["targets"] = {{{"name", results["targets"][0]["name"]}, {"wall_seconds", 2.5}}};
  double seconds = 0, seconds_of_suites = 0;
  for (const JunitDocument& document : junit_reports_by_target(results, 5)) {
    pugi::xml_document xml;
    ASSERT_TRUE(xml.load_string(document.xml.c_str()));
    const auto root = xml.child("testsuites");
    EXPECT_EQ(root.attribute("tests").as_uint(), count_of(xml, "//testcase"));
    EXPECT_EQ(root.child("testsuite").attribute("tests").as_uint(), count_of(xml, "//testcase"));
    seconds += root.attribute("time").as_double();
    seconds_of_suites += root.child("testsuite").attribute("time").as_double();
  }
  EXPECT_EQ(seconds, 2.5);
  EXPECT_EQ(seconds_of_suites, 2.5);
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

TEST(FiguresReport, HasARowForEveryNumberThatACaseShows) {
  const auto results = simulated_run();
  const auto records = parse_csv(figures_report(results));
  EXPECT_EQ(records.front(),
            (std::vector<std::string>{"target", "port", "platform", "variant", "profile", "case",
                                      "level", "quantity", "value"}));
  std::map<std::vector<std::string>, std::string> values;
  for (std::size_t r = 1; r < records.size(); ++r) {
    ASSERT_EQ(records[r].size(), 9u);
    const std::vector<std::string> key{records[r][0], records[r][5], records[r][7]};
    EXPECT_TRUE(values.emplace(key, records[r][8]).second) << records[r][7];
  }
  const std::string target = results["targets"].back()["name"];
  EXPECT_EQ(values.at({target, "level4/car", "resources/step/cycles_worst"}), "687500");
  EXPECT_EQ(values.at({target, "level4/car", "resources/stack_bytes"}), "252");
  EXPECT_EQ(values.count({target, "level4/car", "level"}), 0u);
  // As many as are in the results, counted by their place in another way.
  std::size_t expected = 0;
  for (const auto& found : results["targets"].back()["cases"]) {
    auto shown = found;
    for (const char* member : {"level", "failure", "histogram", "detected"}) shown.erase(member);
    const auto flat = shown.flatten();
    for (const auto& [place, value] : flat.items()) expected += value.is_number();
  }
  std::size_t of_the_target = 0;
  const auto resources = results["targets"].back()["resources"].flatten();
  for (const auto& [place, value] : resources.items()) of_the_target += value.is_number();
  std::size_t rows = 0, rows_of_the_target = 0;
  for (const auto& [key, value] : values)
    if (key[0] == target) ++(key[1].empty() ? rows_of_the_target : rows);
  EXPECT_GT(expected, 0u);
  EXPECT_EQ(rows, expected);
  EXPECT_GT(of_the_target, 0u);
  EXPECT_EQ(rows_of_the_target, of_the_target);
}

TEST(FiguresReport, GivesHostileTextBackInItsField) {
  for (const auto& record : parse_csv(figures_report(hostile_run(hostile_text))))
    EXPECT_EQ(record.size(), 9u);
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

/// `results` with so many targets more, each as one of them that fails, with two of its cases.
nlohmann::json crowd(const nlohmann::json& results, std::size_t targets) {
  nlohmann::json failing = results.at("targets").at(0);
  for (const auto& target : results.at("targets"))
    if (target.at("verdict") == "fail") failing = target;
  nlohmann::json cases = nlohmann::json::array();
  for (const auto& found : failing.at("cases"))
    if (!found.at("failure").is_null() && cases.size() < 2) cases.push_back(found);
  failing["cases"] = cases;
  nlohmann::json all = results;
  for (std::size_t t = 0; t < targets; ++t) {
    failing["name"] = fmt::format("{}-{}", results["targets"][0]["name"].get<std::string>(), t);
    all["targets"].push_back(failing);
  }
  return all;
}

TEST(MarkdownReport, FitsIntoACommentHoweverMuchThereIsToSay) {
  nlohmann::json compared = crowd(mixed_run(), 800);
  std::string changes;
  for (int c = 0; c < 5000; ++c)
    changes += fmt::format("port level1/{}: pass -> fail (worse)\n", c);
  compared["comparison"] = {{"summary", changes}};
  nlohmann::json missed = selftest_run();
  for (int m = 0; m < 4000; ++m)
    missed["selftest"]["mutants"].push_back(missed["selftest"]["mutants"][3]);
  for (const nlohmann::json& results : {compared, missed, crowd(hostile_run(hostile_text), 800),
                                        crowd(hostile_run(std::string(2'000, '`')), 200),
                                        crowd(hostile_run("\u202e\u3042|"), 900)}) {
    const std::string markdown = markdown_report(results, std::string(64, '1'), 100'000);
    EXPECT_LE(markdown.size(), 65'000u);
    EXPECT_GT(markdown.size(), 30'000u);
    EXPECT_TRUE(markdown.find("further targets are in index.html") != markdown.npos ||
                markdown.find("further mutants are in index.html") != markdown.npos);
    EXPECT_NE(markdown.find("SHA-256 of results.json"), markdown.npos);
  }
}

TEST(MarkdownReport, LeavesOutWhatPassesFirst) {
  nlohmann::json results = passing_run();
  nlohmann::json passing = results["targets"][0];
  passing["cases"] = nlohmann::json::array();
  const nlohmann::json mixed = mixed_run();
  for (std::size_t t = 0; t < 1000; ++t) {
    // Names of all lengths fill to the last byte what there is room for.
    passing["name"] = fmt::format("{}{}", t, std::string(t % 61, 'x'));
    results["targets"].push_back(passing);
  }
  for (const auto& target : mixed["targets"])
    if (target.at("verdict") == "fail") results["targets"].push_back(target);
  const std::string markdown = markdown_report(results);
  EXPECT_LE(markdown.size(), 65'000u);
  EXPECT_NE(markdown.find("| ✗ **fail** |"), markdown.npos);
  EXPECT_NE(markdown.find("further targets are in index.html"), markdown.npos);
}

TEST(MarkdownReport, SaysWhatChangedSinceAnEarlierRun) {
  nlohmann::json results = mixed_run();
  EXPECT_EQ(markdown_report(results).find("## Since the earlier run"), std::string::npos);
  results["comparison"] = {
      {"summary", "port: pass -> fail (worse)\nport level1/a: pass -> fail\n"}};
  EXPECT_NE(markdown_report(results).find("\n## Since the earlier run\n\n"
                                          "- `port: pass -> fail (worse)`\n"
                                          "- `port level1/a: pass -> fail`\n"),
            std::string::npos);
}

}  // namespace
}  // namespace lsgd
