// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <lsgd/numbers/real.hpp>

namespace lsgd {

/// Fraction bits of quantities whose format does not depend on their values (SPEC 4.2).
inline constexpr int input_fraction_bits = 7;
inline constexpr int preactivation_fraction_bits = 4;

namespace detail {

/// 7 - clamp(ceil(log2 m), 0, 7) of m = fraction * 2^exponent with fraction in [1/2, 1).
inline int fraction_bits_from_exponent(long exponent, bool is_power_of_two) {
  const long logarithm = is_power_of_two ? exponent - 1 : exponent;
  return static_cast<int>(7 - std::clamp(logarithm, 0L, 7L));
}

}  // namespace detail

/// Fraction bits of a tensor whose largest magnitude is `maximum`, finite and not negative
/// (SPEC 4.2): n = 7 - clamp(ceil(log2 maximum), 0, 7), and 7 for an all-zero tensor. Exact: taken
/// from the exponent, not from a logarithm.
inline int fraction_bits_of(float maximum) {
  if (maximum == 0) return 7;
  int exponent = 0;
  const float fraction = std::frexp(maximum, &exponent);
  return detail::fraction_bits_from_exponent(exponent, fraction == 0.5f);
}

/// The same of a high-precision maximum.
template <class Real>
int fraction_bits_of(const Real& maximum) {
  if (mpfr_zero_p(mpfr_of(maximum))) return 7;
  const mpfr_exp_t exponent = mpfr_get_exp(mpfr_of(maximum));
  const bool is_power_of_two =
      mpfr_cmp_ui_2exp(mpfr_of(maximum), 1, static_cast<mpfr_exp_t>(exponent - 1)) == 0;
  return detail::fraction_bits_from_exponent(exponent, is_power_of_two);
}

/// Fraction bits a conforming device may choose (SPEC 4.8): almost always one value, two where a
/// power of two lies within the bounds.
struct FractionBitsRange {
  int lowest = 7;
  int highest = 7;
  int nominal = 7;  ///< of the exact values

  bool contains(int fraction_bits) const {
    return lowest <= fraction_bits && fraction_bits <= highest;
  }
  bool operator==(const FractionBitsRange&) const = default;
};

}  // namespace lsgd
