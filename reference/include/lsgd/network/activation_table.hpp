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

/// Fraction bits of a layer's int8 output (SPEC 4.2): 7 where |a| <= 1, those of z otherwise.
constexpr int output_fraction_bits(Activation activation) {
  return is_bounded(activation) ? 7 : preactivation_fraction_bits;
}

/// One entry per int8 z, indexed by its bit pattern as an unsigned number 0 to 255.
using ActivationTable = std::array<std::int8_t, 256>;

/// Position of `z` in an ActivationTable.
inline std::size_t table_index(std::int8_t z) { return static_cast<std::uint8_t>(z); }

/// int8 activation of every int8 pre-activation (SPEC 4.5): quantize(f(z / 16),
/// output_fraction_bits), for relu max(z, 0) and for identity z. No entry of a transcendental
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
  static const auto tables = [] {
    std::array<ActivationTable, all_activations.size()> all{};
    for (const Activation each : neuron_activations)
      all.at(static_cast<std::size_t>(each)) = activation_table(each);
    return all;
  }();
  return tables.at(static_cast<std::size_t>(activation));
}

}  // namespace lsgd
