// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/network/activation_table.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/step/int32_fixed.hpp>

#include "steps/tensor_formats.hpp"

namespace lsgd {

/// Activations in words of `bits` bits; `fraction_bits` says how many of a function's are fraction.
constexpr auto fixed_activations(int bits, int (*fraction_bits)(Activation)) {
  std::array<ElementFormat, all_activations.size()> formats;
  for (const Activation function : all_activations)
    formats.at(static_cast<std::size_t>(function)) = fixed_format(bits, fraction_bits(function));
  return formats;
}

inline constexpr TensorFormats float32_formats{};

inline constexpr TensorFormats int8_hybrid_formats{
    .weights = fixed_format(8),
    .biases = fixed_format(8),
    .preactivations = fixed_format(8, preactivation_fraction_bits),
    .activations = fixed_activations(8, output_fraction_bits),
    .deltas = {},
};

inline constexpr TensorFormats int8_integer_formats{
    .weights = fixed_format(8),
    .biases = fixed_format(16, bias_fraction_bits),
    .preactivations = fixed_format(8, preactivation_fraction_bits),
    .activations = fixed_activations(8, output_fraction_bits),
    .deltas = fixed_format(16, delta_fraction_bits),
    .has_random_state = true,
};

inline constexpr TensorFormats int32_fixed_formats{
    .weights = fixed_format(32, fixed_parameter_bits),
    .biases = fixed_format(32, fixed_parameter_bits),
    .preactivations = fixed_format(32, fixed_preactivation_bits),
    .activations = fixed_activations(32, fixed_activation_bits),
    .deltas = fixed_format(32, fixed_delta_bits),
};

}  // namespace lsgd
