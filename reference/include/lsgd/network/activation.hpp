// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/rounding_model.hpp>

namespace lsgd {

/// value = sigmoid(z), to full relative precision for either sign.
template <class Real>
void sigmoid(Real& value, const Real& z) {
  Real decay = -abs(z);
  mpfr_exp(mpfr_of(decay), mpfr_of(decay), MPFR_RNDN);
  Real denominator = decay + 1;
  if (z < 0)
    mpfr_div(mpfr_of(value), mpfr_of(decay), mpfr_of(denominator), MPFR_RNDN);
  else
    mpfr_ui_div(mpfr_of(value), 1, mpfr_of(denominator), MPFR_RNDN);
}

/// a = f(z) (SPEC 2.2).
template <class Real>
void activate(Activation activation, Real& a, const Real& z) {
  switch (activation) {
    case Activation::identity:
      a = z;
      return;
    case Activation::relu:
      if (z > 0)
        a = z;
      else
        a = 0;
      return;
    case Activation::sigmoid:
      sigmoid(a, z);
      return;
    case Activation::tanh:
      mpfr_tanh(mpfr_of(a), mpfr_of(z), MPFR_RNDN);
      return;
  }
}

/// distance = 1 - a for sigmoid, 1 - |a| for tanh. Where that difference would cancel it is taken
/// from the pre-activation `z`, unless z is null because `a` itself is given.
template <class Real>
void distance_from_one(Activation activation, Real& distance, const Real& a, const Real* z) {
  const bool is_tanh = activation == Activation::tanh;
  if (is_tanh)
    distance = 1 - abs(a);
  else
    distance = 1 - a;
  if (z == nullptr || distance > 0x1p-20) return;
  Real decay = is_tanh ? Real(-2 * abs(*z)) : Real(-*z);
  mpfr_exp(mpfr_of(decay), mpfr_of(decay), MPFR_RNDN);
  distance = (is_tanh ? 2 : 1) * decay / (1 + decay);
}

/// derivative = f'(z), from a = f(z) and, where a is too close to 1, from z (null when a is given).
template <class Real>
void differentiate(Activation activation, Real& derivative, const Real& a, const Real* z) {
  switch (activation) {
    case Activation::identity:
      derivative = 1;
      return;
    case Activation::relu:
      derivative = a > 0 ? 1 : 0;
      return;
    case Activation::sigmoid:
      distance_from_one(activation, derivative, a, z);
      derivative *= a;
      return;
    case Activation::tanh:
      distance_from_one(activation, derivative, a, z);
      derivative *= 2 - derivative;
      return;
  }
}

/// K B of SPEC 5.5: how far sigmoid or tanh of an argument within `z_bound` of z is from a = f(z).
template <class Real>
double lipschitz_bound(Activation activation, const Real& a, double z_bound, double input_bound) {
  const double low = magnitude_below(a);
  const bool is_tanh = activation == Activation::tanh;
  const double derivative = is_tanh ? (1 - low) * (1 + low) : (1 - low) * magnitude_above(a);
  const double steepest = is_tanh ? 1 : 0.25;
  const double growth = (is_tanh ? 2 : 1) * z_bound;
  const double lipschitz =
      growth < 0.5 ? std::min(steepest, outward(derivative / (1 - growth))) : steepest;
  const double range = is_tanh ? 2 : 1;
  return std::min(range, outward(lipschitz * input_bound));
}

/// Bound on a computed activation, given the bound of its pre-activation (SPEC 5.5).
template <class Real>
double activation_bound(Activation activation, const Real& a, const Real& z, double z_bound,
                        const RoundingModel& rounding) {
  if (std::isinf(z_bound)) return z_bound;
  if (activation == Activation::identity) return outward(z_bound + rounding.flush());
  if (activation == Activation::relu) {
    const bool never_positive = z <= 0 && magnitude_below(z) >= z_bound;
    return never_positive ? 0 : outward(z_bound + rounding.flush());
  }
  const double propagated = lipschitz_bound(activation, a, z_bound, z_bound + rounding.flush());
  const double largest = std::min(outward(magnitude_above(a) + propagated), 1 - 0x1p-53);
  return outward(propagated + rounding.activation_error(largest) + rounding.flush());
}

/// What the bound of a contributes to that of f' (SPEC 5.6). An a below `flush` may be taken as 0.
template <class Real>
double propagated_derivative_bound(Activation activation, const Real& a, double a_bound,
                                   double flush) {
  if (activation == Activation::identity) return 0;
  if (std::isinf(a_bound)) return a_bound;
  if (activation == Activation::relu) {
    const double low = magnitude_below(a);
    const bool either = a > 0 && (low <= a_bound || low < flush);
    const bool may_turn_on = !(a > 0) && a_bound > 0;
    return either || may_turn_on ? 1 : 0;
  }
  if (activation == Activation::tanh) return a_bound * (2 * magnitude_above(a) + a_bound);
  const double value = mpfr_get_d(mpfr_of(a), MPFR_RNDN);
  const double slope = std::abs(1 - 2 * value) + 0x1p-52 * (1 + std::abs(value));
  return a_bound * (slope + a_bound);
}

/// Bound on a computed derivative, given a and its bound (SPEC 5.6). `derivative` is f' exactly.
template <class Real>
double derivative_bound(Activation activation, const Real& derivative, const Real& a,
                        double a_bound, const RoundingModel& rounding) {
  const double propagated = propagated_derivative_bound(activation, a, a_bound, rounding.flush());
  const bool is_computed = activation == Activation::sigmoid || activation == Activation::tanh;
  if (!is_computed || std::isinf(a_bound)) return propagated;
  const double largest = magnitude_above(a) + a_bound;
  const double square_error = rounding.unit() * largest * largest;
  const double factored_roundings = rounding.gamma(activation == Activation::tanh ? 3 : 2);
  const double reach = magnitude_above(derivative) + propagated;
  const double expanded = (square_error + rounding.unit() * reach) * (1 + rounding.unit());
  const double relative = std::max(factored_roundings, rounding.activation_relative_error());
  return outward(propagated + std::max(expanded, relative * reach) +
                 2 * rounding.product_underflow() + rounding.sum_underflow() +
                 rounding.flush() * (1 + largest));
}

}  // namespace lsgd
