// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/random_stream.hpp>

namespace lsgd {

/// Doubles do not hold what the exact arithmetic has here, or an infinity, NaN or a number outside
/// the domain comes up: the step is computed exactly instead.
struct DoesNotFit {};

/// What is known of the digits of all numbers at a place: each is an integer of at most `width`
/// bits, trailing zeros not counted, times a power of two, and a multiple of 2^exponent.
struct Digits {
  static constexpr int any_width = 1 << 20;
  static constexpr int any_exponent = -(1 << 20);

  int width = any_width;
  int exponent = any_exponent;
  /// Whether `exponent` is that of the BinaryNumber, on which random_bits = "all" and fraction bits
  /// of operands depend.
  bool is_grid = false;

  bool operator==(const Digits&) const = default;
};

/// Either of two kinds of numbers.
Digits either(const Digits& x, const Digits& y);
/// Exact results.
Digits product_of(const Digits& x, const Digits& y);
Digits sum_of(const Digits& x, const Digits& y);
/// Whether a double is such a number.
bool has_digits(const Digits& digits, double x);

/// The codes that a fixed-point format has, and what becomes of others.
class CodeRange {
 public:
  std::int64_t lowest = 0, highest = 0;
  Overflow overflow = Overflow::saturate;

  CodeRange() = default;
  CodeRange(std::int64_t first, std::int64_t last, Overflow beyond_them)
      : lowest(first), highest(last), overflow(beyond_them) {}

  /// Throws DoesNotFit where overflow has no code.
  std::int64_t limited(std::int64_t code) const {
    return lowest <= code && code <= highest ? code : beyond(code);
  }

 private:
  [[gnu::noinline]] std::int64_t beyond(std::int64_t code) const {
    if (overflow == Overflow::saturate) return code < lowest ? lowest : highest;
    if (overflow != Overflow::wrap) throw DoesNotFit{};
    const std::int64_t count = highest - lowest + 1;
    const std::int64_t offset = (code - lowest) % count;
    return lowest + offset + (offset < 0 ? count : 0);
  }
};

/// A rounding to fixed point of multiples of 2^-(fraction_bits + shift), as integers.
struct CodeRounding {
  int fraction_bits = 0;
  bool cuts = false;        ///< to the next lower code; else digits stay, the range is limited
  bool to_nearest = false;  ///< half a unit is added before
  CodeRange range;

  /// What is added before `shift` bits are cut off.
  std::int64_t half(int shift) const {
    return to_nearest && shift > 0 ? std::int64_t{1} << (shift - 1) : 0;
  }
};

/// A rounding to the nearest even float on the patterns of doubles.
struct PatternRounding {
  int precision = 0;
  int discarded_bits = 0;  ///< of a normal number
  double smallest_normal = 0, largest = 0;
};

/// One rounding of a declaration on doubles. It gives the number that NumberCodec::rounded gives.
///
/// An operand of more than 53 bits comes *rounded to odd*: cut to a double, the last bit set where
/// anything was cut off (`is_cut`). No boundary of a rounding, number or middle between two, is a
/// double with that bit as long as it has at most 51 bits, so that the operand is on the same side
/// of each boundary as the exact number, and equal to none.
class QuickRounding {
 public:
  /// Nothing where doubles cannot follow: the numbers have more than 50 bits and are not what the
  /// processor itself rounds to, or random bits choose among a set or multiples of a scale that is
  /// no power of two.
  /// @param operands of what is rounded
  static std::optional<QuickRounding> of(const Rounding& rounding, const TensorScale& scale,
                                         const Digits& operands);

  /// The same of a sum that is requantized as the rounding names it: an integer times `sum_scale`.
  /// Nothing where the quotient of the scales is no power of two below 1.
  static std::optional<QuickRounding> of_sum(const Rounding& rounding, const TensorScale& scale,
                                             const BinaryNumber& sum_scale, const Digits& operands);

  /// What is known of the results.
  const Digits& results() const { return results_; }

