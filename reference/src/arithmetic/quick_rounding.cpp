// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/quick_rounding.hpp"

#include <limits>

#include <lsgd/arithmetic/predefined_format.hpp>

namespace lsgd {

namespace {

/// Two bits of a double are left below a boundary.
constexpr int widest_boundary = 51;
/// Exponents of products of two numbers stay away from those of subnormal doubles.
constexpr int lowest_quick_exponent = -480;
constexpr int highest_quick_exponent = 480;
/// Bits that a stochastic rounding to fixed point may look at.
constexpr int most_random_bits = 32;

/// Zeros at the end of a normal double's significand.
int trailing_zeros(double x) {
  constexpr std::uint64_t hidden_bit = std::uint64_t{1} << 52;
  return std::countr_zero(std::bit_cast<std::uint64_t>(x) | hidden_bit);
}

int width_of_double(double x) { return x == 0 ? 0 : 53 - trailing_zeros(x); }

/// Exponent of the last bit that is set, of a normal double.
int last_exponent(double x) {
  const auto field = static_cast<int>(std::bit_cast<std::uint64_t>(x) >> 52 & 2047);
  return field - 1023 - 52 + trailing_zeros(x);
}

double exact_double(const BinaryNumber& x) {
  const double value = x.to_double();
  if (!same_number(BinaryNumber::of_double(value), x)) return std::nan("");
  return value;
}

}  // namespace

Digits either(const Digits& x, const Digits& y) {
  return {std::max(x.width, y.width), std::min(x.exponent, y.exponent),
          x.is_grid && y.is_grid && x.exponent == y.exponent};
}

Digits product_of(const Digits& x, const Digits& y) {
  const bool is_known = x.exponent != Digits::any_exponent && y.exponent != Digits::any_exponent;
  return {std::min(x.width + y.width, Digits::any_width),
          is_known ? x.exponent + y.exponent : Digits::any_exponent, x.is_grid && y.is_grid};
}

Digits sum_of(const Digits& x, const Digits& y) {
  return {Digits::any_width, std::min(x.exponent, y.exponent), x.is_grid && y.is_grid};
}

bool has_digits(const Digits& digits, double x) {
  if (x == 0) return true;
  return std::isnormal(x) && width_of_double(x) <= digits.width &&
         last_exponent(x) >= digits.exponent;
}

std::optional<QuickRounding> QuickRounding::of(const Rounding& rounding, const TensorScale& scale,
                                               const Digits& operands) {
  QuickRounding quick;
  quick.direction_ = rounding.direction;
  quick.overflow_ = rounding.overflow;
  quick.mapping_ = rounding.mapping;
  quick.random_bits_ = rounding.random_bits;
  if (quick.is_stochastic() && rounding.random_bits == 0) {
    if (!operands.is_grid || rounding.format.kind != FormatKind::fixed) return std::nullopt;
    quick.random_bits_ = std::max(0, -scale.fraction_bits - operands.exponent);
  }
  if (quick.random_bits_ > most_random_bits) return std::nullopt;
  quick.random_count_ = std::uint64_t{1} << quick.random_bits_;
  quick.random_span_ = static_cast<double>(quick.random_count_);
  const bool is_set_up = [&] {
    switch (rounding.format.kind) {
      case FormatKind::floating:
        return quick.set_float(rounding.format);
      case FormatKind::fixed:
        return quick.set_fixed(rounding.format, scale.fraction_bits, operands);
      case FormatKind::set:
        return quick.set_members(rounding.format, scale);
      case FormatKind::affine:
        return quick.set_affine(rounding.format, scale, operands);
      case FormatKind::exact:
        return false;
    }
    throw std::logic_error("a kind of format");
  }();
  return is_set_up ? std::optional(quick) : std::nullopt;
}

std::optional<QuickRounding> QuickRounding::of_sum(const Rounding& rounding,
                                                   const TensorScale& scale,
                                                   const BinaryNumber& sum_scale,
                                                   const Digits& operands) {
  if (rounding.requantization == Requantization::exact) return of(rounding, scale, operands);
  std::optional<QuickRounding> quick = of(rounding, scale, operands);
  const double sum_unit = exact_double(sum_scale);
  const bool are_powers = quick && quick->kind_ != Kind::affine && !quick->is_stochastic() &&
                          rounding.direction != RoundingDirection::none && sum_unit > 0 &&
                          std::isnormal(sum_unit) && width_of_double(sum_unit) == 1;
  if (!are_powers) return std::nullopt;
  quick->requantized_bits_ = std::ilogb(quick->unit_) - std::ilogb(sum_unit);
  // Sums have 32 bits and their products with m 31 more.
  if (quick->requantized_bits_ < 1 || quick->requantized_bits_ > 32) return std::nullopt;
  quick->kind_ = Kind::requantized;
  quick->requantization_ = rounding.requantization;
  quick->requantized_divisor_ = std::ldexp(1.0, quick->requantized_bits_);
  quick->sum_units_of_one_ = 1 / sum_unit;
  return quick;
}

std::optional<CodeRounding> QuickRounding::on_codes() const {
  if (kind_ != Kind::codes && kind_ != Kind::fixed && kind_ != Kind::limited) return std::nullopt;
  if (is_stochastic()) return std::nullopt;
  const bool to_nearest = direction_ == RoundingDirection::nearest_up;
  // Of more bits than set_fixed counts the ends are not known here.
  const bool is_wide = highest_code_ >= std::int64_t{1} << 60;
  return CodeRounding{
      std::ilogb(units_of_one_),
      to_nearest || direction_ == RoundingDirection::down,
      to_nearest,
      {lowest_code_, highest_code_, is_wide ? Overflow::outside_domain : overflow_}};
}

std::optional<PatternRounding> QuickRounding::on_patterns() const {
  const bool is_float = kind_ == Kind::floating || kind_ == Kind::nearest_binary32;
  if (!is_float || direction_ != RoundingDirection::nearest_even || flush_below_pattern_ != 0)
    return std::nullopt;
  return PatternRounding{53 - discarded_bits_, discarded_bits_, std::ldexp(1.0, lowest_exponent_),
                         largest_};
}

bool QuickRounding::set_float(const NumberFormat& format) {
  NumberFormat binary64 = predefined_format("binary64").value();
  binary64.name = format.name;
  if (format == binary64) {
    kind_ = Kind::nearest_binary64;
    smallest_ = std::ldexp(1.0, lowest_quick_exponent + 52);
    largest_ = std::ldexp(1.0, highest_quick_exponent);
    results_ = {53, lowest_quick_exponent, false};
    return direction_ == RoundingDirection::nearest_even;
  }
  lowest_exponent_ = 1 - format.bias;
  const int last = lowest_exponent_ - (format.precision - 1);
  const int highest = (1 << format.exponent_bits()) - 1 - format.bias;
  // With one bit, the parity of a code is not that of its significand.
  if (direction_ == RoundingDirection::none || format.precision < 2 ||
      format.precision + 1 > widest_boundary || last < lowest_quick_exponent ||
      highest > highest_quick_exponent)
    return false;
  kind_ = Kind::floating;
  discarded_bits_ = 53 - format.precision;
  smallest_ = std::ldexp(1.0, last);
  units_of_smallest_ = std::ldexp(1.0, -last);
  largest_ = NumberCodec(format).largest().to_double();
  largest_pattern_ = std::bit_cast<std::uint64_t>(largest_);
  const bool flushes =
      format.subnormals == Subnormals::flush_results || format.subnormals == Subnormals::flush_both;
  if (flushes)
    flush_below_pattern_ = std::bit_cast<std::uint64_t>(std::ldexp(1.0, lowest_exponent_));
  const bool is_binary32 = format.precision == 24 && format.bias == 127 &&
                           largest_ == std::numeric_limits<float>::max() && !flushes;
  if (is_binary32 && direction_ == RoundingDirection::nearest_even) kind_ = Kind::nearest_binary32;
  results_ = {format.precision, last, false};
  return true;
}

bool QuickRounding::set_fixed(const NumberFormat& format, int fraction_bits,
                              const Digits& operands) {
  if (std::abs(fraction_bits) > -lowest_quick_exponent) return false;
  const bool is_plain = direction_ == RoundingDirection::down ||
                        direction_ == RoundingDirection::nearest_up ||
                        direction_ == RoundingDirection::nearest_even;
  kind_ = Kind::fixed;
  if (direction_ == RoundingDirection::none) kind_ = Kind::limited;
  if (is_plain) kind_ = Kind::codes;
  const int magnitude_bits = format.bits - (format.is_signed ? 1 : 0);
  // More bits than a double tells apart are never reached.
  const int bits = std::min(magnitude_bits, 62);
  highest_code_ = (std::int64_t{1} << bits) - 1;
  lowest_code_ = format.is_signed ? -highest_code_ - (format.symmetric ? 0 : 1) : 0;
  unit_ = std::ldexp(1.0, -fraction_bits);
  units_of_one_ = std::ldexp(1.0, fraction_bits);
  const double beyond_highest = std::ldexp(1.0, bits);
  highest_ = (bits > 53 ? std::nextafter(beyond_highest, 0.0) : beyond_highest - 1) * unit_;
  lowest_ = static_cast<double>(lowest_code_) * unit_;
  if (direction_ != RoundingDirection::none) {
    results_ = {magnitude_bits, -fraction_bits, true};
  } else if (operands.exponent == Digits::any_exponent) {
    results_ = {};
  } else {
    const int last = std::min(-fraction_bits, operands.exponent);
    results_ = {magnitude_bits - fraction_bits - last, last, operands.is_grid};
  }
  return true;
}

bool QuickRounding::set_affine(const NumberFormat& format, const TensorScale& scale,
                               const Digits& operands) {
  unit_ = exact_double(scale.scale);
  if (unit_ > 0 && std::isnormal(unit_) && width_of_double(unit_) == 1) {
    // Multiples of a power of two, as those of a fixed-point format.
    const int exponent = std::ilogb(unit_);
    const bool stays_on_grid =
        direction_ != RoundingDirection::none || operands.exponent >= exponent;
    const bool has_zero_point = scale.zero_point != 0;
    if (!stays_on_grid || (has_zero_point && format.bits > 32) ||
        std::abs(scale.zero_point) > 0xFFFF || !set_fixed(format, -exponent, operands))
      return false;
    lowest_code_ -= scale.zero_point;
    highest_code_ -= scale.zero_point;
    if (has_zero_point) {
      lowest_ = static_cast<double>(lowest_code_) * unit_;
      highest_ = static_cast<double>(highest_code_) * unit_;
      results_.width = std::max(results_.width, 17) + 1;
    }
    // The exact number has the exponent of its scale.
    results_.is_grid = false;
    return true;
  }
  const bool is_quick = format.bits <= 16 && unit_ > 0 && std::isnormal(unit_) &&
                        std::abs(scale.zero_point) <= 0xFFFF &&
                        width_of_double(unit_) + format.bits + 3 <= widest_boundary &&
                        last_exponent(unit_) > lowest_quick_exponent &&
                        unit_ < std::ldexp(1.0, highest_quick_exponent);
  if (!is_quick || is_stochastic() || direction_ == RoundingDirection::none) return false;
  kind_ = Kind::affine;
  const int magnitude_bits = format.bits - (format.is_signed ? 1 : 0);
  const std::int64_t highest = (std::int64_t{1} << magnitude_bits) - 1;
  const std::int64_t lowest = format.is_signed ? -highest - (format.symmetric ? 0 : 1) : 0;
  highest_code_ = highest - scale.zero_point;
  lowest_code_ = lowest - scale.zero_point;
  results_ = {width_of_double(unit_) + 18, last_exponent(unit_), false};
  return true;
}

bool QuickRounding::set_members(const NumberFormat& format, const TensorScale& scale) {
  if (is_stochastic() || direction_ == RoundingDirection::none ||
      direction_ == RoundingDirection::nearest_even || direction_ == RoundingDirection::odd)
    return false;
  kind_ = Kind::set;
  results_ = {0, highest_quick_exponent, false};
  for (const double value : format.values) {
    Member member;
    member.value = exact_double(BinaryNumber::of_double(value) * scale.scale);
    if (std::isnan(member.value)) return false;
    results_.width = std::max(results_.width, width_of_double(member.value));
    if (member.value != 0)
      results_.exponent = std::min(results_.exponent, last_exponent(member.value));
    if (!members_.empty()) {
      const double low = members_.back().value;
      const BinaryNumber below = BinaryNumber::of_double(low);
      const BinaryNumber own = BinaryNumber::of_double(member.value);
      const bool are_powers = low * member.value > 0;
      if (format.nearest == NearestPower::logarithm && are_powers &&
          rounds_to_nearest(direction_)) {
        // The square root of the product, down to a double.
        const BinaryNumber square = below * own;
        member.middle = std::sqrt(exact_double(square));
        if (std::isnan(member.middle)) return false;
        const auto order = [&] {
          const BinaryNumber middle = BinaryNumber::of_double(member.middle);
          return compare(middle * middle, square);
        };
        member.middle_is_double = order() == 0;
        if (low > 0 && order() > 0) member.middle = std::nextafter(member.middle, 0.0);
        if (low < 0) {
          if (order() < 0) member.middle = std::nextafter(member.middle, HUGE_VAL);
          member.middle = -member.middle;
        }
      } else {
        member.middle = exact_double((below + own) * BinaryNumber::of(1, -1));
        if (std::isnan(member.middle)) return false;
        member.middle_is_double = true;
      }
      if (member.middle_is_double && width_of_double(member.middle) > widest_boundary) return false;
    }
    members_.push_back(member);
  }
  return results_.width <= widest_boundary && results_.exponent > lowest_quick_exponent;
}

}  // namespace lsgd
