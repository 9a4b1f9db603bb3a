// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/binary_number.hpp>

namespace lsgd {

namespace {

using Kind = BinaryNumber::Kind;

/// The kind of a result of which an operand is not finite, where no rule of infinities applies.
BinaryNumber without_value(const BinaryNumber& x, const BinaryNumber& y) {
  const bool is_outside = x.kind == Kind::outside_domain || y.kind == Kind::outside_domain;
  return is_outside ? BinaryNumber::outside_domain() : BinaryNumber::not_a_number();
}

bool has_no_value(const BinaryNumber& x) {
  return x.kind == Kind::not_a_number || x.kind == Kind::outside_domain;
}

Integer shifted_left(const Integer& value, std::int64_t places) {
  return value.is_zero() ? value : Integer(value << static_cast<unsigned>(places));
}

}  // namespace

BinaryNumber BinaryNumber::of(Integer value, std::int64_t exponent) {
  BinaryNumber number;
  number.is_negative = value < 0;
  number.magnitude = number.is_negative ? Integer(-value) : std::move(value);
  number.exponent = exponent;
  return number;
}

BinaryNumber BinaryNumber::infinity(bool is_negative) {
  BinaryNumber number;
  number.kind = Kind::infinite;
  number.is_negative = is_negative;
  return number;
}

BinaryNumber BinaryNumber::not_a_number() {
  BinaryNumber number;
  number.kind = Kind::not_a_number;
  return number;
}

BinaryNumber BinaryNumber::outside_domain() {
  BinaryNumber number;
  number.kind = Kind::outside_domain;
  return number;
}

BinaryNumber BinaryNumber::of_double(double value) {
  if (std::isnan(value)) return not_a_number();
  if (std::isinf(value)) return infinity(value < 0);
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);
  BinaryNumber number;
  number.is_negative = std::signbit(value);
  const auto significand = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
  const int zeros = value == 0 ? 0 : std::countr_zero(significand);
  number.magnitude = significand >> zeros;
  number.exponent = value == 0 ? no_grid : exponent - 53 + zeros;
  return number;
}

BinaryNumber BinaryNumber::of_mpfr(mpfr_srcptr value) {
  BinaryNumber number;
  number.is_negative = mpfr_signbit(value) != 0;
  if (mpfr_zero_p(value)) return number;
  mpz_t significand;
  mpz_init(significand);
  number.exponent = mpfr_get_z_2exp(significand, value);
  std::vector<unsigned char> bytes((mpz_sizeinbase(significand, 2) + 7) / 8);
  mpz_export(bytes.data(), nullptr, 1, 1, 1, 0, significand);
  mpz_clear(significand);
  import_bits(number.magnitude, bytes.begin(), bytes.end());
  return number;
}

double BinaryNumber::to_double() const {
  if (kind == Kind::infinite)
    return std::copysign(std::numeric_limits<double>::infinity(), is_negative ? -1 : 1);
  if (kind != Kind::finite) return std::numeric_limits<double>::quiet_NaN();
  mpfr_t value;
  mpfr_init2(value, 53);
  to_mpfr(value);
  const double result = mpfr_get_d(value, MPFR_RNDN);
  mpfr_clear(value);
  return result;
}

void BinaryNumber::to_mpfr(mpfr_ptr value) const {
  static_assert(sizeof(unsigned long) == 8);
  if (magnitude.backend().size() == 1 && !is_zero()) {
    // Without an allocation.
    const auto limb = static_cast<unsigned long>(*magnitude.backend().limbs());
    mpfr_set_ui_2exp(value, limb, static_cast<mpfr_exp_t>(exponent), MPFR_RNDN);
    if (is_negative) mpfr_neg(value, value, MPFR_RNDN);
    return;
  }
  std::vector<unsigned char> bytes;
  export_bits(magnitude, std::back_inserter(bytes), 8);
  mpz_t significand;
  mpz_init(significand);
  mpz_import(significand, bytes.size(), 1, 1, 1, 0, bytes.data());
  if (is_negative) mpz_neg(significand, significand);
  mpfr_set_z_2exp(value, significand, static_cast<mpfr_exp_t>(exponent), MPFR_RNDN);
  mpz_clear(significand);
  if (is_zero()) mpfr_set_zero(value, is_negative ? -1 : 1);
}

BinaryNumber operator-(BinaryNumber x) {
  x.is_negative = !x.is_negative;
  return x;
}

BinaryNumber operator+(const BinaryNumber& x, const BinaryNumber& y) {
  if (has_no_value(x) || has_no_value(y)) return without_value(x, y);
  if (x.kind == Kind::infinite && y.kind == Kind::infinite && x.is_negative != y.is_negative)
    return BinaryNumber::not_a_number();
  if (x.kind == Kind::infinite) return x;
  if (y.kind == Kind::infinite) return y;
  BinaryNumber sum;
  sum.exponent = std::min(x.exponent, y.exponent);
  Integer aligned;
  const bool x_is_coarser = x.exponent > sum.exponent;
  const BinaryNumber& coarse = x_is_coarser ? x : y;
  const BinaryNumber& fine = x_is_coarser ? y : x;
  sum.magnitude = shifted_left(coarse.magnitude, coarse.exponent - sum.exponent);
  sum.is_negative = coarse.is_negative;
  if (coarse.is_negative == fine.is_negative) {
    sum.magnitude += fine.magnitude;
    return sum;
  }
  const int order = sum.magnitude.compare(fine.magnitude);
  if (order < 0) {
    sum.magnitude = fine.magnitude - sum.magnitude;
    sum.is_negative = fine.is_negative;
  } else {
    sum.magnitude -= fine.magnitude;
    if (order == 0) sum.is_negative = false;
  }
  return sum;
}

BinaryNumber operator-(const BinaryNumber& x, const BinaryNumber& y) { return x + -y; }

BinaryNumber operator*(const BinaryNumber& x, const BinaryNumber& y) {
  if (has_no_value(x) || has_no_value(y)) return without_value(x, y);
  if (x.kind == Kind::infinite || y.kind == Kind::infinite) {
    if (x.is_zero() || y.is_zero()) return BinaryNumber::not_a_number();
    return BinaryNumber::infinity(x.is_negative != y.is_negative);
  }
  BinaryNumber product;
  product.is_negative = x.is_negative != y.is_negative;
  product.magnitude = x.magnitude * y.magnitude;
  product.exponent = x.exponent + y.exponent;
  return product;
}

std::strong_ordering compare(const BinaryNumber& x, const BinaryNumber& y) {
  if (x.kind == Kind::infinite || y.kind == Kind::infinite) {
    const auto rank = [](const BinaryNumber& number) {
      if (number.kind != Kind::infinite) return 0;
      return number.is_negative ? -1 : 1;
    };
    return rank(x) <=> rank(y);
  }
  const BinaryNumber difference = x - y;
  if (difference.is_zero()) return std::strong_ordering::equal;
  return difference.is_negative ? std::strong_ordering::less : std::strong_ordering::greater;
}

bool same_number(const BinaryNumber& x, const BinaryNumber& y) {
  if (has_no_value(x) || has_no_value(y)) return x.kind == y.kind;
  return compare(x, y) == std::strong_ordering::equal;
}

BinaryNumber magnitude_of(BinaryNumber x) {
  x.is_negative = false;
  return x;
}

}  // namespace lsgd
