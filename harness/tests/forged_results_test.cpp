// SPDX-License-Identifier: Apache-2.0

// Results that somebody edited, to say more than their cases do.
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "description/suite_digests.hpp"
#include "description/version.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "judging/convergence_result.hpp"
#include "judging/device_tensors.hpp"
#include "levels/case_list.hpp"
#include "levels/stand_in.hpp"
#include "result/case_result.hpp"
#include "result/packed_results.hpp"
#include "run/checked_results.hpp"
#include "run/conformance_claim.hpp"
#include "run/shown_capabilities.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const Suite& standard() {
  static const Suite suite = read_built_in_suite("standard");
  return suite;
}

const CaseList& standard_cases() {
  static const CaseList list = list_cases(standard());
  return list;
}

/// A training of so many epochs whose device and reference end alike.
ConvergenceResult training_of(const std::string& workload, std::uint64_t seed,
                              LengthOfTraining length) {
  ConvergenceResult training;
  training.workload = workload;
  training.seed = seed;
  training.steps_per_epoch = length.steps_per_epoch;
  LearningFigures figures(2);
  for (int sample = 0; sample < 10; ++sample) figures.add(0.5, sample < 4, sample < 5, 2);
  training.figures = training.reference_figures = figures;
  JudgedEpoch epoch;
  epoch.learning_rate =
      std::ranges::find(standard().convergence, workload, &ConvergenceWorkload::name)
          ->learning_rate;
  epoch.quantities.fill({0.5, 0.5, {0, 1}});
  epoch.quantities.back() = {0, 0, {0, 1}};  // the distance
  const auto set = [&](std::string_view quantity, double value) {
    const auto found = std::ranges::find(trajectory_quantities, quantity);
    epoch.quantities[static_cast<std::size_t>(found - trajectory_quantities.begin())] = {
        value, value, {0, 1}};
  };
  set("test_loss", figures.loss());
  set("test_accuracy", figures.accuracy());
  training.epochs.assign(length.epochs, epoch);
  training.test_loss = {figures.loss(), figures.loss(), 1e-4, 0.02};
  training.test_accuracy = {figures.accuracy(), figures.accuracy(), 1e-4, 0.02};
  return training;
}

/// "level3/car/1" is the training of "car" from initialisation "1".
std::pair<std::string, std::string> training_of(const std::string& id) {
  const auto first = id.find('/') + 1, last = id.rfind('/') + 1;
  return {id.substr(first, last - 1 - first), id.substr(last)};
}

CaseResult passed_training(const std::string& id, Pace pace) {
  const auto [workload, part] = training_of(id);
  const LengthOfTraining length = standard_cases().trainings.at({workload, pace});
  CaseResult result;
  if (part != "outcome") {
    result.convergence = convergence_json(training_of(workload, std::stoull(part), length));
    return result;
  }
  std::vector<nlohmann::ordered_json> trainings;
  for (const ConformanceCase& other : standard_cases().cases.at({"float32", pace}))
    if (other.run && other.level == 3)
      if (const auto [own, seed] = training_of(other.id); own == workload && seed != "outcome")
        trainings.push_back(convergence_json(training_of(own, std::stoull(seed), length)));
  result.outcome = outcome_json(judge_outcome(workload, trainings));
  return result;
}

std::string repeat_command(const std::string& id) {
  return "lsgd-conform run --suite standard --target mine.toml --filter '" + id + "' --seed 2509";
}

json passed_case(const ConformanceCase& conformance_case, Pace pace) {
  CaseResult result;
  if (conformance_case.level == 3) result = passed_training(conformance_case.id, pace);
  if (conformance_case.level == 4)
    result.resources = MeasuredResources{conformance_case.id.substr(7), {}, {}, 224, 0};
  result.elements = 100;
  if (conformance_case.level == 1) result.exact_order = {100, 0};
  if (conformance_case.level == 2) {
    result.worst = WorstError{0.5, 0.7, "W1", 3, 2};
    result.histogram.emplace()[10] = 4;
    result.statistics = {{"W1", "bias", 0.01, -0.02, 0.02, true}};
  }
  return case_json(result, conformance_case.id, conformance_case.clause, conformance_case.level,
                   repeat_command(conformance_case.id));
}