  /// The same rounding in another form; nothing where it has none. Of on_codes: numbers that need
  /// no rounding may go in any direction, but the others down, or half a unit up and down.
  bool is_nearest_binary32() const { return kind_ == Kind::nearest_binary32; }
  /// Whether it is the rounding of the processor's own operations on doubles: their results are to
  /// be given as they are.
  bool is_nearest_binary64() const { return kind_ == Kind::nearest_binary64; }
  std::optional<CodeRounding> on_codes() const;
  std::optional<PatternRounding> on_patterns() const;

  /// @param overflowed set to true where the rounded number was out of range; else left alone
  /// Throws DoesNotFit.
  double operator()(double x, bool is_cut, RandomStream* random, bool& overflowed) const {
    if (kind_ == Kind::nearest_binary32) return nearest_binary32(x, is_cut);
    if (kind_ == Kind::nearest_binary64) return nearest_binary64(x, is_cut);
    if (kind_ == Kind::limited && !is_cut && lowest_ <= x && x <= highest_) return x;
    if (kind_ == Kind::codes) return rounded_code(x, overflowed);
    return rounded_otherwise(x, is_cut, random, overflowed);
  }

  /// What every number within `margin` |x| of x is rounded to; nothing where that may differ, or is
  /// not asked quickly.
  std::optional<double> rounded_within(double x, double margin) const {
    const double units = x * units_of_one_;
    if (kind_ != Kind::codes || !(std::abs(units) < 0x1p40)) return std::nullopt;
    const double place = units + (direction_ == RoundingDirection::down ? 0 : 0.5);
    const double boundary = nearest_integer(place);
    // The margin is far above what the last two operations lost.
    if (std::abs(place - boundary) <= 2 * margin * (std::abs(units) + 1)) return std::nullopt;
    const double result = (boundary - one_where(boundary > place)) * unit_;
    if (!(lowest_ <= result && result <= highest_)) return std::nullopt;
    return result;
  }

 private:
  enum class Kind : std::uint8_t {
    nearest_binary32,
    nearest_binary64,
    floating,
    codes,  ///< fixed, down or to the nearest, ties up or even
    fixed,
    limited,
    affine,
    requantized,
    set
  };

  QuickRounding() = default;
  bool set_float(const NumberFormat& format);
  bool set_fixed(const NumberFormat& format, int fraction_bits, const Digits& operands);
  bool set_affine(const NumberFormat& format, const TensorScale& scale, const Digits& operands);
  bool set_members(const NumberFormat& format, const TensorScale& scale);

  bool is_stochastic() const { return direction_ == RoundingDirection::stochastic; }

  [[gnu::noinline]] double rounded_otherwise(double x, bool is_cut, RandomStream* random,
                                             bool& overflowed) const {
    switch (kind_) {
      case Kind::floating:
        return rounded_float(x, is_cut, random, overflowed);
      case Kind::fixed:
        return rounded_fixed(x, is_cut, random, overflowed);
      case Kind::limited:
        return limited(x, is_cut, overflowed);
      case Kind::affine:
        return rounded_affine(x, overflowed);
      case Kind::requantized:
        return requantized(x, is_cut, overflowed);
      case Kind::set:
        return rounded_set(x, is_cut, overflowed);
      case Kind::nearest_binary32:
      case Kind::nearest_binary64:
      case Kind::codes:
        break;
    }
    throw std::logic_error("a kind of quick rounding");
  }

  /// A number of binary64 whose products with others stay away from subnormal doubles.
  double nearest_binary64(double x, bool is_cut) const {
    const double magnitude = std::abs(x);
    if (is_cut || !(magnitude <= largest_) || (magnitude < smallest_ && x != 0)) throw DoesNotFit{};
    return x;
  }

  /// binary32 to nearest even is what the processor does, where nothing overflows.
  double nearest_binary32(double x, bool) const {
    const double result = static_cast<double>(static_cast<float>(x));
    if (!(std::abs(result) <= largest_)) throw DoesNotFit{};
    return result;
  }

