// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace lsgd {

/// How the first operand's elements are read; the second's are signed.
enum class PackedSign : std::uint8_t { is_signed, is_unsigned };

/// Element i of a word of 32 bits, packed from the lowest bits on.
constexpr std::int32_t packed_element(std::uint32_t word, int bits, int i, PackedSign sign) {
  const auto value =
      static_cast<std::int32_t>(word >> (bits * i) & ((std::uint32_t{1} << bits) - 1));
  const bool is_negative = sign == PackedSign::is_signed && value >> (bits - 1) != 0;
  return is_negative ? value - (1 << bits) : value;
}

/// Kernels dot_s2s2/1 to dot_u8s8/1: sum + a_0 w_0 + a_1 w_1 + ... modulo 2^32, of words of 2, 4 or
/// 8 bits to an element.
constexpr std::int32_t packed_dot_product(std::int32_t sum, std::uint32_t a, std::uint32_t w,
                                          int bits, PackedSign sign) {
  auto total = static_cast<std::uint32_t>(sum);
  for (int i = 0; i < 32 / bits; ++i)
    total += static_cast<std::uint32_t>(packed_element(a, bits, i, sign) *
                                        packed_element(w, bits, i, PackedSign::is_signed));
  return static_cast<std::int32_t>(total);
}

/// Four ternary weights in a byte (ternary_pack4/1): two bits each from the lowest on, two's
/// complement, so that the pair 10 is no weight.
using TernaryQuad = std::array<std::int32_t, 4>;
constexpr std::uint8_t packed_ternary(const TernaryQuad& weights) {
  std::uint32_t byte = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    byte |= (static_cast<std::uint32_t>(weights[i]) & 3) << (2 * i);
  return static_cast<std::uint8_t>(byte);
}
constexpr std::optional<TernaryQuad> unpacked_quad(std::uint8_t byte) {
  TernaryQuad weights{};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = packed_element(byte, 2, static_cast<int>(i), PackedSign::is_signed);
    if (weights[i] == -2) return std::nullopt;
  }
  return weights;
}

/// Five in a byte (ternary_pack5/1): the sum of (w_i + 1) 3^i; bytes from 243 on are refused.
using TernaryFive = std::array<std::int32_t, 5>;
constexpr std::uint8_t packed_ternary(const TernaryFive& weights) {
  std::int32_t byte = 0;
  for (std::size_t i = weights.size(); i-- > 0;) byte = 3 * byte + weights[i] + 1;
  return static_cast<std::uint8_t>(byte);
}
constexpr std::optional<TernaryFive> unpacked_five(std::uint8_t byte) {
  if (byte >= 243) return std::nullopt;
  TernaryFive weights{};
  std::int32_t rest = byte;
  for (std::int32_t& weight : weights) {
    weight = rest % 3 - 1;
    rest /= 3;
  }
  return weights;
}

/// Kernel ternary_dot/1: sum + w_0 x_0 + w_1 x_1 + ... modulo 2^16, of int8 numbers.
constexpr std::int16_t ternary_dot_product(std::int16_t sum, std::span<const std::int32_t> weights,
                                           std::span<const std::int64_t> x) {
  auto total = static_cast<std::uint32_t>(sum);
  for (std::size_t i = 0; i < weights.size(); ++i)
    total += static_cast<std::uint32_t>(weights[i] * static_cast<std::int32_t>(x[i]));
  return static_cast<std::int16_t>(total & 0xFFFF);
}

}  // namespace lsgd