/// What a run of the standard suite on one float32 target writes where every case passes.
json honest_results() {
  json cases = json::array(), levels = json::array();
  std::size_t executed = 0;
  for (int level = 0; level <= 4; ++level) {
    std::size_t count = 0;
    for (const ConformanceCase& conformance_case :
         standard_cases().cases.at({"float32", Pace::fast})) {
      if (conformance_case.level != level) continue;
      cases.push_back(passed_case(conformance_case, Pace::fast));
      ++count;
    }
    levels.push_back({{"level", level},
                      {"verdict", "pass"},
                      {"cases_expected", count},
                      {"cases_executed", count},
                      {"cases_failed", 0},
                      {"reason", nullptr}});
    executed += count;
  }
  const json arithmetic{{"significand_bits", 24},         {"fused_multiply_add", "no"},
                        {"flush_to_zero", false},         {"activation_ulps", 4},
                        {"activation_absolute_error", 0}, {"summation_order", "ascending"},
                        {"bias_position", "first"},       {"update_product", "any"}};
  return {{"format", results_format},
          {"tool",
           {{"name", "lsgd-conform"},
            {"version", "1"},
            {"specification", specification_version},
            {"sha256", std::string(64, 'a')}}},
          {"suite",
           {{"name", "standard"},
            {"seed", 2509},
            {"filter", nullptr},
            {"shard", nullptr},
            {"conformance", true},
            {"files", files_json(standard_cases().files)},
            {"vectors", vectors_json(standard_cases().vectors)},
            {"cases_expected", executed}}},
          {"targets",
           {{{"name", "mine"},
             {"port", "p"},
             {"platform", "q"},
             {"variant", "r"},
             {"profile", "float32"},
             {"pace", "fast"},
             {"shortened", json::array()},
             {"build_identity", "0011"},
             {"arithmetic", arithmetic},
             {"toolchain", {{"compiler", ""}, {"flags", ""}}},
             {"verdict", "pass"},
             {"levels", levels},
             {"cases", cases},
             {"resources",
              {{"stack_bytes", 224},
               {"heap_bytes", 0},
               {"port", nullptr},
               {"agent", nullptr},
               {"footprints", json::array()}}}}}},
          {"totals",
           {{"targets", 1},
            {"passed", 1},
            {"failed", 0},
            {"device_failures", 0},
            {"incomplete", 0},
            {"cases", executed},
            {"cases_resumed", 0}}},
          {"timing", {{"wall_seconds", 1}}}};
}

json& target_of(json& results) { return results["targets"][0]; }

/// The first case of a level.
json& case_of(json& results, std::size_t level) {
  for (json& found : target_of(results)["cases"])
    if (found.at("level") == level) return found;
  throw std::logic_error("no such case");
}

/// The first outcome of level 3.
json& outcome_of(json& results) {
  for (json& found : target_of(results)["cases"])
    if (found.contains("outcome")) return found;
  throw std::logic_error("no outcome");
}

json failure_of(const json& found) {
  return {{"step", nullptr},      {"layer", nullptr},   {"tensor", nullptr},
          {"index", nullptr},     {"expected", "1"},    {"got", "2"},
          {"tolerance", nullptr}, {"message", "wrong"}, {"repeat", repeat_command(found.at("id"))}};
}

/// The same of a target of pace slow, which skips what is too long for it.
json honest_slow_results() {
  json results = honest_results();
  json& target = target_of(results);
  target["pace"] = "slow";
  const auto& cases = standard_cases().cases.at({"float32", Pace::slow});
  target["shortened"] = shortenings(cases);
  std::size_t all = 0;
  for (json& level : target["levels"]) {
    std::size_t skipped = 0, count = 0;
    json reason;
    for (json& found : target["cases"]) {
      if (found.at("level") != level.at("level")) continue;
      ++count;
      const auto here =
          std::ranges::find(cases, found.at("id").get<std::string>(), &ConformanceCase::id);
      if (here->run) {
        found = passed_case(*here, Pace::slow);
        continue;
      }
      ++skipped;
      found = case_json(here->judge({}), here->id, here->clause, here->level, "");
      if (reason.is_null()) reason = found.at("reason");
    }
    level["cases_expected"] = count - skipped;
    level["cases_executed"] = count - skipped;
    if (skipped == count) level["verdict"] = "skipped";
    if (skipped > 0 && skipped < count)
      reason = std::to_string(skipped) + " of " + std::to_string(count) +
               " cases skipped: " + reason.get<std::string>();
    level["reason"] = reason;
    all += count - skipped;
  }
  results["suite"]["cases_expected"] = all;
  results["totals"]["cases"] = all;
  return results;
}

/// Another training in the case of level 3 that comes first.
void put_training(json& results, LengthOfTraining length) {
  case_of(results, 3)["convergence"] = convergence_json(training_of("car", 1, length));
}

/// A case of a level fails, with everything that follows from it.
void fail_a_case(json& results, std::size_t level) {
  json& found = case_of(results, level);
  found["verdict"] = "fail";
  found["failure"] = failure_of(found);
  json& target = target_of(results);
  target["verdict"] = "fail";
  target["levels"][level]["verdict"] = "fail";
  target["levels"][level]["cases_failed"] = 1;
  results["totals"]["passed"] = 0;
  results["totals"]["failed"] = 1;
}

/// Leaves a case out, with everything that follows from it.
void skip(json& results, json& found, const std::string& reason, const std::string& verdict) {
  found["verdict"] = verdict;
  found["reason"] = reason;
  found["failure"] = nullptr;
  json& level = target_of(results)["levels"][found.at("level").get<std::size_t>()];
  const std::size_t count = level.at("cases_expected");
  level["reason"] = "1 of " + std::to_string(count) + " cases " + verdict + ": " + reason;
  for (const char* counted : {"cases_expected", "cases_executed"}) level[counted] = count - 1;
  results["totals"]["cases"] = results["totals"]["cases"].get<int>() - 1;
  results["suite"]["cases_expected"] = results["suite"]["cases_expected"].get<int>() - 1;
}

