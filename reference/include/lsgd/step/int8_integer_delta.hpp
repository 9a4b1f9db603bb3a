// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>

#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/int16_fixed.hpp>

namespace lsgd {

/// s times the derivative at an int8 activation of its layer's format, int16 with 12 fraction bits
/// (SPEC 11.6): for tanh s (2^14 - a^2) and for sigmoid s a (2^7 - a), divided by 2^14 and rounded
/// half up; s or 0 for relu; s for identity. |f'| <= 1, so nothing overflows or saturates.
inline std::int16_t times_integer_derivative(std::int16_t s, Activation activation, std::int8_t a) {
  const std::int32_t wide = a;
  switch (activation) {
    case Activation::tanh:
      return static_cast<std::int16_t>((s * (16384 - wide * wide) + 8192) >> 14);
    case Activation::sigmoid:
      return static_cast<std::int16_t>((s * (wide * (128 - wide)) + 8192) >> 14);
    case Activation::relu:
      return a > 0 ? s : std::int16_t{0};
    case Activation::identity:
      return s;
  }
  throw std::invalid_argument("unknown activation");
}

/// Delta of an output (SPEC 11.5): a - t in 12 fraction bits, for mse times the derivative.
/// `target` is a binary32 number, rounded to 7 fraction bits.
inline std::int16_t integer_output_delta(Loss loss, Activation activation, std::int8_t a,
                                         int activation_fraction_bits, float target) {
  const std::int32_t difference =
      shifted(a, 7 - activation_fraction_bits) - quantize_int16(target, 7);
  const std::int16_t delta = saturate_int16(difference * (1 << (delta_fraction_bits - 7)));
  return multiplies_derivative(loss) ? times_integer_derivative(delta, activation, a) : delta;
}

}  // namespace lsgd
