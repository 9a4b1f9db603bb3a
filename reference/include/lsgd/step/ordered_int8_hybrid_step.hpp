// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lsgd/network/activation_table.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/step/dense_int8.hpp>
#include <lsgd/step/ordered_step.hpp>

namespace lsgd {

/// Everything a device of profile int8_hybrid computes in one step; index 0 is layer 1.
struct OrderedInt8Trace {
  std::vector<std::int8_t> input;               ///< the sample with 7 fraction bits
  std::vector<std::vector<std::int8_t>> z;      ///< 4 fraction bits, per layer [outputs]
  std::vector<std::vector<std::int8_t>> a;      ///< per layer [outputs]
  std::vector<std::vector<float>> activations;  ///< a as q / 2^n
  std::vector<std::vector<float>> deltas;       ///< per layer [outputs]
  Parameters<float> new_parameters;             ///< before requantization
};

/// Integer forward pass; fills input, z, a and activations (SPEC 4.4, 4.5).
inline void ordered_int8_forward(const Network& network, const Int8Parameters& parameters,
                                 const std::vector<float>& inputs, OrderedInt8Trace& trace) {
  const std::size_t layers = network.layers.size();
  trace.input.resize(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    trace.input[i] = quantize(inputs[i], input_fraction_bits);
  trace.z.resize(layers);
  trace.a.resize(layers);
  trace.activations.resize(layers);
  int fraction_bits = input_fraction_bits;
  for (std::size_t l = 0; l < layers; ++l) {
    const Layer& layer = network.layers[l];
    dense_int8(layer, parameters[l], l == 0 ? trace.input : trace.a[l - 1], fraction_bits,
               trace.z[l]);
    fraction_bits = output_fraction_bits(layer.activation);
    const ActivationTable& table = cached_activation_table(layer.activation);
    trace.a[l].resize(layer.outputs);
    trace.activations[l].resize(layer.outputs);
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      trace.a[l][j] = table[table_index(trace.z[l][j])];
      trace.activations[l][j] = dequantize(trace.a[l][j], fraction_bits);
    }
  }
}

/// The binary32 values of an int8 tensor, exact.
inline std::vector<float> dequantized(const Int8Tensor& tensor) {
  std::vector<float> values;
  values.reserve(tensor.values.size());
  for (const std::int8_t value : tensor.values)
    values.push_back(dequantize(value, tensor.fraction_bits));
  return values;
}

/// `values` as an int8 tensor with the fraction bits of their largest magnitude (SPEC 4.2, 4.3).
inline Int8Tensor requantized(const std::vector<float>& values) {
  float maximum = 0;
  for (const float value : values) maximum = std::max(maximum, std::abs(value));
  Int8Tensor tensor;
  tensor.fraction_bits = fraction_bits_of(maximum);
  for (const float value : values) tensor.values.push_back(quantize(value, tensor.fraction_bits));
  return tensor;
}

/// One int8_hybrid training step in the declared order, in place: every bit that a device of that
/// order must have, fraction bits included (SPEC 4, 6.2). New values must be finite.
/// @throws std::invalid_argument if `model` declares no order
inline void ordered_int8_hybrid_step(const Network& network, Int8Parameters& parameters,
                                     const Sample& sample, float learning_rate,
                                     const ArithmeticModel& model, OrderedInt8Trace& trace) {
  ordered_int8_forward(network, parameters, sample.inputs, trace);
  trace.new_parameters.clear();
  for (const Int8LayerParameters& layer : parameters)
    trace.new_parameters.push_back({dequantized(layer.weights), dequantized(layer.biases)});
  ordered_backward_from_activations(network, trace.new_parameters, trace.activations, sample,
                                    learning_rate, model, trace.deltas);
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    parameters[l] = {requantized(trace.new_parameters[l].weights),
                     requantized(trace.new_parameters[l].biases)};
}

}  // namespace lsgd
