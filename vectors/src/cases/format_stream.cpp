// SPDX-License-Identifier: Apache-2.0
#include "cases/format_stream.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <set>
#include <stdexcept>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/predefined_format.hpp>
#include <lsgd/arithmetic/random_stream.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

/// tf32 has as many.
constexpr int most_bits = 19;
constexpr int most_bits_of_pairs = 8;

bool has_infinities(const NumberFormat& format) {
  return format.kind == FormatKind::floating && format.specials == Specials::ieee;
}

/// Fraction bits are part of a format whose codes mean the same in every tensor.
TensorScale constant_scale(const NumberFormat& format) {
  return {.fraction_bits = format.fraction_bits.number};
}

/// The binary32 numbers that an encode stream rounds, by ascending pattern.
class EncodedNumbers {
 public:
  explicit EncodedNumbers(const NumberCodec& codec) : codec_(codec) {
    add_numbers();
    add_beyond(1);
    add_beyond(-1);
    add_limits_of_binary32();
    std::ranges::sort(patterns_);
    patterns_.erase(std::unique(patterns_.begin(), patterns_.end()), patterns_.end());
  }

  const std::vector<std::uint32_t>& patterns() const { return patterns_; }

 private:
  static constexpr float largest = std::numeric_limits<float>::max();

  void add(float x) { patterns_.push_back(std::bit_cast<std::uint32_t>(x)); }

  /// The binary32 number nearest to x and those beside it.
  void add_around(double x) {
    if (!(std::abs(x) <= double{largest})) return;
    const auto nearest = static_cast<float>(x);
    add(nearest);
    for (const float towards : {-largest, largest}) add(std::nextafter(nearest, towards));
  }

  void add_numbers() {
    std::vector<double> numbers;
    for (std::uint64_t code = 0; code >> codec_.format().bits == 0; ++code) {
      if (!codec_.has_code(code)) continue;
      const BinaryNumber number = codec_.number_of(code);
      if (number.is_finite()) numbers.push_back(number.to_double());
    }
    std::ranges::sort(numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      add_around(numbers[i]);
      if (i > 0) add_between(numbers[i - 1], numbers[i]);
    }
  }

  void add_between(double low, double high) {
    add_around(low / 2 + high / 2);
    const NumberFormat& format = codec_.format();
    if (format.kind == FormatKind::set && format.nearest == NearestPower::logarithm &&
        low * high > 0)
      add_around(std::copysign(std::sqrt(low * high), high));
  }

  /// Where the next numbers would be, the middle before each, and far away.
  void add_beyond(int sign) {
    const double end = (sign > 0 ? codec_.largest() : codec_.smallest()).to_double();
    const double unit = codec_.unit_at(std::abs(end));
    constexpr int halves_of_units = 5;
    for (int halves = 1; halves <= halves_of_units; ++halves)
      add_around(end + sign * halves * unit / 2);
    const double range = codec_.largest().to_double() - codec_.smallest().to_double();
    for (const double farther : {0.5, 1.0, 2.0, 1024.0})
      add_around(end + sign * (farther * range + unit));
  }

  void add_limits_of_binary32() {
    using limits = std::numeric_limits<float>;
    for (const float x : {0.0f, limits::denorm_min(), std::nextafter(limits::min(), 0.0f),
                          limits::min(), largest, limits::infinity(), limits::quiet_NaN()})
      for (const float sign : {1.0f, -1.0f}) add(std::copysign(x, sign));
  }

  const NumberCodec& codec_;
  std::vector<std::uint32_t> patterns_;
};

/// Rounds exact results and passes on their rows.
class RowWriter {
 public:
  RowWriter(const NumberCodec& codec, const Rounding& rounding,
            const std::function<void(const FormatRow&)>& take)
      : codec_(codec), rounding_(rounding), take_(take) {}

  void write(FormatRow row, const BinaryNumber& exact) {
    if (rounding_.direction == RoundingDirection::stochastic) {
      write_draws(row, exact);
      return;
    }
    row.result = code(codec_.rounded(exact, rounding_, nullptr));
    take_(row);
  }

