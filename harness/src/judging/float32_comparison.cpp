// SPDX-License-Identifier: Apache-2.0
#include "judging/float32_comparison.hpp"

#include <algorithm>
#include <cmath>

namespace lsgd {
namespace {

void compare(const BoundedTensor<Exact>& exact, const Tensor& device,
             std::optional<std::size_t> step, Comparison& comparison) {
  const TensorPlace place = place_of(device, step);
  for (std::size_t i = 0; i < device.codes.size(); ++i)
    comparison.bounded_pattern(place, i, exact.exact[i], exact.judged_bound(i), device.codes[i]);
}

}  // namespace

void compare_activations(const StepTrace<Exact>& trace, const TensorSet& activations,
                         std::optional<std::size_t> step, Comparison& comparison) {
  for (const Tensor& tensor : activations)
    compare(trace[tensor.layer - 1].a, tensor, step, comparison);
}

void compare_parameters(const StepTrace<Exact>& trace, const TensorSet& parameters,
                        std::optional<std::size_t> step, Comparison& comparison) {
  for (std::size_t layer = trace.size(); layer > 0; --layer)
    for (const Tensor& tensor : parameters)
      if (tensor.layer == layer)
        compare(
            tensor.kind == TensorKind::weights ? trace[layer - 1].weights : trace[layer - 1].biases,
            tensor, step, comparison);
}

bool are_finite(const std::vector<std::vector<float>>& vectors) {
  return std::ranges::all_of(vectors, [](const std::vector<float>& vector) {
    return std::ranges::all_of(vector, [](float value) { return std::isfinite(value); });
  });
}

}  // namespace lsgd
