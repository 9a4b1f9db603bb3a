// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>

#include <lsgd/numbers/real.hpp>

namespace lsgd {

/// Largest finite binary32 number.
inline constexpr double largest_binary32 = 0x1.fffffep+127;
/// Results of this magnitude and above are infinite (SPEC 3.1).
inline constexpr double overflow_threshold = 0x1.ffffffp+127;
/// Smallest positive normal binary32 number.
inline constexpr double smallest_normal_binary32 = 0x1p-126;

inline float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }
/// The binary32 number in the low bits of a code.
inline float binary32_of(std::uint64_t code) { return from_bits(static_cast<std::uint32_t>(code)); }

/// `value` rounded once to binary32, to nearest even: subnormals and signed zero included, infinity
/// from 2^128 - 2^103 upwards (SPEC 3.1).
template <class Real>
float round_to_binary32(const Real& value) {
  return mpfr_get_flt(mpfr_of(value), MPFR_RNDN);
}

/// Unit in the last place of a binary32 number of this magnitude: 2^(e - 23) for 2^e <= magnitude
/// < 2^(e + 1), and 2^-149 for subnormals and zero. `magnitude` is finite.
inline double ulp_of(double magnitude) {
  if (magnitude < smallest_normal_binary32) return 0x1p-149;
  return std::ldexp(1.0, std::ilogb(magnitude) - 23);
}

/// Lower-case hexadecimal digits of a bit pattern: 8 of a binary32, 2 of an int8.
template <std::unsigned_integral Pattern>
std::string hex_bits(Pattern pattern, int digits = 8) {
  std::uint64_t bits = pattern;
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, bits >>= 4)
    *digit = "0123456789abcdef"[bits & 15];
  return text;
}
inline std::string hex_bits(float value) { return hex_bits(bits_of(value)); }
inline std::string hex_bits(std::int8_t value) {
  return hex_bits(static_cast<std::uint8_t>(value), 2);
}

}  // namespace lsgd
