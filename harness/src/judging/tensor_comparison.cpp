// SPDX-License-Identifier: Apache-2.0
#include "judging/tensor_comparison.hpp"

#include <functional>

#include "judging/device_tensors.hpp"

namespace lsgd {
namespace {

void compare_bounded(const BoundedTensor<Exact>& exact, const Tensor& device,
                     std::optional<std::size_t> step, Comparison& comparison) {
  const TensorPlace place = place_of(device, step);
  for (std::size_t i = 0; i < device.codes.size(); ++i)
    comparison.bounded_pattern(place, i, exact.exact[i], exact.judged_bound(i), device.codes[i]);
}

void compare_patterns(const Tensor& required, const Tensor& device, std::optional<std::size_t> step,
                      Comparison& comparison, decltype(&Comparison::bits) judge) {
  const TensorPlace place = place_of(device, step);
  for (std::size_t i = 0; i < device.codes.size(); ++i)
    std::invoke(judge, comparison, place, i, required.codes[i], device.codes[i],
                static_cast<std::size_t>(device.format.bits));
}

}  // namespace

void compare_activations(const StepTrace<Exact>& trace, const TensorSet& activations,
                         std::optional<std::size_t> step, Comparison& comparison) {
  for (const Tensor& tensor : activations)
    compare_bounded(trace[tensor.layer - 1].a, tensor, step, comparison);
}

void compare_parameters(const StepTrace<Exact>& trace, const TensorSet& parameters,
                        std::optional<std::size_t> step, Comparison& comparison) {
  for (std::size_t layer = trace.size(); layer > 0; --layer)
    for (const Tensor& tensor : parameters)
      if (tensor.layer == layer)
        compare_bounded(
            tensor.kind == TensorKind::weights ? trace[layer - 1].weights : trace[layer - 1].biases,
            tensor, step, comparison);
}

void compare_int8(const std::vector<std::int8_t>& required, const Tensor& device,
                  std::optional<std::size_t> step, Comparison& comparison) {
  const TensorPlace place = place_of(device, step);
  for (std::size_t i = 0; i < device.codes.size(); ++i)
    comparison.range(place, i, required[i], required[i], static_cast<std::int8_t>(device.codes[i]));
}

// Computation order: an error is named where it arises, not where it ends up.
void compare_simulated(const TensorSet& simulated, const TensorSet& device,
                       std::optional<std::size_t> step, Comparison& comparison) {
  for (std::size_t layer = device.back().layer; layer > 0; --layer)
    for (std::size_t t = 0; t < device.size(); ++t)
      if (device[t].layer == layer)
        compare_patterns(simulated[t], device[t], step, comparison, &Comparison::exact_order);
}

void compare_epochs(const TrainingTask& task, std::span<const TensorSet> epochs,
                    const std::vector<TensorSet>& required, Comparison& comparison,
                    decltype(&Comparison::bits) judge) {
  for (std::size_t epoch = 0; epoch < epochs.size(); ++epoch) {
    const std::size_t last_step = (epoch + 1) * task.steps() - 1;
    // What belongs to no layer first: a wrong random state is why weights are wrong.
    for (const bool of_a_layer : {false, true})
      for (std::size_t t = 0; t < epochs[epoch].size(); ++t)
        if ((epochs[epoch][t].layer > 0) == of_a_layer)
          compare_patterns(required[epoch][t], epochs[epoch][t], last_step, comparison, judge);
  }
}

}  // namespace lsgd
