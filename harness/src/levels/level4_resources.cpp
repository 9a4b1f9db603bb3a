// SPDX-License-Identifier: Apache-2.0
#include "levels/level4_resources.hpp"

#include <fmt/format.h>
#include <future>
#include <utility>

#include "judging/device_tensors.hpp"
#include "levels/stand_in.hpp"
#include "levels/states_of_training.hpp"

namespace lsgd {
namespace {

using States = std::vector<Parameters<float>>;

CaseResult run(const LoadedWorkload& loaded, const Network& network, const States& states,
               const Profile& profile, AgentSession& session) {
  const Workload& workload = loaded.workload;
  MeasuredResources resources = measured_from_states(session, profile, network, states, loaded.data,
                                                     workload.steps, workload.learning_rate);
  resources.network = workload.name;

  CaseResult result;
  result.stack_bytes = resources.stack_bytes;
  result.heap_bytes = resources.heap_bytes;
  if (resources.heap_bytes != 0) {
    result.verdict = Verdict::fail;
    result.failure.emplace();
    result.failure->message = fmt::format("the device used {} bytes of heap", resources.heap_bytes);
    result.failure->expected.emplace("0");
    result.failure->got = fmt::format("{}", resources.heap_bytes);
  }
  result.resources = std::move(resources);
  return result;
}

}  // namespace

ConformanceCase level4_case(std::shared_ptr<const LoadedWorkload> loaded, const Profile& profile) {
  const double cost = static_cast<double>(parameter_count(loaded->model.network));
  // Trained when the first device needs it, and once for all of the profile.
  const std::shared_future<States> future =
      std::async(std::launch::deferred, [loaded] {
        return states_of_training(loaded->model, loaded->data, loaded->workload.learning_rate);
      }).share();
  return {fmt::format("level4/{}", loaded->workload.name),
          "SPEC 7.6",
          4,
          cost,
          [loaded, future, &profile](AgentSession& session, const ArithmeticModel&) {
            return run_on_own_or_stand_in(loaded->model.network, [&](const Network& network) {
              if (auto refused = configure(session, network)) return *std::move(refused);
              const std::shared_future<States> states = future;  // one for each thread
              return run(*loaded, network, states.get(), profile, session);
            });
          },
          {},
          loaded->model.network};
}

}  // namespace lsgd