 private:
  std::optional<std::uint32_t> code(const BinaryNumber& number) const {
    const std::optional<std::uint64_t> wide = codec_.code_of(number);
    if (!wide) return std::nullopt;
    return static_cast<std::uint32_t>(*wide);
  }

  std::optional<std::uint32_t> drawn(const BinaryNumber& exact, std::uint32_t bits) const {
    RandomStream stream = RandomStream::before(bits << (32 - rounding_.random_bits));
    return code(codec_.rounded(exact, rounding_, &stream));
  }

  void take_drawn(FormatRow row, const BinaryNumber& exact, std::uint32_t bits) const {
    row.random = bits;
    row.result = drawn(exact, bits);
    take_(row);
  }

  /// A larger draw never leads back: the first that leads elsewhere is found by bisection.
  void write_draws(const FormatRow& row, const BinaryNumber& exact) const {
    const auto last = static_cast<std::uint32_t>((std::uint64_t{1} << rounding_.random_bits) - 1);
    const std::optional<std::uint32_t> first = drawn(exact, 0);
    std::set<std::uint32_t> draws{0, last};
    if (drawn(exact, last) != first) {
      std::uint32_t as_first = 0;
      std::uint32_t elsewhere = last;
      while (elsewhere - as_first > 1) {
        const std::uint32_t middle = as_first + (elsewhere - as_first) / 2;
        (drawn(exact, middle) == first ? as_first : elsewhere) = middle;
      }
      draws.insert({as_first, elsewhere});
    }
    for (const std::uint32_t bits : draws) take_drawn(row, exact, bits);
  }

  const NumberCodec& codec_;
  const Rounding& rounding_;
  const std::function<void(const FormatRow&)>& take_;
};

/// The exact sum, with the sign that IEEE 754 gives a zero of two opposite numbers.
BinaryNumber sum_of(const BinaryNumber& a, const BinaryNumber& b, RoundingDirection direction) {
  BinaryNumber sum = a + b;
  if (sum.is_zero() && a.is_negative != b.is_negative)
    sum.is_negative = direction == RoundingDirection::down;
  return sum;
}

void decode(const NumberCodec& codec, const std::function<void(const FormatRow&)>& take) {
  for (std::uint32_t code = 0; code >> codec.format().bits == 0; ++code)
    if (codec.has_code(code))
      take({.a = code, .result = std::nullopt, .number = codec.number_of(code).to_double()});
}

void encode(const NumberCodec& codec, RowWriter& writer) {
  const EncodedNumbers numbers(codec);
  for (const std::uint32_t pattern : numbers.patterns())
    writer.write({.a = pattern, .result = std::nullopt},
                 BinaryNumber::of_double(std::bit_cast<float>(pattern)));
}

void combine(const NumberCodec& codec, const FormatStream& stream, RowWriter& writer) {
  struct Operand {
    std::uint32_t code;
    BinaryNumber number;
  };
  std::vector<Operand> operands;
  for (std::uint32_t code = 0; code >> codec.format().bits == 0; ++code)
    if (codec.has_code(code)) operands.push_back({code, codec.operand(codec.number_of(code))});
  for (const Operand& a : operands)
    for (const Operand& b : operands)
      writer.write({.a = a.code, .b = b.code, .result = std::nullopt},
                   stream.operation == FormatOperation::add
                       ? sum_of(a.number, b.number, stream.rounding.direction)
                       : a.number * b.number);
}

std::optional<std::string> why_no_codes(const NumberFormat& format) {
  if (format.kind == FormatKind::exact) return "a format with codes";
  if (format.scale != ScaleSharing::none || format.kind == FormatKind::affine)
    return "a format whose codes mean the same in every tensor, not one with a scale";
  if (format.kind == FormatKind::fixed && format.fraction_bits.source != FractionBitsSource::number)
    return "a format with a number of fraction bits, such as int8_4";
  return std::nullopt;
}

