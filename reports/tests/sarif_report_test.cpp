// SPDX-License-Identifier: Apache-2.0
#include "sarif_report.hpp"

#include <algorithm>
#include <cctype>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "sample_results.hpp"

namespace lsgd {
namespace {

/// What SARIF 2.1.0 (3.13 to 3.52) and code-scanning pages ask of a log with results alone; every
/// member of an object is one of those named.
void expect_members(const nlohmann::json& object, const std::set<std::string>& required,
                    const std::set<std::string>& optional = {}) {
  ASSERT_TRUE(object.is_object()) << object.dump();
  for (const std::string& member : required) EXPECT_TRUE(object.contains(member)) << member;
  for (const auto& [member, value] : object.items())
    EXPECT_TRUE(required.contains(member) || optional.contains(member)) << member;
}

nlohmann::json checked_run(const std::string& text) {
  const nlohmann::json log = nlohmann::json::parse(text);
  expect_members(log, {"$schema", "version", "runs"});
  EXPECT_EQ(log.at("version"), "2.1.0");
  EXPECT_EQ(log.at("runs").size(), 1u);
  const nlohmann::json run = log.at("runs").at(0);
  expect_members(run, {"tool", "results"});
  const nlohmann::json driver = run.at("tool").at("driver");
  expect_members(driver, {"name", "version", "rules"});
  std::set<std::string> rules, fingerprints;
  for (const auto& rule : driver.at("rules")) {
    expect_members(rule, {"id", "shortDescription"});
    EXPECT_TRUE(rules.insert(rule.at("id")).second);
    EXPECT_FALSE(rule.at("shortDescription").at("text").get<std::string>().empty());
  }
  for (const auto& result : run.at("results")) {
    expect_members(result,
                   {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"},
                   {"suppressions"});
    EXPECT_EQ(driver.at("rules").at(result.at("ruleIndex").get<std::size_t>()).at("id"),
              result.at("ruleId"));
    EXPECT_FALSE(result.at("message").at("text").get<std::string>().empty());
    EXPECT_EQ(result.at("locations").size(), 1u);
    const nlohmann::json location = result.at("locations").at(0);
    expect_members(location, {"physicalLocation", "logicalLocations"});
    const std::string uri =
        location.at("physicalLocation").at("artifactLocation").at("uri").get<std::string>();
    for (const char c : uri)
      EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) ||
                  std::string("-._~/%").find(c) != std::string::npos)
          << uri;
    EXPECT_EQ(location.at("physicalLocation").at("region").at("startLine"), 1);
    EXPECT_EQ(location.at("logicalLocations").size(), 1u);
    EXPECT_TRUE(fingerprints.insert(result.at("partialFingerprints").at("lsgdCase/v1")).second);
  }
  return run;
}

std::size_t failures_in(const nlohmann::json& results) {
  std::size_t failures = 0;
  for (const auto& target : results.at("targets")) {
    for (const auto& found : target.at("cases")) failures += found.at("failure").is_null() ? 0 : 1;
    for (const auto& level : target.at("levels"))
      failures += level.at("verdict") == "incomplete" ? 1 : 0;
  }
  return failures;
}

TEST(SarifReport, HasAResultForEachFailureAndARuleForEachClause) {
  for (const nlohmann::json& results :
       {mixed_run(), passing_run(), simulated_run(), empty_run(), selftest_run(), waived_run()}) {
    const nlohmann::json run = checked_run(sarif_report(results, "acme/acme.toml"));
    EXPECT_EQ(run.at("results").size(), failures_in(results));
  }
  EXPECT_GT(failures_in(mixed_run()), 10u);
}

TEST(SarifReport, NamesTheCaseAndTheFile) {
  const nlohmann::json run = checked_run(sarif_report(mixed_run(), "my port/acme.toml"));
  const auto& results = run.at("results");
  const auto found = std::find_if(results.begin(), results.end(), [](const nlohmann::json& result) {
    return result.at("locations").at(0).at("logicalLocations").at(0).at("fullyQualifiedName") ==
           "float32_vendor-host-gcc_O2/level2/car/1";
  });
  ASSERT_NE(found, results.end());
  EXPECT_EQ(found->at("locations").at(0).at("physicalLocation").at("artifactLocation").at("uri"),
            "my%20port/acme.toml");
  EXPECT_NE(found->at("message").at("text").get<std::string>().find("repeat: lsgd-conform run"),
            std::string::npos);
}

TEST(SarifReport, SuppressesWhatIsWaived) {
  std::size_t suppressed = 0;
  const nlohmann::json run = checked_run(sarif_report(waived_run(), "a.toml"));
  for (const auto& result : run.at("results"))
    if (result.contains("suppressions")) {
      ++suppressed;
      EXPECT_EQ(result.at("suppressions").at(0).at("kind"), "external");
    }
  EXPECT_EQ(suppressed, 1u);
}

TEST(SarifReport, CountsWhatPagesDoNotTake) {
  const std::size_t failures = failures_in(mixed_run());
  const nlohmann::json run = checked_run(sarif_report(mixed_run(), "a.toml", 3));
  ASSERT_EQ(run.at("results").size(), 4u);
  EXPECT_EQ(run.at("results").at(3).at("message").at("text"),
            std::to_string(failures - 3) + " further results are in index.html");
}

}  // namespace
}  // namespace lsgd
