// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <lsgd/network/activation_table.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/numbers/rate_exponent.hpp>
#include <lsgd/numbers/requantize.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int8_integer_delta.hpp>
#include <lsgd/step/int8_integer_parameters.hpp>
#include <lsgd/step/int8_integer_update.hpp>

namespace lsgd {

/// Version of the semantics of clause 11.
inline constexpr std::string_view int8_integer_semantics = "int8_integer/1";

/// Everything one step of profile int8_integer computes beside the new parameters; index 0 is layer
/// 1. It keeps its storage between steps.
struct Int8IntegerTrace {
  std::vector<std::int8_t> input;                ///< the sample with 7 fraction bits
  std::vector<std::vector<std::int8_t>> z;       ///< 4 fraction bits, per layer [outputs]
  std::vector<std::vector<std::int8_t>> a;       ///< per layer [outputs]
  std::vector<std::vector<std::int16_t>> delta;  ///< 12 fraction bits, per layer [outputs]
};

namespace detail {

/// Most neurons of layers 2..L: a sum of products int16 x int8 over them fits into 32 bits.
inline constexpr std::uint32_t int8_integer_neurons_maximum = 511;

inline void require_shapes(const Network& network, const Int8IntegerParameters& parameters) {
  require(!network.layers.empty(), "at least one layer");
  require(parameters.layers.size() == network.layers.size(), "parameters of every layer");
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto& [weights, biases] = parameters.layers[l];
    require(weights.values.size() == network.layers[l].weight_count(), "outputs * inputs weights");
    require(biases.size() == network.layers[l].outputs, "one bias per output");
    require(weights.fraction_bits >= 0 && weights.fraction_bits <= 7, "0 to 7 fraction bits");
    require(l == 0 || network.layers[l].outputs <= int8_integer_neurons_maximum,
            "at most 511 neurons above the first layer");
  }
}

}  // namespace detail

/// Pre-activations of one layer (SPEC 11.4): those of int8_hybrid with a bias of 12 fraction bits.
inline void int8_integer_dense(const Layer& layer, const Int8IntegerLayerParameters& parameters,
                               std::span<const std::int8_t> inputs, int inputs_fraction_bits,
                               std::vector<std::int8_t>& z) {
  const int product_fraction_bits = parameters.weights.fraction_bits + inputs_fraction_bits;
  z.resize(layer.outputs);
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    std::int32_t accumulator =
        shifted(parameters.biases[j], product_fraction_bits - bias_fraction_bits);
    for (std::size_t i = 0; i < layer.inputs; ++i)
      accumulator += std::int32_t{parameters.weights.values[j * layer.inputs + i]} * inputs[i];
    z[j] = requantize(accumulator, product_fraction_bits - preactivation_fraction_bits);
  }
}

/// Forward pass (SPEC 11.4): fills input, z and a.
inline void int8_integer_forward(const Network& network, const Int8IntegerParameters& parameters,
                                 std::span<const float> inputs, Int8IntegerTrace& out) {
  detail::require_shapes(network, parameters);
  detail::require(inputs.size() == network.inputs(), "one value per input");
  const std::size_t layers = network.layers.size();
  out.input.resize(inputs.size());
  std::ranges::transform(inputs, out.input.begin(),
                         [](float x) { return quantize(x, input_fraction_bits); });
  out.z.resize(layers);
  out.a.resize(layers);
  int below_fraction_bits = input_fraction_bits;
  for (std::size_t l = 0; l < layers; ++l) {
    const Layer& layer = network.layers[l];
    int8_integer_dense(layer, parameters.layers[l], l == 0 ? out.input : out.a[l - 1],
                       below_fraction_bits, out.z[l]);
    const ActivationTable& table = cached_activation_table(layer.activation);
    out.a[l].resize(layer.outputs);
    std::ranges::transform(out.z[l], out.a[l].begin(),
                           [&](std::int8_t z) { return table[table_index(z)]; });
    below_fraction_bits = output_fraction_bits(layer.activation);
  }
}

/// Deltas of the layer below (SPEC 11.6) from those of `layer` and its weights before the update.
inline void int8_integer_hidden_delta(const Layer& layer, const Int8Tensor& weights,
                                      std::span<const std::int16_t> delta, Activation below,
                                      std::span<const std::int8_t> a,
                                      std::vector<std::int16_t>& out) {
  out.resize(layer.inputs);
  for (std::size_t i = 0; i < layer.inputs; ++i) {
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < layer.outputs; ++j)
      sum += std::int32_t{delta[j]} * weights.values[j * layer.inputs + i];
    out[i] = times_integer_derivative(saturate_int16(sum >> weights.fraction_bits), below, a[i]);
  }
}

/// One training step of profile int8_integer (SPEC 11), in place, random state included: nothing
/// but integers once the sample is quantized, and the same bits everywhere.
inline void int8_integer_step(const Network& network, Int8IntegerParameters& parameters,
                              const Sample& sample, float learning_rate, Int8IntegerTrace& out) {
  int8_integer_forward(network, parameters, sample.inputs, out);
  const std::size_t last = network.layers.size() - 1;
  const Layer& output = network.layers[last];
  detail::require(sample.target.size() == output.outputs, "one target per output");
  const int k = rate_exponent(learning_rate);
  out.delta.resize(network.layers.size());
  out.delta[last].resize(output.outputs);
  for (std::size_t j = 0; j < output.outputs; ++j)
    out.delta[last][j] =
        integer_output_delta(network.loss, output.activation, out.a[last][j],
                             output_fraction_bits(output.activation), sample.target[j]);
  for (std::size_t l = last + 1; l-- > 0;) {
    Int8IntegerLayerParameters& layer = parameters.layers[l];
    if (l > 0)
      int8_integer_hidden_delta(network.layers[l], layer.weights, out.delta[l],
                                network.layers[l - 1].activation, out.a[l - 1], out.delta[l - 1]);
    const int fraction_bits =
        l == 0 ? input_fraction_bits : output_fraction_bits(network.layers[l - 1].activation);
    int8_integer_update(out.delta[l], l == 0 ? out.input : out.a[l - 1], fraction_bits, k, layer,
                        parameters.random_bits);
  }
}

}  // namespace lsgd
