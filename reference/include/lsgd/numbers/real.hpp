// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <boost/multiprecision/mpfr.hpp>
#include <cmath>
#include <cstdint>
#include <mpfr.h>
#include <optional>
#include <string>

namespace lsgd {

/// Decimal digits for which Boost's mpfr backend carries at least `bits` significand bits.
constexpr unsigned decimal_digits_for(unsigned bits) { return (bits * 301 + 999) / 1000; }

/// Binary floating-point number of at least `bits` significand bits, round to nearest even, storage
/// inside the object.
template <unsigned bits>
using RealOf = boost::multiprecision::number<
    boost::multiprecision::mpfr_float_backend<decimal_digits_for(bits),
                                              boost::multiprecision::allocate_stack>,
    boost::multiprecision::et_off>;

/// The reference's real number (SPEC 3.4): 254 bits.
using Exact = RealOf<250>;

/// The reference evaluated at twice its precision, to check its digits.
using DoubleWidthExact = RealOf<508>;

/// The MPFR number inside `value`, for operations Boost does not offer without a temporary.
template <class Real>
mpfr_ptr mpfr_of(Real& value) {
  return value.backend().data();
}
template <class Real>
mpfr_srcptr mpfr_of(const Real& value) {
  return value.backend().data();
}

/// Smallest double that is not below |value|.
template <class Real>
double magnitude_above(const Real& value) {
  return std::abs(mpfr_get_d(mpfr_of(value), MPFR_RNDA));
}

/// Largest double that is not above |value|.
template <class Real>
double magnitude_below(const Real& value) {
  return std::abs(mpfr_get_d(mpfr_of(value), MPFR_RNDZ));
}

/// A double as an MPFR operand of one machine word, built from its bits.
class DoubleOperand {
 public:
  DoubleOperand() { mpfr_custom_init_set(number_, MPFR_ZERO_KIND, 0, precision, &word_); }
  explicit DoubleOperand(double value) : DoubleOperand() { assign(value); }
  DoubleOperand(const DoubleOperand&) = delete;
  DoubleOperand& operator=(const DoubleOperand&) = delete;

  void assign(double value) {
    static_assert(GMP_NUMB_BITS == 64, "one word holds the significand of a double");
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const int biased_exponent = static_cast<int>(bits >> 52) & 0x7ff;
    if (biased_exponent == 0 || biased_exponent == 0x7ff) {
      mpfr_set_d(number_, value, MPFR_RNDN);
      return;
    }
    word_ = bits << 11 | std::uint64_t{1} << 63;
    const int kind = std::signbit(value) ? -MPFR_REGULAR_KIND : MPFR_REGULAR_KIND;
    mpfr_custom_init_set(number_, kind, biased_exponent - 1022, precision, &word_);
  }
  mpfr_srcptr get() const { return number_; }

 private:
  static constexpr mpfr_prec_t precision = 53;
  mp_limb_t word_ = 0;
  mpfr_t number_;
};

namespace detail {

inline std::string scientific(mpfr_srcptr value, int digits) {
  if (mpfr_zero_p(value)) return "0";
  std::string text(static_cast<std::size_t>(digits) + 7, '\0');
  mpfr_exp_t exponent = 0;
  mpfr_get_str(text.data(), &exponent, 10, static_cast<std::size_t>(digits), value, MPFR_RNDN);
  text.resize(text.find('\0'));
  text.insert(text.front() == '-' ? 2 : 1, 1, '.');
  const long power = static_cast<long>(exponent) - 1;
  text += power < 0 ? "e-" : "e+";
  const std::string magnitude = std::to_string(power < 0 ? -power : power);
  if (magnitude.size() < 2) text += '0';
  return text + magnitude;
}

}  // namespace detail

/// `value` correctly rounded to `digits` significant decimal digits, as [-]d.ddd...e[+-]dd, or "0";
/// std::from_chars reads it back. `value` is finite.
template <class Real>
std::string to_decimal(const Real& value, int digits = 40) {
  return detail::scientific(mpfr_of(value), digits);
}

/// Bound on the distance of a reference value from the real number it stands for, from the binary32
/// bound beside it (SPEC 5.9: the reference is itself a legal computation, of a far smaller unit
/// roundoff).
template <class Real>
double evaluation_error(double bound) {
  constexpr int slack_bits = 28;
  const auto precision = mpfr_get_prec(mpfr_of(Real{}));
  return std::ldexp(bound, static_cast<int>(24 + slack_bits - precision));
}

/// to_decimal where every printed digit is proven: nothing when the true real number, which lies
/// within evaluation_error of `value`, may round to other digits. Evaluate at DoubleWidthExact
/// then.
template <class Real>
std::optional<std::string> proven_decimal(const Real& value, double bound, int digits = 40) {
  const double error = evaluation_error<Real>(bound);
  if (!std::isfinite(error)) return std::nullopt;
  const DoubleOperand distance(error);
  Real low, high;
  mpfr_sub(mpfr_of(low), mpfr_of(value), distance.get(), MPFR_RNDD);
  mpfr_add(mpfr_of(high), mpfr_of(value), distance.get(), MPFR_RNDU);
  std::string text = to_decimal(low, digits);
  if (text != to_decimal(high, digits)) return std::nullopt;
  return text;
}

}  // namespace lsgd
