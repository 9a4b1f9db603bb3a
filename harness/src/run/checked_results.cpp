// SPDX-License-Identifier: Apache-2.0
#include "run/checked_results.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <lsgd/statistics/equivalence_test.hpp>
#include <lsgd/statistics/learning_figures.hpp>

#include "cost/claim.hpp"
#include "description/suite_file.hpp"
#include "description/version.hpp"
#include "files/sha256.hpp"
#include "judging/convergence_result.hpp"
#include "levels/case_list.hpp"
#include "levels/stand_in.hpp"
#include "result/level_count.hpp"
#include "result/packed_results.hpp"
#include "result/repeat_command.hpp"
#include "run/conformance_claim.hpp"
#include "run/place_in_results.hpp"
#include "run/results_of_suite.hpp"
#include "run/target_run.hpp"
#include "run/waivers.hpp"

namespace lsgd {
namespace {

using JsonValue = nlohmann::json;

constexpr std::string_view pass = "pass";

bool passed(const JsonValue& judged) { return judged.at("verdict") == pass; }

bool lies_in_interval(const JsonValue& judged) {
  const JsonValue& value = judged.at("value");
  return !value.is_null() && judged.at("low") <= value && value <= judged.at("high");
}

void require_judged(const JsonValue& judged, const PlaceInResults& place) {
  place.require(judged, "verdict", lies_in_interval(judged) ? pass : "fail");
}

void require_outcome(const JsonValue& found, const PlaceInResults& place) {
  const EquivalenceTest test{
      found.at("mean_difference"), {found.at("low"), found.at("high")}, found.at("margin")};
  place.require(found, "verdict", test.passed() ? pass : "fail");
}

/// Whether anything that a case shows of its comparisons is no pass.
bool shows_failure(const JsonValue& found, bool trajectories_are_judged) {
  if (const JsonValue& worst = found.at("worst"); !worst.is_null()) {
    const JsonValue& fraction = worst.at("bound_fraction");
    if (fraction.is_null() || fraction > 1) return true;
  }
  if (const JsonValue& order = found.at("exact_order");
      !order.is_null() && order.at("mismatches") != 0)
    return true;
  if (!std::ranges::all_of(found.at("statistics"), passed)) return true;
  if (found.contains("resources") && found.at("resources").at("heap_bytes") != 0) return true;
  if (found.contains("outcome"))
    for (const char* figure : {"test_loss", "test_accuracy"})
      if (!passed(found.at("outcome").at(figure))) return true;
  if (found.contains("convergence") && trajectories_are_judged)
    for (const JsonValue& epoch : found.at("convergence").at("epochs"))
      for (const std::string_view quantity : trajectory_quantities)
        if (!passed(epoch.at(quantity))) return true;
  return false;
}

/// Figures of a training on its test set, from the confusion of classes as far as they follow from
/// it. Returns how many samples each class has.
std::vector<std::size_t> require_learning_figures(const JsonValue& found,
                                                  const PlaceInResults& place) {
  const JsonValue& confusion = found.at("confusion");
  const std::size_t classes = confusion.size();
  const auto is_row = [&](const JsonValue& row) { return row.size() == classes; };
  if (classes < 2 || !std::ranges::all_of(confusion, is_row))
    (place / "confusion").fail("a row and a column of every class, of which there are two or more");
  LearningFigures figures(classes);
  std::vector<std::size_t> samples(classes);
  for (std::size_t label = 0; label < classes; ++label)
    for (std::size_t named = 0; named < classes; ++named) {
      const std::size_t count = confusion.at(label).at(named);
      figures.count(count, label, named);
      samples[label] += count;
    }
  std::vector<double> precision, recall;
  for (std::size_t label = 0; label < classes; ++label) {
    precision.push_back(figures.precision(label));
    recall.push_back(figures.recall(label));
  }
  place.require(found, "accuracy", figures.accuracy());
  place.require(found, "macro_f1", figures.macro_f1());
  place.require(found, "precision", precision);
  place.require(found, "recall", recall);
  return samples;
}

/// The end of a training is told three times: by its last epoch, its outcome and its figures.
void require_consistent_training(const JsonValue& training, const PlaceInResults& place) {
  const JsonValue& epochs = training.at("epochs");
  for (std::size_t e = 0; e < epochs.size(); ++e)
    for (const std::string_view quantity : trajectory_quantities)
      require_judged(epochs.at(e).at(quantity), place / "epochs" / e / quantity);
  // It is the distance from itself.
  for (std::size_t e = 0; e < epochs.size(); ++e)
    (place / "epochs" / e / "distance").require(epochs.at(e).at("distance"), "exact", 0.0);
  if (epochs.empty()) (place / "epochs").fail("one epoch or more");
  const JsonValue& end = epochs.back();
  const std::pair<const char*, const char*> figures[] = {{"test_loss", "loss"},
                                                         {"test_accuracy", "accuracy"}};
  for (const auto& [quantity, figure] : figures) {
    (place / "test").require(training.at("test"), figure, end.at(quantity).at("value"));
    (place / "reference_test")
        .require(training.at("reference_test"), figure, end.at(quantity).at("exact"));
    (place / "outcome" / quantity)
        .require(training.at("outcome").at(quantity), "value", end.at(quantity).at("value"));
  }
  if (require_learning_figures(training.at("test"), place / "test") !=
      require_learning_figures(training.at("reference_test"), place / "reference_test"))
    (place / "reference_test").fail("as many samples of each class as the device was tested with");
}

/// The worst error is the one in the last bin that has any.
void require_histogram_of_worst(const JsonValue& found, const PlaceInResults& place) {
  const JsonValue &bins = found.at("histogram"), &worst = found.at("worst");
  if (worst.is_null() && bins.is_null()) return;
  if (worst.is_null()) (place / "worst").fail("the worst of the errors in the histogram");
  const JsonValue& fraction = worst.at("bound_fraction");
  if (bins.is_null()) {
    if (!fraction.is_null() && fraction != 0)
      (place / "histogram").fail("the error that is the worst");
    return;
  }
  std::uint64_t counted = 0;
  std::size_t last = 0;
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    const std::uint64_t count = bins.at(bin);
    counted += count;
    if (count > 0) last = bin;
  }
  if (counted > found.at("elements"))
    (place / "histogram")
        .fail(fmt::format("no more than the {} elements", found.at("elements").dump()));
  if (fraction.is_null()) return;
  const auto most = static_cast<double>(bins.size());
  const double bin = std::min(fraction.get<double>() * most, most - 1);
  if (counted == 0 || last != static_cast<std::size_t>(bin))
    (place / "histogram")
        .fail(fmt::format("the worst error, {} of its bound, in the last bin that has any",
                          fraction.dump()));
}

/// What a case is about is told by its identity, too.
void require_identity(const JsonValue& found, const PlaceInResults& place) {
  const std::string& id = found.at("id").get_ref<const std::string&>();
  const auto level = fmt::format("level{}/", found.at("level").get<int>());
  if (!id.starts_with(level)) (place / "level").fail("the level that " + id + " names");
  const auto require = [&](const char* part, const std::string& named) {
    if (id != level + named)
      (place / part).fail(fmt::format("what {} is about, not {}{}", id, level, named));
  };
  if (found.contains("resources"))
    require("resources", found.at("resources").at("network").get<std::string>());
  if (found.contains("outcome"))
    require("outcome", found.at("outcome").at("workload").get<std::string>() + "/outcome");
  if (found.contains("convergence")) {
    const JsonValue& training = found.at("convergence");
    require("convergence", fmt::format("{}/{}", training.at("workload").get<std::string>(),
                                       training.at("seed").dump()));
  }
}

/// A failure is repeated by the suite, or its file, and by the case and seed of the run.
void require_repeatable(const JsonValue& found, const JsonValue& suite,
                        const PlaceInResults& place) {
  const JsonValue& failure = found.at("failure");
  if (failure.is_null()) return;
  const std::string& repeat = failure.at("repeat").get_ref<const std::string&>();
  const std::string& name = suite.at("name").get_ref<const std::string&>();
  const std::string& id = found.at("id").get_ref<const std::string&>();
  const auto seed = suite.at("seed").get<std::uint64_t>();
  if (!repeats_case(repeat, name, id, seed))
    (place / "failure" / "repeat").fail(repeat_command(name, "TARGET", id, seed));
}

void require_consistent_case(const JsonValue& found, bool trajectories_are_judged,
                             const PlaceInResults& place) {
  for (std::size_t i = 0; i < found.at("statistics").size(); ++i)
    require_judged(found.at("statistics").at(i), place / "statistics" / i);
  if (found.contains("convergence"))
    require_consistent_training(found.at("convergence"), place / "convergence");
  if (found.contains("outcome")) {
    (place / "outcome").require(found.at("outcome"), "significance", equivalence_significance);
    for (const char* figure : {"test_loss", "test_accuracy"})
      require_outcome(found.at("outcome").at(figure), place / "outcome" / figure);
  }

  const JsonValue& verdict = found.at("verdict");
  const JsonValue& elements = found.at("elements");
  constexpr int last_level_that_compares_elements = 2;
  if (verdict == pass && elements == 0 && found.at("level") <= last_level_that_compares_elements)
    (place / "elements").fail("a case that passes to have compared something");
  if (verdict == pass && found.at("level") == 3 && !found.contains("convergence") &&
      !found.contains("outcome"))
    place.fail("a case of level 3 that passes to show its training, or the outcome of all");
  if (verdict == pass && found.at("level") == 4 && !found.contains("resources"))
    place.fail("a case of level 4 that passes to show what it measured");
  require_histogram_of_worst(found, place);
  if (const JsonValue& order = found.at("exact_order"); !order.is_null()) {
    if (order.at("mismatches") > order.at("compared"))
      (place / "exact_order").fail("no more mismatches than elements compared");
    if (order.at("compared") == 0) (place / "exact_order").fail("some elements compared by bits");
  }
  const bool says_failure = !found.at("failure").is_null();
  const bool is_failure = verdict == "fail" || verdict == "device_failure";
  if (says_failure != is_failure)
    (place / "verdict")
        .fail(fmt::format("a case {} a failure to have another verdict than {}",
                          says_failure ? "with" : "without", verdict.dump()));
  if (verdict == pass && shows_failure(found, trajectories_are_judged))
    (place / "verdict").fail("a case to fail that shows an error beyond what is legal");
  const bool has_reason = found.contains("reason") && !found.at("reason").is_null();
  if (has_reason != (verdict == "skipped" || verdict == "refused"))
    (place / "verdict").fail("a reason of exactly the cases that were skipped or refused");
}

/// What a target has used at most is no less than what one of its cases has used.
void require_consistent_resources(const JsonValue& target, const PlaceInResults& place) {
  for (const JsonValue& found : target.at("cases")) {
    if (!found.contains("resources")) continue;
    for (const char* figure : {"stack_bytes", "heap_bytes"}) {
      const JsonValue& used = found.at("resources").at(figure);
      if (used.is_null() || used == 0) continue;
      const JsonValue& most = target.at("resources").is_null() ? target.at("resources")
                                                               : target.at("resources").at(figure);
      if (most.is_null() || most < used)
        (place / "resources")
            .fail(fmt::format("{} of at least {}, as {} shows, found {}", figure, used.dump(),
                              found.at("id").dump(), most.dump()));
    }
  }
}

/// The outcomes of level 3 from the trainings they are about.
void require_outcomes_of_trainings(const JsonValue& cases, const PlaceInResults& place) {
  std::map<std::string, std::vector<nlohmann::ordered_json>> trainings;
  for (const JsonValue& found : cases)
    if (found.contains("convergence"))
      trainings[found.at("convergence").at("workload")].emplace_back(found.at("convergence"));
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!cases.at(c).contains("outcome")) continue;
    const JsonValue& outcome = cases.at(c).at("outcome");
    const std::string workload = outcome.at("workload");
    const PlaceInResults here = place / c / "outcome";
    here.require(outcome, "seeds", trainings[workload].size());
    const OutcomeResult judged = judge_outcome(workload, trainings[workload]);
    const auto require = [&](const char* figure, const EquivalenceTest& test) {
      // Another compiler may round the last bits of a mean otherwise.
      const auto differs = [&](const JsonValue& value, double computed) {
        return !(std::abs(value.get<double>() - computed) <=
                 1e-9 * (test.margin + std::abs(computed)));
      };
      const JsonValue& found = outcome.at(figure);
      if (differs(found.at("mean_difference"), test.mean_difference) ||
          differs(found.at("low"), test.confidence.low) ||
          differs(found.at("high"), test.confidence.high) ||
          differs(found.at("margin"), test.margin))
        (here / figure).fail(fmt::format("the {} that the trainings of {} give", figure, workload));
    };
    require("test_loss", judged.test_loss);
    require("test_accuracy", judged.test_accuracy);
  }
}

