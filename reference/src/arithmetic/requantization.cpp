// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/requantization.hpp"

#include <stdexcept>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/predefined_format.hpp>

#include "arithmetic/tensor_scale.hpp"

namespace lsgd {

namespace {

/// M = multiplier * 2^(exponent - 31), the multiplier in [2^30, 2^31).
struct Multiplier {
  Integer multiplier;
  std::int64_t exponent = 0;
};

Multiplier multiplier_of(const BinaryNumber& accumulator_scale, const BinaryNumber& scale) {
  const BinaryNumber m =
      rounded_quotient(accumulator_scale, scale, 31, RoundingDirection::nearest_away);
  const auto missing = 30 - static_cast<std::int64_t>(msb(m.magnitude));
  const Integer multiplier = missing >= 0 ? Integer(m.magnitude << static_cast<unsigned>(missing))
                                          : Integer(m.magnitude >> static_cast<unsigned>(-missing));
  return {multiplier, m.exponent - missing + 31};
}

/// floor(x / 2^places).
Integer shifted_down(const Integer& x, std::int64_t places) {
  const Integer divisor = Integer(1) << static_cast<unsigned>(places);
  Integer quotient = x / divisor;
  if (x < 0 && quotient * divisor != x) --quotient;
  return quotient;
}

Integer doubled(const Integer& accumulator, const Multiplier& m) {
  const Integer half = Integer(1) << 30;
  const Integer one = Integer(1) << 31;
  const std::int64_t left = m.exponent > 0 ? m.exponent : 0;
  const Integer product = (accumulator << static_cast<unsigned>(left)) * m.multiplier;
  // Halves of negative products go up here, and a division of integers cuts.
  const Integer high = (product + (product < 0 ? Integer(1 - half) : half)) / one;
  const std::int64_t right = m.exponent < 0 ? -m.exponent : 0;
  if (right == 0) return high;
  const Integer middle = Integer(1) << static_cast<unsigned>(right - 1);
  return high < 0 ? Integer(-shifted_down(middle - high, right))
                  : shifted_down(high + middle, right);
}

Integer at_once(const Integer& accumulator, const Multiplier& m) {
  const Integer product = accumulator * m.multiplier;
  const std::int64_t places = 31 - m.exponent;
  if (places <= 0) return product << static_cast<unsigned>(-places);
  return shifted_down(product + (Integer(1) << static_cast<unsigned>(places - 1)), places);
}

Integer in_binary32(const Integer& accumulator, const BinaryNumber& accumulator_scale,
                    const BinaryNumber& scale, const Rounding& rounding) {
  const NumberCodec binary32(predefined_format("binary32").value());
  const Rounding nearest{.format = binary32.format(), .overflow = Overflow::infinity};
  const BinaryNumber m =
      rounded_quotient(accumulator_scale, scale, 24, RoundingDirection::nearest_even);
  const BinaryNumber product = binary32.rounded(
      binary32.rounded(BinaryNumber::of(accumulator), nearest, nullptr) * m, nearest, nullptr);
  NumberFormat integer;
  integer.kind = FormatKind::fixed;
  integer.bits = 64;
  Rounding to_integer = rounding;
  to_integer.overflow = Overflow::saturate;
  const BinaryNumber result = NumberCodec(integer).rounded(product, to_integer, nullptr);
  return result.is_zero() ? Integer(0) : result.significand();
}

}  // namespace

Integer requantized(const Integer& accumulator, const BinaryNumber& accumulator_scale,
                    const BinaryNumber& scale, const Rounding& rounding) {
  switch (rounding.requantization) {
    case Requantization::exact:
      break;
    case Requantization::double_rounding:
      return doubled(accumulator, multiplier_of(accumulator_scale, scale));
    case Requantization::single_rounding:
      return at_once(accumulator, multiplier_of(accumulator_scale, scale));
    case Requantization::float_rounding:
      return in_binary32(accumulator, accumulator_scale, scale, rounding);
  }
  throw std::invalid_argument("a named requantization");
}

}  // namespace lsgd
