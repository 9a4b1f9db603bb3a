// SPDX-License-Identifier: Apache-2.0
#include "run/results_of_suite.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "judging/convergence_result.hpp"
#include "judging/device_tensors.hpp"
#include "judging/profile_judge.hpp"
#include "levels/cases_of_target.hpp"
#include "levels/level0_arithmetic.hpp"
#include "levels/level2_step.hpp"
#include "levels/stand_in.hpp"
#include "run/case_selection.hpp"
#include "run/shown_capabilities.hpp"
#include "steps/declared_profile.hpp"
#include "training/profile_training.hpp"

namespace lsgd {
namespace {

Pace pace_of(const nlohmann::json& target) {
  return *std::ranges::find(all_paces, target.at("pace").get<std::string_view>(),
                            [](Pace pace) { return name_of(pace); });
}

/// The profile of a target, from its declaration where it has one.
const Profile& profile_of(const nlohmann::json& target, const PlaceInResults& place) {
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
std::vector<Network> networks_of(const nlohmann::json& target, const PlaceInResults& place) {
  std::vector<Network> networks;
  if (!target.contains("networks")) return networks;
  const nlohmann::json& found = target.at("networks");
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

bool is_left_out(std::string_view verdict) {
  return verdict == name_of(Verdict::skipped) || verdict == name_of(Verdict::refused);
}

nlohmann::json reason_of(const nlohmann::json& found) {
  return found.contains("reason") ? found.at("reason") : nlohmann::json();
}

/// A device that is asked may leave a case out for these reasons alone.
bool may_be_left_out(const nlohmann::json& found, const ConformanceCase& expected,
                     const Profile& profile, const nlohmann::json& arithmetic) {
  const nlohmann::json found_reason = reason_of(found);
  const std::string& reason = found_reason.get_ref<const std::string&>();
  if (found.at("verdict") == name_of(Verdict::refused)) return reason == network_too_large;
  ArithmeticModel model;
  model.activation_absolute_error = arithmetic.at("activation_absolute_error");
  switch (expected.level) {
    case 0:
      return reason.starts_with(operation_not_offered);
    case 3:
      return reason == network_unsupported ||
             reason == judge_of(profile).trajectory_unjudged(model);
    default:
      return reason == network_unsupported ||
             (is_declared(profile) && reason.starts_with(no_start_in_this_arithmetic));
  }
}

/// What is judged without the device is left out where that judgement leaves it out, and only
/// there; what a device is asked, only for a reason that a device may have.
void require_reason(const nlohmann::json& found, const ConformanceCase& expected,
                    const Profile& profile, const nlohmann::json& arithmetic,
                    const std::vector<FinishedCase>& trainings, const PlaceInResults& place) {
  const bool left_out = is_left_out(found.at("verdict").get_ref<const std::string&>());
  if (!expected.judge) {
    if (left_out && !may_be_left_out(found, expected, profile, arithmetic))
      (place / "reason").fail("a reason for which a device may leave this case out");
    return;
  }
  const CaseResult judged = expected.judge(trainings);
  const bool is_to_be = is_left_out(name_of(judged.verdict));
  if (left_out != is_to_be || (left_out && found.at("verdict") != name_of(judged.verdict)))
    place.fail(fmt::format("a case that is {}left out, as the suite and the other cases say",
                           is_to_be ? "" : "not "));
  if (left_out && reason_of(found) != *judged.reason)
    (place / "reason").fail(nlohmann::json(*judged.reason).dump());
}

/// The learning rate of each epoch is that of the suite, or the profile's own.
void require_learning_rates(const nlohmann::json& training, const Suite& suite,
                            const Profile& profile, const PlaceInResults& place) {
  const auto workload =
      std::ranges::find(suite.convergence, training.at("workload").get_ref<const std::string&>(),
                        &ConvergenceWorkload::name);
  const nlohmann::json& trained = training.at("epochs");
  for (std::size_t e = 0; e < trained.size(); ++e)
    (place / "epochs" / e)
        .require(trained.at(e), "learning_rate",
                 learning_rate_of_epoch(profile, workload->learning_rate, e, trained.size()));
}

/// A case that ran on another network than its own ran on one that stands in for it.
void require_stand_in(const nlohmann::json& found, const ConformanceCase& expected,
                      const PlaceInResults& place) {
  const bool is_one = expected.network && expected.run &&
                      std::ranges::any_of(stand_ins(*expected.network), [&](const Network& other) {
                        return found.at("stand_in") == network_text(other);
                      });
  if (!is_one || is_left_out(found.at("verdict").get_ref<const std::string&>()))
    place.fail("a network that stands in for the case's own, of a case that was run");
}

/// A case is the one that its identity names, and where a target of this pace runs it, it was run
/// in its full length.
void require_whole_case(const nlohmann::json& found, const ConformanceCase& expected,
                        const CaseList& list, Pace pace, const PlaceInResults& place) {
  place.require(found, "clause", expected.clause);
  if (found.contains("stand_in")) require_stand_in(found, expected, place / "stand_in");
  if (!found.contains("convergence")) return;
  const nlohmann::json& training = found.at("convergence");
  const auto length = list.trainings.find({training.at("workload"), pace});
  if (length == list.trainings.end()) (place / "convergence").fail("a training of the suite");
  const auto& [epochs, steps] = length->second;
  if (training.at("epochs").size() != epochs || training.at("steps_per_epoch") != steps)
    (place / "convergence")
        .fail(fmt::format("{} epochs of {} steps, as targets of pace {} train", epochs, steps,
                          name_of(pace)));
  const nlohmann::json& trained = training.at("epochs");
  for (std::size_t e = 0; e < trained.size(); ++e)
    (place / "convergence" / "epochs" / e).require(trained.at(e), "epoch", e + 1);
  (place / "convergence").require(training, "false_alarm_rate", trajectory_false_alarm_rate);
}

/// Every case of the selection, of each target's profile, once; levels are of the suite, too.
void require_every_case(const nlohmann::json& target, const std::vector<ConformanceCase>& all,
                        const CaseSelection& selection, const CaseList& list, const Suite& suite,
                        const PlaceInResults& place) {
  const Pace pace = pace_of(target);
  const Profile& profile = profile_of(target, place);
  const nlohmann::json& cases = target.at("cases");
  std::map<std::string_view, const ConformanceCase*> known;
  std::map<int, std::size_t> selected_of_level;
  for (const ConformanceCase& conformance_case : all) selected_of_level[conformance_case.level];
  for (const ConformanceCase* selected : select(all, selection)) {
    known.emplace(selected->id, selected);
    ++selected_of_level[selected->level];
  }
  // Nothing else is judged from other cases.
  std::vector<FinishedCase> trainings;
  for (const nlohmann::json& found : cases)
    if (found.contains("convergence")) trainings.push_back({nlohmann::ordered_json(found)});

  const std::optional<Capabilities> stated = stated_capabilities(target);
  Support support;
  std::vector<Support> answers;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    const PlaceInResults here = place / "cases" / c;
    const nlohmann::json& found = cases.at(c);
    const auto expected = known.find(found.at("id").get_ref<const std::string&>());
    if (expected == known.end() || expected->second->level != found.at("level"))
      here.fail(fmt::format("a case of the suite, not {}", found.at("id").dump()));
    require_whole_case(found, *expected->second, list, pace, here);
    if (found.contains("convergence"))
      require_learning_rates(found.at("convergence"), suite, profile, here / "convergence");
    require_reason(found, *expected->second, profile, target.at("arithmetic"), trainings, here);
    support.add(answers.emplace_back(support_shown(found, *expected->second, profile)));
    if (stated && found.at("failure").is_null())
      if (const auto contradiction = capability_contradiction(
              *stated, shown_capabilities(found, *expected->second, profile)))
        here.fail(fmt::format("a case to fail where {}", *contradiction));
  }
  if (target.contains("capabilities"))
    (place / "capabilities")
        .require(target.at("capabilities"), "found",
                 nlohmann::json(found_capabilities(target.at("capabilities").at("stated"), cases,
                                                   all, profile)));
  for (std::size_t c = 0; c < cases.size(); ++c)
    if (const auto contradiction = support.contradiction(answers[c]))
      (place / "cases" / c).fail(fmt::format("a case to fail where {}", *contradiction));

  const nlohmann::json& levels = target.at("levels");
  if (levels.size() != selected_of_level.size())
    (place / "levels").fail(fmt::format("{} levels, as the suite has", selected_of_level.size()));
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const int level = levels.at(l).at("level");
    const auto left_out = std::ranges::count_if(cases, [level](const nlohmann::json& found) {
      return found.at("level") == level &&
             is_left_out(found.at("verdict").get_ref<const std::string&>());
    });
    const std::size_t expected = selected_of_level[level];
    if (levels.at(l).at("cases_expected").get<std::size_t>() + static_cast<std::size_t>(left_out) !=
        expected)
      (place / "levels" / l)
          .fail(fmt::format("all {} cases that the suite has of level {}", expected, level));
  }
}

}  // namespace

Support support_shown(const nlohmann::json& found, const ConformanceCase& expected,
                      const Profile& profile) {
  Support support;
  if (!expected.network || expected.judge) return support;
  const nlohmann::json& verdict = found.at("verdict");
  const nlohmann::json reason = reason_of(found);
  if (found.contains("stand_in")) {
    support.add({*expected.network, Configured::unsupported}, profile);
    for (const Network& network : stand_ins(*expected.network))
      if (found.at("stand_in") == network_text(network))
        support.add({network, Configured::yes}, profile);
  } else if (verdict == name_of(Verdict::pass) || verdict == name_of(Verdict::fail))
    support.add({*expected.network, Configured::yes}, profile);
  if (reason == network_unsupported)
    support.add({*expected.network, Configured::unsupported}, profile);
  if (reason == network_too_large)
    support.add({*expected.network, Configured::capacity_exceeded}, profile);
  // It may have failed because it refused the network.
  if (verdict == name_of(Verdict::fail)) support.room = {};
  return support;
}

void require_cases_of_suite(const nlohmann::json& results, const CaseList& list, const Suite& suite,
                            const PlaceInResults& place) {
  const nlohmann::json &filter = results.at("suite").at("filter"),
                       &shard = results.at("suite").at("shard");
  CaseSelection selection;
  if (!filter.is_null()) selection.filter = filter.get<std::string>();
  try {
    if (!shard.is_null()) selection.shard = Shard::parse(shard.get<std::string>());
  } catch (const InputError&) {
    (place / "suite" / "shard").fail("I/N with 1 <= I <= N");
  }
  const nlohmann::json& targets = results.at("targets");
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const PlaceInResults here = place / "targets" / t;
    const nlohmann::json& target = targets.at(t);
    const std::vector<ConformanceCase> all = cases_of_target(
        list, profile_of(target, here), pace_of(target), networks_of(target, here / "networks"));
    here.require(target, "shortened", shortenings(all));
    require_every_case(target, all, selection, list, suite, here);
  }
}

std::vector<ConformanceCase> cases_of_results(const CaseList& list, const nlohmann::json& target) {
  const JsonDocument document{.file = "results", .value = {}, .lines = {}};
  const PlaceInResults place(document, "");
  return cases_of_target(list, profile_of(target, place), pace_of(target),
                         networks_of(target, place));
}

const Profile& profile_of_results(const nlohmann::json& target) {
  const JsonDocument document{.file = "results", .value = {}, .lines = {}};
  return profile_of(target, PlaceInResults(document, ""));
}

std::vector<DeclaredUse> declared_profiles_of(const nlohmann::json& results,
                                              const PlaceInResults& place) {
  const nlohmann::json& targets = results.at("targets");
  std::vector<DeclaredUse> declared;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const Profile& profile = profile_of(targets.at(t), place / "targets" / t);
    if (is_declared(profile)) add_use(declared, profile, pace_of(targets.at(t)) == Pace::brief);
  }
  return declared;
}

std::vector<DeclaredUse> declared_profiles_of(const nlohmann::json& results) {
  const JsonDocument document{.file = "results", .value = {}, .lines = {}};
  return declared_profiles_of(results, PlaceInResults(document, ""));
}

}  // namespace lsgd