/// The counts of a level; of a self-test, whose passing cases are left out, with what it says of
/// them.
LevelCount recount(const JsonValue& level, const JsonValue& cases, bool passes_are_kept) {
  LevelCount count;
  count.level = level.at("level");
  for (const JsonValue& found : cases)
    if (found.at("level") == count.level) count.add(found.at("verdict").get<std::string_view>());
  count.selected = level.at("cases_expected").get<std::size_t>() + count.left_out();
  if (!passes_are_kept)
    count.executed = std::max(count.executed, level.at("cases_executed").get<std::size_t>());
  return count;
}

/// Why cases of a level were left out, but for the words in which a run says why it ended early.
void require_reason_of_level(const JsonValue& level, const LevelCount& count,
                             const JsonValue& cases, const PlaceInResults& place) {
  const auto first_reason = [&](Verdict verdict) {
    const auto found = std::ranges::find_if(cases, [&](const JsonValue& one) {
      return one.at("level") == count.level && one.at("verdict") == name_of(verdict);
    });
    return found == cases.end() ? std::string() : found->at("reason").get<std::string>();
  };
  const JsonValue& reason = level.at("reason");
  const bool is_incomplete = count.executed < count.expected();
  if (is_incomplete && reason.is_null()) (place / "reason").fail("why cases are missing");
  const auto stand_ins = std::ranges::count_if(cases, [&](const JsonValue& one) {
    return one.at("level") == count.level && one.contains("stand_in");
  });
  const auto required = with_stand_ins(
      reason_of_level(count, first_reason(Verdict::skipped), first_reason(Verdict::refused),
                      is_incomplete ? reason.get<std::string>() : std::string()),
      is_incomplete ? 0 : static_cast<std::size_t>(stand_ins), count.selected);
  place.require(level, "reason", required ? JsonValue(*required) : JsonValue(nullptr));
}

