// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/round_to_integer.hpp>

namespace lsgd {

namespace {

using NumberKind = BinaryNumber::Kind;

/// More bits of a quotient than any rounding looks at: 64 random bits and two.
constexpr std::int64_t quotient_bits = 66;

/// The rounding of a number that is an integer.
Rounding cut() {
  Rounding rounding;
  rounding.direction = RoundingDirection::zero;
  return rounding;
}

Integer power_of_two(std::int64_t exponent) {
  return Integer(1) << static_cast<unsigned>(exponent);
}

/// floor(log2 |x|) of a finite number other than zero.
std::int64_t floor_log2(const BinaryNumber& x) {
  return static_cast<std::int64_t>(msb(x.magnitude)) + x.exponent;
}

/// `x` in units of 2^exponent, which is not above its own exponent unless x is zero.
Integer in_units(const BinaryNumber& x, std::int64_t exponent) {
  if (x.is_zero()) return 0;
  const Integer magnitude = x.magnitude << static_cast<unsigned>(x.exponent - exponent);
  return x.is_negative ? Integer(-magnitude) : magnitude;
}

/// numerator / denominator of two finite numbers as a magnitude for round_to_integer.
UnroundedInteger quotient(const BinaryNumber& numerator, const BinaryNumber& denominator,
                          bool sticky) {
  const std::int64_t exponent = numerator.exponent - denominator.exponent;
  UnroundedInteger result;
  result.is_negative = numerator.is_negative != denominator.is_negative;
  if (numerator.is_zero()) return result;
  const std::int64_t more = std::max<std::int64_t>(0, quotient_bits + exponent) +
                            static_cast<std::int64_t>(msb(denominator.magnitude));
  Integer remainder;
  divide_qr(Integer(numerator.magnitude << static_cast<unsigned>(more)), denominator.magnitude,
            result.magnitude, remainder);
  result.shift = more - exponent;
  result.sticky = sticky || !remainder.is_zero();
  return result;
}

/// Whether the direction leads from a number of this sign towards zero.
bool goes_towards_zero(RoundingDirection direction, bool is_negative) {
  return direction == RoundingDirection::zero ||
         direction == (is_negative ? RoundingDirection::up : RoundingDirection::down);
}

/// The direction among positions of an ascending list that has the effect of `direction` on numbers
/// of this sign.
RoundingDirection among_positions(RoundingDirection direction, bool is_negative) {
  switch (direction) {
    case RoundingDirection::nearest_away:
      return is_negative ? RoundingDirection::nearest_down : RoundingDirection::nearest_up;
    case RoundingDirection::nearest_zero:
      return is_negative ? RoundingDirection::nearest_up : RoundingDirection::nearest_down;
    case RoundingDirection::zero:
      return is_negative ? RoundingDirection::up : RoundingDirection::down;
    case RoundingDirection::away:
      return is_negative ? RoundingDirection::down : RoundingDirection::up;
    case RoundingDirection::nearest_even:
    case RoundingDirection::nearest_up:
    case RoundingDirection::nearest_down:
    case RoundingDirection::up:
    case RoundingDirection::down:
    case RoundingDirection::odd:
    case RoundingDirection::stochastic:
    case RoundingDirection::any:
    case RoundingDirection::none:
      return direction;
  }
  throw std::logic_error("a rounding direction");
}

/// Numbers of an integer code that is in range, or what the rule makes of it.
std::optional<Integer> within_range(Integer value, const Integer& low, const Integer& high,
                                    Overflow rule, bool* overflowed) {
  if (low <= value && value <= high) return value;
  if (overflowed != nullptr) *overflowed = true;
  switch (rule) {
    case Overflow::saturate:
      return value < low ? low : high;
    case Overflow::wrap: {
      const Integer count = high - low + 1;
      Integer offset = (value - low) % count;
      if (offset < 0) offset += count;
      return low + offset;
    }
    case Overflow::outside_domain:
      return std::nullopt;
    case Overflow::infinity:
    case Overflow::infinity_or_nan:
      break;
  }
  throw std::invalid_argument("an integer format has no infinity");
}

}  // namespace

NumberCodec::NumberCodec(const NumberFormat& format, TensorScale scale)
    : format_(format), scale_(std::move(scale)) {
  switch (format_.kind) {
    case FormatKind::floating: {
      if (format_.precision < 1 || format_.exponent_bits() < 1 || format_.bits > 64)
        throw std::invalid_argument("a float of 1 or more significand and exponent bits");
      lowest_exponent_ = 1 - format_.bias;
      const std::uint64_t all_ones = (std::uint64_t{1} << (format_.bits - 1)) - 1;
      std::uint64_t code = all_ones;
      if (format_.specials == Specials::ieee)
        code -= std::uint64_t{1} << (format_.precision - 1);
      else if (format_.specials == Specials::one_nan)
        code -= 1;
      largest_ = float_number(code);
      break;
    }
    case FormatKind::fixed:
    case FormatKind::affine:
      if (format_.bits < 1 || format_.bits > 64)
        throw std::invalid_argument("an integer of 1 to 64 bits");
      high_ = power_of_two(format_.is_signed ? format_.bits - 1 : format_.bits) - 1;
      low_ = format_.is_signed ? Integer(-high_ - (format_.symmetric ? 0 : 1)) : Integer(0);
      if (format_.kind == FormatKind::affine &&
          (!scale_.scale.is_finite() || scale_.scale.is_zero()))
        throw std::invalid_argument("a scale is finite and not zero");
      break;
    case FormatKind::set:
      if (format_.values.size() < 2) throw std::invalid_argument("a set of two numbers or more");
      for (const double value : format_.values)
        values_.push_back(BinaryNumber::of_double(value) * scale_.scale);
      break;
    case FormatKind::exact:
      break;
  }
}

bool NumberCodec::has_infinity() const {
  return format_.kind == FormatKind::floating && format_.specials == Specials::ieee;
}

bool NumberCodec::has_nan() const {
  return format_.kind == FormatKind::floating && format_.specials != Specials::finite;
}

BinaryNumber NumberCodec::largest() const {
  switch (format_.kind) {
    case FormatKind::floating:
      return largest_;
    case FormatKind::fixed:
      return BinaryNumber::of(high_, -scale_.fraction_bits);
    case FormatKind::affine:
      return BinaryNumber::of(high_ - scale_.zero_point) * scale_.scale;
    case FormatKind::set:
      return values_.back();
    case FormatKind::exact:
      break;
  }
  return BinaryNumber::infinity(false);
}

BinaryNumber NumberCodec::smallest() const {
  switch (format_.kind) {
    case FormatKind::floating:
      return -largest_;
    case FormatKind::fixed:
      return BinaryNumber::of(low_, -scale_.fraction_bits);
    case FormatKind::affine:
      return BinaryNumber::of(low_ - scale_.zero_point) * scale_.scale;
    case FormatKind::set:
      return values_.front();
    case FormatKind::exact:
      break;
  }
  return BinaryNumber::infinity(true);
}

BinaryNumber NumberCodec::rounded(const BinaryNumber& x, const Rounding& rounding,
                                  RandomStream* random, bool* overflowed) const {
  return rounded_operand({x, false}, rounding, random, overflowed);
}

std::optional<BinaryNumber> NumberCodec::rounded_between(const BinaryNumber& low,
                                                         const BinaryNumber& high,
                                                         const Rounding& rounding,
                                                         RandomStream* random) const {
  const BinaryNumber& smaller = low.is_negative ? high : low;
  BinaryNumber larger = low.is_negative ? low : high;
  larger.magnitude -= 1;
  std::optional<RandomStream> first, second;
  if (random != nullptr) first = second = *random;
  RandomStream* const draws[] = {first ? &*first : nullptr, second ? &*second : nullptr};
  const BinaryNumber from_smaller = rounded_operand({smaller, true}, rounding, draws[0], nullptr);
  const BinaryNumber from_larger = rounded_operand({larger, true}, rounding, draws[1], nullptr);
  if (!same_number(from_smaller, from_larger)) return std::nullopt;
  if (random != nullptr) *random = *first;
  return from_smaller;
}

BinaryNumber NumberCodec::rounded_operand(const Operand& x, const Rounding& rounding,
                                          RandomStream* random, bool* overflowed) const {
  if (format_.kind == FormatKind::exact) return x.number;
  if (!x.number.is_finite()) {
    if (rounding.direction == RoundingDirection::stochastic && random != nullptr)
      random->draw(rounding.random_bits);
    return without_number(x.number, rounding);
  }
  switch (format_.kind) {
    case FormatKind::floating:
      return rounded_float(x, rounding, random, overflowed);
    case FormatKind::fixed:
      return rounded_fixed(x, rounding, random, overflowed);
    case FormatKind::affine:
      return rounded_affine(x, rounding, random, overflowed);
    case FormatKind::set:
      return rounded_set(x, rounding, random, overflowed);
    case FormatKind::exact:
      break;
  }
  throw std::logic_error("a kind of format");
}

BinaryNumber NumberCodec::without_number(const BinaryNumber& x, const Rounding& rounding) const {
  if (x.kind == NumberKind::infinite) {
    switch (rounding.overflow) {
      case Overflow::saturate:
        return x.is_negative ? smallest() : largest();
      case Overflow::infinity:
      case Overflow::infinity_or_nan:
        if (has_infinity()) return x;
        return has_nan() ? BinaryNumber::not_a_number() : BinaryNumber::outside_domain();
      case Overflow::wrap:
      case Overflow::outside_domain:
        return BinaryNumber::outside_domain();
    }
  }
  if (x.kind == NumberKind::not_a_number && has_nan()) return x;
  return BinaryNumber::outside_domain();
}

BinaryNumber NumberCodec::beyond(bool is_negative, const Rounding& rounding) const {
  const BinaryNumber end = is_negative ? -largest_ : largest_;
  switch (rounding.overflow) {
    case Overflow::saturate:
      return end;
    case Overflow::infinity:
    case Overflow::infinity_or_nan:
      if (goes_towards_zero(rounding.direction, is_negative)) return end;
      if (has_infinity()) return BinaryNumber::infinity(is_negative);
      if (rounding.overflow == Overflow::infinity_or_nan && has_nan())
        return BinaryNumber::not_a_number();
      break;
    case Overflow::outside_domain:
      return BinaryNumber::outside_domain();
    case Overflow::wrap:
      break;
  }
  throw std::invalid_argument("an overflow rule that the float format can follow");
}

BinaryNumber NumberCodec::rounded_float(const Operand& x, const Rounding& rounding,
                                        RandomStream* random, bool* overflowed) const {
  BinaryNumber result = x.number;
  if (rounding.direction != RoundingDirection::none) {
    UnroundedInteger number;
    number.is_negative = x.number.is_negative;
    number.sticky = x.sticky;
    std::int64_t unit = BinaryNumber::no_grid;
    if (!x.number.is_zero()) {
      const std::int64_t exponent = std::max(floor_log2(x.number), lowest_exponent_);
      unit = exponent - (format_.precision - 1);
      number.magnitude = x.number.magnitude;
      number.shift = unit - x.number.exponent;
      // The code of a power of two without further significand bits ends with its exponent's.
      number.flips_parity = format_.precision == 1 && (exponent - lowest_exponent_) % 2 != 0;
    }
    if (number.shift < 0) {
      round_to_integer({}, rounding, random);
    } else {
      result.magnitude = round_to_integer(number, rounding, random);
      result.exponent = result.magnitude.is_zero() ? BinaryNumber::no_grid : unit;
      if (bit_test(result.magnitude, static_cast<unsigned>(format_.precision))) {
        result.magnitude >>= 1;
        ++result.exponent;
      }
    }
  }
  if (compare(magnitude_of(result), largest_) > 0) {
    if (overflowed != nullptr) *overflowed = true;
    return beyond(result.is_negative, rounding);
  }
  const bool flushes = format_.subnormals == Subnormals::flush_results ||
                       format_.subnormals == Subnormals::flush_both;
  if (flushes && !result.is_zero() && floor_log2(result) < lowest_exponent_) {
    result.magnitude = 0;
    result.exponent = BinaryNumber::no_grid;
  }
  return result;
}

BinaryNumber NumberCodec::rounded_fixed(const Operand& x, const Rounding& rounding,
                                        RandomStream* random, bool* overflowed) const {
  const std::int64_t unit = -scale_.fraction_bits;
  if (rounding.direction == RoundingDirection::none) {
    if (x.number.is_zero()) return x.number;
    const std::int64_t grid = std::min(unit, x.number.exponent);
    const auto finer = static_cast<unsigned>(unit - grid);
    // Modulo 2^bits: the range of a wrap ends just below the next unit.
    const Integer high = rounding.overflow == Overflow::wrap ? Integer(((high_ + 1) << finer) - 1)
                                                             : Integer(high_ << finer);
    const std::optional<Integer> limited =
        within_range(in_units(x.number, grid), Integer(low_ * power_of_two(finer)), high,
                     rounding.overflow, overflowed);
    return limited ? BinaryNumber::of(*limited, grid) : BinaryNumber::outside_domain();
  }
  UnroundedInteger number;
  number.magnitude = x.number.magnitude;
  number.shift = unit - x.number.exponent;
  number.is_negative = x.number.is_negative;
  number.sticky = x.sticky;
  number.discards_from_floor = true;
  Integer integer = round_to_integer(number, rounding, random);
  if (x.number.is_negative) integer = -integer;
  const std::optional<Integer> code =
      within_range(std::move(integer), low_, high_, rounding.overflow, overflowed);
  return code ? BinaryNumber::of(*code, unit) : BinaryNumber::outside_domain();
}

BinaryNumber NumberCodec::rounded_affine(const Operand& x, const Rounding& rounding,
                                         RandomStream* random, bool* overflowed) const {
  UnroundedInteger number = quotient(x.number, scale_.scale, x.sticky);
  if (rounding.direction == RoundingDirection::none) {
    // Sums of products of the format's grid: nothing to round, only the range counts.
    const Integer integer = round_to_integer(number, cut(), nullptr);
    const Integer code = scale_.zero_point + (number.is_negative ? Integer(-integer) : integer);
    const std::optional<Integer> limited =
        within_range(code, low_, high_, rounding.overflow, overflowed);
    if (!limited) return BinaryNumber::outside_domain();
    if (*limited == code) return x.number;
    return BinaryNumber::of(*limited - scale_.zero_point) * scale_.scale;
  }
  number.discards_from_floor = true;
  Integer code = round_to_integer(number, rounding, random);
  if (number.is_negative) code = -code;
  const std::optional<Integer> limited =
      within_range(code + scale_.zero_point, low_, high_, rounding.overflow, overflowed);
  if (!limited) return BinaryNumber::outside_domain();
  return BinaryNumber::of(*limited - scale_.zero_point) * scale_.scale;
}

BinaryNumber NumberCodec::rounded_set(const Operand& x, const Rounding& rounding,
                                      RandomStream* random, bool* overflowed) const {
  const bool is_below = compare(x.number, values_.front()) < 0;
  const bool is_above = compare(x.number, values_.back()) > 0;
  if (is_below || is_above) {
    if (overflowed != nullptr) *overflowed = true;
    if (rounding.direction == RoundingDirection::stochastic) round_to_integer({}, rounding, random);
    if (rounding.overflow == Overflow::outside_domain) return BinaryNumber::outside_domain();
    return is_below ? values_.front() : values_.back();
  }
  const auto above = std::find_if(values_.begin() + 1, values_.end() - 1,
                                  [&](const BinaryNumber& v) { return compare(v, x.number) > 0; });
  const BinaryNumber& high = *above;
  const BinaryNumber& low = *(above - 1);
  const auto position = static_cast<std::size_t>(above - values_.begin()) - 1;

  Rounding among = rounding;
  among.direction = among_positions(rounding.direction, x.number.is_negative);
  // Between negative numbers a larger magnitude is a smaller position: the remainder is taken from
  // the other end, where what `sticky` says points the right way.
  const bool from_high = x.number.is_negative && x.sticky;
  UnroundedInteger part = from_high ? quotient(high - x.number, high - low, x.sticky)
                                    : quotient(x.number - low, high - low, x.sticky);
  if (from_high) part.magnitude = power_of_two(part.shift) - part.magnitude - (part.sticky ? 1 : 0);
  const bool is_between = !part.magnitude.is_zero() || part.sticky;
  const bool powers = !low.is_zero() && !high.is_zero() && low.is_negative == high.is_negative;
  if (format_.nearest == NearestPower::logarithm && rounds_to_nearest(rounding.direction) &&
      powers && is_between) {
    const auto order = compare(x.number * x.number, low * high);
    const int quarter = order == 0 ? 2 : ((order > 0) != x.number.is_negative ? 3 : 1);
    part.shift = 2;
    part.magnitude = quarter;
    part.sticky = false;
  }
  part.is_negative = false;
  part.flips_parity = position % 2 != 0;
  const bool goes_up = !round_to_integer(part, among, random).is_zero();
  return goes_up ? high : low;
}

BinaryNumber NumberCodec::operand(BinaryNumber x) const {
  const bool flushes =
      format_.kind == FormatKind::floating && (format_.subnormals == Subnormals::flush_operands ||
                                               format_.subnormals == Subnormals::flush_both);
  if (!flushes || !x.is_finite() || x.is_zero() || floor_log2(x) >= lowest_exponent_) return x;
  x.magnitude = 0;
  x.exponent = BinaryNumber::no_grid;
  return x;
}

std::optional<std::uint64_t> NumberCodec::code_of(const BinaryNumber& x) const {
  if (x.kind == NumberKind::outside_domain) return std::nullopt;
  const auto modulo_bits = [&](const Integer& value) {
    const Integer code = value < 0 ? Integer(value + power_of_two(format_.bits)) : value;
    return code.convert_to<std::uint64_t>();
  };
  switch (format_.kind) {
    case FormatKind::floating:
      return float_code(x);
    case FormatKind::fixed: {
      const UnroundedInteger number{x.magnitude, -scale_.fraction_bits - x.exponent};
      const Integer code = round_to_integer(number, cut(), nullptr);
      return modulo_bits(x.is_negative ? Integer(-code) : code);
    }
    case FormatKind::affine: {
      const UnroundedInteger number = quotient(x, scale_.scale, false);
      const Integer code = round_to_integer(number, cut(), nullptr);
      return modulo_bits(scale_.zero_point + (number.is_negative ? Integer(-code) : code));
    }
    case FormatKind::set: {
      const auto found = std::find_if(values_.begin(), values_.end(),
                                      [&](const BinaryNumber& v) { return same_number(v, x); });
      if (found == values_.end()) throw std::invalid_argument("a number of the set");
      return static_cast<std::uint64_t>(found - values_.begin());
    }
    case FormatKind::exact:
      break;
  }
  throw std::invalid_argument("exact numbers have no codes");
}

std::optional<std::uint64_t> NumberCodec::float_code(const BinaryNumber& x) const {
  const int fraction_bits = format_.precision - 1;
  const std::uint64_t sign = std::uint64_t{x.is_negative} << (format_.bits - 1);
  const std::uint64_t exponent_mask = ((std::uint64_t{1} << format_.exponent_bits()) - 1)
                                      << fraction_bits;
  if (x.kind == NumberKind::infinite) return sign | exponent_mask;
  if (x.kind == NumberKind::not_a_number) {
    if (format_.specials == Specials::one_zero) return std::uint64_t{1} << (format_.bits - 1);
    if (format_.specials == Specials::one_nan) return (std::uint64_t{1} << (format_.bits - 1)) - 1;
    return exponent_mask | (fraction_bits > 0 ? std::uint64_t{1} << (fraction_bits - 1) : 0);
  }
  if (x.is_zero()) return format_.specials == Specials::one_zero ? 0 : sign;
  const std::int64_t exponent = std::max(floor_log2(x), lowest_exponent_);
  const UnroundedInteger number{x.magnitude, exponent - fraction_bits - x.exponent};
  const auto significand = round_to_integer(number, cut(), nullptr).convert_to<std::uint64_t>();
  // The hidden bit adds one to the exponent of normal numbers.
  const auto field = static_cast<std::uint64_t>(exponent - lowest_exponent_);
  return sign | ((field << fraction_bits) + significand);
}

bool NumberCodec::has_code(std::uint64_t code) const {
  if (format_.kind == FormatKind::set) return code < values_.size();
  const bool is_below = format_.bits == 64 || code >> format_.bits == 0;
  const std::uint64_t lowest = std::uint64_t{1} << (format_.bits - 1);
  return is_below && !(format_.symmetric && format_.is_signed && code == lowest);
}

double NumberCodec::unit_at(double magnitude) const {
  switch (format_.kind) {
    case FormatKind::floating: {
      const int lowest = static_cast<int>(lowest_exponent_);
      const int exponent = magnitude > 0 ? std::max(std::ilogb(magnitude), lowest) : lowest;
      return std::ldexp(1.0, exponent - (format_.precision - 1));
    }
    case FormatKind::fixed:
      return std::ldexp(1.0, -scale_.fraction_bits);
    case FormatKind::affine:
      return scale_.scale.to_double();
    case FormatKind::set:
      return (largest().to_double() - smallest().to_double()) /
             static_cast<double>(values_.size() - 1);
    case FormatKind::exact:
      break;
  }
  throw std::invalid_argument("exact numbers have no unit");
}

BinaryNumber NumberCodec::number_of(std::uint64_t code) const {
  const auto integer = [&] {
    const bool is_negative = format_.is_signed && (code >> (format_.bits - 1) & 1) != 0;
    return is_negative ? Integer(code) - power_of_two(format_.bits) : Integer(code);
  };
  switch (format_.kind) {
    case FormatKind::floating:
      return float_number(code);
    case FormatKind::fixed:
      return BinaryNumber::of(integer(), -scale_.fraction_bits);
    case FormatKind::affine:
      return BinaryNumber::of(integer() - scale_.zero_point) * scale_.scale;
    case FormatKind::set:
      return values_.at(code);
    case FormatKind::exact:
      break;
  }
  throw std::invalid_argument("exact numbers have no codes");
}

BinaryNumber NumberCodec::float_number(std::uint64_t code) const {
  const int fraction_bits = format_.precision - 1;
  const bool is_negative = (code >> (format_.bits - 1) & 1) != 0;
  const std::uint64_t magnitude = code & ((std::uint64_t{1} << (format_.bits - 1)) - 1);
  const std::uint64_t fraction_mask = (std::uint64_t{1} << fraction_bits) - 1;
  const std::uint64_t field = magnitude >> fraction_bits;
  const std::uint64_t fraction = magnitude & fraction_mask;
  const std::uint64_t last_field = (std::uint64_t{1} << format_.exponent_bits()) - 1;
  switch (format_.specials) {
    case Specials::ieee:
      if (field == last_field)
        return fraction == 0 ? BinaryNumber::infinity(is_negative) : BinaryNumber::not_a_number();
      break;
    case Specials::one_nan:
      if (field == last_field && fraction == fraction_mask) return BinaryNumber::not_a_number();
      break;
    case Specials::one_zero:
      if (is_negative && magnitude == 0) return BinaryNumber::not_a_number();
      break;
    case Specials::finite:
      break;
  }
  const bool is_normal = field != 0;
  BinaryNumber number;
  number.is_negative = is_negative;
  number.magnitude = is_normal ? fraction | std::uint64_t{1} << fraction_bits : fraction;
  number.exponent =
      number.magnitude.is_zero()
          ? BinaryNumber::no_grid
          : lowest_exponent_ - fraction_bits + static_cast<std::int64_t>(is_normal ? field - 1 : 0);
  return number;
}

}  // namespace lsgd
