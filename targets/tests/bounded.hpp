// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <lsgd/port.h>

namespace lsgd {

/// A double with a bound on how far the binary32 computation of the same expression, operation by
/// operation, can be from it. What double itself rounds is 2^-29 of that and covered by the unit
/// used.
struct Bounded {
  static constexpr double unit = 0x1.0001p-24;
  static constexpr double least = 0x1p-149;

  double value = 0;
  double error = 0;

  static Bounded rounded(double value, double propagated) {
    return {value, propagated + unit * (std::abs(value) + propagated) + least};
  }
  friend Bounded operator+(Bounded a, Bounded b) {
    return rounded(a.value + b.value, a.error + b.error);
  }
  friend Bounded operator-(Bounded a, Bounded b) {
    return rounded(a.value - b.value, a.error + b.error);
  }
  friend Bounded operator*(Bounded a, Bounded b) {
    return rounded(a.value * b.value,
                   std::abs(a.value) * b.error + std::abs(b.value) * a.error + a.error * b.error);
  }
};

/// f(z), sigmoid and tanh within 4 ulp, which is at most 8 units roundoff.
inline Bounded activated(lsgd_activation activation, Bounded z) {
  switch (activation) {
    case LSGD_ACTIVATION_IDENTITY:
      return z;
    case LSGD_ACTIVATION_RELU:
      if (z.value < -z.error) return {0, 0};
      return {std::fmax(z.value, 0), z.error};
    case LSGD_ACTIVATION_LEAKY_RELU:
      return {z.value > 0 ? z.value : z.value / 8, z.error};
    case LSGD_ACTIVATION_SIGMOID: {
      const double a = 1 / (1 + std::exp(-z.value));
      return {a, z.error / 4 + 8 * Bounded::unit * a};
    }
    case LSGD_ACTIVATION_TANH: {
      const double a = std::tanh(z.value);
      return {a, z.error + 8 * Bounded::unit * std::abs(a)};
    }
    case LSGD_ACTIVATION_SOFTMAX:
      break;
  }
  return {};
}

/// delta times f' in terms of a = f(z). Where a relu is nearer to 0 than its error, either is
/// possible.
inline Bounded times_derivative(Bounded delta, lsgd_activation activation, Bounded a) {
  const Bounded one{1, 0};
  switch (activation) {
    case LSGD_ACTIVATION_IDENTITY:
      return delta;
    case LSGD_ACTIVATION_RELU:
      if (a.value > a.error) return delta;
      if (a.error == 0) return {0, 0};
      return {0, std::abs(delta.value) + delta.error};
    case LSGD_ACTIVATION_LEAKY_RELU:
      if (a.value > a.error) return delta;
      if (a.value <= -a.error) return {delta.value / 8, delta.error / 8};
      return {delta.value / 8, std::abs(delta.value) + delta.error};
    case LSGD_ACTIVATION_SIGMOID:
      return delta * (a * (one - a));
    case LSGD_ACTIVATION_TANH:
      return delta * (one - a * a);
    case LSGD_ACTIVATION_SOFTMAX:
      break;
  }
  return {};
}

}  // namespace lsgd
