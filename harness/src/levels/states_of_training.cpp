// SPDX-License-Identifier: Apache-2.0
#include "levels/states_of_training.hpp"

#include <algorithm>
#include <stdexcept>

#include "judging/device_tensors.hpp"
#include "training/training.hpp"

namespace lsgd {

std::vector<Parameters<float>> states_of_training(const Model& trained, const DataSet& data,
                                                  float learning_rate) {
  const Network& network = trained.network;
  const TrainingOptions options{.epochs = 1, .learning_rate = learning_rate, .seed = 1};
  std::vector<Parameters<float>> states{initial_parameters(network, options.seed)};
  try {
    states.push_back(train(network, data.first(half_trained_samples), nullptr, options).parameters);
  } catch (const std::domain_error&) {
    // Not finite: no state that a device could be asked to start from.
  }
  states.push_back(trained.parameters);
  return states;
}

MeasuredResources measured_from_states(AgentSession& session, const Profile& profile,
                                       const Network& network,
                                       const std::vector<Parameters<float>>& states,
                                       const DataSet& data, std::size_t samples,
                                       float learning_rate) {
  MeasuredResources resources;
  std::vector<Measurement> forward_passes, steps;
  const auto measure = [&](std::vector<Measurement>& measurements) {
    const Measurement& now = measurements.emplace_back(session.measure());
    resources.stack_bytes = std::max(resources.stack_bytes, now.stack_bytes);
    resources.heap_bytes = std::max(resources.heap_bytes, now.heap_bytes);
  };
  for (const Parameters<float>& state : states) {
    load(session, profile.nearest_parameters(network, state, first_random_state));
    const auto load_sample = [&](std::size_t i) {
      load(session, data.sample(i % data.size(), network.outputs()));
    };
    for (std::size_t i = 0; i < samples; ++i) {
      load_sample(i);
      session.forward();
      measure(forward_passes);
    }
    // No forward pass between them, as in a training: it would do what a step does now and then.
    for (std::size_t i = 0; i < samples; ++i) {
      load_sample(i);
      session.train_step(learning_rate);
      measure(steps);
    }
  }
  resources.forward = cost_of(forward_passes);
  resources.step = cost_of(steps);
  return resources;
}

}  // namespace lsgd
