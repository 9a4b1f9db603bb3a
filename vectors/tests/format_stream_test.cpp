// SPDX-License-Identifier: Apache-2.0
#include "cases/format_stream.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <mpfr.h>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#ifdef LSGD_EIGEN
#include <Eigen/Core>
#endif

#include "export/recorded_formats.hpp"
#include "input_error_of.hpp"

namespace lsgd {
namespace {

FormatStream stream_of(const std::string& format, FormatOperation operation,
                       RoundingDirection direction = RoundingDirection::nearest_even,
                       std::optional<Overflow> overflow = {}) {
  FormatStream stream{format, operation, {}};
  stream.rounding.format = named_format(format);
  stream.rounding.direction = direction;
  stream.rounding.overflow = overflow.value_or(overflow_rules(stream.rounding.format).back());
  return stream;
}

/// A float as its publication defines it.
struct FloatDefinition {
  const char* name;
  int bits;
  int precision;
  int bias;
  double largest;
  bool has_infinity;
  bool has_nan;

  std::uint32_t sign_bit() const { return std::uint32_t{1} << (bits - 1); }
  /// Of the smallest normal number.
  int lowest_exponent() const { return 1 - bias; }

  double number(std::uint32_t code) const {
    const int fraction_bits = precision - 1;
    const std::uint32_t magnitude = code & (sign_bit() - 1);
    const auto field = static_cast<int>(magnitude >> fraction_bits);
    const auto fraction = static_cast<int>(magnitude & ((std::uint32_t{1} << fraction_bits) - 1));
    double value = field == 0
                       ? std::ldexp(fraction, lowest_exponent() - fraction_bits)
                       : std::ldexp(fraction + (1 << fraction_bits), field - bias - fraction_bits);
    if (value > largest)
      value = has_infinity && fraction == 0 ? std::numeric_limits<double>::infinity()
                                            : std::numeric_limits<double>::quiet_NaN();
    return (code & sign_bit()) != 0 ? -value : value;
  }

  friend void PrintTo(const FloatDefinition& definition, std::ostream* out) {
    *out << definition.name;
  }

  /// Codes by number; zeros by their sign.
  std::map<std::pair<double, bool>, std::uint32_t> codes() const {
    std::map<std::pair<double, bool>, std::uint32_t> codes;
    for (std::uint32_t code = 0; code >> bits == 0; ++code) {
      const double value = number(code);
      if (!std::isnan(value)) codes[{value, std::signbit(value)}] = code;
    }
    return codes;
  }
};

constexpr std::array float_definitions{
    FloatDefinition{"e5m2", 8, 3, 15, 57344, true, true},
    FloatDefinition{"e4m3", 8, 4, 7, 448, false, true},
    FloatDefinition{"e3m2", 6, 3, 3, 28, false, false},
    FloatDefinition{"e2m3", 6, 4, 1, 7.5, false, false},
    FloatDefinition{"e2m1", 4, 2, 1, 6, false, false},
    FloatDefinition{"binary16", 16, 11, 15, 65504, true, true},
    FloatDefinition{"bfloat16", 16, 8, 127, 0x1.fep127, true, true}};

const FloatDefinition& definition_of(const std::string& name) {
  return *std::ranges::find(float_definitions, name, &FloatDefinition::name);
}

class Mpfr {
 public:
  explicit Mpfr(mpfr_prec_t precision) { mpfr_init2(value_, precision); }
  ~Mpfr() { mpfr_clear(value_); }
  Mpfr(const Mpfr&) = delete;
  Mpfr& operator=(const Mpfr&) = delete;
  operator mpfr_ptr() { return value_; }

 private:
  mpfr_t value_;
};

std::optional<mpfr_rnd_t> mode_of_mpfr(RoundingDirection direction) {
  switch (direction) {
    case RoundingDirection::nearest_even:
      return MPFR_RNDN;
    case RoundingDirection::zero:
      return MPFR_RNDZ;
    case RoundingDirection::up:
      return MPFR_RNDU;
    case RoundingDirection::down:
      return MPFR_RNDD;
    case RoundingDirection::away:
      return MPFR_RNDA;
    default:
      return std::nullopt;
  }
}

/// A float whose numbers come from MPFR: precision, a restricted exponent range, subnormalize.
class FloatOfMpfr {
 public:
  explicit FloatOfMpfr(const FloatDefinition& definition)
      : definition_(definition), codes_(definition.codes()), rounded_(definition.precision) {}