  /// Whether a magnitude of `whole` units and a fraction of one goes to the next unit away from
  /// zero.
  bool goes_away(double fraction, bool whole_is_odd, bool is_negative) const {
    switch (direction_) {
      case RoundingDirection::nearest_even:
        return fraction > 0.5 || (fraction == 0.5 && whole_is_odd);
      case RoundingDirection::nearest_away:
        return fraction >= 0.5;
      case RoundingDirection::nearest_up:
        return fraction > 0.5 || (fraction == 0.5 && !is_negative);
      case RoundingDirection::nearest_down:
        return fraction > 0.5 || (fraction == 0.5 && is_negative);
      case RoundingDirection::nearest_zero:
        return fraction > 0.5;
      case RoundingDirection::zero:
        return false;
      case RoundingDirection::up:
        return !is_negative && fraction > 0;
      case RoundingDirection::down:
        return is_negative && fraction > 0;
      case RoundingDirection::away:
        return fraction > 0;
      case RoundingDirection::odd:
        return !whole_is_odd && fraction > 0;
      case RoundingDirection::stochastic:
      case RoundingDirection::any:
      case RoundingDirection::none:
        break;
    }
    throw std::logic_error("a direction that decides");
  }

  /// The same of a stochastic rounding of `drawn` bits; `from_floor` as in UnroundedInteger.
  bool goes_away(double fraction, std::uint64_t drawn, bool from_floor) const {
    if (fraction == 0) return false;
    const double scaled = fraction * random_span_;
    const auto kept = static_cast<std::uint64_t>(scaled);
    const double rest = scaled - static_cast<double>(kept);
    // Of the part above the floor, 2^N - scaled, the same mapping is 2^N - mapped.
    bool one_more = false;
    switch (mapping_) {
      case RandomMapping::truncate:
        one_more = from_floor && rest > 0;
        break;
      case RandomMapping::midpoint:
        one_more = rest > 0.5 || (rest == 0.5 && !from_floor);
        break;
      case RandomMapping::nearest:
        one_more = rest > 0.5 || (rest == 0.5 && kept % 2 != 0);
        break;
    }
    const std::uint64_t mapped = kept + (one_more ? 1 : 0);
    return from_floor ? drawn >= mapped : mapped + drawn >= random_count_;
  }

  /// Whether drawn bits carry over the last `discarded` bits of a magnitude, fewer than 52.
  bool carries(std::uint64_t rest, int discarded, std::uint64_t drawn) const {
    if (rest == 0) return false;
    const int below = discarded - random_bits_;
    if (below <= 0) return (rest << -below) + drawn >= random_count_;
    std::uint64_t kept = rest >> below;
    const std::uint64_t lost = rest & ((std::uint64_t{1} << below) - 1);
    const std::uint64_t half = std::uint64_t{1} << (below - 1);
    switch (mapping_) {
      case RandomMapping::truncate:
        break;
      case RandomMapping::midpoint:
        if (lost >= half) ++kept;
        break;
      case RandomMapping::nearest:
        if (lost > half || (lost == half && kept % 2 != 0)) ++kept;
        break;
    }
    return kept + drawn >= random_count_;
  }

  double rounded_float(double x, bool is_cut, RandomStream* random, bool& overflowed) const {
    const auto pattern = std::bit_cast<std::uint64_t>(x);
    const std::uint64_t sign = pattern & sign_bit;
    const std::uint64_t magnitude = pattern ^ sign;
    const std::uint64_t drawn = is_stochastic() ? random->draw(random_bits_) : 0;
    if (magnitude == 0) return x;
    const int exponent = static_cast<int>(magnitude >> 52) - 1023;
    if (exponent == 1024 || exponent == -1023) throw DoesNotFit{};
    const int discarded = discarded_bits_ + std::max(0, lowest_exponent_ - exponent);
    // A last bit that was set for others must not be looked at alone.
    if (is_cut && is_stochastic() && discarded - random_bits_ < 2) throw DoesNotFit{};
    std::uint64_t result = 0;
    if (discarded < 52) {
      const std::uint64_t unit = std::uint64_t{1} << discarded;
      result = (magnitude + increment(magnitude, unit, discarded, sign != 0, drawn)) & ~(unit - 1);
    } else {
      const double units = std::abs(x) * units_of_smallest_;
      const bool whole = units >= 1;
      const double fraction = units - (whole ? 1 : 0);
      const bool away = is_stochastic() ? goes_away(fraction, drawn, false)
                                        : goes_away(fraction, whole, sign != 0);
      result = std::bit_cast<std::uint64_t>(((whole ? 1 : 0) + (away ? 1 : 0)) * smallest_);
    }
    if (result > largest_pattern_) {
      overflowed = true;
      if (overflow_ != Overflow::saturate) throw DoesNotFit{};
      result = largest_pattern_;
    }
    if (result < flush_below_pattern_) result = 0;
    return std::bit_cast<double>(sign | result);
  }