/// The workloads that the cases of any target are about are no more than a suite may have.
void require_few_workloads(const JsonValue& targets, const PlaceInResults& place) {
  std::map<std::string_view, std::set<std::string_view>> names;
  for (std::size_t t = 0; t < targets.size(); ++t)
    for (const JsonValue& found : targets.at(t).at("cases"))
      for (const auto& [part, key] :
           {std::pair("resources", "network"), std::pair("convergence", "workload"),
            std::pair("outcome", "workload")}) {
        if (!found.contains(part)) continue;
        names[part].insert(found.at(part).at(key).get_ref<const std::string&>());
        if (names[part].size() > most_workloads_of_a_level)
          (place / t).fail(fmt::format("{} of at most {} workloads, as a suite may have", part,
                                       most_workloads_of_a_level));
      }
}

std::vector<LevelCount> require_consistent_target(const JsonValue& target, const JsonValue& suite,
                                                  bool passes_are_kept,
                                                  const PlaceInResults& place) {
  const JsonValue& cases = target.at("cases");
  const bool trajectories_are_judged =
      trajectory_is_judged(target.at("arithmetic").at("activation_absolute_error").get<double>());
  std::set<std::string_view> identities;
  std::set<int> levels_of_cases;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    const PlaceInResults here = place / "cases" / c;
    const JsonValue& found = cases.at(c);
    if (!identities.insert(found.at("id").get_ref<const std::string&>()).second)
      (here / "id").fail(fmt::format("one case of identity {}", found.at("id").dump()));
    levels_of_cases.insert(found.at("level").get<int>());
    require_identity(found, here);
    require_consistent_case(found, trajectories_are_judged, here);
    if (passes_are_kept) require_repeatable(found, suite, here);
  }
  if (passes_are_kept) require_outcomes_of_trainings(cases, place / "cases");
  require_consistent_resources(target, place);

  std::vector<LevelCount> counts;
  const JsonValue& levels = target.at("levels");
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const JsonValue& level = levels.at(l);
    const PlaceInResults here = place / "levels" / l;
    const LevelCount& count = counts.emplace_back(recount(level, cases, passes_are_kept));
    if (l > 0 && count.level <= counts[l - 1].level)
      (here / "level").fail("every level once, in ascending order");
    here.require(level, "cases_executed", count.executed);
    here.require(level, "cases_failed", count.failed);
    here.require(level, "verdict", name_of(verdict_of(count)));
    if (passes_are_kept) require_reason_of_level(level, count, cases, here);
    levels_of_cases.erase(count.level);
  }
  if (!levels_of_cases.empty())
    (place / "levels")
        .fail(fmt::format("level {}, of which there are cases", *levels_of_cases.begin()));
  place.require(target, "verdict", name_of(verdict_of(counts)));
  const bool has_answered = std::ranges::any_of(
      cases, [](const JsonValue& found) { return passed(found) && !found.contains("outcome"); });
  if (has_answered && target.at("build_identity") == "")
    (place / "build_identity").fail("what a device that passes cases says of itself");
  std::set<std::string_view> networks;
  if (!target.at("resources").is_null())
    for (const JsonValue& footprint : target.at("resources").at("footprints"))
      if (!networks.insert(footprint.at("network").get_ref<const std::string&>()).second)
        (place / "resources" / "footprints").fail("one footprint of each network");
  return counts;
}

