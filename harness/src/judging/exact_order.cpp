// SPDX-License-Identifier: Apache-2.0
#include "judging/exact_order.hpp"

#include <vector>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/step/ordered_int8_hybrid_step.hpp>
#include <lsgd/step/ordered_step.hpp>

namespace lsgd {
namespace {

// Computation order: an error is named where it arises, not where it ends up.
void compare_parameters(const DeviceTensors& simulated, const DeviceTensors& device,
                        std::optional<std::size_t> step, Comparison& comparison) {
  for (std::size_t layer = device.back().layer; layer > 0; --layer)
    for (std::size_t t = 0; t < device.size(); ++t) {
      if (device[t].layer != layer) continue;
      const TensorPlace place = device[t].place(step);
      for (std::size_t i = 0; i < device[t].count; ++i)
        comparison.exact_order(place, i, simulated[t].pattern(i), device[t].pattern(i),
                               8 * device[t].element_bytes);
    }
}

}  // namespace

bool can_be_simulated(const ArithmeticModel& model) {
  return model.order_is_declared() && model.significand_bits == 24 && !model.flush_to_zero;
}

void compare_exact_order(const Network& network, const Parameters<float>& before,
                         const Sample& sample, float learning_rate, const ArithmeticModel& model,
                         const DeviceTensors& activations, const DeviceTensors& after,
                         std::optional<std::size_t> step, Comparison& comparison) {
  const std::vector<std::vector<float>> shown = activations_from(activations);
  std::vector<float> z;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Activation activation = network.layers[l].activation;
    if (activation != Activation::relu && activation != Activation::identity) continue;
    ordered_dense(network.layers[l], before[l], l == 0 ? sample.inputs : shown[l - 1], model, z);
    const TensorPlace place = activations[l].place(step);
    for (std::size_t j = 0; j < z.size(); ++j) {
      const float a = activation == Activation::relu && !(z[j] > 0) ? 0.0f : z[j];
      comparison.exact_order(place, j, bits_of(a), activations[l].pattern(j), 32);
    }
  }
  Parameters<float> simulated = before;
  std::vector<std::vector<float>> deltas;
  ordered_backward_from_activations(network, simulated, shown, sample, learning_rate, model,
                                    deltas);
  compare_parameters(parameter_tensors(network, simulated), after, step, comparison);
}

void compare_exact_order(const Network& network, const Int8Parameters& before, const Sample& sample,
                         float learning_rate, const ArithmeticModel& model,
                         const DeviceTensors& activations, const DeviceTensors& after,
                         std::optional<std::size_t> step, Comparison& comparison) {
  Int8Parameters simulated = before;
  OrderedInt8Trace trace;
  ordered_int8_hybrid_step(network, simulated, sample, learning_rate, model, trace);
  for (const DeviceTensor& tensor : activations)
    for (std::size_t j = 0; j < tensor.count; ++j)
      comparison.exact_order(tensor.place(step), j,
                             static_cast<std::uint8_t>(trace.a[tensor.layer - 1][j]),
                             tensor.pattern(j), 8);
  compare_parameters(parameter_tensors(network, simulated), after, step, comparison);
}

}  // namespace lsgd
