// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/real.hpp>

namespace lsgd {

/// Fraction bits of profile int32_fixed (SPEC 13.1).
inline constexpr int fixed_parameter_bits = 27;
inline constexpr int fixed_delta_bits = 28;  ///< also of inputs and targets
inline constexpr int fixed_preactivation_bits = 25;

/// Fraction bits of a layer's activations.
constexpr int fixed_activation_bits(Activation activation) {
  return is_bounded(activation) ? 30 : 28;
}

/// Fraction bits of learning_rate * delta where it multiplies inputs of so many fraction bits: the
/// high half of the product is in units of the parameters.
constexpr int fixed_step_bits(int input_bits) { return fixed_parameter_bits + 32 - input_bits; }

/// Parameters of profile int32_fixed: value / 2^27.
using Int32Parameters = Parameters<std::int32_t>;

/// The real number an int32 stands for, exact.
inline double fixed_value(std::int32_t value, int fraction_bits) {
  return std::ldexp(static_cast<double>(value), -fraction_bits);
}

/// saturate(round-half-away-from-zero(value * 2^fraction_bits)) to int32 (SPEC 13.2); exact for
/// binary32 numbers.
inline std::int32_t quantize_int32(double value, int fraction_bits) {
  constexpr double lowest = std::numeric_limits<std::int32_t>::min();
  constexpr double highest = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(
      std::clamp(std::round(std::ldexp(value, fraction_bits)), lowest, highest));
}

/// The same of a high-precision value.
template <class Real>
std::int32_t nearest_int32(const Real& value, int fraction_bits) {
  Real scaled;
  mpfr_mul_2si(mpfr_of(scaled), mpfr_of(value), fraction_bits, MPFR_RNDN);
  mpfr_round(mpfr_of(scaled), mpfr_of(std::as_const(scaled)));
  return quantize_int32(mpfr_get_d(mpfr_of(std::as_const(scaled)), MPFR_RNDN), 0);
}

}  // namespace lsgd