void require_consistent_totals(const JsonValue& results, std::size_t executed,
                               const PlaceInResults& place) {
  const JsonValue& targets = results.at("targets");
  const JsonValue& totals = results.at("totals");
  const auto count = [&](std::string_view verdict) {
    return std::ranges::count_if(
        targets, [&](const JsonValue& target) { return target.at("verdict") == verdict; });
  };
  place.require(totals, "targets", targets.size());
  place.require(totals, "passed", count("pass"));
  place.require(totals, "failed", count("fail"));
  place.require(totals, "device_failures", count("device_failure"));
  place.require(totals, "incomplete", count("incomplete"));
  place.require(totals, "cases", executed);
  if (totals.value("cases_resumed", std::uint64_t{0}) > executed)
    (place / "cases_resumed").fail(fmt::format("no more than the {} cases", executed));
}

/// Durations are of the targets, in their order.
void require_consistent_timing(const JsonValue& results, const PlaceInResults& place) {
  if (!results.at("timing").contains("targets")) return;
  const JsonValue &targets = results.at("targets"), &timed = results.at("timing").at("targets");
  const bool are_alike = std::ranges::equal(
      targets, timed, {}, [](const JsonValue& target) { return target.at("name"); },
      [](const JsonValue& target) { return target.at("name"); });
  if (!are_alike) (place / "targets").fail("a duration of every target, in their order");
  for (std::size_t t = 0; t < targets.size(); ++t)
    if (timed.at(t).contains("case_seconds") &&
        timed.at(t).at("case_seconds").size() != targets.at(t).at("cases").size())
      (place / "targets" / t / "case_seconds").fail("a duration of every case, in their order");
}

