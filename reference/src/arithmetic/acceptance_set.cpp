// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <stdexcept>

#include <lsgd/arithmetic/acceptance_set.hpp>
#include <lsgd/numbers/real.hpp>

#include "arithmetic/tensor_rounding.hpp"

namespace lsgd {

namespace {

/// The end of a bounded number below (-1) or above (1) it.
BinaryNumber end_of(const BoundedNumber& number, int side) {
  const bool is_low = side < 0;
  if (!std::isfinite(number.bound)) return BinaryNumber::infinity(is_low);
  Exact end;
  const DoubleOperand bound(number.bound);
  if (is_low)
    mpfr_sub(mpfr_of(end), mpfr_of(number.exact), bound.get(), MPFR_RNDD);
  else
    mpfr_add(mpfr_of(end), mpfr_of(number.exact), bound.get(), MPFR_RNDU);
  return BinaryNumber::of_mpfr(mpfr_of(end));
}

/// The least magnitude of an interval.
BinaryNumber least_magnitude(const NumberInterval& numbers) {
  if (numbers.low.is_negative != numbers.high.is_negative) return {};
  return magnitude_of(numbers.low.is_negative ? numbers.high : numbers.low);
}

BinaryNumber greatest_magnitude(const NumberInterval& numbers) {
  const BinaryNumber low = magnitude_of(numbers.low), high = magnitude_of(numbers.high);
  return compare(low, high) > 0 ? low : high;
}

/// A rounding that leads where the lower or the upper of several outcomes does.
Rounding extreme(Rounding rounding, RoundingDirection direction) {
  if (rounding.direction == RoundingDirection::any ||
      rounding.direction == RoundingDirection::stochastic)
    rounding.direction = direction;
  return rounding;
}

const NumberInterval everything{BinaryNumber::infinity(true), BinaryNumber::infinity(false)};

}  // namespace

bool NumberInterval::contains(const BinaryNumber& x) const {
  return (x.is_finite() || x.kind == BinaryNumber::Kind::infinite) && compare(low, x) <= 0 &&
         compare(x, high) <= 0;
}

AcceptanceSet::AcceptanceSet(const Arithmetic& arithmetic, Point parameter,
                             std::vector<BoundedNumber> numbers, std::size_t columns) {
  const ScaleDefinition* const scale = arithmetic.scale(parameter);
  const std::vector<Rounding>& roundings = arithmetic.at(parameter);
  if (scale == nullptr || !follows_numbers(scale->rule) ||
      first_scaled(roundings) == roundings.size())
    throw std::invalid_argument("a tensor whose scale is chosen from its numbers");
  const auto first = static_cast<std::ptrdiff_t>(first_scaled(roundings));
  roundings_.assign(roundings.begin() + first, roundings.end());
  std::vector<BinaryNumber> least, greatest;
  for (const BoundedNumber& number : numbers) {
    const NumberInterval& ends =
        ends_.emplace_back(NumberInterval{end_of(number, -1), end_of(number, 1)});
    least.push_back(least_magnitude(ends));
    greatest.push_back(greatest_magnitude(ends));
  }
  for (const NumberInterval& ends : ends_)
    is_judged_ = is_judged_ && ends.low.is_finite() && ends.high.is_finite();
  if (!is_judged_) return;
  // Every rule grows with each magnitude.
  const NumberFormat& format = roundings_.front().format;
  of_smallest_ = chosen_scales(format, scale->rule, least, columns);
  of_largest_ = chosen_scales(format, scale->rule, greatest, columns);
  may_be_zero_.assign(of_smallest_.size(), true);
  is_zero_ = may_be_zero_;
  for (std::size_t i = 0; i < least.size(); ++i) {
    const std::size_t position = scale_position(format, i, columns);
    if (!least[i].is_zero()) may_be_zero_[position] = false;
    if (!greatest[i].is_zero()) is_zero_[position] = false;
  }
}

bool AcceptanceSet::accepts_scale(std::size_t position, const TensorScale& scale) const {
  if (!is_judged_) return true;
  const TensorScale& smallest = of_smallest_.at(position);
  const TensorScale& largest = of_largest_.at(position);
  if (roundings_.front().format.kind == FormatKind::fixed)
    return largest.fraction_bits <= scale.fraction_bits &&
           scale.fraction_bits <= smallest.fraction_bits;
  if (!scale.scale.is_finite() || scale.scale.is_zero() || scale.scale.is_negative) return false;
  // Where all numbers are 0 the scale is 1; near that it is as small as they are.
  if (may_be_zero_[position] && same_number(scale.scale, BinaryNumber::of(1))) return true;
  if (is_zero_[position]) return false;
  return (may_be_zero_[position] || compare(smallest.scale, scale.scale) <= 0) &&
         compare(scale.scale, largest.scale) <= 0;
}

int AcceptanceSet::lowest_fraction_bits() const {
  return is_judged_ ? of_largest_.front().fraction_bits
                    : roundings_.front().format.fraction_bits.minimum;
}

int AcceptanceSet::highest_fraction_bits() const {
  return is_judged_ ? of_smallest_.front().fraction_bits
                    : roundings_.front().format.fraction_bits.maximum;
}

NumberInterval AcceptanceSet::accepted(std::size_t index, const TensorScale& scale) const {
  NumberInterval result = ends_.at(index);
  for (const Rounding& rounding : roundings_) {
    TensorScale own = scale;
    if (!has_tensor_scale(rounding.format))
      own = {.fraction_bits = rounding.format.fraction_bits.number};
    const NumberCodec codec(rounding.format, own);
    if (!result.low.is_finite() || !result.high.is_finite()) return everything;
    bool overflowed = false;
    result.low =
        codec.rounded(result.low, extreme(rounding, RoundingDirection::down), nullptr, &overflowed);
    result.high =
        codec.rounded(result.high, extreme(rounding, RoundingDirection::up), nullptr, &overflowed);
    // Only what saturates stays in order.
    if (overflowed && rounding.overflow != Overflow::saturate) return everything;
  }
  return result;
}

}  // namespace lsgd
