// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lsgd/rounding_model.hpp>

namespace lsgd {

/// Absolute-value sums of a dot product's terms, from which its error in any evaluation order
/// follows (SPEC 5.4).
class DotProductSums {
 public:
  /// Adds the term weight * x, |x| <= magnitude and known to within bound.
  void add_term(double weight, double magnitude, double bound, const RoundingModel& rounding) {
    const double largest = magnitude + bound;
    products_ += weight * largest;
    propagated_ += weight * bound;
    ++terms_;
    if (!rounding.keeps_binary32() || (weight > 0 && largest > 0)) ++rounded_terms_;
    if (rounding.flushes_to_zero())
      flushed_ += rounding.flush_of(weight, weight) * largest +
                  rounding.flush_of(magnitude - bound, largest) * weight;
  }

  /// Bound on the computed sum of the terms and, unless it is zero, a bias.
  double bound(double bias, const RoundingModel& rounding) const {
    const std::size_t addends = rounded_terms_ + (bias > 0 ? 1 : 0);
    if (addends == 0) return 0;
    const double underflow = static_cast<double>(rounded_terms_) *
                                 (rounding.product_underflow() + rounding.sum_underflow()) +
                             flushed_ + rounding.flush_of(bias, bias);
    return outward(propagated_ + underflow + rounding.gamma(addends) * (products_ + underflow) +
                       rounding.gamma(addends - 1) * bias,
                   operations());
  }

  /// Upper bound of every partial sum in any order, rounding errors of `bound` included.
  double reach(double bias, double bound) const {
    return outward(products_ + bias + bound, operations());
  }

 private:
  std::size_t operations() const { return 4 * terms_ + 2048; }

  double products_ = 0;
  double propagated_ = 0;
  double flushed_ = 0;
  std::size_t terms_ = 0;
  std::size_t rounded_terms_ = 0;
};

}  // namespace lsgd
