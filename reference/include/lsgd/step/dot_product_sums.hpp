// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <lsgd/numbers/real.hpp>
#include <lsgd/numbers/rounding_model.hpp>
#include <lsgd/step/bounded_tensor.hpp>

namespace lsgd {

/// Sums over the terms weight * x of a dot product from which its error in any evaluation order
/// follows (SPEC 5.4).
class DotProductSums {
 public:
  /// Adds a term: |value| is an upper bound of the exact |x|, with its sign; the computed x is
  /// within `bound` of it.
  void add_term(double weight, double value, double bound, const RoundingModel& rounding) {
    const double factor = std::abs(weight);
    const double magnitude = std::abs(value);
    const double largest = magnitude + bound;
    const double product = factor * largest;
    const double opposite = factor * std::max(0.0, bound - magnitude * (1 - 0x1p-50));
    const bool is_negative = std::signbit(weight) != std::signbit(value);
    negative_ += is_negative ? product : opposite;
    positive_ += is_negative ? opposite : product;
    products_ += product;
    propagated_ += factor * bound;
    ++terms_;
    if (!rounding.keeps_binary32() || (factor > 0 && largest > 0)) ++rounded_terms_;
    if (rounding.flushes_to_zero())
      flushed_ += rounding.flush_of(factor, factor) * largest +
                  rounding.flush_of(magnitude - bound, largest) * factor;
  }

  /// Adds a bias to the sum, exact.
  void add_bias(double bias, const RoundingModel& rounding) {
    (std::signbit(bias) ? negative_ : positive_) += std::abs(bias);
    bias_ = std::abs(bias);
    has_bias_ = bias != 0 || !rounding.keeps_binary32();
    flushed_ += rounding.flush_of(bias_, bias_);
  }

  /// Bound on the distance of the computed sum from the exact one.
  double bound(const RoundingModel& rounding) const {
    const std::size_t addends = rounded_terms_ + (has_bias_ ? 1 : 0);
    if (addends == 0) return flushed_;
    const double additions = static_cast<double>(addends - 1);
    const double underflow = static_cast<double>(rounded_terms_) * rounding.product_underflow() +
                             additions * rounding.sum_underflow() + flushed_;
    const double shrinkage = additions * rounding.sum_unit();
    const double error =
        shrinkage < 0.5
            ? (rounding.sum_unit() * products_ + shrinkage * largest_partial_sum() + underflow) /
                  (1 - shrinkage)
            : rounding.sum_gamma(addends + 1) * (products_ + bias_ + underflow) + underflow;
    return outward(propagated_ + error, operations());
  }

  /// Whether the stored sum is infinite in every order (SPEC 5.8), given the result of `bound`.
  /// Only a sum of one product is: compensated summation makes NaN of an infinite sum of several.
  /// @param exact  the exact sum
  template <class Real>
  bool always_overflows(const Real& exact, double bound) const {
    const double opposite = mpfr_signbit(mpfr_of(exact)) != 0 ? positive_ : negative_;
    return terms_ == 1 && overflows_for_certain(exact, bound) &&
           outward(opposite + bound, operations()) < largest_binary32;
  }

  /// Upper bound of every product and partial sum in any order, given the result of `bound`.
  double reach(double bound) const { return outward(largest_partial_sum() + bound, operations()); }

  /// Upper bound of the sum of the terms' magnitudes.
  double magnitude() const { return outward(products_, operations()); }

 private:
  double largest_partial_sum() const { return std::max(positive_, negative_); }
  std::size_t operations() const { return 8 * terms_ + 2048; }

  double positive_ = 0;
  double negative_ = 0;
  double products_ = 0;
  double propagated_ = 0;
  double flushed_ = 0;
  double bias_ = 0;
  bool has_bias_ = false;
  std::size_t terms_ = 0;
  std::size_t rounded_terms_ = 0;
};

}  // namespace lsgd
