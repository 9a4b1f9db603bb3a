// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/step/int8_forward.hpp>
#include <lsgd/step/ordered_step.hpp>

namespace lsgd {

/// Everything a device of profile int8_hybrid computes in one step.
struct OrderedInt8Trace {
  StepNumbers<std::int8_t> integers;            ///< of the forward pass
  std::vector<std::vector<float>> activations;  ///< a_1..a_L as q / 2^n
  OrderedTrace float32;                         ///< of the backward pass
  Parameters<float> new_parameters;             ///< before requantization
};

/// `values` as an int8 tensor with the fraction bits of their largest magnitude (SPEC 4.2, 4.3): 0
/// where one is infinite, whose code is at its end of the range. NaN counts as 0.
inline Int8Tensor requantized(const std::vector<float>& values) {
  float maximum = 0;
  for (const float value : values) maximum = std::max(maximum, std::abs(value));
  Int8Tensor tensor;
  tensor.fraction_bits = std::isinf(maximum) ? 0 : fraction_bits_of(maximum);
  for (const float value : values)
    tensor.values.push_back(std::isnan(value) ? std::int8_t{0}
                                              : quantize(value, tensor.fraction_bits));
  return tensor;
}

/// One int8_hybrid training step in the declared order, in place: every bit that a device of that
/// order must have, fraction bits included (SPEC 4, 6.2), unless a new value is NaN.
/// @throws std::invalid_argument if `model` declares no order
inline void ordered_int8_hybrid_step(const Network& network, Int8Parameters& parameters,
                                     const Sample& sample, float learning_rate,
                                     const ArithmeticModel& model, OrderedInt8Trace& trace) {
  int8_forward(network, parameters, sample.inputs, trace.integers);
  trace.activations = dequantized_activations(network, trace.integers);
  trace.new_parameters.clear();
  for (const Int8LayerParameters& layer : parameters)
    trace.new_parameters.push_back({dequantized(layer.weights), dequantized(layer.biases)});
  ordered_backward_from_activations(network, trace.new_parameters, trace.activations, sample,
                                    learning_rate, model, trace.float32);
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    parameters[l] = {requantized(trace.new_parameters[l].weights),
                     requantized(trace.new_parameters[l].biases)};
}

}  // namespace lsgd