  /// What to add to the pattern of a magnitude before its last bits are cleared; a carry enters the
  /// exponent.
  std::uint64_t increment(std::uint64_t magnitude, std::uint64_t unit, int discarded,
                          bool is_negative, std::uint64_t drawn) const {
    const std::uint64_t half = unit / 2;
    switch (direction_) {
      case RoundingDirection::nearest_even:
        return half - 1 + (magnitude >> discarded & 1);
      case RoundingDirection::nearest_away:
        return half;
      case RoundingDirection::nearest_up:
        return is_negative ? half - 1 : half;
      case RoundingDirection::nearest_down:
        return is_negative ? half : half - 1;
      case RoundingDirection::nearest_zero:
        return half - 1;
      case RoundingDirection::zero:
        return 0;
      case RoundingDirection::up:
        return is_negative ? 0 : unit - 1;
      case RoundingDirection::down:
        return is_negative ? unit - 1 : 0;
      case RoundingDirection::away:
        return unit - 1;
      case RoundingDirection::odd:
        return (magnitude >> discarded & 1) != 0 ? 0 : unit - 1;
      case RoundingDirection::stochastic:
        return carries(magnitude & (unit - 1), discarded, drawn) ? unit : 0;
      case RoundingDirection::any:
      case RoundingDirection::none:
        break;
    }
    throw std::logic_error("a direction that decides");
  }

  /// To the nearest integer, ties to even, of less than 2^51.
  static double nearest_integer(double x) {
    constexpr double shift = 0x1.8p52;
    return (x + shift) - shift;
  }

  /// Without a branch, which would be foretold wrongly every other time.
  static double one_where(bool is_so) { return static_cast<double>(is_so); }

  /// An operand that was rounded to odd is on the right side of every boundary.
  double rounded_code(double x, bool& overflowed) const {
    const double units = x * units_of_one_;
    if (!(std::abs(units) < most_units_)) return far_out(units, overflowed);
    double whole = nearest_integer(units);
    // Differences are exact, or of a number just below zero, and then well away from a half.
    if (direction_ == RoundingDirection::down)
      whole -= one_where(whole > units);
    else if (direction_ == RoundingDirection::nearest_up && units - whole == 0.5)
      whole += 1;
    const double result = whole * unit_;
    return lowest_ <= result && result <= highest_ ? result : out_of_range(whole, overflowed);
  }

  [[gnu::noinline]] double out_of_range(double units, bool& overflowed) const {
    overflowed = true;
    return static_cast<double>(beyond(static_cast<std::int64_t>(units))) * unit_;
  }

  double rounded_fixed(double x, bool is_cut, RandomStream* random, bool& overflowed) const {
    const std::uint64_t drawn = is_stochastic() ? random->draw(random_bits_) : 0;
    const double units = x * units_of_one_;
    const double magnitude = std::abs(units);
    if (!(magnitude < most_units_)) return far_out(units, overflowed);
    // Where a bit was set for others, two bits above it are left of what is looked at.
    if (is_cut && !(magnitude * random_span_ < 0x1p50)) throw DoesNotFit{};
    auto code = static_cast<std::int64_t>(magnitude);
    const double fraction = magnitude - static_cast<double>(code);
    const bool is_negative = units < 0;
    const bool away = is_stochastic() ? goes_away(fraction, drawn, is_negative) != is_negative
                                      : goes_away(fraction, code % 2 != 0, is_negative);
    if (away && fraction != 0) ++code;
    if (is_negative) code = -code;
    if (code < lowest_code_ || code > highest_code_) {
      overflowed = true;
      code = beyond(code);
    }
    return static_cast<double>(code) * unit_;
  }

  std::int64_t beyond(std::int64_t code) const {
    return CodeRange{lowest_code_, highest_code_, overflow_}.limited(code);
  }

