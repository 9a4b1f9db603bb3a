// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>

#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/numbers/binary32.hpp>

namespace lsgd {

/// An upper bound on what `value`, a double computed from non-negative terms by at most
/// `operations` additions and multiplications, stands for (SPEC 5.2); +infinity for NaN.
inline double outward(double value, std::size_t operations = 2048) {
  if (std::isnan(value)) return std::numeric_limits<double>::infinity();
  return value * (1 + 0x1p-52 * static_cast<double>(operations));
}

/// The rounding errors a declared arithmetic model admits, in double, rounded up (SPEC 5.3).
class RoundingModel {
 public:
  /// Throws std::invalid_argument for a model outside SPEC 5.1.
  explicit RoundingModel(const ArithmeticModel& model)
      : significand_bits_(model.significand_bits),
        activation_ulps_(std::max(0.5, model.activation_ulps)),
        activation_absolute_error_(model.activation_absolute_error),
        flush_(model.flush_to_zero ? smallest_normal_binary32 : 0) {
    if (significand_bits_ < 2 || significand_bits_ > 24)
      throw std::invalid_argument("significand_bits is 2 to 24");
    if (!(model.activation_ulps >= 0) || !(activation_absolute_error_ >= 0))
      throw std::invalid_argument("an activation error is not negative");
    if (model.sum_bits < 16 || model.sum_bits > ArithmeticModel::widest_sum_bits)
      throw std::invalid_argument("sum_bits is 16 to 53");
    if (significand_bits_ < 24) earlier_rounding_ = 0x1p-24;
    const double own = std::ldexp(1.0, -significand_bits_);
    // outward() covers the product of the two where the earlier rounding is as small as 2^-52.
    unit_ = outward(own + earlier_rounding_ + (significand_bits_ < 24 ? own * 0x1p-24 : 0));
    sum_unit_ = unit_;
    const bool keeps_fewer_bits = model.sum_bits < ArithmeticModel::widest_sum_bits;
    if (keeps_fewer_bits) {
      const double kept = std::ldexp(1.0, -model.sum_bits);
      sum_unit_ = outward(unit_ + kept + unit_ * kept);
    }
    product_underflow_ = std::ldexp(1.0, -126 - significand_bits_) + flush_;
    const bool sums_are_exact = significand_bits_ == 24 && !keeps_fewer_bits && flush_ == 0;
    sum_underflow_ = sums_are_exact ? 0 : product_underflow_;
  }

  /// Relative error of one rounding, an earlier rounding to a wider format included: to binary32
  /// where fewer bits are declared.
  double unit() const { return unit_; }

  /// The same where fewer bits are kept within a dot product, before a rounding to the declared
  /// ones: relative to the largest product or partial sum so far.
  double sum_unit() const { return sum_unit_; }

  /// Bound on (1 + unit)^n - 1.
  double gamma(std::size_t n) const { return gamma_of(unit_, n); }

  /// Bound on (1 + sum_unit)^n - 1.
  double sum_gamma(std::size_t n) const { return gamma_of(sum_unit_, n); }

  /// Bound on the rounding error of a result that is at most `magnitude` before rounding: half a
  /// unit in the last place.
  double rounding_of(double magnitude) const {
    return std::ldexp(ulp_of(magnitude), 23 - significand_bits_) + earlier_rounding_ * magnitude;
  }

  /// Absolute error of one multiplication whose result may underflow.
  double product_underflow() const { return product_underflow_; }
  /// The same for an addition; gradual underflow of binary32 sums is exact.
  double sum_underflow() const { return sum_underflow_; }

  bool flushes_to_zero() const { return flush_ > 0; }
  /// Largest magnitude that reading an operand as zero can remove: 2^-126 or 0.
  double flush() const { return flush_; }
  /// The same for one operand whose magnitude is in [low, high].
  double flush_of(double low, double high) const {
    return low < 2 * flush_ ? std::min(high, flush_) : 0;
  }

  /// Whether every binary32 number is a result: adding zero or multiplying by one is then exact.
  bool keeps_binary32() const { return significand_bits_ == 24; }

  /// Error of sigmoid or tanh as a function of the computed pre-activation, for results of at most
  /// `magnitude`.
  double activation_error(double magnitude) const {
    return activation_ulps_ * std::ldexp(ulp_of(magnitude), 24 - significand_bits_) +
           activation_absolute_error_;
  }
  /// Relative error of a function evaluated within the declared units in the last place.
  double activation_relative_error() const { return 2 * activation_ulps_ * unit_; }

 private:
  static double gamma_of(double unit, std::size_t n) {
    const double product = static_cast<double>(n) * unit;
    if (product <= 0.5) return outward(product / (1 - product));
    double power = 1;
    for (std::size_t i = 0; i < n; ++i) power *= 1 + unit;
    return outward(power - 1, 4 * n + 2048);
  }

  int significand_bits_;
  double activation_ulps_;
  double activation_absolute_error_;
  double flush_;
  double earlier_rounding_ = 0x1p-52;
  double unit_ = 0;
  double sum_unit_ = 0;
  double product_underflow_ = 0;
  double sum_underflow_ = 0;
};

/// `bound`, or +infinity where a computed magnitude of at most `reach` may overflow binary32
/// (SPEC 5.8).
inline double bound_within_range(double bound, double reach) {
  return reach < largest_binary32 ? bound : std::numeric_limits<double>::infinity();
}

}  // namespace lsgd
