// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <lsgd/numbers/real.hpp>
#include <lsgd/numbers/rounding_model.hpp>

namespace lsgd {

/// An upper bound of e^d - 1, d not negative.
inline double growth_above(double d) {
  if (d < 0x1p-8) return outward(d / (1 - d));
  // e^d = (e^(d / n))^n with a part for which e^x <= 1 / (1 - x) is near.
  double part = d;
  int doublings = 0;
  while (part >= 0x1p-8 && doublings < 64) {
    part /= 2;
    ++doublings;
  }
  if (part >= 0x1p-8) return std::numeric_limits<double>::infinity();
  double power = outward(1 / (1 - part));
  for (; doublings > 0; --doublings) power = outward(power * power, 8);
  return outward(power - 1);
}

/// What the operations of a softmax admit of errors (SPEC 5.13).
struct SoftmaxErrors {
  double unit = 0;       ///< relative, of differences, sums and quotients, ...
  double underflow = 0;  ///< ... and absolute, of each of them
  double relative = 0;   ///< of an exponential, ...
  double absolute = 0;   ///< ... and what comes on top
  double operand = 0;    ///< what reading a number may take away from it
  double quotient = 0;   ///< absolute, of the result
};

inline SoftmaxErrors softmax_errors(const RoundingModel& rounding) {
  return {rounding.unit(),
          rounding.sum_underflow(),
          rounding.activation_relative_error(),
          rounding.activation_error(0),
          rounding.flush(),
          rounding.product_underflow() + rounding.flush()};
}

/// How far the softmax of a device may be from the exact one (SPEC 5.13).
class SoftmaxBounds {
 public:
  /// @param z exact pre-activations [outputs], with the bounds of the device's
  /// @param a their softmax
  template <class Real>
  SoftmaxBounds(const std::vector<Real>& z, const std::vector<double>& z_bound,
                const std::vector<Real>& a, const SoftmaxErrors& errors)
      : errors_(errors) {
    const double largest_bound = *std::ranges::max_element(z_bound);
    is_bounded_ = std::isfinite(largest_bound);
    if (!is_bounded_) return;
    const Real& largest = *std::ranges::max_element(z);
    // In units of the sum of the exact e^(z - m'), m' the device's largest: at least e^-B.
    absolute_ = outward((errors.absolute + errors.underflow + 2 * errors.operand) *
                        (1 + growth_above(largest_bound)));
    for (std::size_t k = 0; k < z.size(); ++k) {
      const Real distance = largest - z[k];
      const double reach = outward(magnitude_above(distance) + z_bound[k] + largest_bound);
      const double exponent =
          outward(z_bound[k] + errors.unit * reach + errors.underflow + 3 * errors.operand);
      // Below e^-800 both are nothing beside 2^-1074.
      const bool is_nothing = magnitude_below(distance) - exponent - largest_bound > 800;
      const double relative =
          is_nothing ? 0
                     : outward(growth_above(exponent) * (1 + errors.relative) + errors.relative);
      const double value = magnitude_above(a[k]);
      values_.push_back(value);
      numerators_.push_back(outward((is_nothing ? 0x1p-1074 : value * relative) + absolute_));
    }
    // Of all others, from those before and those behind.
    others_.assign(z.size(), 0);
    double before = 0, behind = 0;
    for (std::size_t k = 0; k < z.size(); ++k) {
      others_[k] += before;
      others_[z.size() - 1 - k] += behind;
      before += numerators_[k];
      behind += numerators_[z.size() - 1 - k];
    }
    for (double& sum : others_) sum = outward(sum, 8 * z.size() + 2048);
    rounded_ = rounded(z.size());
  }

  template <class Real>
  SoftmaxBounds(const std::vector<Real>& z, const std::vector<double>& z_bound,
                const std::vector<Real>& a, const RoundingModel& rounding)
      : SoftmaxBounds(z, z_bound, a, softmax_errors(rounding)) {}

  /// Of output j; +infinity where a pre-activation may overflow.
  /// @param complement at least 1 - a[j]
  double bound(std::size_t j, double complement) const {
    if (!is_bounded_) return std::numeric_limits<double>::infinity();
    const double moved = complement * numerators_[j] + values_[j] * others_[j];
    const double rest = 1 - outward(numerators_[j] + others_[j]);
    const double inexact = rest > 0 ? std::min(1.0, outward(moved / rest)) : 1;
    return outward(inexact + rounded_ * (values_[j] + inexact) + errors_.quotient);
  }

 private:
  /// Of the sum of n numbers that are not negative, and of a quotient in one rounding or two.
  double rounded(std::size_t n) const {
    const double count = static_cast<double>(n) + 1;
    const double product = count * errors_.unit;
    if (product <= 0.5) return outward(product / (1 - product));
    double power = (1 + errors_.unit) * (1 + errors_.unit);
    for (std::size_t k = 1; k < n; ++k) power /= 1 - errors_.unit;
    return outward(power - 1, 4 * n + 2048);
  }

  SoftmaxErrors errors_;
  bool is_bounded_ = false;
  double absolute_ = 0;             ///< of a numerator
  std::vector<double> values_;      ///< at least a
  std::vector<double> numerators_;  ///< by how much each may be off, the sum being 1
  std::vector<double> others_;      ///< the sum of these but one
  double rounded_ = 0;
};

}  // namespace lsgd
