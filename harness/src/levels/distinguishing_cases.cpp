// SPDX-License-Identifier: Apache-2.0
#include "levels/distinguishing_cases.hpp"

#include <fmt/format.h>
#include <memory>
#include <utility>

#include "cases/distinguishing_steps.hpp"
#include "levels/level2_step.hpp"

namespace lsgd {
namespace {

std::shared_ptr<const LoadedWorkload> workload_of(DistinguishingSteps steps, std::size_t number) {
  LoadedWorkload loaded;
  loaded.workload.name = fmt::format("declaration_{}", number);
  loaded.model = std::move(steps.model);
  loaded.has_statistics = false;
  for (Sample& sample : steps.samples)
    loaded.script.push_back({std::move(sample), steps.learning_rate});
  for (ChangedArithmetic& change : steps.told)
    loaded.flags.push_back(
        {std::move(change.name), "other codes where " + std::move(change.description)});
  return std::make_shared<const LoadedWorkload>(std::move(loaded));
}

}  // namespace

std::vector<ConformanceCase> distinguishing_cases(const Profile& profile) {
  std::vector<ConformanceCase> cases;
  for (DistinguishingSteps& steps : distinguishing_steps(profile).cases) {
    const auto loaded = workload_of(std::move(steps), cases.size() + 1);
    cases.push_back({fmt::format("level1/{}", loaded->workload.name), "SPEC 7.2", 1, 10,
                     [loaded, &profile](AgentSession& session, const ArithmeticModel& model) {
                       return run_steps(*loaded, profile, 0, 0, session, model);
                     }});
  }
  return cases;
}

}  // namespace lsgd
