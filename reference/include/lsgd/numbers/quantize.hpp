// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <lsgd/numbers/real.hpp>

namespace lsgd {

/// Nearest int8: values outside [-128, 127] become its ends (SPEC 4.3).
template <class Number>
std::int8_t saturate_int8(Number value) {
  return static_cast<std::int8_t>(std::clamp<Number>(value, -128, 127));
}

/// saturate(round-half-away-from-zero(value * 2^fraction_bits)) (SPEC 4.3); `value` is finite and
/// fraction_bits 0 to 7. Exact: the scaled value is a double.
inline std::int8_t quantize(float value, int fraction_bits) {
  return saturate_int8(std::round(std::ldexp(static_cast<double>(value), fraction_bits)));
}

/// The same of a high-precision value.
template <class Real>
std::int8_t quantize(const Real& value, int fraction_bits) {
  Real scaled;
  mpfr_mul_2si(mpfr_of(scaled), mpfr_of(value), fraction_bits, MPFR_RNDN);
  mpfr_round(mpfr_of(scaled), mpfr_of(std::as_const(scaled)));
  return saturate_int8(mpfr_get_si(mpfr_of(std::as_const(scaled)), MPFR_RNDN));
}

/// The binary32 number an int8 stands for: value / 2^fraction_bits, exact.
inline float dequantize(std::int8_t value, int fraction_bits) {
  return std::ldexp(static_cast<float>(value), -fraction_bits);
}

}  // namespace lsgd
