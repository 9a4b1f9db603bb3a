// SPDX-License-Identifier: Apache-2.0
#include "selftest/selftest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

Target mutant_target(const std::string& name, bool generated) {
  Target target;
  target.profile = &profile_named("float32");
  target.name = name;
  target.port = "port";
  target.kind = TargetKind::mutant;
  target.modification = Modification{"defect of " + name, 1, 17};
  if (generated) target.source_mutation = SourceMutation{"port.c", "update", name, "0", 1};
  return target;
}

Json selftest_run(bool fails) {
  Json passed{{"id", "level0/tie"}, {"clause", "SPEC 4.3"}, {"level", 0}, {"failure", nullptr}};
  Json failed{{"id", "level1/odd"},
              {"clause", "SPEC 2.4"},
              {"level", 1},
              {"failure", {{"message", "wrong"}}}};
  Json cases = Json::array({passed});
  if (fails) cases.push_back(failed);
  return {{"verdict", fails ? "fail" : "pass"},
          {"build_identity", "0011223344556677"},
          {"cases", cases},
          {"levels", Json::array()}};
}

/// A self-test of mutants of which the last `missed` pass, or are not run.
Json selftest(std::size_t count, std::size_t missed, bool generated, std::size_t refused = 0,
              const std::string& equivalents = "format = \"lsgd-equivalent-mutants/1\"\n",
              bool runs_missed = true) {
  std::vector<Target> mutants;
  Json runs = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    mutants.push_back(mutant_target("m" + std::to_string(i), generated));
    const bool is_caught = i + missed < count;
    runs.push_back(is_caught || runs_missed ? selftest_run(is_caught) : Json());
  }
  const Json legal{{"targets", {selftest_run(false), selftest_run(refused > 0)}},
                   {"totals", {{"passed", 2 - refused}}}};
  return selftest_json(mutants, {{"targets", runs}}, legal,
                       EquivalentMutants(equivalents, "list.toml"), {});
}

TEST(Selftest, NamesTheFirstLevelAndClauseThatCaughtAMutant) {
  const Json result = selftest(1, 0, false);
  EXPECT_EQ(result.at("verdict"), "pass");
  EXPECT_EQ(
      result.at("mutants").at(0),
      (Json{
          {"name", "m0"},
          {"port", "port"},
          {"kind", "semantic"},
          {"description", "defect of m0"},
          {"expected_level", 1},
          {"erratum", 17},
          {"verdict", "caught"},
          {"is_late", false},
          {"reason", nullptr},
          {"caught_by",
           {{"level", 1}, {"clause", "SPEC 2.4"}, {"case", "level1/odd"}, {"message", "wrong"}}}}));
}

TEST(Selftest, SaysOfAPartHowManyLegalTargetsItLeftOut) {
  Json results{{"targets", Json::array()}, {"selftest", selftest(1, 0, false)}};
  EXPECT_THAT(selftest_summary(results), testing::HasSubstr("\n2 of 2 legal targets accepted\n"));
  results["selftest"]["legal"]["left_out"] = 4;
  EXPECT_THAT(selftest_summary(results),
              testing::HasSubstr("\n2 of 2 legal targets accepted, 4 left out\n"));
}

/// A run of a mutant that two hypotheses explain.
Json explained_run(const std::string& first, const std::string& second,
                   std::size_t equally_good = 1, std::size_t asked = 0) {
  Json run = selftest_run(true);
  run["explanation"] = {{"equally_good", equally_good},
                        {"asked", asked},
                        {"hypotheses", {{{"name", first}}, {{"name", second}}}}};
  return run;
}

TEST(Selftest, CountsHowOftenAnExplanationNamesTheCause) {
  const MutantCauses causes(
      "format = \"lsgd-mutant-causes/1\"\n[[cause]]\nport = \"port\"\n"
      "causes = [\"bias_not_updated\"]\nmutants = [\"m0\", \"m1\", \"m2\", \"m4\", \"m5\", "
      "\"m6\", \"m7\"]\n",
      "causes.toml");
  const std::vector<Target> mutants{mutant_target("port.m0-host-gcc", false),
                                    mutant_target("port.car_alone_m1-host-gcc", false),
                                    mutant_target("port.m2-host-gcc", false),
                                    mutant_target("port.relu_limited-host-gcc", false),
                                    mutant_target("port.m4-host-gcc", false),
                                    mutant_target("port.m5-host-gcc", false),
                                    mutant_target("port.m6-host-gcc", false),
                                    mutant_target("port.m7-host-gcc", false),
                                    mutant_target("port.fixed_shape_alone_m1-host-gcc", false)};
  const Json without_cases{{"verdict", "incomplete"},
                           {"build_identity", "0011223344556677"},
                           {"cases", Json::array()},
                           {"levels", Json::array()}};
  const Json runs{explained_run("bias_not_updated_in_places", "x"),
                  explained_run("x", "bias_not_updated"), explained_run("x", "y"),
                  explained_run("relu_limited", "x", 2), explained_run("x", "bias_not_updated", 2),
                  // What the device was asked in vain to tell apart is one statement, of few.
                  explained_run("x", "bias_not_updated", 2, 24),
                  explained_run("x", "bias_not_updated", 4, 24),
                  explained_run("bias_not_updated", "x", 4, 24), without_cases};
  const Json result =
      selftest_json(mutants, {{"targets", runs}},
                    {{"targets", Json::array()}, {"totals", {{"passed", 0}}}}, {}, {}, &causes);
  EXPECT_EQ(result.at("explanation"), (Json{{{"profile", "float32"},
                                             {"mutants", 8},
                                             {"first", 3},
                                             {"in_a_set", 1},
                                             {"among_three", 7},
                                             {"functions", 0},
                                             {"functions_named", 0}}}));
}

