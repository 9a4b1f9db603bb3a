// SPDX-License-Identifier: Apache-2.0
#include "selftest/recorded_selftest.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <vector>

#include "description/project_files.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

Json target(const std::string& name, const std::string& identity) {
  return {{"name", name}, {"build_identity", identity}};
}

/// As much of a run's results as is compared.
Json run_of(const std::vector<Json>& targets) {
  return {
      {"tool", {{"name", "lsgd-conform"}, {"version", "1"}, {"specification", "1"}}},
      {"suite",
       {{"name", "standard"},
        {"seed", 7},
        {"vectors", {{{"name", "level0_float32"}, {"sha256", std::string(64, 'a')}}}}}},
      {"targets", targets},
  };
}

Json mutant(const std::string& kind, const std::string& verdict) {
  return {{"name", "m"},
          {"port", "p"},
          {"kind", kind},
          {"description", "d"},
          {"expected_level", nullptr},
          {"erratum", nullptr},
          {"verdict", verdict},
          {"reason", nullptr},
          {"caught_by", nullptr}};
}

class RecordedSelftest : public testing::Test {
 protected:
  std::filesystem::path file() const { return directory_.path() / "results.json"; }

  /// A self-test in the format of results.json, of the port p.
  void record(const std::string& identity = "0011") const {
    Json results = read_json(
        source_directory() / "harness" / "fuzz" / "corpus" / "results" / "level2.json", "results");
    const Json run = run_of({});
    results["tool"] = run.at("tool");
    for (const auto& [key, value] : run.at("suite").items()) results["suite"][key] = value;
    results["targets"].at(0)["name"] = "p";
    results["timing"]["targets"].at(0)["name"] = "p";
    results["targets"].at(0)["build_identity"] = identity;
    const Json counts{
        {"mutants", 3}, {"caught", 2}, {"missed", 0}, {"equivalent", 1}, {"percent_required", 98}};
    results["selftest"] = {
        {"verdict", "pass"},
        {"semantic", counts},
        {"generated", counts},
        {"legal", {{"targets", 1}, {"accepted", 1}}},
        {"convergence", {{"mutants_caught_first", 0}, {"legal_targets_passed", 1}}},
        {"generation",
         {{"candidates", 9}, {"not_selected", 0}, {"not_compiled", 0}, {"same_object", 0}}},
        {"mutants", Json::array()}};
    for (const char* kind : {"semantic", "generated"})
      for (const char* verdict : {"caught", "caught", "equivalent"})
        results["selftest"]["mutants"].push_back(mutant(kind, verdict));
    write_json(file(), results);
  }

  TemporaryDirectory directory_;
};

TEST_F(RecordedSelftest, IsFoundForTheSameSuiteAndBuilds) {
  record();
  const auto found =
      recorded_selftest(run_of({target("p", "0011"), target("elsewhere", "22")}), file());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at("semantic").at("caught"), 2);
  EXPECT_EQ(found->at("legal").at("accepted"), 1);
  EXPECT_TRUE(found->contains("mutants"));
}

TEST_F(RecordedSelftest, OfAnotherBuildSaysNothing) {
  record("0012");
  EXPECT_FALSE(recorded_selftest(run_of({target("p", "0011")}), file()));
  EXPECT_FALSE(recorded_selftest(run_of({target("elsewhere", "0012")}), file()));
}

TEST_F(RecordedSelftest, OfAnotherSuiteOrOtherVectorsSaysNothing) {
  record();
  const Json same = run_of({target("p", "0011")});
  for (const auto& [place, value] : {std::pair<const char*, Json>{"/suite/name", "full"},
                                     {"/tool/version", "2"},
                                     {"/suite/vectors/0/sha256", std::string(64, 'b')}}) {
    Json other = same;
    other[Json::json_pointer(place)] = value;
    EXPECT_FALSE(recorded_selftest(other, file())) << place;
  }
}

TEST_F(RecordedSelftest, IsOfAnyCasesThatAreDrawn) {
  record();
  Json run = run_of({target("p", "0011")});
  run["suite"]["seed"] = 8;
  EXPECT_TRUE(recorded_selftest(run, file()));
}

TEST_F(RecordedSelftest, ThatIsMissingOrDamagedSaysNothing) {
  const Json run = run_of({target("p", "0011")});
  EXPECT_FALSE(recorded_selftest(run, file()));
  record();
  const std::string text = read_text(file(), 1 << 24);
  std::ofstream(file()) << text.substr(0, text.size() / 2);
  EXPECT_FALSE(recorded_selftest(run, file()));
}

}  // namespace
}  // namespace lsgd
