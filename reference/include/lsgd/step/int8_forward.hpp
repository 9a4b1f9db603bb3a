// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <lsgd/network/activation_table.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/align_bias.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/numbers/requantize.hpp>
#include <lsgd/step/int8_integer_parameters.hpp>

namespace lsgd {

/// A bias with the fraction bits of the products that are added to it (SPEC 4.4).
inline std::int32_t aligned_bias(const Int8LayerParameters& parameters, std::size_t j,
                                 int product_fraction_bits) {
  return align_bias(parameters.biases.values[j],
                    product_fraction_bits - parameters.biases.fraction_bits);
}

/// The same with 12 fraction bits (SPEC 11.4).
inline std::int32_t aligned_bias(const Int8IntegerLayerParameters& parameters, std::size_t j,
                                 int product_fraction_bits) {
  return shifted(parameters.biases[j], product_fraction_bits - bias_fraction_bits);
}

/// Pre-activation of neuron j (SPEC 4.4): int8 with 4 fraction bits. `inputs` have
/// `inputs_fraction_bits` (4 or 7); at most 2^16 of them, so that 32 bits hold every sum.
template <class OwnLayerParameters>
std::int8_t int8_pre_activation(const OwnLayerParameters& parameters, std::size_t j,
                                std::span<const std::int8_t> inputs, int inputs_fraction_bits) {
  const int product_fraction_bits = parameters.weights.fraction_bits + inputs_fraction_bits;
  const std::int8_t* const row = parameters.weights.values.data() + j * inputs.size();
  std::int32_t accumulator = aligned_bias(parameters, j, product_fraction_bits);
  for (std::size_t i = 0; i < inputs.size(); ++i) accumulator += std::int32_t{row[i]} * inputs[i];
  return requantize(accumulator, product_fraction_bits - preactivation_fraction_bits);
}

/// The integer forward pass of both int8 profiles (SPEC 4.4, 4.5, 11.4), bit-exact.
/// @tparam OwnLayerParameters Int8LayerParameters or Int8IntegerLayerParameters
template <class OwnLayerParameters>
class Int8ForwardNumbers {
 public:
  Int8ForwardNumbers(const Network& network, std::span<const OwnLayerParameters> layers)
      : network_(network), layers_(layers) {}

  /// The sample with 7 fraction bits.
  static void round_inputs(std::span<const float> inputs, std::vector<std::int8_t>& input,
                           std::vector<std::int8_t>& update_input) {
    input.clear();
    for (const float x : inputs) input.push_back(quantize(x, input_fraction_bits));
    update_input = input;
  }

  void begin_layer(std::size_t l) { table_ = &cached_activation_table(layer(l).activation); }

  std::int8_t pre_activation(std::size_t l, std::size_t j,
                             const std::vector<std::int8_t>& below) const {
    return int8_pre_activation(layers_[l], j, below, bits_below(l));
  }

  std::int8_t activation(std::size_t, std::int8_t z) const { return (*table_)[table_index(z)]; }
  static std::int8_t stored_activation(std::size_t, std::int8_t a) { return a; }

 protected:
  const Layer& layer(std::size_t l) const { return network_.layers[l]; }

  /// Fraction bits of the inputs of layer l.
  int bits_below(std::size_t l) const {
    return l == 0 ? input_fraction_bits : output_fraction_bits(layer(l - 1).activation);
  }

 private:
  const Network& network_;
  std::span<const OwnLayerParameters> layers_;
  const ActivationTable* table_ = nullptr;
};

/// Forward pass of profile int8_hybrid (SPEC 4.4, 4.5): fills all of `out` but the deltas. Shapes
/// are those of Network; nothing is checked.
inline void int8_forward(const Network& network, const Int8Parameters& parameters,
                         std::span<const float> inputs, StepNumbers<std::int8_t>& out) {
  Int8ForwardNumbers<Int8LayerParameters> numbers(network, parameters);
  forward_pass(network, inputs, numbers, out);
}

/// q / 2^n as binary32 numbers, exact.
inline std::vector<float> dequantized(std::span<const std::int8_t> values, int fraction_bits) {
  std::vector<float> numbers;
  numbers.reserve(values.size());
  for (const std::int8_t value : values) numbers.push_back(dequantize(value, fraction_bits));
  return numbers;
}

inline std::vector<float> dequantized(const Int8Tensor& tensor) {
  return dequantized(tensor.values, tensor.fraction_bits);
}

/// a_1..a_L of a forward pass.
inline std::vector<std::vector<float>> dequantized_activations(
    const Network& network, const StepNumbers<std::int8_t>& integers) {
  std::vector<std::vector<float>> activations;
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    activations.push_back(
        dequantized(integers.layers[l].a, output_fraction_bits(network.layers[l].activation)));
  return activations;
}

}  // namespace lsgd
