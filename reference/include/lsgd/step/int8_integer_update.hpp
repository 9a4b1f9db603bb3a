// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/step/int8_integer_parameters.hpp>

namespace lsgd {

/// Fraction bits of weights that an overflow does not take away (SPEC 11.8): below, the random walk
/// of the rounding outweighs learning.
inline constexpr int fraction_bits_floor = 5;

/// Halves every weight of a layer, rounding at random, one draw of one bit each (SPEC 11.8).
inline void halve_weights(Int8Tensor& weights, RandomBits& random_bits) {
  --weights.fraction_bits;
  for (std::int8_t& weight : weights.values)
    weight = static_cast<std::int8_t>((weight + random_bits.draw(1)) >> 1);
}

/// Updates a layer in place with learning rate 2^-k (SPEC 11.7, 11.8): neuron by neuron its weights
/// in order, then its bias; a neuron whose delta is 0 keeps its parameters and draws nothing.
/// `inputs` are the activations below, with inputs_fraction_bits.
inline void int8_integer_update(std::span<const std::int16_t> delta,
                                std::span<const std::int8_t> inputs, int inputs_fraction_bits,
                                int k, Int8IntegerLayerParameters& parameters,
                                RandomBits& random_bits) {
  Int8Tensor& weights = parameters.weights;
  const int shift = delta_fraction_bits + inputs_fraction_bits - weights.fraction_bits + k;
  bool overflow = false;
  for (std::size_t j = 0; j < delta.size(); ++j) {
    if (delta[j] == 0) continue;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::int8_t& weight = weights.values[j * inputs.size() + i];
      const std::int32_t change = (delta[j] * inputs[i] + random_bits.draw(shift)) >> shift;
      const std::int32_t updated = weight - change;
      weight = saturate_int8(updated);
      overflow = overflow || weight != updated;
    }
    std::int16_t& bias = parameters.biases[j];
    bias = saturate_int16(bias - ((delta[j] + random_bits.draw(k)) >> k));
  }
  if (overflow && weights.fraction_bits > fraction_bits_floor) halve_weights(weights, random_bits);
}

}  // namespace lsgd