TEST(Selftest, CountsHowOftenAnExplanationNamesTheFunctionOfAGeneratedMutant) {
  const MutantCauses causes(
      "format = \"lsgd-mutant-causes/1\"\n[[cause]]\nport = \"port\"\ncauses = [\"a\"]\n"
      "mutants = [\"m\"]\n[[function]]\nport = \"port\"\nstages = [\"update\"]\n"
      "names = [\"update\"]\n",
      "causes.toml");
  const auto run = [](const Json& stage) {
    Json explained = explained_run("x", "y");
    if (!stage.is_null()) explained["explanation"]["stage"] = {{"name", stage}};
    return explained;
  };
  std::vector<Target> mutants(4, mutant_target("port.m-host-gcc", true));
  mutants[3].source_mutation->function = "lsgd_port_arithmetic";  // of no part
  const Json runs{run("update"), run("sums"), run(nullptr), run("update")};
  const Json result =
      selftest_json(mutants, {{"targets", runs}},
                    {{"targets", Json::array()}, {"totals", {{"passed", 0}}}}, {}, {}, &causes);
  EXPECT_EQ(result.at("explanation").at(0).at("functions"), 2);
  EXPECT_EQ(result.at("explanation").at(0).at("functions_named"), 1);
  EXPECT_EQ(result.at("explanation").at(0).at("mutants"), 0);
}

TEST(Selftest, AFunctionIsOfKnownPartsOfAStep) {
  const auto of_stage = [](const std::string& stage) {
    return MutantCauses(
        "format = \"lsgd-mutant-causes/1\"\n[[cause]]\nport = \"port\"\n"
        "causes = [\"a\"]\nmutants = [\"m\"]\n[[function]]\nport = \"port\"\n"
        "stages = [\"" +
            stage + "\"]\nnames = [\"f\"]\n",
        "causes.toml");
  };
  EXPECT_EQ(of_stage("hidden_delta").stages_of("port", "f"),
            (std::vector<std::string>{"hidden_delta"}));
  EXPECT_THROW(of_stage("somewhere"), InputError);
}

TEST(Selftest, AMutantHasOneListOfCauses) {
  const auto twice = [] {
    return MutantCauses(
        "format = \"lsgd-mutant-causes/1\"\n[[cause]]\nport = \"port\"\ncauses = [\"a\"]\n"
        "mutants = [\"m\", \"m\"]\n",
        "causes.toml");
  };
  EXPECT_THROW(twice(), InputError);
}

TEST(Selftest, OneMissedSemanticMutantFails) {
  const Json result = selftest(200, 1, false);
  EXPECT_EQ(result.at("verdict"), "fail");
  EXPECT_EQ(result.at("mutants").at(199).at("verdict"), "missed");
}

TEST(Selftest, OneSemanticMutantCaughtBehindItsLevelFails) {
  std::vector<Target> mutants{mutant_target("early", false), mutant_target("late", false)};
  mutants[1].modification->level = 0;
  const Json legal{{"targets", Json::array()}, {"totals", {{"passed", 0}}}};
  Json results{{"targets", Json::array()}};
  results["selftest"] =
      selftest_json(mutants, {{"targets", {selftest_run(true), selftest_run(true)}}}, legal,
                    EquivalentMutants("format = \"lsgd-equivalent-mutants/1\"\n", "list.toml"), {});
  const Json& result = results.at("selftest");
  EXPECT_EQ(result.at("verdict"), "fail");
  EXPECT_EQ(result.at("semantic").at("late"), 1);
  EXPECT_EQ(result.at("mutants").at(0).at("is_late"), false);
  EXPECT_EQ(result.at("mutants").at(1).at("is_late"), true);
  EXPECT_THAT(selftest_summary(results),
              testing::HasSubstr("by level 1 (late: expected at level 0), SPEC 2.4, level1/odd"));
}

