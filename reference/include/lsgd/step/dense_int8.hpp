// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/align_bias.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/requantize.hpp>

namespace lsgd {

/// Integer pre-activations of a dense layer (SPEC 4.4): int8 with 4 fraction bits. `inputs` has
/// layer.inputs values with `inputs_fraction_bits` (4 or 7); at most 2^16 inputs, so that 32 bits
/// hold every accumulator.
inline void dense_int8(const Layer& layer, const Int8LayerParameters& parameters,
                       std::span<const std::int8_t> inputs, int inputs_fraction_bits,
                       std::vector<std::int8_t>& z) {
  const int product_fraction_bits = parameters.weights.fraction_bits + inputs_fraction_bits;
  const int bias_shift = product_fraction_bits - parameters.biases.fraction_bits;
  const int output_shift = product_fraction_bits - preactivation_fraction_bits;
  z.resize(layer.outputs);
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    std::int32_t accumulator = align_bias(parameters.biases.values[j], bias_shift);
    for (std::size_t i = 0; i < layer.inputs; ++i)
      accumulator += std::int32_t{parameters.weights.values[j * layer.inputs + i]} * inputs[i];
    z[j] = requantize(accumulator, output_shift);
  }
}

}  // namespace lsgd