/// Mutants by what became of them, which with the legal targets gives the verdict.
void require_consistent_selftest(const JsonValue& selftest, const PlaceInResults& place) {
  const JsonValue& legal = selftest.at("legal");
  bool enough = legal.at("targets") == legal.at("accepted");
  for (const char* kind : {"semantic", "generated"}) {
    std::map<std::string, std::size_t> counts;
    std::size_t mutants = 0;
    std::size_t late = 0;
    const JsonValue& found = selftest.at(kind);
    const PlaceInResults here = place / kind;
    const bool counts_late = found.contains("late");  // results of before they were counted do not
    for (std::size_t m = 0; m < selftest.at("mutants").size(); ++m) {
      const JsonValue& mutant = selftest.at("mutants").at(m);
      if (mutant.at("kind") != kind) continue;
      ++counts[mutant.at("verdict")];
      ++mutants;
      if (!counts_late) continue;
      const JsonValue& by = mutant.at("caught_by");
      const bool is_late = !by.is_null() && !mutant.at("expected_level").is_null() &&
                           by.at("level") > mutant.at("expected_level");
      (place / "mutants" / m).require(mutant, "is_late", is_late);
      late += std::size_t{is_late};
    }
    here.require(found, "mutants", mutants);
    for (const char* verdict : {"caught", "missed", "equivalent"})
      here.require(found, verdict, counts[verdict]);
    if (counts_late) here.require(found, "late", late);
    const std::size_t nonconforming = mutants - counts["equivalent"];
    enough =
        enough && late == 0 &&
        100 * counts["caught"] >= found.at("percent_required").get<std::size_t>() * nonconforming;
  }
  if (passed(selftest) && !enough)
    (place / "verdict")
        .fail(
            "a self-test to fail that missed mutants, caught some late or refused a legal target");
}

void require_consistent_claims(const JsonValue& claims, const PlaceInResults& place) {
  for (std::size_t c = 0; c < claims.size(); ++c) {
    const JsonValue& claim = claims.at(c);
    std::optional<double> ours;
    for (const ClaimComparison comparison :
         {ClaimComparison::times, ClaimComparison::share, ClaimComparison::points})
      if (claim.at("comparison") == name_of(comparison) && !claim.at("baseline").is_null() &&
          !claim.at("subject").is_null())
        ours =
            compared(comparison, claim.at("baseline").at("value"), claim.at("subject").at("value"));
    (place / c).require(claim, "ours", ours ? JsonValue(*ours) : JsonValue(nullptr));
  }
}

