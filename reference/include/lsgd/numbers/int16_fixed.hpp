// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace lsgd {

/// Fraction bits of biases and deltas in profile int8_integer (SPEC 11.1).
inline constexpr int bias_fraction_bits = 12;
inline constexpr int delta_fraction_bits = 12;

/// Nearest int16: values outside [-32768, 32767] become its ends.
template <class Number>
std::int16_t saturate_int16(Number value) {
  return static_cast<std::int16_t>(std::clamp<Number>(value, -32768, 32767));
}

/// saturate(round-half-away-from-zero(value * 2^fraction_bits)) to int16; `value` is finite and
/// fraction_bits 0 to 12. Exact: the scaled value is a double.
inline std::int16_t quantize_int16(float value, int fraction_bits) {
  return saturate_int16(std::round(std::ldexp(static_cast<double>(value), fraction_bits)));
}

/// `value` times 2^shift: an arithmetic right shift for a negative shift. shift is -11 to 5.
inline std::int32_t shifted(std::int32_t value, int shift) {
  return shift >= 0 ? value * (std::int32_t{1} << shift) : value >> -shift;
}

}  // namespace lsgd
