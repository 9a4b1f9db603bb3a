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

#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/statistics/equivalence.hpp>
#include <lsgd/statistics/learning_figures.hpp>

#include "cost/claim.hpp"
#include "data/network_text.hpp"
#include "description/suite_file.hpp"
#include "description/version.hpp"
#include "files/sha256.hpp"
#include "judging/convergence_result.hpp"
#include "levels/case_list.hpp"
#include "levels/cases_of_target.hpp"
#include "result/level_count.hpp"
#include "run/conformance_claim.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

using nlohmann::json;

constexpr std::string_view pass = "pass";

// Some 800,000 cases.
constexpr std::size_t longest_results = std::size_t{1} << 30;

bool passed(const json& judged) { return judged.at("verdict") == pass; }

/// Says of results, or of a part of them, where it contradicts itself.
class Place {
 public:
  Place(const JsonDocument& document, std::string pointer)
      : document_(document), pointer_(std::move(pointer)) {}

  Place operator/(std::string_view key) const {
    return {document_, fmt::format("{}/{}", pointer_, key)};
  }
  Place operator/(std::size_t index) const { return *this / std::to_string(index); }

  [[noreturn]] void fail(const std::string& expected) const {
    throw document_.error(pointer_, expected);
  }

  /// Requires `found` to be what the rest of the results gives.
  template <class Value>
  void require(const json& owner, const char* key, const Value& computed) const {
    const json &found = owner.at(key), required = computed;
    // What is no number is null in a file.
    if (found == required || found.dump() == required.dump()) return;
    (*this / key)
        .fail(fmt::format("{} to be {}, as the cases say, found {}", key, required.dump(),
                          found.dump()));
  }

 private:
  const JsonDocument& document_;
  std::string pointer_;
};

bool lies_in_interval(const json& judged) {
  const json& value = judged.at("value");
  return !value.is_null() && judged.at("low") <= value && value <= judged.at("high");
}

void require_judged(const json& judged, const Place& place) {
  place.require(judged, "verdict", lies_in_interval(judged) ? pass : "fail");
}

void require_outcome(const json& found, const Place& place) {
  const EquivalenceTest test{
      found.at("mean_difference"), {found.at("low"), found.at("high")}, found.at("margin")};
  place.require(found, "verdict", test.passed() ? pass : "fail");
}

/// Whether anything that a case shows of its comparisons is no pass.
bool shows_failure(const json& found, bool trajectories_are_judged) {
  if (const json& worst = found.at("worst"); !worst.is_null()) {
    const json& fraction = worst.at("bound_fraction");
    if (fraction.is_null() || fraction > 1) return true;
  }
  if (const json& order = found.at("exact_order"); !order.is_null() && order.at("mismatches") != 0)
    return true;
  if (!std::ranges::all_of(found.at("statistics"), passed)) return true;
  if (found.contains("resources") && found.at("resources").at("heap_bytes") != 0) return true;
  if (found.contains("outcome"))
    for (const char* figure : {"test_loss", "test_accuracy"})
      if (!passed(found.at("outcome").at(figure))) return true;
  if (found.contains("convergence") && trajectories_are_judged)
    for (const json& epoch : found.at("convergence").at("epochs"))
      for (const std::string_view quantity : trajectory_quantities)
        if (!passed(epoch.at(quantity))) return true;
  return false;
}

