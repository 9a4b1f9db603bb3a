// SPDX-License-Identifier: Apache-2.0
#include "levels/padded_workload.hpp"

#include <algorithm>
#include <utility>

#include "cases/padded_golden_set.hpp"
#include "levels/drawn_workload.hpp"

namespace lsgd {
namespace {

Parameters<float> padded(const Network& small, const Parameters<float>& parameters,
                         const Network& network, std::size_t first_layer) {
  Parameters<float> result = passing_on(network);
  for (std::size_t l = 0; l < small.layers.size(); ++l) {
    const Layer& inner = small.layers[l];
    const Layer& outer = network.layers[first_layer + l];
    LayerParameters<float>& layer = result[first_layer + l];
    std::ranges::fill(layer.weights, 0.0f);
    for (std::size_t j = 0; j < std::min(inner.outputs, outer.outputs); ++j) {
      for (std::size_t i = 0; i < std::min(inner.inputs, outer.inputs); ++i)
        layer.weights[j * outer.inputs + i] = parameters[l].weights[j * inner.inputs + i];
      layer.biases[j] = parameters[l].biases[j];
    }
  }
  return result;
}

}  // namespace

LoadedWorkload padded_workload(const LoadedWorkload& small, std::string name,
                               const Network& network, std::size_t first_layer) {
  const Network& inner = small.model.network;
  LoadedWorkload result = empty_workload(std::move(name), network);
  result.has_statistics = small.has_statistics;
  result.model.parameters = padded(inner, small.model.parameters, network, first_layer);
  for (const ScriptedStep& step : small.script) {
    ScriptedStep& added = result.script.emplace_back(step);
    added.sample.inputs.resize(network.inputs());
    added.sample.target.resize(network.outputs());
    if (step.start) added.start = padded(inner, *step.start, network, first_layer);
  }
  return result;
}

}  // namespace lsgd