void skip_a_case(json& results, std::size_t level, const std::string& reason,
                 const std::string& verdict = "skipped") {
  skip(results, case_of(results, level), reason, verdict);
}

/// Takes a case away, with everything that follows from it.
void take_a_case_away(json& results, std::size_t level) {
  json& target = target_of(results);
  json& cases = target["cases"];
  for (std::size_t c = 0; c < cases.size(); ++c)
    if (cases[c].at("level") == level) {
      cases.erase(c);
      break;
    }
  for (const char* count : {"cases_expected", "cases_executed"})
    target["levels"][level][count] = target["levels"][level][count].get<int>() - 1;
  results["totals"]["cases"] = results["totals"]["cases"].get<int>() - 1;
  results["suite"]["cases_expected"] = results["suite"]["cases_expected"].get<int>() - 1;
}

/// What a self-test without mutants says of itself.
json passed_selftest() {
  const json counts{
      {"mutants", 0}, {"caught", 0}, {"missed", 0}, {"equivalent", 0}, {"percent_required", 98}};
  return {{"verdict", "pass"},
          {"semantic", counts},
          {"generated", counts},
          {"legal", {{"targets", 1}, {"accepted", 1}}},
          {"convergence", {{"mutants_caught_first", 0}, {"legal_targets_passed", 1}}},
          {"generation",
           {{"candidates", 9}, {"not_selected", 0}, {"not_compiled", 0}, {"same_object", 0}}},
          {"mutants", json::array()}};
}

class ForgedResults : public testing::Test {
 protected:
  CheckedResults read(const json& results) const { return read_text(results.dump(1)); }

  /// Of whole results; those of the same that are packed must be refused, too, or not either.
  std::string error_of(const json& results) const {
    const std::string of_whole = error_of_text(results.dump(1)),
                      of_packed = error_of_text(packed_results(nlohmann::ordered_json(results)));
    EXPECT_EQ(of_packed == "no error", of_whole == "no error") << of_packed << of_whole;
    if (of_packed != "no error") {
      EXPECT_THAT(of_packed, testing::MatchesRegex("[^\n]*results.json:[0-9]+: expected [^\n]+"));
    }
    return of_whole;
  }

  CheckedResults read_text(const std::string& text) const {
    const auto file = directory_.path() / "results.json";
    std::ofstream(file) << text;
    return read_results(file);
  }