/// Figures of a training on its test set, from the confusion of classes as far as they follow from
/// it. Returns how many samples each class has.
std::vector<std::size_t> require_learning_figures(const json& found, const Place& place) {
  const json& confusion = found.at("confusion");
  const std::size_t classes = confusion.size();
  const auto is_row = [&](const json& row) { return row.size() == classes; };
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
void require_consistent_training(const json& training, const Place& place) {
  const json& epochs = training.at("epochs");
  for (std::size_t e = 0; e < epochs.size(); ++e)
    for (const std::string_view quantity : trajectory_quantities)
      require_judged(epochs.at(e).at(quantity), place / "epochs" / e / quantity);
  if (epochs.empty()) (place / "epochs").fail("one epoch or more");
  const json& end = epochs.back();
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

void require_consistent_case(const json& found, bool trajectories_are_judged, const Place& place) {
  for (std::size_t i = 0; i < found.at("statistics").size(); ++i)
    require_judged(found.at("statistics").at(i), place / "statistics" / i);
  if (found.contains("convergence"))
    require_consistent_training(found.at("convergence"), place / "convergence");
  if (found.contains("outcome")) {
    (place / "outcome").require(found.at("outcome"), "significance", equivalence_significance);
    for (const char* figure : {"test_loss", "test_accuracy"})
      require_outcome(found.at("outcome").at(figure), place / "outcome" / figure);
  }

  const json& verdict = found.at("verdict");
  const json& elements = found.at("elements");
  constexpr int last_level_that_compares_elements = 2;
  if (verdict == pass && elements == 0 && found.at("level") <= last_level_that_compares_elements)
    (place / "elements").fail("a case that passes to have compared something");
  if (verdict == pass && found.at("level") == 3 && !found.contains("convergence") &&
      !found.contains("outcome"))
    place.fail("a case of level 3 that passes to show its training, or the outcome of all");
  if (verdict == pass && found.at("level") == 4 && !found.contains("resources"))
    place.fail("a case of level 4 that passes to show what it measured");
  if (const json& bins = found.at("histogram"); !bins.is_null()) {
    std::uint64_t counted = 0;
    for (const json& bin : bins) counted += bin.get<std::uint64_t>();
    if (counted > elements)
      (place / "histogram").fail(fmt::format("no more than the {} elements", elements.dump()));
  }
  if (const json& order = found.at("exact_order");
      !order.is_null() && order.at("mismatches") > order.at("compared"))
    (place / "exact_order").fail("no more mismatches than elements compared");
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
void require_consistent_resources(const json& target, const Place& place) {
  for (const json& found : target.at("cases")) {
    if (!found.contains("resources")) continue;
    for (const char* figure : {"stack_bytes", "heap_bytes"}) {
      const json& used = found.at("resources").at(figure);
      if (used.is_null() || used == 0) continue;
      const json& most = target.at("resources").is_null() ? target.at("resources")
                                                          : target.at("resources").at(figure);
      if (most.is_null() || most < used)
        (place / "resources")
            .fail(fmt::format("{} of at least {}, as {} shows, found {}", figure, used.dump(),
                              found.at("id").dump(), most.dump()));
    }
  }
}

/// The outcomes of level 3 from the trainings they are about.
void require_outcomes_of_trainings(const json& cases, const Place& place) {
  std::map<std::string, std::vector<nlohmann::ordered_json>> trainings;
  for (const json& found : cases)
    if (found.contains("convergence"))
      trainings[found.at("convergence").at("workload")].emplace_back(found.at("convergence"));
  for (std::size_t c = 0; c < cases.size(); ++c) {
    if (!cases.at(c).contains("outcome")) continue;
    const json& outcome = cases.at(c).at("outcome");
    const std::string workload = outcome.at("workload");
    const Place here = place / c / "outcome";
    here.require(outcome, "seeds", trainings[workload].size());
    const OutcomeResult judged = judge_outcome(workload, trainings[workload]);
    const auto require = [&](const char* figure, const EquivalenceTest& test) {
      // Another compiler may round the last bits of a mean otherwise.
      const auto differs = [&](const json& value, double computed) {
        return !(std::abs(value.get<double>() - computed) <=
                 1e-9 * (test.margin + std::abs(computed)));
      };
      const json& found = outcome.at(figure);
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
LevelCount recount(const json& level, const json& cases, bool passes_are_kept) {
  LevelCount count;
  count.level = level.at("level");
  for (const json& found : cases)
    if (found.at("level") == count.level) count.add(found.at("verdict").get<std::string_view>());
  count.selected = level.at("cases_expected").get<std::size_t>() + count.left_out();
  if (!passes_are_kept)
    count.executed = std::max(count.executed, level.at("cases_executed").get<std::size_t>());
  return count;
}

/// The workloads that the cases of any target are about are no more than a suite may have.
void require_few_workloads(const json& targets, const Place& place) {
  std::map<std::string_view, std::set<std::string_view>> names;
  for (std::size_t t = 0; t < targets.size(); ++t)
    for (const json& found : targets.at(t).at("cases"))
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

std::vector<LevelCount> require_consistent_target(const json& target, bool passes_are_kept,
                                                  const Place& place) {
  const json& cases = target.at("cases");
  const bool trajectories_are_judged =
      trajectory_is_judged(target.at("arithmetic").at("activation_absolute_error").get<double>());
  std::set<std::string_view> identities;
  std::set<int> levels_of_cases;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    const Place here = place / "cases" / c;
    const json& found = cases.at(c);
    if (!identities.insert(found.at("id").get_ref<const std::string&>()).second)
      (here / "id").fail(fmt::format("one case of identity {}", found.at("id").dump()));
    levels_of_cases.insert(found.at("level").get<int>());
    require_consistent_case(found, trajectories_are_judged, here);
  }
  if (passes_are_kept) require_outcomes_of_trainings(cases, place / "cases");
  require_consistent_resources(target, place);

  std::vector<LevelCount> counts;
  const json& levels = target.at("levels");
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const json& level = levels.at(l);
    const Place here = place / "levels" / l;
    const LevelCount& count = counts.emplace_back(recount(level, cases, passes_are_kept));
    if (l > 0 && count.level <= counts[l - 1].level)
      (here / "level").fail("every level once, in ascending order");
    here.require(level, "cases_executed", count.executed);
    here.require(level, "cases_failed", count.failed);
    here.require(level, "verdict", name_of(verdict_of(count)));
    levels_of_cases.erase(count.level);
  }
  if (!levels_of_cases.empty())
    (place / "levels")
        .fail(fmt::format("level {}, of which there are cases", *levels_of_cases.begin()));
  place.require(target, "verdict", name_of(verdict_of(counts)));
  return counts;
}

void require_consistent_totals(const json& results, std::size_t executed, const Place& place) {
  const json& targets = results.at("targets");
  const json& totals = results.at("totals");
  const auto count = [&](std::string_view verdict) {
    return std::ranges::count_if(
        targets, [&](const json& target) { return target.at("verdict") == verdict; });
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

/// Mutants by what became of them, which with the legal targets gives the verdict.
void require_consistent_selftest(const json& selftest, const Place& place) {
  const json& legal = selftest.at("legal");
  bool enough = legal.at("targets") == legal.at("accepted");
  for (const char* kind : {"semantic", "generated"}) {
    std::map<std::string, std::size_t> counts;
    std::size_t mutants = 0;
    for (const json& mutant : selftest.at("mutants"))
      if (mutant.at("kind") == kind) {
        ++counts[mutant.at("verdict")];
        ++mutants;
      }
    const json& found = selftest.at(kind);
    const Place here = place / kind;
    here.require(found, "mutants", mutants);
    for (const char* verdict : {"caught", "missed", "equivalent"})
      here.require(found, verdict, counts[verdict]);
    const std::size_t nonconforming = mutants - counts["equivalent"];
    enough = enough && 100 * counts["caught"] >=
                           found.at("percent_required").get<std::size_t>() * nonconforming;
  }
  if (passed(selftest) && !enough)
    (place / "verdict").fail("a self-test to fail that missed mutants or refused a legal target");
}

void require_consistent_claims(const json& claims, const Place& place) {
  for (std::size_t c = 0; c < claims.size(); ++c) {
    const json& claim = claims.at(c);
    std::optional<double> ours;
    for (const ClaimComparison comparison :
         {ClaimComparison::times, ClaimComparison::share, ClaimComparison::points})
      if (claim.at("comparison") == name_of(comparison) && !claim.at("baseline").is_null() &&
          !claim.at("subject").is_null())
        ours =
            compared(comparison, claim.at("baseline").at("value"), claim.at("subject").at("value"));
    (place / c).require(claim, "ours", ours ? json(*ours) : json(nullptr));
  }
}

Pace pace_of(const json& target) {
  return *std::ranges::find(all_paces, target.at("pace").get<std::string_view>(),
                            [](Pace pace) { return name_of(pace); });
}

/// A case is the one that its identity names, and where a target of this pace runs it, it was run
/// in its full length.
void require_whole_case(const json& found, const ConformanceCase& expected, const CaseList& list,
                        Pace pace, const Place& place) {
  if (found.at("verdict") == "skipped" && expected.run &&
      found.at("reason").get<std::string_view>().starts_with("a target of pace "))
    (place / "reason").fail(fmt::format("a case that targets of pace {} run", name_of(pace)));
  place.require(found, "clause", expected.clause);
  if (!found.contains("convergence")) return;
  const json& training = found.at("convergence");
  const auto length = list.trainings.find({training.at("workload"), pace});
  if (length == list.trainings.end()) (place / "convergence").fail("a training of the suite");
  const auto& [epochs, steps] = length->second;
  if (training.at("epochs").size() != epochs || training.at("steps_per_epoch") != steps)
    (place / "convergence")
        .fail(fmt::format("{} epochs of {} steps, as targets of pace {} train", epochs, steps,
                          name_of(pace)));
  const std::string id = fmt::format("level3/{}/{}", training.at("workload").get<std::string>(),
                                     training.at("seed").dump());
  if (id != expected.id)
    (place / "convergence")
        .fail(fmt::format("the training of {}, not that of {}", expected.id, id));
  const json& trained = training.at("epochs");
  for (std::size_t e = 0; e < trained.size(); ++e)
    (place / "convergence" / "epochs" / e).require(trained.at(e), "epoch", e + 1);
  (place / "convergence").require(training, "false_alarm_rate", trajectory_false_alarm_rate);
}

/// The profile of a target, from its declaration where it has one.
const Profile& profile_of(const json& target, const Place& place) {
  const std::string& name = target.at("profile").get_ref<const std::string&>();
  const bool has_declaration = target.contains("declaration");
  const Profile* const profile =
      has_declaration
          ? &profile_of_text(target.at("declaration").at("text").get_ref<const std::string&>(),
                             "the declaration of " + name)
          : find_profile(name);
  if (has_declaration)
    (place / "declaration")
        .require(target.at("declaration"), "sha256", digest_of(profile->declaration()));
  if (profile == nullptr || profile->name() != name || is_declared(*profile) != has_declaration)
    (place / "profile").fail("a built-in profile, or that of the target's declaration");
  return *profile;
}

/// The networks that a target takes alone; none where it says nothing of them.
std::vector<Network> networks_of(const json& target, const Place& place) {
  std::vector<Network> networks;
  if (!target.contains("networks")) return networks;
  const json& found = target.at("networks");
  for (std::size_t n = 0; n < found.size(); ++n) {
    const auto text = [&](const char* key) {
      return found.at(n).at(key).get_ref<const std::string&>();
    };
    try {
      networks.push_back(network_from_text(text("sizes"), text("activations"), text("loss")));
    } catch (const std::invalid_argument& error) {
      (place / n).fail(error.what());
    }
  }
  return networks;
}

/// Every case of the suite, of each profile, once; levels are of the suite, too.
void require_every_case(const json& results, const CaseList& list, const Place& place) {
  const json& targets = results.at("targets");
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const json& target = targets.at(t);
    std::map<std::string_view, const ConformanceCase*> known;
    std::map<int, std::size_t> cases_of_level;
    const Place here = place / "targets" / t;
    const Pace pace = pace_of(target);
    const std::vector<ConformanceCase> all = cases_of_target(
        list, profile_of(target, here), pace, networks_of(target, here / "networks"));
    here.require(target, "shortened", shortenings(all));
    for (const ConformanceCase& conformance_case : all) {
      known.emplace(conformance_case.id, &conformance_case);
      ++cases_of_level[conformance_case.level];
    }
    const json& cases = target.at("cases");
    for (std::size_t c = 0; c < cases.size(); ++c) {
      const auto expected = known.find(cases.at(c).at("id").get_ref<const std::string&>());
      if (expected == known.end() || expected->second->level != cases.at(c).at("level"))
        (here / "cases" / c)
            .fail(fmt::format("a case of the suite, not {}", cases.at(c).at("id").dump()));
      require_whole_case(cases.at(c), *expected->second, list, pace, here / "cases" / c);
    }
    const json& levels = target.at("levels");
    if (levels.size() != cases_of_level.size())
      (here / "levels").fail(fmt::format("{} levels, as the suite has", cases_of_level.size()));
    for (std::size_t l = 0; l < levels.size(); ++l) {
      const std::size_t selected = recount(levels.at(l), cases, true).selected;
      const std::size_t expected = cases_of_level[levels.at(l).at("level")];
      if (selected != expected)
        (here / "levels" / l)
            .fail(fmt::format("all {} cases that the suite has of level {}", expected,
                              levels.at(l).at("level").dump()));
    }
  }
}

std::vector<const Profile*> declared_profiles_of(const json& targets, const Place& place) {
  std::vector<const Profile*> declared;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const Profile& profile = profile_of(targets.at(t), place / t);
    if (is_declared(profile) && std::ranges::count(declared, &profile) == 0)
      declared.push_back(&profile);
  }
  return declared;
}

/// What this program says of the run, whatever the file says.
void judge_claim(JsonDocument& document) {
  json& suite = document.value["suite"];
  std::optional<std::string> obstacle = why_not_enough(suite);
  if (document.value.contains("selftest")) obstacle = "a self-test is about the suite";
  if (!obstacle && document.value.at("tool").at("specification") != specification_version)
    obstacle = fmt::format("this program judges by specification {}", specification_version);
  if (!std::ranges::all_of(document.value.at("targets"), [](const json& target) {
        return target.contains("pace") && target.contains("shortened");
      }))
    obstacle = obstacle.value_or("the results do not say what was shortened");
  if (!obstacle) {
    const CaseList list = list_cases(
        read_built_in_suite(suite.at("name")),
        declared_profiles_of(document.value.at("targets"), Place(document, "") / "targets"));
    if (suite.at("files") != json(files_json(list.files)))
      obstacle = "it was not judged by what this program has of its suite";
    else if (suite.at("vectors") != json(vectors_json(list.vectors)))
      obstacle = "it was not judged by the vectors that this program has";
    else
      require_every_case(document.value, list, Place(document, ""));
  }
  suite["conformance"] = !obstacle;
  suite["not_enough"] = obstacle ? json(*obstacle) : json(nullptr);
}

}  // namespace

void require_consistent(const JsonDocument& document) {
  const json& results = document.value;
  const Place place(document, "");
  const bool is_selftest = results.contains("selftest");
  const json& targets = results.at("targets");
  require_few_workloads(targets, place / "targets");
  std::set<std::string_view> names;
  std::size_t expected = 0, executed = 0;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const Place here = place / "targets" / t;
    const std::string& name = targets.at(t).at("name").get_ref<const std::string&>();
    if (!names.insert(name).second)
      (here / "name").fail(fmt::format("one target of name {}", json(name).dump()));
    for (const LevelCount& count : require_consistent_target(targets.at(t), !is_selftest, here)) {
      expected += count.expected();
      executed += count.executed;
    }
  }
  const json& suite = results.at("suite");
  (place / "suite").require(suite, "cases_expected", expected);
  if (suite.at("conformance") == true &&
      !(suite.at("filter").is_null() && suite.at("shard").is_null()))
    (place / "suite" / "conformance")
        .fail("a part of a suite not to be enough to claim conformance");
  require_consistent_totals(results, executed, place / "totals");
  for (const char* selftest : {"selftest", "recorded_selftest"})
    if (results.contains(selftest))
      require_consistent_selftest(results.at(selftest), place / selftest);
  if (is_selftest) {
    const json& legal = results.at("selftest").at("legal");
    const Place here = place / "selftest" / "legal";
    here.require(legal, "targets", targets.size());
    here.require(legal, "accepted", results.at("totals").at("passed"));
  }
  if (results.contains("claims")) require_consistent_claims(results.at("claims"), place / "claims");
}

std::vector<ConformanceCase> cases_of_results(const CaseList& list, const json& target) {
  const JsonDocument document{.file = "results", .value = {}, .lines = {}};
  const Place place(document, "");
  return cases_of_target(list, profile_of(target, place), pace_of(target),
                         networks_of(target, place));
}

const Profile& profile_of_results(const json& target) {
  const JsonDocument document{.file = "results", .value = {}, .lines = {}};
  return profile_of(target, Place(document, ""));
}

std::vector<const Profile*> declared_profiles_of(const json& results) {
  const JsonDocument document{.file = "results", .value = {}, .lines = {}};
  return declared_profiles_of(results.at("targets"), Place(document, ""));
}

CheckedResults read_results(const std::filesystem::path& file) {
  JsonDocument document = read_json_document(file, "results", longest_results);
  require_consistent(document);
  judge_claim(document);
  return {std::move(document.value), sha256_of_file(file)};
}

}  // namespace lsgd