std::optional<std::string> why_not_rounded(const Rounding& rounding) {
  const bool is_stochastic = rounding.direction == RoundingDirection::stochastic;
  if (rounding.direction == RoundingDirection::any || rounding.direction == RoundingDirection::none)
    return "a rounding that leads to one number, such as nearest_even";
  if (is_stochastic && rounding.random_bits == 0)
    return "--random-bits from 1 to 32 with stochastic rounding";
  if (!is_stochastic && rounding.random_bits != 0)
    return "--random-bits only with --rounding stochastic";
  const std::vector<Overflow> rules = overflow_rules(rounding.format);
  if (std::ranges::find(rules, rounding.overflow) != rules.end()) return std::nullopt;
  std::vector<std::string_view> names;
  for (const Overflow rule : rules) names.push_back(name_of(rule));
  return fmt::format("--overflow {} for numbers of this format", fmt::join(names, " or "));
}

}  // namespace

NumberFormat named_format(const std::string& name) {
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos) {
    if (const std::optional<NumberFormat> format = predefined_format(name)) return *format;
    throw InputError(
        name, 0,
        "a predefined format, such as e4m3 or int8_4, or PROFILE:FORMAT for one that a "
        "profile declares");
  }
  const std::string wanted = name.substr(colon + 1);
  const Arithmetic arithmetic = read_arithmetic(name.substr(0, colon));
  std::set<std::string> names;
  for (const std::vector<Rounding>& roundings : arithmetic.points)
    for (const Rounding& rounding : roundings) {
      if (rounding.format.name == wanted) return rounding.format;
      names.insert(rounding.format.name);
    }
  throw InputError(name, 0,
                   fmt::format("a format that the profile rounds to: {}", fmt::join(names, ", ")));
}

std::vector<Overflow> overflow_rules(const NumberFormat& format) {
  std::vector<Overflow> rules{Overflow::saturate};
  if (has_infinities(format))
    rules.push_back(Overflow::infinity);
  else if (format.kind == FormatKind::floating && format.specials != Specials::finite)
    rules.push_back(Overflow::infinity_or_nan);
  else if (format.kind == FormatKind::fixed && !format.symmetric)
    rules.push_back(Overflow::wrap);
  return rules;
}

std::vector<RoundingDirection> streamed_directions() {
  std::vector<RoundingDirection> directions;
  for (const std::string_view name : EnumeratorNames<RoundingDirection>::names) {
    const RoundingDirection direction = from_name<RoundingDirection>(name).value();
    if (direction != RoundingDirection::any && direction != RoundingDirection::none)
      directions.push_back(direction);
  }
  return directions;
}

std::optional<std::string> why_not_streamed(const FormatStream& stream) {
  const NumberFormat& format = stream.rounding.format;
  if (const auto reason = why_no_codes(format)) return reason;
  if (format.bits > most_bits) return fmt::format("a format of at most {} bits", most_bits);
  if (stream.operation == FormatOperation::decode) return std::nullopt;
  if (stream.operation != FormatOperation::encode && format.bits > most_bits_of_pairs)
    return fmt::format("a format of at most {} bits, of which all pairs of operands are taken",
                       most_bits_of_pairs);
  return why_not_rounded(stream.rounding);
}

void for_each_row(const FormatStream& stream, const std::function<void(const FormatRow&)>& take) {
  if (const auto reason = why_not_streamed(stream)) throw std::invalid_argument(*reason);
  const NumberFormat& format = stream.rounding.format;
  const NumberCodec codec(format, constant_scale(format));
  RowWriter writer(codec, stream.rounding, take);
  switch (stream.operation) {
    case FormatOperation::decode:
      decode(codec, take);
      return;
    case FormatOperation::encode:
      encode(codec, writer);
      return;
    case FormatOperation::add:
    case FormatOperation::multiply:
      combine(codec, stream, writer);
      return;
  }
  throw std::logic_error("an operation of a format");
}

}  // namespace lsgd