  /// The code of an operation's exact result; nothing where the format has no number, and the code
  /// of every NaN as the bits of exponent and fraction.
  std::optional<std::uint32_t> code(mpfr_srcptr exact, RoundingDirection direction,
                                    Overflow overflow) {
    if (mpfr_nan_p(exact)) return no_number();
    const bool is_negative = mpfr_signbit(exact) != 0;
    double value = mpfr_get_d(exact, MPFR_RNDN);
    if (!mpfr_inf_p(exact)) value = rounded(exact, direction);
    if (std::abs(value) <= definition_.largest) return codes_.at({value, std::signbit(value)});
    const double end = is_negative ? -definition_.largest : definition_.largest;
    const bool stops = !mpfr_inf_p(exact) && goes_to_zero(direction, is_negative);
    if (overflow == Overflow::saturate || stops) return codes_.at({end, is_negative});
    if (!definition_.has_infinity) return no_number();
    const double infinity = std::numeric_limits<double>::infinity();
    return codes_.at({is_negative ? -infinity : infinity, is_negative});
  }

  std::optional<std::uint32_t> no_number() const {
    if (!definition_.has_nan) return std::nullopt;
    return definition_.sign_bit() - 1;
  }

 private:
  static bool goes_to_zero(RoundingDirection direction, bool is_negative) {
    return direction == RoundingDirection::zero ||
           direction == (is_negative ? RoundingDirection::up : RoundingDirection::down);
  }

  /// With a binade more than the format has, so that what overflows shows.
  double in_mode(mpfr_srcptr exact, mpfr_rnd_t mode) {
    const mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    int inexact = mpfr_set(rounded_, exact, mode);
    mpfr_set_emin(definition_.lowest_exponent() - definition_.precision + 2);
    mpfr_set_emax(std::ilogb(definition_.largest) + 2);
    inexact = mpfr_check_range(rounded_, inexact, mode);
    mpfr_subnormalize(rounded_, inexact, mode);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    return mpfr_get_d(rounded_, MPFR_RNDN);
  }

  double rounded(mpfr_srcptr exact, RoundingDirection direction) {
    if (const auto mode = mode_of_mpfr(direction)) return in_mode(exact, *mode);
    const double low = in_mode(exact, MPFR_RNDD);
    const double high = in_mode(exact, MPFR_RNDU);
    if (low == high || !std::isfinite(low) || !std::isfinite(high))
      return std::isfinite(low) ? high : low;
    const bool low_is_nearer_zero = mpfr_signbit(exact) == 0;
    if (direction == RoundingDirection::odd) return is_odd(low) ? low : high;
    mpfr_set_d(to_low_, low, MPFR_RNDN);
    mpfr_sub(to_low_, exact, to_low_, MPFR_RNDN);
    mpfr_set_d(to_high_, high, MPFR_RNDN);
    mpfr_sub(to_high_, to_high_, exact, MPFR_RNDN);
    const int nearer = mpfr_cmp(to_low_, to_high_);
    if (nearer != 0) return nearer < 0 ? low : high;
    switch (direction) {
      case RoundingDirection::nearest_up:
        return high;
      case RoundingDirection::nearest_down:
        return low;
      case RoundingDirection::nearest_zero:
        return low_is_nearer_zero ? low : high;
      case RoundingDirection::nearest_away:
        return low_is_nearer_zero ? high : low;
      default:
        throw std::logic_error("a direction that MPFR does not have");
    }
  }

  /// Whether the code is; that of the first number beyond the largest follows it.
  bool is_odd(double value) const {
    const auto found = codes_.find({value, std::signbit(value)});
    if (found == codes_.end()) return codes_.at({definition_.largest, false}) % 2 == 0;
    return found->second % 2 != 0;
  }