  /// More units than are told apart.
  double far_out(double units, bool& overflowed) const {
    const bool saturates = overflow_ == Overflow::saturate &&
                           static_cast<double>(highest_code_) < most_units_ - 1 &&
                           std::isfinite(units);
    if (!saturates) throw DoesNotFit{};
    overflowed = true;
    return static_cast<double>(units < 0 ? lowest_code_ : highest_code_) * unit_;
  }

  /// Digits stay, the range is limited.
  double limited(double x, bool is_cut, bool& overflowed) const {
    if (is_cut) throw DoesNotFit{};
    if (lowest_ <= x && x <= highest_) return x;
    const double units = x * units_of_one_;
    if (!(std::abs(units) < most_units_)) return far_out(units, overflowed);
    const double whole = std::floor(units);
    if (overflow_ == Overflow::wrap) {
      const auto code = static_cast<std::int64_t>(whole);
      // The range of a wrap ends just below the next unit.
      if (lowest_code_ <= code && code <= highest_code_) return x;
      overflowed = true;
      const double fraction = units - whole;
      const auto wrapped = static_cast<double>(beyond(code));
      const double result = wrapped + fraction;
      // A number just below zero has more digits above the unit below.
      if (whole + fraction != units || result - wrapped != fraction) throw DoesNotFit{};
      return result * unit_;
    }
    overflowed = true;
    return static_cast<double>(beyond(units < 0 ? lowest_code_ - 1 : highest_code_ + 1)) * unit_;
  }

  /// To the nearest S k or another: products of S and k + 1/2 are doubles of at most 51 bits, with
  /// which operands are compared.
  double rounded_affine(double x, bool& overflowed) const {
    const double magnitude = std::abs(x);
    if (!(magnitude < unit_ * 0x1p30)) return far_out(x, overflowed);
    auto code = static_cast<std::int64_t>(magnitude / unit_);
    // A quotient of doubles may be one too high or too low.
    while (static_cast<double>(code) * unit_ > magnitude) --code;
    while (static_cast<double>(code + 1) * unit_ <= magnitude) ++code;
    const double middle = (static_cast<double>(code) + 0.5) * unit_;
    double fraction = 0.5;
    if (magnitude < middle) fraction = static_cast<double>(code) * unit_ == magnitude ? 0 : 0.25;
    if (magnitude > middle) fraction = 0.75;
    const bool is_negative = x < 0;
    if (goes_away(fraction, code % 2 != 0, is_negative)) ++code;
    if (is_negative) code = -code;
    if (code < lowest_code_ || code > highest_code_) {
      overflowed = true;
      code = beyond(code);
    }
    return static_cast<double>(code) * unit_;
  }

  /// SPEC 15.13 for M = 2^-k: m = 2^30, e = 1 - k.
  double requantized(double x, bool is_cut, bool& overflowed) const {
    const double units = x * sum_units_of_one_;
    if (is_cut || !(std::abs(units) < 0x1p32)) throw DoesNotFit{};
    const auto sum = static_cast<std::int64_t>(units);
    std::int64_t code = 0;
    switch (requantization_) {
      case Requantization::double_rounding:
        code = doubled(sum);
        break;
      case Requantization::single_rounding:
        code = (sum * 2 + (std::int64_t{1} << requantized_bits_)) >> (requantized_bits_ + 1);
        break;
      case Requantization::float_rounding:
        code = in_binary32(sum);
        break;
      case Requantization::exact:
        throw std::logic_error("a named requantization");
    }
    if (code < lowest_code_ || code > highest_code_) {
      overflowed = true;
      code = beyond(code);
    }
    return static_cast<double>(code) * unit_;
  }

  std::int64_t doubled(std::int64_t sum) const {
    constexpr std::int64_t half = std::int64_t{1} << 30;
    const std::int64_t product = sum * half;
    // A division cuts towards zero.
    const std::int64_t high = (product + (product < 0 ? 1 - half : half)) / (2 * half);
    const int places = requantized_bits_ - 1;
    if (places == 0) return high;
    const std::int64_t middle = std::int64_t{1} << (places - 1);
    return high < 0 ? -((middle - high) >> places) : (high + middle) >> places;
  }

