// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <lsgd/network/activation.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/quantize.hpp>

namespace lsgd {

/// Fraction bits of a layer's int8 output (SPEC 4.2): 7 for sigmoid and tanh, those of z otherwise.
constexpr int output_fraction_bits(Activation activation) {
  const bool has_unit_range = activation == Activation::sigmoid || activation == Activation::tanh;
  return has_unit_range ? 7 : preactivation_fraction_bits;
}

/// One entry per int8 z, indexed by its bit pattern as an unsigned number 0 to 255.
using ActivationTable = std::array<std::int8_t, 256>;

/// Position of `z` in an ActivationTable.
inline std::size_t table_index(std::int8_t z) { return static_cast<std::uint8_t>(z); }

/// int8 activation of every int8 pre-activation (SPEC 4.5): for sigmoid and tanh
/// quantize(f(z / 16), 7), for relu max(z, 0), for identity z. No entry of a transcendental
/// function is a tie, so 254 bits round every one correctly.
inline ActivationTable activation_table(Activation activation) {
  ActivationTable table{};
  for (int z = -128; z <= 127; ++z) {
    Exact value;
    activate(activation, value,
             Exact(dequantize(static_cast<std::int8_t>(z), preactivation_fraction_bits)));
    table[table_index(static_cast<std::int8_t>(z))] =
        quantize(value, output_fraction_bits(activation));
  }
  return table;
}

/// activation_table, computed once.
inline const ActivationTable& cached_activation_table(Activation activation) {
  static const std::array<ActivationTable, 4> tables = {
      activation_table(Activation::identity), activation_table(Activation::relu),
      activation_table(Activation::sigmoid), activation_table(Activation::tanh)};
  return tables[static_cast<std::size_t>(activation)];
}

}  // namespace lsgd
