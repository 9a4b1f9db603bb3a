// SPDX-License-Identifier: Apache-2.0
#include "levels/drawn_workload.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

#include <lsgd/network/loss.hpp>

namespace lsgd {

LoadedWorkload empty_workload(const std::string& name, Network network) {
  LoadedWorkload loaded;
  loaded.workload.name = name;
  loaded.has_statistics = false;  // few steps, and none of real data
  for (const Layer& layer : network.layers)
    loaded.model.parameters.push_back({Numbers(layer.weight_count()), Numbers(layer.outputs)});
  loaded.model.network = std::move(network);
  return loaded;
}

ScriptedStep step_from(Parameters<float> start, Sample sample, float learning_rate) {
  ScriptedStep step{std::move(sample), learning_rate};
  step.start = std::move(start);
  return step;
}

float between(SeededNumbers& numbers, float low, float high) {
  return low + (high - low) * 0.5f * (1 + numbers.signed_unit());
}

Sample drawn_sample(SeededNumbers& numbers, const Network& network) {
  Sample sample;
  for (std::uint32_t i = 0; i < network.inputs(); ++i)
    sample.inputs.push_back(numbers.signed_unit());
  for (std::uint32_t j = 0; j < network.outputs(); ++j)
    sample.target.push_back(has_probabilities(network.loss) ? between(numbers, 0, 1)
                                                            : numbers.signed_unit());
  if (network.loss == Loss::cross_entropy) {
    float total = 0;
    for (const float t : sample.target) total += t;
    for (float& t : sample.target) t /= total;
  }
  return sample;
}

void draw_parameters(SeededNumbers& numbers, float spread, LoadedWorkload& loaded) {
  const Network& network = loaded.model.network;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    auto& [weights, biases] = loaded.model.parameters[l];
    const float scale = spread * 3 / std::sqrt(static_cast<float>(network.layers[l].inputs));
    for (float& weight : weights) weight = scale * numbers.signed_unit();
    for (float& bias : biases) bias = 0.5f * numbers.signed_unit();
    weights.back() = 1.75f * scale;
  }
}

}  // namespace lsgd
