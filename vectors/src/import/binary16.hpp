// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace lsgd {

/// An IEEE 754 binary16 number, as files of float16 hold it.
struct Binary16 {
  std::uint16_t bits = 0;

  explicit operator float() const {
    constexpr int fraction_bits = 10, bias = 15, infinite = 31;
    const int exponent = bits >> fraction_bits & infinite;
    const int fraction = bits & ((1 << fraction_bits) - 1);
    const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
    if (exponent == infinite) return fraction == 0 ? sign * INFINITY : NAN;
    const int significand = exponent > 0 ? fraction | 1 << fraction_bits : fraction;
    return sign * std::ldexp(static_cast<float>(significand),
                             std::max(exponent, 1) - bias - fraction_bits);
  }
};

}  // namespace lsgd
