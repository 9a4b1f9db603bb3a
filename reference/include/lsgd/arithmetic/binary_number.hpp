// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <compare>
#include <cstdint>
#include <mpfr.h>

namespace lsgd {

/// Integers without a limit; up to 128 bits are stored without an allocation.
using Integer = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>,
                                              boost::multiprecision::et_off>;

/// What a number format can hold and every exact sum and product of such numbers: a binary rational
/// with a sign of zero, an infinity, or no number. Nothing here rounds.
///
/// The exponent is not normalized: a fixed-point number keeps its grid, zero included, so that the
/// bits a rounding discards are known from formats alone, whatever the value (SPEC 11.7).
struct BinaryNumber {
  enum class Kind : std::uint8_t {
    finite,
    infinite,
    not_a_number,
    outside_domain,  ///< the declaration does not say what a device has here: never judged
  };

  Kind kind = Kind::finite;
  bool is_negative = false;  ///< of zeros and infinities, too
  Integer magnitude = 0;     ///< finite: |value| is magnitude * 2^exponent
  std::int64_t exponent = no_grid;

  /// Exponent of a zero that belongs to no grid: coarser than every other.
  static constexpr std::int64_t no_grid = std::int64_t{1} << 40;

  bool is_finite() const { return kind == Kind::finite; }
  bool is_zero() const { return kind == Kind::finite && magnitude.is_zero(); }

  static BinaryNumber of(Integer value, std::int64_t exponent = 0);
  static BinaryNumber infinity(bool is_negative);
  static BinaryNumber not_a_number();
  static BinaryNumber outside_domain();
  /// Exact, with an odd magnitude; infinities and NaN included.
  static BinaryNumber of_double(double value);
  /// Exact; `value` is finite.
  static BinaryNumber of_mpfr(mpfr_srcptr value);

  /// The nearest double, for reports and bounds; NaN where this is no number.
  double to_double() const;
  /// Sets `value`, which may round.
  void to_mpfr(mpfr_ptr value) const;
  /// magnitude with its sign; of a finite number.
  Integer significand() const { return is_negative ? Integer(-magnitude) : magnitude; }
};

BinaryNumber operator-(BinaryNumber x);
/// Exact. An infinity less itself is no number; a zero sum is -0 only where both terms are.
BinaryNumber operator+(const BinaryNumber& x, const BinaryNumber& y);
BinaryNumber operator-(const BinaryNumber& x, const BinaryNumber& y);
/// Exact. Zero times infinity is no number.
BinaryNumber operator*(const BinaryNumber& x, const BinaryNumber& y);
/// Order of two finite or infinite numbers; -0 equals +0.
std::strong_ordering compare(const BinaryNumber& x, const BinaryNumber& y);
/// Whether both stand for the same number, the sign of a zero excepted (SPEC 6.2), or both for
/// none.
bool same_number(const BinaryNumber& x, const BinaryNumber& y);
/// |x|.
BinaryNumber magnitude_of(BinaryNumber x);

}  // namespace lsgd