TEST(Selftest, TwoOfAHundredGeneratedMutantsMayBeMissed) {
  EXPECT_EQ(selftest(100, 2, true).at("verdict"), "pass");
  EXPECT_EQ(selftest(100, 3, true).at("verdict"), "fail");
}

TEST(Selftest, OneRefusedLegalTargetFails) {
  EXPECT_EQ(selftest(1, 0, false, 1).at("verdict"), "fail");
}

TEST(Selftest, ResultsKeepTheFailedCasesOnly) {
  Json results{{"targets", {selftest_run(false), selftest_run(true)}}};
  results["timing"]["targets"] = {{{"case_seconds", {1, 2}}}, {{"case_seconds", {3}}}};
  results["targets"][1]["capabilities"] = Json::object();
  keep_failed_cases_only(results);
  for (const auto& timed : results.at("timing").at("targets"))
    EXPECT_FALSE(timed.contains("case_seconds"));
  EXPECT_FALSE(results.at("targets").at(1).contains("capabilities"));
  EXPECT_TRUE(results.at("targets").at(0).at("cases").empty());
  ASSERT_EQ(results.at("targets").at(1).at("cases").size(), 1u);
  EXPECT_EQ(results.at("targets").at(1).at("cases").at(0).at("id"), "level1/odd");
}

std::string listing(const std::string& original) {
  return "format = \"lsgd-equivalent-mutants/1\"\n[[equivalent]]\nfile = \"port.c\"\nfunction = "
         "\"update\"\noriginal = \"" +
         original + "\"\nreplacement = \"0\"\nreason = \"same\"\n";
}

TEST(Selftest, EquivalentMutantsNeedNotBeCaught) {
  for (const bool is_run : {true, false}) {
    const Json result = selftest(10, 1, true, 0, listing("m9"), is_run);
    EXPECT_EQ(result.at("verdict"), "pass");
    EXPECT_EQ(result.at("generated"), (Json{{"mutants", 10},
                                            {"caught", 9},
                                            {"late", 0},
                                            {"missed", 0},
                                            {"equivalent", 1},
                                            {"percent_required", 98}}));
    EXPECT_EQ(result.at("mutants").at(9).at("reason"), "same");
  }
}

TEST(Selftest, AnEquivalentMutantThatIsCaughtIsAnError) {
  EXPECT_THROW(selftest(10, 1, true, 0, listing("m0")), InputError);
}

TEST(Selftest, CountsWhatFreeRunningTrainingAdds) {
  const auto trained = [](const char* verdict) {
    Json run = selftest_run(false);
    run["levels"] = {{{"level", 2}, {"verdict", "pass"}, {"reason", nullptr}},
                     {{"level", 3}, {"verdict", verdict}, {"reason", nullptr}}};
    return run;
  };
  Json late = selftest_run(true);
  late["cases"][1]["level"] = 3;
  const Json result =
      selftest_json({mutant_target("early", false), mutant_target("late", false)},
                    {{"targets", {selftest_run(true), late}}},
                    {{"targets", {trained("pass"), trained("skipped"), trained("pass")}},
                     {"totals", {{"passed", 3}}}},
                    {}, {});
  EXPECT_EQ(result.at("convergence"),
            (Json{{"mutants_caught_first", 1}, {"legal_targets_passed", 2}}));
}

TEST(Selftest, ATargetWithoutKernelsIsCaughtByTheLevelThatItSkipped) {
  const Json run{{"verdict", "incomplete"},
                 {"build_identity", "0011223344556677"},
                 {"cases", Json::array()},
                 {"levels",
                  {{{"level", 0}, {"reason", "the port does not offer quantize"}},
                   {{"level", 1}, {"reason", "the port lacks the loss"}}}}};
  const Json result =
      selftest_json({mutant_target("m", false)}, {{"targets", {run}}},
                    {{"targets", Json::array()}, {"totals", {{"passed", 0}}}}, {}, {});
  EXPECT_EQ(result.at("mutants").at(0).at("caught_by").at("level"), 1);
}

TEST(Selftest, AMutantThatDoesNotStartIsNotCaught) {
  Json run = selftest_run(true);
  run["build_identity"] = "";
  const Json result =
      selftest_json({mutant_target("m", false)}, {{"targets", {run}}},
                    {{"targets", Json::array()}, {"totals", {{"passed", 0}}}}, {}, {});
  EXPECT_EQ(result.at("verdict"), "fail");
  EXPECT_EQ(result.at("mutants").at(0).at("verdict"), "missed");
  EXPECT_EQ(result.at("mutants").at(0).at("reason"), "the device does not start");
}

}  // namespace
}  // namespace lsgd
