// SPDX-License-Identifier: Apache-2.0
#include "levels/distinguishing_cases.hpp"

#include <fmt/format.h>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "cases/distinguishing_steps.hpp"
#include "cases/padded_golden_set.hpp"
#include "levels/level2_step.hpp"

namespace lsgd {
namespace {

std::shared_ptr<const LoadedWorkload> workload_of(DistinguishingSteps steps,
                                                  const std::string& name) {
  LoadedWorkload loaded;
  loaded.workload.name = name;
  loaded.model = std::move(steps.model);
  loaded.has_statistics = false;
  loaded.name_of_scales = std::move(steps.name_of_scales);
  for (Sample& sample : steps.samples)
    loaded.script.push_back({std::move(sample), steps.learning_rate});
  for (const ChangedArithmetic& change : steps.told)
    loaded.flags.push_back({change.name, "other codes where " + change.description});
  loaded.told = std::move(steps.told);
  return std::make_shared<const LoadedWorkload>(std::move(loaded));
}

std::vector<ConformanceCase> cases_of(Distinctions distinctions, const Profile& profile,
                                      const std::string& where) {
  std::vector<ConformanceCase> cases;
  for (DistinguishingSteps& steps : distinctions.cases) {
    const auto loaded =
        workload_of(std::move(steps), fmt::format("declaration_{}{}", cases.size() + 1, where));
    cases.push_back({fmt::format("level1/{}", loaded->workload.name),
                     "SPEC 7.2",
                     1,
                     10,
                     [loaded, &profile](AgentSession& session, const ArithmeticModel& model) {
                       return run_steps(*loaded, profile, 0, 0, session, model);
                     },
                     {},
                     loaded->model.network});
  }
  return cases;
}

}  // namespace

// They take seconds to find, and a process that judges many devices of one declaration asks for
// them with each.
std::vector<ConformanceCase> distinguishing_cases(const Profile& profile) {
  static std::mutex mutex;
  static std::map<const Profile*, std::vector<ConformanceCase>> of_profiles;
  const std::lock_guard lock(mutex);
  if (const auto found = of_profiles.find(&profile); found != of_profiles.end())
    return found->second;
  return of_profiles.emplace(&profile, cases_of(distinguishing_steps(profile), profile, ""))
      .first->second;
}

std::vector<ConformanceCase> distinguishing_cases_within(const Network& network,
                                                         const Profile& profile) {
  return cases_of(distinguishing_steps(profile, &network), profile, "_in_" + name_part(network));
}

}  // namespace lsgd
