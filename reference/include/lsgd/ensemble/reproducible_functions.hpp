// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/ensemble/lanes.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

// Elementary functions from IEEE additions, multiplications and divisions alone, so that they have
// the same bits with every compiler and C library. Arguments are finite.

/// e^x for x <= 0, within a relative 2^-50; 0 below -708.
inline Lanes reproducible_exponential(const Lanes& x) {
  constexpr double log2_e = 0x1.71547652b82fep0;
  // ln 2 in two parts: the first has 32 trailing zeros, so that its product with k is exact.
  constexpr double ln2_high = 0x1.62e42feep-1;
  constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  const Lanes argument = larger(x, Lanes(-708));
  const Lanes k = nearest_integer(argument * log2_e);
  const Lanes r = (argument - k * ln2_high) - k * ln2_low;
  // |r| <= ln(2) / 2: the first omitted term of the series is r^14 / 14! < 2^-57.
  constexpr double inverse_factorial[] = {1.0 / 6227020800,
                                          1.0 / 479001600,
                                          1.0 / 39916800,
                                          1.0 / 3628800,
                                          1.0 / 362880,
                                          1.0 / 40320,
                                          1.0 / 5040,
                                          1.0 / 720,
                                          1.0 / 120,
                                          1.0 / 24,
                                          1.0 / 6,
                                          1.0 / 2,
                                          1.0,
                                          1.0};
  Lanes sum = inverse_factorial[0];
  for (std::size_t i = 1; i < std::size(inverse_factorial); ++i)
    sum = sum * r + inverse_factorial[i];
  // k, an integer from -1022 on, as the exponent of 2^k.
  const LaneBits exponent = (k + 0x1.8p52).bits() << 52;
  const Lanes result(sum.bits() + exponent);
  return select(less(x, Lanes(-708)), Lanes(0), result);
}

/// ln(1 + u) for u in [0, 1], within a relative 2^-49: twice the series of artanh(u / (2 + u)).
inline Lanes reproducible_logarithm_of_one_plus(const Lanes& u) {
  const Lanes s = u / (u + 2);
  const Lanes square = s * s;  // at most 1/9; the first omitted term is below 9^-18 / 37 < 2^-62
  Lanes sum = 1.0 / 35;
  for (int denominator = 33; denominator > 0; denominator -= 2)
    sum = sum * square + 1.0 / denominator;
  return 2 * s * sum;
}

/// ln x for 1 <= x < 2^32, within 2^-48.
inline Lanes reproducible_logarithm(const Lanes& x) {
  constexpr double ln2 = 0x1.62e42fefa39efp-1;
  Lanes significand = x, exponent = 0;
  for (int halvings = 0; halvings < 32; ++halvings) {
    const LaneBits is_large = less(Lanes(2), significand);
    significand = select(is_large, significand * 0.5, significand);
    exponent = exponent + select(is_large, Lanes(1), Lanes(0));
  }
  return exponent * ln2 + reproducible_logarithm_of_one_plus(significand - 1);
}

/// 1 / (1 + e^-z), within a relative 2^-48.
inline Lanes reproducible_sigmoid(const Lanes& z) {
  const Lanes e = reproducible_exponential(-magnitude(z));
  return select(less(z, Lanes(0)), e, Lanes(1)) / (1 + e);
}

/// tanh z, within 2^-50; not relative to a small z.
inline Lanes reproducible_tanh(const Lanes& z) {
  const Lanes e = reproducible_exponential(-2 * magnitude(z));
  const Lanes result = (1 - e) / (1 + e);
  return select(less(z, Lanes(0)), -result, result);
}

struct ReproducibleFunctions {
  static Lanes positive_part(const Lanes& z) { return larger(z, Lanes(0)); }
  static Lanes z_or_part(const Lanes& z, int exponent) {
    return larger(z, std::ldexp(1.0, exponent) * z);
  }
  static Lanes sigmoid(const Lanes& z) { return reproducible_sigmoid(z); }
  static Lanes tanh(const Lanes& z) { return reproducible_tanh(z); }
};

/// f(z).
inline Lanes reproducible_activation(Activation activation, const Lanes& z) {
  return activation_value(activation, ReproducibleFunctions(), z);
}

/// ln(1 + e^z), the loss of a sigmoid output with pre-activation z and target 0.
inline Lanes reproducible_softplus(const Lanes& z) {
  return larger(z, Lanes(0)) +
         reproducible_logarithm_of_one_plus(reproducible_exponential(-magnitude(z)));
}

}  // namespace lsgd
