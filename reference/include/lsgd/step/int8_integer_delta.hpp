// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/int16_fixed.hpp>

namespace lsgd {

/// Products of s with derivatives, divided by 2^14 and rounded half up.
struct IntegerSlopeProduct {
  std::int16_t s;

  std::int16_t one() const { return s; }
  std::int16_t one_where_positive(std::int32_t a) const { return a > 0 ? s : std::int16_t{0}; }
  std::int16_t times_complement(std::int32_t a) const { return times(a * (128 - a)); }
  std::int16_t complement_of_square(std::int32_t a) const { return times(16384 - a * a); }

  std::int16_t times(std::int32_t slope) const {
    return static_cast<std::int16_t>((s * slope + 8192) >> 14);
  }
};

/// s times the derivative at an int8 activation of its layer's format, int16 with 12 fraction bits
/// (SPEC 11.6): for tanh s (2^14 - a^2) and for sigmoid s a (2^7 - a), divided by 2^14 and rounded
/// half up; s or 0 for relu; s for identity. |f'| <= 1, so nothing overflows or saturates.
inline std::int16_t times_integer_derivative(std::int16_t s, Activation activation, std::int8_t a) {
  return activation_slope(activation, IntegerSlopeProduct{s}, std::int32_t{a});
}

}  // namespace lsgd