  std::string error_of_text(const std::string& text) const {
    try {
      read_text(text);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  TemporaryDirectory directory_;
};

TEST_F(ForgedResults, HonestOnesAreEnoughAndKeepWhatTheySay) {
  json results = honest_results();
  const CheckedResults checked = read(results);
  EXPECT_EQ(checked.sha256.size(), 64U);
  results["suite"]["not_enough"] = nullptr;
  EXPECT_TRUE(checked.value == results);
}

TEST_F(ForgedResults, AFailureThatIsToldIsNoContradiction) {
  json results = honest_results();
  fail_a_case(results, 2);
  EXPECT_EQ(error_of(results), "no error");
}

struct Edit {
  std::string name;
  std::function<void(json&)> make;
  std::string error;
};

TEST_F(ForgedResults, OneEditedPlaceIsRefused) {
  const std::vector<Edit> edits{
      {"a target's verdict above levels that fail",
       [](json& r) {
         fail_a_case(r, 1);
         target_of(r)["verdict"] = "pass";
       },
       "expected verdict to be \"fail\", as the cases say, found \"pass\""},
      {"a target's and the totals' verdict",
       [](json& r) {
         fail_a_case(r, 1);
         target_of(r)["verdict"] = "pass";
         r["totals"]["passed"] = 1;
         r["totals"]["failed"] = 0;
       },
       "verdict to be \"fail\""},
      {"a level's verdict",
       [](json& r) {
         fail_a_case(r, 1);
         target_of(r)["levels"][1]["verdict"] = "pass";
       },
       "verdict to be \"fail\""},
      {"a failed case's verdict",
       [](json& r) {
         fail_a_case(r, 1);
         case_of(r, 1)["verdict"] = "pass";
       },
       "a case with a failure"},
      {"a failed case's failure",
       [](json& r) {
         fail_a_case(r, 1);
         case_of(r, 1)["failure"] = nullptr;
       },
       "a case without a failure"},
      {"a failed case skipped without a reason",
       [](json& r) { case_of(r, 1)["verdict"] = "skipped"; }, "a reason"},
      {"a failed case refused without a reason",
       [](json& r) { case_of(r, 1)["verdict"] = "refused"; }, "a reason"},
      {"cases left out for networks that nobody declared",
       [](json& r) {
         r["targets"][0]["networks"] = {
             {{"sizes", "6-32-16-4"}, {"activations", "tanh-tanh"}, {"loss", "bce"}}};
       },
       "3 activations for 4 sizes"},
      {"an error beyond its bound",
       [](json& r) {
         case_of(r, 2)["worst"]["bound_fraction"] = 1.5;
         case_of(r, 2)["histogram"][19] = 1;
       },
       "beyond what is legal"},
      {"an error that is no number",
       [](json& r) { case_of(r, 2)["worst"]["bound_fraction"] = nullptr; }, "beyond what is legal"},
      {"wrong bits", [](json& r) { case_of(r, 1)["exact_order"]["mismatches"] = 1; },
       "beyond what is legal"},
      {"a statistic that fails in a case that passes",
       [](json& r) {
         case_of(r, 2)["statistics"][0]["value"] = 1;
         case_of(r, 2)["statistics"][0]["verdict"] = "fail";
       },
       "beyond what is legal"},
      {"a statistic outside its interval that passes",
       [](json& r) { case_of(r, 2)["statistics"][0]["value"] = 1; }, "verdict to be \"fail\""},
      {"a case deleted", [](json& r) { target_of(r)["cases"].erase(20); }, "cases_executed to be"},
      {"a case deleted, with its counts", [](json& r) { take_a_case_away(r, 1); },
       "cases that the suite has of level 1"},
      {"a level deleted, with its cases and counts",
       [](json& r) {
         while (target_of(r)["levels"][1]["cases_expected"] != 0) take_a_case_away(r, 1);
         target_of(r)["levels"].erase(1);
       },
       "5 levels, as the suite has"},
      {"a case twice",
       [](json& r) { target_of(r)["cases"][1]["id"] = target_of(r)["cases"][0]["id"]; },
       "one case of identity"},
      {"a case of no suite", [](json& r) { case_of(r, 1)["id"] = "level1/easy"; },
       "a case of the suite, not \"level1/easy\""},
      {"a filter", [](json& r) { r["suite"]["filter"] = "level0/*"; }, "a part of a suite"},
      {"a shard", [](json& r) { r["suite"]["shard"] = "1/2"; }, "a part of a suite"},
      {"a total", [](json& r) { r["totals"]["cases"] = 100'000; }, "cases to be"},
      {"a target twice",
       [](json& r) {
         r["targets"].push_back(target_of(r));
         r["totals"]["targets"] = 2;
         r["totals"]["passed"] = 2;
       },
       "one target of name"},
      {"a case emptied", [](json& r) { case_of(r, 1)["elements"] = 0; },
       "a case that passes to have compared something"},
      {"a histogram of more than there was",
       [](json& r) { case_of(r, 2)["histogram"] = std::vector<int>(20, 6); },
       "no more than the 100 elements"},
      {"more wrong bits than bits",
       [](json& r) {
         fail_a_case(r, 1);
         case_of(r, 1)["exact_order"]["mismatches"] = 101;
       },
       "no more mismatches than elements compared"},
      {"cases resumed", [](json& r) { r["totals"]["cases_resumed"] = 100'000; }, "no more than"},
      {"a self-test that missed nothing",
       [](json& r) {
         r["recorded_selftest"] = passed_selftest();
         r["recorded_selftest"]["generated"]["caught"] = 1242;
       },
       "caught to be 0"},
      {"an outcome left out", [](json& r) { outcome_of(r).erase("outcome"); },
       "to show its training, or the outcome of all"},
      {"the significance of an outcome",
       [](json& r) { outcome_of(r)["outcome"]["significance"] = 0.5; }, "significance to be 0.05"},
      {"a cost left out", [](json& r) { case_of(r, 4).erase("resources"); },
       "to show what it measured"},
      {"less stack than a case has used",
       [](json& r) { target_of(r)["resources"]["stack_bytes"] = 223; },
       "stack_bytes of at least 224"},
      {"a training without epochs",
       [](json& r) { case_of(r, 3)["convergence"]["epochs"] = json::array(); },
       "one epoch or more"},
      {"a confusion of fewer classes",
       [](json& r) { case_of(r, 3)["convergence"]["test"]["confusion"].erase(0); },
       "a row and a column of every class"},
      {"a confused sample less",
       [](json& r) { case_of(r, 3)["convergence"]["test"]["confusion"][0][1] = 0; },
       "accuracy to be 1.0"},
      {"a sample of the reference less",
       [](json& r) {
         json& figures = case_of(r, 3)["convergence"]["reference_test"];
         figures["confusion"] = {{10, 2}, {0, 8}};
       },
       "as many samples of each class"},
      {"a precision", [](json& r) { case_of(r, 3)["convergence"]["test"]["precision"][1] = 1; },
       "precision to be [1.0,0.8]"},
      {"a macro F1", [](json& r) { case_of(r, 3)["convergence"]["test"]["macro_f1"] = 1; },
       "macro_f1 to be"},
      {"a loss of the outcome",
       [](json& r) { case_of(r, 3)["convergence"]["outcome"]["test_loss"]["value"] = 0.25; },
       "value to be 0.5"},
      {"an accuracy of the reference",
       [](json& r) {
         case_of(r, 3)["convergence"]["epochs"].back()["test_accuracy"]["exact"] = 0.25;
       },
       "accuracy to be 0.25"},
      {"more workloads than a page can show",
       [](json& r) {
         const json cost = case_of(r, 4);
         for (int i = 0; i < 100; ++i) {
           json& added = target_of(r)["cases"].emplace_back(cost);
           added["resources"]["network"] = std::to_string(i);
         }
       },
       "resources of at most 100 workloads"},
      {"the level of a case", [](json& r) { case_of(r, 1)["level"] = 2; },
       "the level that level1/"},
      {"the network of a cost",
       [](json& r) { case_of(r, 4)["resources"]["network"] = "fashion_mnist"; },
       "is about, not level4/fashion_mnist"},
      {"the workload of an outcome",
       [](json& r) { outcome_of(r)["outcome"]["workload"] = "car_mse"; },
       "is about, not level3/car_mse/outcome"},
      {"the worst error made smaller",
       [](json& r) { case_of(r, 2)["worst"]["bound_fraction"] = 0.1; },
       "the worst error, 0.1 of its bound, in the last bin"},
      {"the worst error taken away", [](json& r) { case_of(r, 2)["worst"] = nullptr; },
       "the worst of the errors in the histogram"},
      {"the histogram taken away", [](json& r) { case_of(r, 2)["histogram"] = nullptr; },
       "the error that is the worst"},
      {"the histogram emptied",
       [](json& r) { case_of(r, 2)["histogram"] = std::vector<int>(20, 0); },
       "the worst error, 0.5 of its bound, in the last bin"},
      {"no element compared by bits", [](json& r) { case_of(r, 1)["exact_order"]["compared"] = 0; },
       "some elements compared by bits"},
      {"a learning rate",
       [](json& r) { case_of(r, 3)["convergence"]["epochs"][0]["learning_rate"] = 0.001; },
       "learning_rate to be 0.0"},
      {"the reference's distance from itself",
       [](json& r) { case_of(r, 3)["convergence"]["epochs"][0]["distance"]["exact"] = 0.5; },
       "exact to be 0.0"},
      {"the identity of a device that passes", [](json& r) { target_of(r)["build_identity"] = ""; },
       "what a device that passes cases says"},
      {"a footprint twice",
       [](json& r) {
         const json footprint{{"network", "car"}, {"text", 1}, {"data", 0}, {"bss", 0}};
         target_of(r)["resources"]["footprints"] = {footprint, footprint};
       },
       "one footprint of each network"},
      {"a target taken out of the durations",
       [](json& r) { r["timing"]["targets"] = json::array(); }, "a duration of every target"},
      {"a reason of a level that skipped nothing",
       [](json& r) { target_of(r)["levels"][1]["reason"] = "1 of 443 cases skipped: none"; },
       "reason to be null"},
      {"the seed by which a failure is repeated",
       [](json& r) {
         fail_a_case(r, 1);
         r["suite"]["seed"] = 7;
       },
       "--seed 7"},
      {"a failure skipped for a reason of one's own",
       [](json& r) { skip_a_case(r, 1, "not of interest"); },
       "a reason for which a device may leave this case out"},
      {"a failure skipped as one for another pace",
       [](json& r) { skip_a_case(r, 1, "a target of pace slow does without it"); },
       "a reason for which a device may leave this case out"},
      {"a failure skipped as unsupported, though its parts are taken elsewhere",
       [](json& r) { skip_a_case(r, 2, std::string(network_unsupported)); },
       "took others with each"},
      {"a failure refused as too large, though networks as large are taken",
       [](json& r) { skip_a_case(r, 2, std::string(network_too_large), "refused"); },
       "took others that need as much"},
      {"an outcome skipped, though all trainings are there",
       [](json& r) {
         for (json& found : target_of(r)["cases"])
           if (found.contains("outcome")) {
             found.erase("outcome");
             skip(r, found, "the outcome needs all 5 trainings of car, and 4 were finished",
                  "skipped");
             break;
           }
       },
       "a case that is not left out, as the suite and the other cases say"},
      {"cases expected", [](json& r) { r["suite"]["cases_expected"] = 1; }, "cases_expected to be"},
  };
  const json honest = honest_results();
  for (const Edit& edit : edits) {
    json results = honest;
    edit.make(results);
    const std::string error = error_of(results);
    EXPECT_THAT(error, HasSubstr(edit.error)) << edit.name;
    EXPECT_THAT(error, testing::MatchesRegex("[^\n]*results.json:[0-9]+: expected [^\n]+"))
        << edit.name;
  }
}

TEST_F(ForgedResults, AreTheSameWhetherTheyAreWholeOrPacked) {
  const json honest = honest_results();
  EXPECT_TRUE(read_text(packed_results(nlohmann::ordered_json(honest))).value ==
              read(honest).value);
}

TEST_F(ForgedResults, OfAnotherProgramAreReadOnlyForTheirHistory) {
  json results = honest_results();
  case_of(results, 2)["id"] = "level2/of_an_earlier_program";
  EXPECT_THAT(error_of(results), HasSubstr("a case of the suite, not"));
  EXPECT_EQ(read_past_results(directory_.path() / "results.json").value.at("targets"),
            results.at("targets"));
  target_of(results)["verdict"] = "fail";
  EXPECT_THAT(error_of(results), HasSubstr("verdict to be"));
  EXPECT_THROW(read_past_results(directory_.path() / "results.json"), InputError);
}

TEST_F(ForgedResults, ACaseOfAPackedFileCannotBeExchangedForAnother) {
  const std::string packed = packed_results(nlohmann::ordered_json(honest_results()));
  const auto edited = [&](const std::string& by) {
    std::string text = packed;
    const std::string numbers = "\"cases\": [0,1,2,";
    const auto at = text.find(numbers);
    EXPECT_NE(at, std::string::npos);
    return error_of_text(text.replace(at, numbers.size(), "\"cases\": [" + by));
  };
  EXPECT_EQ(edited("0,1,2,"), "no error");
  EXPECT_THAT(edited("0,1,1,"), HasSubstr("to be a case of some target"));
  EXPECT_THAT(edited("0,1,2,2,"), HasSubstr("one case of identity"));
  EXPECT_THAT(edited("0,1,"), HasSubstr("to be a case of some target"));
}

TEST_F(ForgedResults, WhatWasShortenedCannotBeHidden) {
  const json honest = honest_slow_results();
  ASSERT_EQ(error_of(honest), "no error");
  EXPECT_EQ(read(honest).value.at("suite").at("conformance"), true);
  const std::vector<Edit> edits{
      {"a part that was shortened", [](json& r) { target_of(r)["shortened"].erase(1); },
       "shortened to be"},
      {"all that was shortened", [](json& r) { target_of(r)["shortened"] = json::array(); },
       "shortened to be"},
      {"the pace", [](json& r) { target_of(r)["pace"] = "moderate"; }, "shortened to be"},
      {"the pace and what was shortened",
       [](json& r) {
         target_of(r)["pace"] = "fast";
         target_of(r)["shortened"] = json::array();
       },
       "a reason for which a device may leave this case out"},
      {"a training",
       [](json& r) {
         put_training(r, {1, 100});
       },
       "1 epochs of 400 steps"},
      {"epochs of a training",
       [](json& r) {
         put_training(r, {5, 400});
       },
       "1 epochs of 400 steps"},
      {"the start of a training", [](json& r) { case_of(r, 3)["convergence"]["seed"] = 2; },
       "what level3/car/1 is about, not level3/car/2"},
      {"an epoch's number", [](json& r) { case_of(r, 3)["convergence"]["epochs"][0]["epoch"] = 7; },
       "epoch to be 1"},
      {"the false-alarm rate",
       [](json& r) { case_of(r, 3)["convergence"]["false_alarm_rate"] = 0.5; },
       "false_alarm_rate to be"},
      {"the clause of a case", [](json& r) { case_of(r, 1)["clause"] = "SPEC 1"; },
       "clause to be \"SPEC"},
  };
  for (const Edit& edit : edits) {
    json results = honest;
    edit.make(results);
    EXPECT_THAT(error_of(results), HasSubstr(edit.error)) << edit.name;
  }
  json silent = honest;
  target_of(silent).erase("shortened");
  EXPECT_EQ(read(silent).value.at("suite").at("not_enough"),
            "the results do not say what was shortened");
}

TEST_F(ForgedResults, WhatADeviceCanDoIsWhatItsCasesShow) {
  json honest = honest_results();
  const Profile& profile = profile_named("float32");
  const auto& all = standard_cases().cases.at({"float32", Pace::fast});
  const Capabilities stated{
      activations_of(profile), losses_of(profile), kernels_of(all), {"cycles"}};
  target_of(honest)["capabilities"] =
      capabilities_json(stated, {}, target_of(honest)["cases"], all, profile);
  honest["timing"]["targets"] = {
      {{"name", "mine"},
       {"wall_seconds", 1},
       {"case_seconds", std::vector<double>(target_of(honest)["cases"].size(), 0.25)}}};
  const json shown = target_of(honest)["capabilities"]["found"]["counters"];
  if (shown.at("cycles") == "refused")
    target_of(honest)["capabilities"]["stated"]["counters"] = json::array();
  for (const char* counter : {"instructions", "stack"})
    if (shown.at(counter) == "tested")
      target_of(honest)["capabilities"]["stated"]["counters"].push_back(counter);
  ASSERT_EQ(error_of(honest), "no error");
  const std::vector<Edit> edits{
      {"a loss that was tested",
       [](json& r) { target_of(r)["capabilities"]["found"]["losses"]["mse"] = "untested"; },
       "found to be"},
      {"a kernel that is stated and not there",
       [](json& r) { target_of(r)["capabilities"]["stated"]["kernels"].push_back("fixed_tanh"); },
       "found to be"},
      {"a statement taken out",
       [](json& r) {
         target_of(r)["capabilities"]["stated"]["losses"] = {"mse", "bce"};
       },
       "a case to fail where the device does what its target file does not state: "},
      {"a duration taken out", [](json& r) { r["timing"]["targets"][0]["case_seconds"].erase(0); },
       "a duration of every case, in their order"}};
  for (const Edit& edit : edits) {
    json results = honest;
    edit.make(results);
    EXPECT_THAT(error_of(results), HasSubstr(edit.error)) << edit.name;
  }
}

TEST_F(ForgedResults, ATrainingThatWasShortenedIsNoneOfAFastTarget) {
  json results = honest_results();
  put_training(results, {5, 400});
  EXPECT_THAT(error_of(results), HasSubstr("5 epochs of 1209 steps, as targets of pace fast"));
}

/// The same of a device that lacks bce: each case of levels 1 to 4 whose network has it ran with
/// mse.
json honest_results_without_bce() {
  json results = honest_results();
  const auto& cases = standard_cases().cases.at({"float32", Pace::fast});
  for (json& level : target_of(results)["levels"]) {
    std::size_t others = 0, count = 0;
    for (json& found : target_of(results)["cases"]) {
      if (found.at("level") != level.at("level")) continue;
      ++count;
      const auto here =
          std::ranges::find(cases, found.at("id").get<std::string>(), &ConformanceCase::id);
      if (!here->run || !here->network || here->network->loss != Loss::bce) continue;
      found["stand_in"] = network_text(stand_ins(*here->network).front());
      ++others;
    }
    if (others > 0)
      level["reason"] = std::to_string(others) + " of " + std::to_string(count) +
                        " cases with another network, since the port lacks the loss or an "
                        "activation of their own";
  }
  return results;
}

TEST_F(ForgedResults, AStandInIsOneOfTheCaseAndOfWhatTheDeviceTakes) {
  const json honest = honest_results_without_bce();
  ASSERT_EQ(error_of(honest), "no error");
  const auto first = [](json& r) -> json& {
    for (json& found : target_of(r)["cases"])
      if (found.contains("stand_in")) return found;
    throw std::logic_error("no stand-in");
  };
  const std::vector<Edit> edits{
      {"another network", [&](json& r) { first(r)["stand_in"] = "9-9 identity mse"; },
       "a network that stands in for the case's own"},
      {"its own network taken after all", [&](json& r) { first(r).erase("stand_in"); }, "reason"},
      {"the level's reason", [](json& r) { target_of(r)["levels"][2]["reason"] = nullptr; },
       "reason"},
      {"a stand-in of a case whose parts are all taken elsewhere",
       [](json& r) {
         for (json& found : target_of(r)["cases"])
           if (!found.contains("stand_in") && found.at("id") == "level2/car_mse/1")
             found["stand_in"] = "6-32-16-4 relu-relu-sigmoid mse";
       },
       "reason"},
  };
  for (const Edit& edit : edits) {
    json results = honest;
    edit.make(results);
    EXPECT_THAT(error_of(results), HasSubstr(edit.error)) << edit.name;
  }
  // With the counts that fit, it is what the device takes elsewhere that tells.
  json results = honest;
  for (json& found : target_of(results)["cases"])
    if (found.at("level") == 2) found.erase("stand_in");
  target_of(results)["levels"][2]["reason"] = nullptr;
  EXPECT_THAT(error_of(results), HasSubstr("a case to fail where the device refused "));
}

TEST_F(ForgedResults, ASelectionIsOfTheSuiteToo) {
  json honest = honest_results();
  honest["suite"]["filter"] = "level[124]/*";
  honest["suite"]["conformance"] = false;
  std::size_t all = 0;
  for (const int level : {0, 3}) {
    json& emptied = target_of(honest)["levels"][static_cast<std::size_t>(level)];
    emptied["verdict"] = "skipped";
    emptied["reason"] = "no case of this level was selected";
    emptied["cases_expected"] = emptied["cases_executed"] = 0;
  }
  json cases = json::array();
  for (const json& found : target_of(honest)["cases"])
    if (found.at("level") != 0 && found.at("level") != 3) cases.push_back(found), ++all;
  target_of(honest)["cases"] = cases;
  honest["suite"]["cases_expected"] = honest["totals"]["cases"] = all;
  ASSERT_EQ(error_of(honest), "no error");
  const std::vector<Edit> edits{
      {"a case deleted, with its counts", [](json& r) { take_a_case_away(r, 1); },
       "cases that the suite has of level 1"},
      {"another filter", [](json& r) { r["suite"]["filter"] = "level[12]/*"; },
       "a case of the suite, not \"level4/"},
      {"a shard", [](json& r) { r["suite"]["shard"] = "1/2"; }, "a case of the suite, not"},
      {"no shard", [](json& r) { r["suite"]["shard"] = "1/0"; }, "I/N with 1 <= I <= N"},
      {"a failure skipped", [](json& r) { skip_a_case(r, 1, "not of interest"); },
       "a reason for which a device may leave this case out"},
      {"a profile of nobody", [](json& r) { target_of(r)["profile"] = "float31"; },
       "a built-in profile"},
      {"a clause", [](json& r) { case_of(r, 1)["clause"] = "SPEC 1"; }, "clause to be"},
  };
  for (const Edit& edit : edits) {
    json results = honest;
    edit.make(results);
    EXPECT_THAT(error_of(results), HasSubstr(edit.error)) << edit.name;
  }
}

TEST_F(ForgedResults, ASuiteOrVectorsOfOnesOwnLoseTheClaim) {
  const std::vector<Edit> edits{
      {"no program", [](json& r) { r["tool"].erase("sha256"); }, "which program judged"},
      {"no digests", [](json& r) { r["suite"].erase("files"); }, "do not say"},
      {"another suite of that name",
       [](json& r) { r["suite"]["files"][0]["name"] = "standard.toml"; },
       "not the one of that name"},
      {"a changed suite", [](json& r) { r["suite"]["files"][0]["sha256"] = std::string(64, '0'); },
       "harness/suites/standard.toml is not what the program was made with"},
      {"a golden set cut to one case",
       [](json& r) {
         for (json& file : r["suite"]["files"])
           if (file.at("name") == "vectors/golden/level1_float32/manifest.json")
             file["sha256"] = std::string(64, '0');
       },
       "vectors/golden/level1_float32/manifest.json is not what"},
      {"a model left out", [](json& r) { r["suite"]["files"].erase(10); }, "not judged by"},
      {"other vectors", [](json& r) { r["suite"]["vectors"].erase(0); }, "the vectors that this"},
      {"a suite without a claim", [](json& r) { r["suite"]["name"] = "smoke"; },
       "the smoke suite leaves too much out"},
      {"another specification", [](json& r) { r["tool"]["specification"] = "9"; },
       "this program judges by specification"},
      {"a data set that was missing",
       [](json& r) { r["suite"]["missing_data_sets"] = {"fashion_mnist"}; },
       "the data set fashion_mnist is not on the machine that ran it"},
      {"an unknown suite", [](json& r) { r["suite"]["name"] = "mine"; },
       "the mine suite is not one of the program's own"},
  };
  for (const Edit& edit : edits) {
    json results = honest_results();
    edit.make(results);
    const CheckedResults checked = read(results);
    EXPECT_EQ(checked.value.at("suite").at("conformance"), false) << edit.name;
    EXPECT_THAT(checked.value.at("suite").at("not_enough").get<std::string>(),
                HasSubstr(edit.error))
        << edit.name;
  }
}

TEST_F(ForgedResults, AMachineWithoutTheDataOfTheSuiteGrantsNoClaim) {
  setenv("LSGD_DATASETS", "/nowhere", 1);
  const CheckedResults checked = read(honest_results());
  const CaseList list = list_cases(standard());
  unsetenv("LSGD_DATASETS");
  EXPECT_EQ(checked.value.at("suite").at("conformance"), false);
  EXPECT_THAT(checked.value.at("suite").at("not_enough").get<std::string>(),
              HasSubstr("this machine lacks a data set"));
  EXPECT_THAT(list.missing_data_sets, testing::ElementsAre("fashion_mnist"));
  std::size_t skipped = 0;
  const auto& cases = list.cases.at({"float32", Pace::fast});
  EXPECT_EQ(cases.size(), standard_cases().cases.at({"float32", Pace::fast}).size());
  for (const ConformanceCase& one : cases) {
    if (one.id.find("fashion_mnist") == std::string::npos) continue;
    ++skipped;
    ASSERT_FALSE(one.run) << one.id;
    EXPECT_THAT(*one.judge({}).reason, HasSubstr("the Debian package dataset-fashion-mnist"));
  }
  EXPECT_GE(skipped, 3U);
}

TEST_F(ForgedResults, ASelfTestGrantsNoClaim) {
  json results = honest_results();
  results["selftest"] = passed_selftest();
  target_of(results)["cases"] = json::array();
  EXPECT_EQ(read(results).value.at("suite").at("conformance"), false);
  results["selftest"]["semantic"]["caught"] = 273;
  EXPECT_THAT(error_of(results), HasSubstr("caught to be 0"));
}

TEST_F(ForgedResults, ASelfTestFailsThatCaughtAMutantBehindItsLevel) {
  json results = honest_results();
  json& selftest = results["selftest"] = passed_selftest();
  target_of(results)["cases"] = json::array();
  selftest["semantic"].update({{"mutants", 1}, {"caught", 1}, {"late", 1}});
  selftest["mutants"] = {
      {{"name", "port.late-host-gcc"},
       {"port", "port"},
       {"kind", "semantic"},
       {"description", "A defect"},
       {"expected_level", 1},
       {"erratum", nullptr},
       {"verdict", "caught"},
       {"is_late", true},
       {"reason", nullptr},
       {"caught_by",
        {{"level", 2}, {"clause", "SPEC 12.1"}, {"case", "level2/car/1"}, {"message", "wrong"}}}}};
  EXPECT_THAT(error_of(results), HasSubstr("a self-test to fail that missed mutants, caught some"));
  selftest["verdict"] = "fail";
  EXPECT_EQ(error_of(results), "no error");
  selftest["mutants"][0]["is_late"] = false;
  EXPECT_THAT(error_of(results), HasSubstr("is_late to be true"));
}

TEST(SuiteDigests, TheCommittedListIsOfTheSuitesAsTheyAre) {
  for (const std::string& name : built_in_suites())
    for (const UsedFile& used : list_cases(read_built_in_suite(name)).files) {
      const auto known = suite_digests().find(used.name);
      ASSERT_NE(known, suite_digests().end())
          << used.name << ": record with lsgd-conform list files > harness/suites/files.sha256";
      EXPECT_EQ(known->second, used.sha256)
          << used.name << ": record with lsgd-conform list files > harness/suites/files.sha256";
    }
}

}  // namespace
}  // namespace lsgd
