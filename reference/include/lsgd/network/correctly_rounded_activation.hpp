// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <mpfr.h>
#include <stdexcept>

#include <lsgd/network/network.hpp>

namespace lsgd {

/// The correctly rounded binary32 value of sigmoid or tanh by 256-bit arithmetic. No value of
/// either function at a binary32 argument is nearer than 2^-100 to a rounding boundary without
/// rounding the same way from both sides, so one precision is enough.
inline float multiprecision_activation(Activation activation, float z) {
  mpfr_t value;
  mpfr_init2(value, 256);
  mpfr_set_flt(value, z, MPFR_RNDN);
  switch (activation) {
    case Activation::identity:
    case Activation::relu:
      break;
    case Activation::sigmoid:
      mpfr_neg(value, value, MPFR_RNDN);
      mpfr_exp(value, value, MPFR_RNDN);
      mpfr_add_ui(value, value, 1, MPFR_RNDN);
      mpfr_ui_div(value, 1, value, MPFR_RNDN);
      break;
    case Activation::tanh:
      mpfr_tanh(value, value, MPFR_RNDN);
      break;
  }
  const float rounded = mpfr_get_flt(value, MPFR_RNDN);
  mpfr_clear(value);
  return rounded;
}

/// f(z) correctly rounded to binary32 (round to nearest, ties to even, subnormals included): the
/// same bits on every machine, whatever its libm.
///
/// sigmoid and tanh are first evaluated in binary64. The result is used only if every real number
/// within a relative 2^-40 of it rounds alike, a margin that any libm whose exp and tanh are right
/// to 2^-42 keeps; about one argument in 30,000 takes the multiprecision path instead.
inline float correctly_rounded_activation(Activation activation, float z) {
  double value = 0;
  switch (activation) {
    case Activation::identity:
      return z;
    case Activation::relu:
      return z > 0 ? z : 0.0f;
    case Activation::sigmoid:
      value = 1 / (1 + std::exp(-static_cast<double>(z)));
      break;
    case Activation::tanh:
      value = std::tanh(static_cast<double>(z));
      break;
  }
  const float below = static_cast<float>(value * (1 - 0x1p-40));
  const float above = static_cast<float>(value * (1 + 0x1p-40));
  return below == above ? below : multiprecision_activation(activation, z);
}

}  // namespace lsgd