  std::int64_t in_binary32(std::int64_t sum) const {
    const double product = static_cast<double>(static_cast<float>(sum)) / requantized_divisor_;
    const double magnitude = std::abs(product);
    auto whole = static_cast<std::int64_t>(magnitude);
    const double fraction = magnitude - static_cast<double>(whole);
    if (fraction != 0 && goes_away(fraction, whole % 2 != 0, product < 0)) ++whole;
    return product < 0 ? -whole : whole;
  }

  double rounded_set(double x, bool is_cut, bool& overflowed) const {
    if (std::isnan(x)) throw DoesNotFit{};
    if (x < members_.front().value || x > members_.back().value) {
      overflowed = true;
      if (overflow_ == Overflow::outside_domain || std::isinf(x)) throw DoesNotFit{};
      return x < 0 || x < members_.front().value ? members_.front().value : members_.back().value;
    }
    const auto above =
        std::upper_bound(members_.begin() + 1, members_.end() - 1, x,
                         [](double number, const Member& member) { return number < member.value; });
    const Member& high = *above;
    const double low = (above - 1)->value;
    if (x == low) return low;
    if (x == high.value) return high.value;
    return goes_up(x, high, is_cut) ? high.value : low;
  }

  struct Member {
    double value = 0;
    double middle = 0;              ///< between the member below and this one, rounded down, ...
    bool middle_is_double = false;  ///< ... if need be
  };

  bool goes_up(double x, const Member& high, bool is_cut) const {
    const bool is_negative = std::signbit(x);
    switch (direction_) {
      case RoundingDirection::nearest_up:
      case RoundingDirection::nearest_down:
      case RoundingDirection::nearest_away:
      case RoundingDirection::nearest_zero:
        if (is_cut && !high.middle_is_double) throw DoesNotFit{};
        if (x != high.middle || !high.middle_is_double) return x > high.middle;
        return direction_ == RoundingDirection::nearest_up ||
               (direction_ == RoundingDirection::nearest_away && !is_negative) ||
               (direction_ == RoundingDirection::nearest_zero && is_negative);
      case RoundingDirection::zero:
        return is_negative;
      case RoundingDirection::up:
        return true;
      case RoundingDirection::down:
        return false;
      case RoundingDirection::away:
        return !is_negative;
      case RoundingDirection::nearest_even:
      case RoundingDirection::odd:
      case RoundingDirection::stochastic:
      case RoundingDirection::any:
      case RoundingDirection::none:
        break;
    }
    throw std::logic_error("a direction among the numbers of a set");
  }

  static constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
  /// Units of a fixed-point format that leave two bits of a double below them.
  static constexpr double most_units_ = 0x1p50;

  Kind kind_ = Kind::floating;
  RoundingDirection direction_ = RoundingDirection::nearest_even;
  Overflow overflow_ = Overflow::saturate;
  RandomMapping mapping_ = RandomMapping::truncate;
  int random_bits_ = 0;
  double random_span_ = 1;          ///< 2^N
  std::uint64_t random_count_ = 1;  ///< 2^N

  int discarded_bits_ = 0;  ///< float: bits of a double below the last one of a normal number
  int lowest_exponent_ = 0;
  double smallest_ = 0;  ///< float: smallest positive number; of nearest_binary64 that is followed
  double units_of_smallest_ = 0;  ///< 1 / smallest_
  double largest_ = 0;            ///< the same
  std::uint64_t largest_pattern_ = 0;
  std::uint64_t flush_below_pattern_ = 0;

  double unit_ = 1, units_of_one_ = 1;               ///< fixed: 2^-n, 2^n; affine: S
  std::int64_t lowest_code_ = 0, highest_code_ = 0;  ///< affine: less Z
  double lowest_ = 0, highest_ = 0;

  Requantization requantization_ = Requantization::exact;
  double sum_units_of_one_ = 1;     ///< 1 / S of the sum
  int requantized_bits_ = 0;        ///< k
  double requantized_divisor_ = 1;  ///< 2^k

  std::vector<Member> members_;  ///< set: ascending

  Digits results_;
};

}  // namespace lsgd