  FloatDefinition definition_;
  std::map<std::pair<double, bool>, std::uint32_t> codes_;
  Mpfr rounded_, to_low_{600}, to_high_{600};
};

/// Counts the rows that differ, and shows the first ones.
class Mismatches {
 public:
  void compare(const FormatStream& stream, const FormatRow& row,
               std::optional<std::uint32_t> expected, bool is_nan = false) {
    ++rows_;
    if (is_nan ? row.result && named_nan(stream, *row.result) : row.result == expected) return;
    constexpr int shown = 5;
    if (count_++ < shown)
      ADD_FAILURE() << stream.format_name << ' ' << name_of(stream.operation) << ' '
                    << name_of(stream.rounding.direction) << ' '
                    << name_of(stream.rounding.overflow) << ": " << std::hex << row.a << ' '
                    << row.b << " gives " << row.result.value_or(0xffffffff) << ", not "
                    << expected.value_or(0xffffffff);
  }
  std::size_t rows() const { return rows_; }

 private:
  static bool named_nan(const FormatStream& stream, std::uint32_t code) {
    return std::isnan(definition_of(stream.format_name).number(code));
  }

  std::size_t rows_ = 0;
  int count_ = 0;
};

void set_exact(mpfr_ptr exact, const FloatDefinition& definition, const FormatStream& stream,
               const FormatRow& row) {
  if (stream.operation == FormatOperation::encode) {
    mpfr_set_flt(exact, std::bit_cast<float>(row.a), MPFR_RNDN);
    return;
  }
  Mpfr a(53), b(53);
  mpfr_set_d(a, definition.number(row.a), MPFR_RNDN);
  mpfr_set_d(b, definition.number(row.b), MPFR_RNDN);
  // The mode decides the sign of a zero alone.
  const mpfr_rnd_t mode =
      stream.rounding.direction == RoundingDirection::down ? MPFR_RNDD : MPFR_RNDN;
  if (stream.operation == FormatOperation::add)
    mpfr_add(exact, a, b, mode);
  else
    mpfr_mul(exact, a, b, mode);
}

std::size_t compare_with_mpfr(const FormatStream& stream) {
  const FloatDefinition& definition = definition_of(stream.format_name);
  FloatOfMpfr format(definition);
  Mpfr exact(600);
  Mismatches mismatches;
  for_each_row(stream, [&](const FormatRow& row) {
    set_exact(exact, definition, stream, row);
    const auto expected = format.code(exact, stream.rounding.direction, stream.rounding.overflow);
    const bool is_nan = expected && std::isnan(definition.number(*expected));
    mismatches.compare(stream, row, expected, is_nan);
  });
  return mismatches.rows();
}

std::vector<RoundingDirection> directions_of_one_result() {
  std::vector<RoundingDirection> directions = streamed_directions();
  std::erase(directions, RoundingDirection::stochastic);
  return directions;
}

class FormatStreamOfFloat : public ::testing::TestWithParam<FloatDefinition> {};

TEST_P(FormatStreamOfFloat, DecodesEveryCodeAsThePublicationSays) {
  std::uint32_t next = 0;
  for_each_row(stream_of(GetParam().name, FormatOperation::decode), [&](const FormatRow& row) {
    EXPECT_EQ(row.a, next++);
    const double expected = GetParam().number(row.a);
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(row.number)) << row.a;
    else
      EXPECT_EQ(std::bit_cast<std::uint64_t>(row.number), std::bit_cast<std::uint64_t>(expected))
          << row.a;
  });
  EXPECT_EQ(next, std::uint32_t{1} << GetParam().bits);
}

TEST_P(FormatStreamOfFloat, EncodesAsMpfrDoesInARestrictedRangeInEveryDirection) {
  const NumberFormat format = named_format(GetParam().name);
  for (const RoundingDirection direction : directions_of_one_result())
    for (const Overflow overflow : overflow_rules(format))
      EXPECT_GT(compare_with_mpfr(
                    stream_of(GetParam().name, FormatOperation::encode, direction, overflow)),
                std::size_t{4} << GetParam().bits);
}

class FormatStreamOfSmallFloat : public FormatStreamOfFloat {};

TEST_P(FormatStreamOfSmallFloat, AddsAndMultipliesAllPairsAsMpfrDoesInEveryDirection) {
  const NumberFormat format = named_format(GetParam().name);
  for (const FormatOperation operation : {FormatOperation::add, FormatOperation::multiply})
    for (const RoundingDirection direction : directions_of_one_result())
      for (const Overflow overflow : overflow_rules(format))
        EXPECT_EQ(compare_with_mpfr(stream_of(GetParam().name, operation, direction, overflow)),
                  std::size_t{1} << (2 * GetParam().bits));
}

std::string name_of_format(const ::testing::TestParamInfo<FloatDefinition>& instance) {
  return instance.param.name;
}

constexpr std::size_t small_floats = 5;
INSTANTIATE_TEST_SUITE_P(Formats, FormatStreamOfFloat, ::testing::ValuesIn(float_definitions),
                         name_of_format);
INSTANTIATE_TEST_SUITE_P(Formats, FormatStreamOfSmallFloat,
                         ::testing::ValuesIn(float_definitions.begin(),
                                             float_definitions.begin() + small_floats),
                         name_of_format);

/// A conversion from binary32 that someone else wrote.
template <class Convert>
void compare_encode(const std::string& format, const Convert& convert) {
  const FormatStream stream = stream_of(format, FormatOperation::encode);
  Mismatches mismatches;
  for_each_row(stream, [&](const FormatRow& row) {
    const float value = std::bit_cast<float>(row.a);
    mismatches.compare(stream, row, convert(value), std::isnan(value));
  });
  EXPECT_GT(mismatches.rows(), 300'000U);
}

#ifdef __FLT16_MAX__
TEST(FormatStream, EncodesAndDecodesBinary16AsTheCompilerDoes) {
  compare_encode("binary16",
                 [](float x) { return std::bit_cast<std::uint16_t>(static_cast<_Float16>(x)); });
  for_each_row(stream_of("binary16", FormatOperation::decode), [](const FormatRow& row) {
    const auto expected =
        static_cast<double>(std::bit_cast<_Float16>(static_cast<std::uint16_t>(row.a)));
    EXPECT_TRUE(row.number == expected || (std::isnan(row.number) && std::isnan(expected)))
        << row.a;
  });
}
#endif

#ifdef LSGD_EIGEN
TEST(FormatStream, EncodesAndDecodesBinary16AndBfloat16AsEigenDoes) {
  compare_encode("binary16",
                 [](float x) { return std::bit_cast<std::uint16_t>(static_cast<Eigen::half>(x)); });
  compare_encode("bfloat16", [](float x) {
    return std::bit_cast<std::uint16_t>(static_cast<Eigen::bfloat16>(x));
  });
  for_each_row(stream_of("bfloat16", FormatOperation::decode), [](const FormatRow& row) {
    const auto expected =
        static_cast<float>(std::bit_cast<Eigen::bfloat16>(static_cast<std::uint16_t>(row.a)));
    EXPECT_TRUE(row.number == double{expected} || (std::isnan(row.number) && std::isnan(expected)))
        << row.a;
  });
}
#endif

/// value / 2^shift, rounded, with integers alone.
std::int64_t shifted(std::int64_t value, int shift, RoundingDirection direction) {
  const std::int64_t unit = std::int64_t{1} << shift;
  const std::int64_t low = value >> shift;
  const std::int64_t rest = value - low * unit;
  if (rest == 0) return low;
  const bool is_negative = value < 0;
  const auto nearest = [&](bool tie_goes_up) {
    return 2 * rest == unit ? low + tie_goes_up : low + (2 * rest > unit);
  };
  switch (direction) {
    case RoundingDirection::nearest_even:
      return nearest(low % 2 != 0);
    case RoundingDirection::nearest_away:
      return nearest(!is_negative);
    case RoundingDirection::nearest_up:
      return nearest(true);
    case RoundingDirection::nearest_down:
      return nearest(false);
    case RoundingDirection::nearest_zero:
      return nearest(is_negative);
    case RoundingDirection::zero:
      return low + is_negative;
    case RoundingDirection::up:
      return low + 1;
    case RoundingDirection::down:
      return low;
    case RoundingDirection::away:
      return low + !is_negative;
    case RoundingDirection::odd:
      return low % 2 != 0 ? low : low + 1;
    default:
      throw std::logic_error("a direction with one result");
  }
}

TEST(FormatStream, AddsAndMultipliesFixedPointNumbersAsIntegersDo) {
  for (const int fraction_bits : {0, 4, 7})
    for (const FormatOperation operation : {FormatOperation::add, FormatOperation::multiply})
      for (const RoundingDirection direction : directions_of_one_result())
        for (const Overflow overflow : {Overflow::saturate, Overflow::wrap}) {
          const FormatStream stream =
              stream_of("int8_" + std::to_string(fraction_bits), operation, direction, overflow);
          Mismatches mismatches;
          for_each_row(stream, [&](const FormatRow& row) {
            const auto a = static_cast<std::int8_t>(row.a), b = static_cast<std::int8_t>(row.b);
            const std::int64_t exact = operation == FormatOperation::add
                                           ? a + b
                                           : shifted(std::int64_t{a} * b, fraction_bits, direction);
            const std::int64_t kept =
                overflow == Overflow::saturate ? std::clamp<std::int64_t>(exact, -128, 127) : exact;
            mismatches.compare(stream, row, static_cast<std::uint8_t>(kept));
          });
          EXPECT_EQ(mismatches.rows(), 65'536U);
        }
}

TEST(FormatStream, EncodesFixedPointNumbersAsIntegersDo) {
  for (const RoundingDirection direction : directions_of_one_result())
    for (const Overflow overflow : {Overflow::saturate, Overflow::wrap}) {
      const FormatStream stream =
          stream_of("int16_15", FormatOperation::encode, direction, overflow);
      Mismatches mismatches;
      for_each_row(stream, [&](const FormatRow& row) {
        const float value = std::bit_cast<float>(row.a);
        // Far from every middle and far outside integers of 64 bits say no more.
        if (!(std::abs(value) < 0x1p20f && (value == 0 || std::abs(value) > 0x1p-30f))) return;
        const auto scaled = static_cast<std::int64_t>(std::ldexp(value, 15 + 24));
        if (std::ldexp(static_cast<double>(scaled), -15 - 24) != double{value}) return;
        const std::int64_t exact = shifted(scaled, 24, direction);
        const std::int64_t kept =
            overflow == Overflow::saturate ? std::clamp<std::int64_t>(exact, -32768, 32767) : exact;
        mismatches.compare(stream, row, static_cast<std::uint16_t>(kept));
      });
      EXPECT_GT(mismatches.rows(), 250'000U);
    }
}

TEST(FormatStream, EncodesPowersOfTwoByValueAndByLogarithm) {
  for (const bool by_value : {true, false}) {
    const FormatStream stream = stream_of(
        by_value ? "power_of_two:seen" : "power_of_two_logarithm:seen", FormatOperation::encode);
    std::vector<double> numbers;
    for (int i = 0; i >= -7; --i) numbers.push_back(-std::ldexp(1.0, i));
    numbers.push_back(0);
    for (int i = -7; i <= 0; ++i) numbers.push_back(std::ldexp(1.0, i));
    Mismatches mismatches;
    for_each_row(stream, [&](const FormatRow& row) {
      const double x = std::bit_cast<float>(row.a);
      if (std::isnan(x)) return;
      const double clamped = std::clamp(x, -1.0, 1.0);
      std::uint32_t high = 1;
      while (numbers[high] < clamped) ++high;
      const double below = numbers[high - 1], above = numbers[high];
      // Twice the distance from the middle: exact.
      double past = 2 * clamped - (below + above);
      if (!by_value && below * above > 0)
        past = (clamped * clamped - below * above) * (above > 0 ? 1 : -1);
      const bool goes_up = past > 0 || (past == 0 && high % 2 == 0);
      mismatches.compare(stream, row, goes_up ? high : high - 1);
    });
    EXPECT_GT(mismatches.rows(), 100U);
  }
}

/// Which way the draw sends a discarded fraction, as SPEC 15.7 says of `mapping`.
bool carries(double fraction, std::uint32_t random, const Rounding& rounding) {
  const double scaled = std::ldexp(fraction, rounding.random_bits);
  const double limit = std::ldexp(1.0, rounding.random_bits);
  switch (rounding.mapping) {
    case RandomMapping::truncate:
      return std::floor(scaled) + random >= limit;
    case RandomMapping::midpoint:
      return scaled + random + 0.5 >= limit;
    case RandomMapping::nearest:
      return std::nearbyint(scaled) + random >= limit;
  }
  throw std::logic_error("a mapping");
}

TEST(FormatStream, ShowsWhereTheDrawOfAStochasticRoundingTurns) {
  const FloatDefinition& e4m3 = definition_of("e4m3");
  const auto codes = e4m3.codes();
  for (const RandomMapping mapping :
       {RandomMapping::truncate, RandomMapping::midpoint, RandomMapping::nearest}) {
    FormatStream stream = stream_of("e4m3", FormatOperation::multiply,
                                    RoundingDirection::stochastic, Overflow::saturate);
    stream.rounding.random_bits = 6;
    stream.rounding.mapping = mapping;
    Mismatches mismatches;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::uint32_t, std::uint32_t>> draws;
    for_each_row(stream, [&](const FormatRow& row) {
      draws[{row.a, row.b}][row.random] = row.result.value();
      const double exact = e4m3.number(row.a) * e4m3.number(row.b);
      if (std::isnan(exact)) return;
      const double size = std::abs(exact);
      const double unit =
          std::ldexp(1.0, std::max(size > 0 ? std::ilogb(size) : -6, -6) - (e4m3.precision - 1));
      const double whole = std::floor(size / unit);
      const double fraction = size / unit - whole;
      const bool goes_away = fraction > 0 && carries(fraction, row.random, stream.rounding);
      const double result =
          std::copysign(std::min((whole + goes_away) * unit, e4m3.largest), exact);
      mismatches.compare(stream, row, codes.at({result, std::signbit(result)}));
    });
    EXPECT_EQ(draws.size(), 65'536U);
    for (const auto& [operands, results] : draws) {
      EXPECT_EQ(results.begin()->first, 0U);
      EXPECT_EQ(results.rbegin()->first, 63U);
      EXPECT_LE(results.size(), 4U);
      // Between draws that are no neighbours nothing changes.
      for (auto next = std::next(results.begin()); next != results.end(); ++next) {
        const auto& [before, result] = *std::prev(next);
        EXPECT_TRUE(next->first == before + 1 || next->second == result)
            << operands.first << ' ' << operands.second;
      }
    }
  }
}

TEST(FormatStream, FlushesOperandsAndResults) {
  const auto product = [](Subnormals subnormals, std::uint32_t a, std::uint32_t b) {
    FormatStream stream = stream_of("e4m3", FormatOperation::multiply);
    stream.rounding.format.subnormals = subnormals;
    std::uint32_t result = 0;
    for_each_row(stream, [&](const FormatRow& row) {
      if (row.a == a && row.b == b) result = row.result.value();
    });
    return result;
  };
  // 7 * 2^-9 * 16 = 7/32 of a subnormal operand; 2^-6 * 1/2 = 2^-7 a subnormal result.
  constexpr std::uint32_t subnormal = 0x07, sixteen = 0x58, lowest_normal = 0x08, half = 0x30;
  EXPECT_EQ(product(Subnormals::gradual, subnormal, sixteen), 0x26U);
  EXPECT_EQ(product(Subnormals::flush_results, subnormal, sixteen), 0x26U);
  EXPECT_EQ(product(Subnormals::flush_operands, subnormal, sixteen), 0U);
  EXPECT_EQ(product(Subnormals::gradual, lowest_normal, half), 4U);
  EXPECT_EQ(product(Subnormals::flush_operands, lowest_normal, half), 4U);
  EXPECT_EQ(product(Subnormals::flush_results, lowest_normal, half), 0U);
  EXPECT_EQ(product(Subnormals::flush_both, lowest_normal, half), 0U);
}

TEST(FormatStream, EncodesEveryNumberEveryMiddleAndWhatLiesBesideThem) {
  const FloatDefinition& bfloat16 = definition_of("bfloat16");
  std::set<std::uint32_t> patterns;
  std::uint32_t last = 0;
  for_each_row(stream_of("bfloat16", FormatOperation::encode), [&](const FormatRow& row) {
    EXPECT_TRUE(patterns.empty() || row.a > last);
    last = row.a;
    patterns.insert(row.a);
  });
  for (std::uint32_t code = 0; code < 0x7f7f; ++code) {
    // The upper half of a binary32 is a bfloat16, and 0x8000 in the lower half is the middle.
    EXPECT_EQ(bfloat16.number(code), double{std::bit_cast<float>(code << 16)});
    for (const std::uint32_t sign : {0U, 0x8000'0000U})
      for (const std::uint32_t pattern : {code << 16, (code << 16) + 0x7fff, (code << 16) + 0x8000,
                                          (code << 16) + 0x8001, (code << 16) + 0xffff})
        EXPECT_TRUE(patterns.contains(sign | pattern)) << std::hex << pattern;
  }
  for (const std::uint32_t special :
       {0U, 0x8000'0000U, 1U, 0x7f80'0000U, 0xff80'0000U, 0x7fc0'0000U, 0x7f7f'ffffU})
    EXPECT_TRUE(patterns.contains(special)) << std::hex << special;
}

TEST(FormatStream, RefusesWhatHasNoStreamInOneLine) {
  EXPECT_EQ(input_error_of([] { named_format("e4m4"); }),
            "e4m4: expected a predefined format, such as e4m3 or int8_4, or PROFILE:FORMAT for one "
            "that a profile declares");
  EXPECT_EQ(input_error_of([] { named_format("e5m6:e4m3"); }),
            "e5m6:e4m3: expected a format that the profile rounds to: binary32, e5m6");
  const auto reason = [](const std::string& format, FormatOperation operation,
                         RoundingDirection direction = RoundingDirection::nearest_even,
                         std::optional<Overflow> overflow = {}) {
    return why_not_streamed(stream_of(format, operation, direction, overflow)).value_or("");
  };
  EXPECT_EQ(reason("exact", FormatOperation::decode), "a format with codes");
  EXPECT_EQ(reason("binary32", FormatOperation::decode), "a format of at most 19 bits");
  EXPECT_EQ(reason("binary16", FormatOperation::add),
            "a format of at most 8 bits, of which all pairs of operands are taken");
  EXPECT_EQ(reason("int8_affine_double:weight", FormatOperation::decode),
            "a format whose codes mean the same in every tensor, not one with a scale");
  EXPECT_EQ(reason("int16_moving:moving", FormatOperation::decode),
            "a format with a number of fraction bits, such as int8_4");
  EXPECT_EQ(reason("e4m3", FormatOperation::add, RoundingDirection::any),
            "a rounding that leads to one number, such as nearest_even");
  EXPECT_EQ(reason("e4m3", FormatOperation::add, RoundingDirection::stochastic),
            "--random-bits from 1 to 32 with stochastic rounding");
  EXPECT_EQ(reason("e4m3", FormatOperation::add, RoundingDirection::zero, Overflow::wrap),
            "--overflow saturate or infinity_or_nan for numbers of this format");
  EXPECT_THROW(for_each_row(stream_of("exact", FormatOperation::decode), [](const FormatRow&) {}),
               std::invalid_argument);
}

TEST(RecordedFormats, HaveADigestOfEveryStream) {
  for (const std::string& format : recorded_formats()) {
    const std::string_view recorded = recorded_digests(format);
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(recorded, '\n')),
              recorded_streams(format).size() + 1)
        << format;
  }
}

TEST(RecordedFormats, StreamsAreAsRecorded) {
  // All of what is small, of the others what is decoded, and the nearest results.
  for (const std::string& format : recorded_formats())
    for (const FormatStream& stream : recorded_streams(format)) {
      const bool is_small = stream.rounding.format.bits <= 6;
      if (!is_small && (stream.rounding.direction != RoundingDirection::nearest_even ||
                        stream.rounding.format.subnormals != Subnormals::gradual))
        continue;
      const std::string line = digest_line(stream) + "\n";
      EXPECT_NE(recorded_digests(format).find("\n" + line), std::string_view::npos)
          << format << ": " << line;
    }
}

}  // namespace
}  // namespace lsgd