/// What this program says of the run, whatever the file says. What is of a suite of its own, whole
/// or in part, is compared with that.
void judge_claim(JsonDocument& document) {
  const JsonValue& results = document.value;
  JsonValue& suite = document.value["suite"];
  std::optional<std::string> obstacle = why_not_enough(suite);
  const auto hinders = [&](bool condition, const std::string& reason) {
    if (condition) obstacle = obstacle.value_or(reason);
    return condition;
  };
  hinders(!results.at("tool").contains("sha256"), "the results do not say which program judged");
  const bool is_selftest = hinders(results.contains("selftest"), "a self-test is about the suite");
  const bool is_of_other_specification =
      hinders(results.at("tool").at("specification") != specification_version,
              fmt::format("this program judges by specification {}", specification_version));
  const bool is_silent =
      hinders(!std::ranges::all_of(results.at("targets"),
                                   [](const JsonValue& target) {
                                     return target.contains("pace") && target.contains("shortened");
                                   }),
              "the results do not say what was shortened");
  const std::vector<std::string> own_suites = built_in_suites();
  if (!is_selftest && !is_of_other_specification && !is_silent &&
      std::ranges::count(own_suites, suite.at("name").get<std::string>()) > 0) {
    const PlaceInResults place(document, "");
    Suite own = read_built_in_suite(suite.at("name"));
    own.seed = suite.at("seed");
    const CaseList list = list_cases(own, declared_profiles_of(results, place));
    const bool lacks_data = hinders(
        !list.missing_data_sets.empty(),
        "this machine lacks a data set of the suite, and cannot compare the results with it");
    const bool has_other_files =
        hinders(suite.value("files", JsonValue()) != JsonValue(files_json(list.files)),
                "it was not judged by what this program has of its suite");
    const bool has_other_vectors =
        hinders(suite.at("vectors") != JsonValue(vectors_json(list.vectors)),
                "it was not judged by the vectors that this program has");
    if (!lacks_data && !has_other_files && !has_other_vectors)
      require_cases_of_suite(results, list, own, place);
  }
  suite["conformance"] = !obstacle;
  suite["not_enough"] = obstacle ? JsonValue(*obstacle) : JsonValue(nullptr);
}

}  // namespace

void require_consistent(const JsonDocument& document) {
  const JsonValue& results = document.value;
  const PlaceInResults place(document, "");
  const bool is_selftest = results.contains("selftest");
  const JsonValue& targets = results.at("targets");
  require_few_workloads(targets, place / "targets");
  std::set<std::string_view> names;
  std::size_t expected = 0, executed = 0;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const PlaceInResults here = place / "targets" / t;
    const std::string& name = targets.at(t).at("name").get_ref<const std::string&>();
    if (!names.insert(name).second)
      (here / "name").fail(fmt::format("one target of name {}", JsonValue(name).dump()));
    for (const LevelCount& count :
         require_consistent_target(targets.at(t), results.at("suite"), !is_selftest, here)) {
      expected += count.expected();
      executed += count.executed;
    }
  }
  const JsonValue& suite = results.at("suite");
  (place / "suite").require(suite, "cases_expected", expected);
  if (suite.at("conformance") == true &&
      !(suite.at("filter").is_null() && suite.at("shard").is_null()))
    (place / "suite" / "conformance")
        .fail("a part of a suite not to be enough to claim conformance");
  require_consistent_totals(results, executed, place / "totals");
  require_consistent_timing(results, place / "timing");
  for (const char* selftest : {"selftest", "recorded_selftest"})
    if (results.contains(selftest))
      require_consistent_selftest(results.at(selftest), place / selftest);
  if (is_selftest) {
    const JsonValue& legal = results.at("selftest").at("legal");
    const PlaceInResults here = place / "selftest" / "legal";
    here.require(legal, "targets", targets.size());
    here.require(legal, "accepted", results.at("totals").at("passed"));
  }
  if (results.contains("claims")) require_consistent_claims(results.at("claims"), place / "claims");
  require_consistent_waivers(document);
}

CheckedResults read_results(const std::filesystem::path& file) {
  JsonDocument document = read_whole_results(file);
  require_consistent(document);
  judge_claim(document);
  return {std::move(document.value), sha256_of_file(file)};
}

CheckedResults read_past_results(const std::filesystem::path& file) {
  JsonDocument document = read_whole_results(file);
  require_consistent(document);
  return {std::move(document.value), sha256_of_file(file)};
}

}  // namespace lsgd
