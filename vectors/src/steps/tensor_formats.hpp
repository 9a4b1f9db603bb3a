// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// How the elements of a tensor are coded: words of `bits` bits, and what they stand for.
struct ElementFormat {
  enum class Meaning : std::uint8_t {
    binary32,  ///< the bits of a binary32 number
    fixed,     ///< an integer in two's complement: value = integer / 2^fraction_bits
    count,     ///< an unsigned integer that stands for itself
    declared,  ///< what the number format of a declaration says (SPEC 15)
  };

  Meaning meaning = Meaning::binary32;
  int bits = 32;  ///< 8, 16, 32 or 64
  /// Of a fixed format; nothing where the tensor has its own, which are the tensor
  /// NAME.fraction_bits.
  std::optional<int> fraction_bits = {};
  /// Of a declared format, and of the fraction bits of one; its profile owns it.
  const NumberFormat* number = nullptr;

  std::size_t bytes() const { return static_cast<std::size_t>(bits) / 8; }
  bool has_own_fraction_bits() const {
    if (meaning == Meaning::declared)
      return number->kind == FormatKind::fixed &&
             number->fraction_bits.source == FractionBitsSource::tensor;
    return meaning == Meaning::fixed && !fraction_bits;
  }
  bool operator==(const ElementFormat&) const = default;
};

constexpr ElementFormat fixed_format(int bits, std::optional<int> fraction_bits = std::nullopt) {
  return {ElementFormat::Meaning::fixed, bits, fraction_bits};
}

constexpr ElementFormat count_format(int bits) { return {ElementFormat::Meaning::count, bits}; }

/// Scales S and zero points Z that are kept beside the codes of a tensor, as tensors of their own.
struct KeptScales {
  bool has_scale = false;
  bool has_zero_point = false;
  bool is_per_neuron = false;  ///< one for each, else one for all codes of a layer

  bool operator==(const KeptScales&) const = default;
};

/// The formats of a profile's tensors, in files as on the interface (targets/include/lsgd/port.h).
struct TensorFormats {
  ElementFormat weights;
  ElementFormat biases;
  ElementFormat preactivations;
  std::array<ElementFormat, all_activations.size()> activations;  ///< by Activation
  ElementFormat deltas;
  KeptScales weight_scales = {};
  KeptScales activation_scales = {};
  KeptScales input_scale = {};
  bool has_random_state = false;

  const ElementFormat& activations_of(Activation function) const {
    return activations.at(static_cast<std::size_t>(function));
  }
};

}  // namespace lsgd
