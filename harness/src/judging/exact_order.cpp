// SPDX-License-Identifier: Apache-2.0
#include "judging/exact_order.hpp"

#include <vector>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/step/ordered_int8_hybrid_step.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

// Computation order: an error is named where it arises, not where it ends up.
void compare_parameters(const TensorSet& simulated, const TensorSet& device,
                        std::optional<std::size_t> step, Comparison& comparison) {
  for (std::size_t layer = device.back().layer; layer > 0; --layer)
    for (std::size_t t = 0; t < device.size(); ++t) {
      if (device[t].layer != layer) continue;
      const TensorPlace place = place_of(device[t], step);
      for (std::size_t i = 0; i < device[t].codes.size(); ++i)
        comparison.exact_order(place, i, simulated[t].codes[i], device[t].codes[i],
                               static_cast<std::size_t>(device[t].format.bits));
    }
}

}  // namespace

bool can_be_simulated(const ArithmeticModel& model) {
  return model.order_is_declared() && model.significand_bits == 24 && !model.flush_to_zero;
}

void compare_exact_order(const Network& network, const Parameters<float>& before,
                         const Sample& sample, float learning_rate, const ArithmeticModel& model,
                         const TensorSet& activations, const TensorSet& after,
                         std::optional<std::size_t> step, Comparison& comparison) {
  const auto shown = numbers_of<float>(activations);
  std::vector<float> z;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Activation activation = network.layers[l].activation;
    if (activation != Activation::relu && activation != Activation::identity) continue;
    ordered_dense(network.layers[l], before[l], l == 0 ? sample.inputs : shown[l - 1], model, z);
    const TensorPlace place = place_of(activations[l], step);
    for (std::size_t j = 0; j < z.size(); ++j) {
      const float a = activation == Activation::relu && !(z[j] > 0) ? 0.0f : z[j];
      comparison.exact_order(place, j, bits_of(a), activations[l].codes[j], 32);
    }
  }
  Parameters<float> simulated = before;
  std::vector<std::vector<float>> deltas;
  ordered_backward_from_activations(network, simulated, shown, sample, learning_rate, model,
                                    deltas);
  compare_parameters(tensors_of(network, simulated), after, step, comparison);
}

void compare_exact_order(const Network& network, const Int8Parameters& before, const Sample& sample,
                         float learning_rate, const ArithmeticModel& model,
                         const TensorSet& activations, const TensorSet& after,
                         std::optional<std::size_t> step, Comparison& comparison) {
  Int8Parameters simulated = before;
  OrderedInt8Trace trace;
  ordered_int8_hybrid_step(network, simulated, sample, learning_rate, model, trace);
  for (const Tensor& tensor : activations)
    for (std::size_t j = 0; j < tensor.codes.size(); ++j)
      comparison.exact_order(place_of(tensor, step), j,
                             static_cast<std::uint8_t>(trace.a[tensor.layer - 1][j]),
                             tensor.codes[j], 8);
  compare_parameters(tensors_of(network, simulated), after, step, comparison);
}

}  // namespace lsgd
