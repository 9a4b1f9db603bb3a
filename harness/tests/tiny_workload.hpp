// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "description/target_file.hpp"
#include "judging/reference_training.hpp"
#include "levels/level2_step.hpp"
#include "levels/level3_convergence.hpp"
#include "training/training.hpp"

namespace lsgd {

/// 6 chunks of 4 steps on a 3-4-2 network, which take a mock device a few milliseconds.
inline std::shared_ptr<const LoadedWorkload> tiny_workload() {
  const Network network{{{3, 4, Activation::tanh}, {4, 2, Activation::sigmoid}}, Loss::bce};
  DataSet data{3, 2, {}, {}};
  for (std::uint32_t i = 0; i < 24; ++i) {
    for (std::uint32_t k = 1; k <= 3; ++k)
      data.inputs_flat.push_back(static_cast<float>(i * k % 7) / 7);
    data.labels.push_back(i % 2);
  }
  const Workload workload{"tiny", {}, {}, 6, 4, 0.5f};
  return std::make_shared<LoadedWorkload>(
      LoadedWorkload{workload, {network, initial_parameters(network, 1)}, data});
}

/// The level-2 cases of the tiny workload.
inline std::vector<ConformanceCase> tiny_cases() {
  return level2_cases(tiny_workload(), profile_named("float32"), Pace::fast, 1);
}

/// Three epochs of 24 steps on the tiny network, from five initialisations.
inline ConvergenceWorkload tiny_convergence() {
  ConvergenceWorkload workload;
  workload.name = "tiny";
  workload.network = tiny_workload()->model.network;
  workload.learning_rate = 0.5f;
  workload.lengths.fill({5, 3, 0});
  workload.lengths[static_cast<std::size_t>(Pace::slow)] = {1, 2, 10};
  return workload;
}

/// The level-3 cases of the tiny network.
inline std::vector<ConformanceCase> tiny_convergence_cases(
    Pace pace, const Profile& profile = profile_named("float32")) {
  static const auto loaded = std::make_shared<LoadedConvergence>(LoadedConvergence{
      tiny_convergence(), tiny_workload()->data, tiny_workload()->data, new_reference_trainings()});
  return level3_cases(loaded, profile, pace);
}

/// A target whose declared arithmetic is that of MockDevice.
inline Target mock_target() {
  Target target;
  target.profile = &profile_named("float32");
  target.name = target.port = target.selector = "mock";
  target.platform = "test";
  target.variant = "none";
  target.command = {"./mock"};
  target.arithmetic.fused_multiply_add = FusedMultiplyAdd::no;
  target.arithmetic.summation_order = SummationOrder::ascending;
  target.arithmetic.bias_position = BiasPosition::first;
  target.arithmetic.update_product = UpdateProduct::learning_rate_times_delta;
  target.timeout_seconds = 1;
  return target;
}

}  // namespace lsgd
