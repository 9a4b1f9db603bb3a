// SPDX-License-Identifier: Apache-2.0
#include "levels/level4_resources.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "judging/device_tensors.hpp"
#include "levels/stand_in.hpp"

namespace lsgd {
namespace {

CaseResult run(const LoadedWorkload& loaded, const Network& network, const Profile& profile,
               AgentSession& session) {
  if (auto refused = configure(session, network)) return *std::move(refused);
  load(session, profile.nearest_parameters(network, loaded.model.parameters, first_random_state));

  MeasuredResources resources;
  resources.network = loaded.workload.name;
  const auto measure = [&](std::vector<Measurement>& measurements) {
    const Measurement& now = measurements.emplace_back(session.measure());
    resources.stack_bytes = std::max(resources.stack_bytes, now.stack_bytes);
    resources.heap_bytes = std::max(resources.heap_bytes, now.heap_bytes);
  };
  std::vector<Measurement> forward_passes, steps;
  for (std::size_t i = 0; i < loaded.workload.steps; ++i) {
    load(session, loaded.data.sample(i % loaded.data.size(), network.outputs()));
    session.forward();
    measure(forward_passes);
    session.train_step(loaded.workload.learning_rate);
    measure(steps);
  }
  resources.forward = cost_of(forward_passes);
  resources.step = cost_of(steps);

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
  return {fmt::format("level4/{}", loaded->workload.name),
          "SPEC 7.6",
          4,
          cost,
          [loaded, &profile](AgentSession& session, const ArithmeticModel&) {
            return run_on_own_or_stand_in(loaded->model.network, [&](const Network& network) {
              return run(*loaded, network, profile, session);
            });
          },
          {},
          loaded->model.network};
}

}  // namespace lsgd
