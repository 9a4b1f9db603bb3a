// SPDX-License-Identifier: Apache-2.0
#include "levels/cases_of_target.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <memory>
#include <utility>

#include "cases/padded_golden_set.hpp"
#include "judging/device_tensors.hpp"
#include "levels/distinguishing_cases.hpp"
#include "levels/drawn_cases.hpp"
#include "levels/level1_kernels.hpp"
#include "levels/stand_in.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

/// Level 0 needs no network; whatever fills a device's capacities needs others.
bool is_refused(const ConformanceCase& listed, const std::vector<Network>& networks) {
  return listed.level > 0 &&
         (!listed.network || std::ranges::count(networks, *listed.network) == 0);
}

ConformanceCase decided(const ConformanceCase& listed, const CaseResult& result) {
  return {listed.id,
          listed.clause,
          listed.level,
          0,
          {},
          [result](const std::vector<FinishedCase>&) { return result; },
          listed.network};
}

/// The cases of a profile, of which devices are not asked what it does not define (SPEC 15.7).
std::vector<ConformanceCase> defined_cases(const std::vector<ConformanceCase>& listed,
                                           const Profile& profile) {
  std::vector<ConformanceCase> cases;
  for (const ConformanceCase& each : listed) {
    const auto expected =
        each.network ? lacks_function(profile.declaration(), *each.network) : std::nullopt;
    cases.push_back(expected ? decided(each, CaseResult::skipped("this needs " + *expected))
                             : each);
  }
  return cases;
}

/// Without stand-ins: what is to be shown of a target that names its networks is shown of these.
ConformanceCase of_own_network(ConformanceCase each) {
  if (each.run)
    each.run = [run = std::move(each.run)](AgentSession& session, const ArithmeticModel& model) {
      CaseResult result = run(session, model);
      const bool is_left_out =
          result.verdict == Verdict::skipped || result.verdict == Verdict::refused;
      return result.reason && !is_left_out ? CaseResult::skipped(std::string(network_unsupported))
                                           : std::move(result);
    };
  return each;
}

std::vector<ConformanceCase> cases_within(const Network& network, const CaseList& list,
                                          const Profile& profile, Pace pace) {
  std::vector<ConformanceCase> cases;
  const auto append = [&cases](std::vector<ConformanceCase> more) {
    std::ranges::move(more, std::back_inserter(cases));
  };
  for (const auto& set : list.golden_sets)
    if (set->manifest.profile == &profile)
      append(level1_cases(std::make_shared<GoldenSet>(padded_golden_set(*set, network))));
  if (is_declared(profile)) append(distinguishing_cases_within(network, profile));
  if (list.seed_of_drawn_cases)
    append(drawn_cases_within(network, profile, pace, *list.seed_of_drawn_cases));
  return cases;
}

}  // namespace

std::vector<ConformanceCase> cases_of_target(const CaseList& list, const Profile& profile,
                                             Pace pace, const std::vector<Network>& networks) {
  if (list.whole_at_every_pace) pace = Pace::fast;
  const auto listed = list.cases.find({profile.name(), pace});
  if (listed == list.cases.end()) return {};
  std::vector<ConformanceCase> defined = defined_cases(listed->second, profile);
  if (networks.empty()) return defined;
  std::vector<std::string> texts;
  for (const Network& network : networks) texts.push_back(network_text(network));
  const std::string reason = fmt::format("the target takes {} alone", fmt::join(texts, " and "));
  std::vector<ConformanceCase> cases;
  for (const ConformanceCase& each : defined)
    cases.push_back(is_refused(each, networks) ? decided(each, CaseResult::refused(reason)) : each);
  for (const Network& network : networks)
    std::ranges::move(cases_within(network, list, profile, pace), std::back_inserter(cases));
  for (ConformanceCase& each : cases) each = of_own_network(std::move(each));
  std::ranges::stable_sort(cases, {}, &ConformanceCase::level);
  return cases;
}

}  // namespace lsgd
