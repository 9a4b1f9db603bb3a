// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/numbers/random_bits.hpp>
#include <lsgd/numbers/requantize.hpp>

namespace lsgd {
namespace {

using Rational = boost::multiprecision::cpp_rational;

NumberFormat float_format(int bits, int precision, int bias, Specials specials,
                          Subnormals subnormals = Subnormals::gradual) {
  NumberFormat format;
  format.kind = FormatKind::floating;
  format.bits = bits;
  format.precision = precision;
  format.bias = bias;
  format.specials = specials;
  format.subnormals = subnormals;
  return format;
}

NumberFormat integer_format(FormatKind kind, int bits, bool is_signed, bool symmetric = false) {
  NumberFormat format;
  format.kind = kind;
  format.bits = bits;
  format.is_signed = is_signed;
  format.symmetric = symmetric;
  return format;
}

NumberFormat set_format(std::vector<double> values, NearestPower nearest = NearestPower::value) {
  NumberFormat format;
  format.kind = FormatKind::set;
  format.values = std::move(values);
  format.bits = static_cast<int>(std::bit_width(format.values.size() - 1));
  format.nearest = nearest;
  return format;
}

const NumberFormat binary32_format = float_format(32, 24, 127, Specials::ieee);
const NumberFormat e4m3 = float_format(8, 4, 7, Specials::one_nan);
const NumberFormat e5m2 = float_format(8, 3, 15, Specials::ieee);

Rounding rounding_of(RoundingDirection direction, Overflow overflow = Overflow::saturate) {
  Rounding rounding;
  rounding.direction = direction;
  rounding.overflow = overflow;
  return rounding;
}

Rational exactly(const BinaryNumber& x) {
  if (x.is_zero()) return 0;
  const Rational value(x.significand());
  const Integer power = Integer(1) << static_cast<unsigned>(std::abs(x.exponent));
  return x.exponent < 0 ? value / Rational(power) : value * Rational(power);
}

/// A random double whose exponent is drawn as its significand is: near every power of two.
double any_double(std::mt19937_64& engine, int lowest, int highest) {
  const int exponent =
      lowest + static_cast<int>(engine() % static_cast<unsigned>(highest - lowest + 1));
  const double significand = std::ldexp(static_cast<double>(engine() >> 11), -53);
  const double value = std::ldexp(significand + 1, exponent);
  return engine() % 2 == 0 ? value : -value;
}

std::uint64_t code_of_double(const NumberCodec& codec, double value, RoundingDirection direction,
                             Overflow overflow) {
  const BinaryNumber rounded =
      codec.rounded(BinaryNumber::of_double(value), rounding_of(direction, overflow), nullptr);
  return codec.code_of(rounded).value();
}

TEST(NumberCodec, RoundsDoublesToBinary32AsTheProcessorDoesInEveryDirection) {
  const NumberCodec codec(binary32_format);
  const std::array<std::pair<int, RoundingDirection>, 4> directions{
      {{FE_TONEAREST, RoundingDirection::nearest_even},
       {FE_TOWARDZERO, RoundingDirection::zero},
       {FE_UPWARD, RoundingDirection::up},
       {FE_DOWNWARD, RoundingDirection::down}}};
  std::mt19937_64 engine(1);
  for (int i = 0; i < 40'000; ++i) {
    double value = any_double(engine, -160, 130);
    if (i % 4 == 0) value = static_cast<double>(static_cast<float>(value)) * 1.5;  // ties
    for (const auto& [mode, direction] : directions) {
      std::fesetround(mode);
      volatile const double operand = value;
      volatile const float expected = static_cast<float>(operand);
      std::fesetround(FE_TONEAREST);
      EXPECT_EQ(code_of_double(codec, value, direction, Overflow::infinity),
                std::bit_cast<std::uint32_t>(static_cast<float>(expected)))
          << value << ' ' << name_of(direction);
    }
  }
}

TEST(NumberCodec, RoundsSumsAndProductsToBinary64AsTheProcessorDoesInEveryDirection) {
  const NumberCodec codec(float_format(64, 53, 1023, Specials::ieee));
  const std::array<std::pair<int, RoundingDirection>, 4> directions{
      {{FE_TONEAREST, RoundingDirection::nearest_even},
       {FE_TOWARDZERO, RoundingDirection::zero},
       {FE_UPWARD, RoundingDirection::up},
       {FE_DOWNWARD, RoundingDirection::down}}};
  const auto code_of = [&](const BinaryNumber& exact, RoundingDirection direction) {
    return codec.code_of(codec.rounded(exact, rounding_of(direction, Overflow::infinity), nullptr))
        .value();
  };
  std::mt19937_64 engine(7);
  for (int i = 0; i < 20'000; ++i) {
    // About 1, about the smallest and about the largest numbers.
    const int middle = std::array{0, -537, 511}.at(static_cast<std::size_t>(i % 3));
    const double x = any_double(engine, middle - 30, middle + 3);
    const double y = any_double(engine, middle - 30, middle + 3);
    const BinaryNumber a = BinaryNumber::of_double(x), b = BinaryNumber::of_double(y);
    for (const auto& [mode, direction] : directions) {
      std::fesetround(mode);
      volatile const double left = x, right = y;
      volatile const double sum = left + right, product = left * right;
      std::fesetround(FE_TONEAREST);
      EXPECT_EQ(code_of(a + b, direction), std::bit_cast<std::uint64_t>(double{sum}))
          << x << " + " << y << ' ' << name_of(direction);
      EXPECT_EQ(code_of(a * b, direction), std::bit_cast<std::uint64_t>(double{product}))
          << x << " * " << y << ' ' << name_of(direction);
    }
  }
}

TEST(NumberCodec, CodesOfBinary64AreThoseOfTheProcessor) {
  const NumberCodec codec(float_format(64, 53, 1023, Specials::ieee));
  std::mt19937_64 engine(8);
  std::vector<std::uint64_t> codes{0,
                                   1,
                                   0x000f'ffff'ffff'ffff,
                                   0x0010'0000'0000'0000,
                                   0x7fef'ffff'ffff'ffff,
                                   0x7ff0'0000'0000'0000};
  while (codes.size() < 20'000) codes.push_back(engine() >> 1);
  for (const std::uint64_t magnitude : codes)
    for (const std::uint64_t code : {magnitude, magnitude | std::uint64_t{1} << 63}) {
      const auto value = std::bit_cast<double>(code);
      const BinaryNumber number = codec.number_of(code);
      EXPECT_TRUE(codec.has_code(code));
      if (std::isnan(value)) {
        EXPECT_EQ(number.kind, BinaryNumber::Kind::not_a_number);
        EXPECT_EQ(codec.code_of(number), 0x7ff8'0000'0000'0000u);
        continue;
      }
      EXPECT_EQ(std::bit_cast<std::uint64_t>(number.to_double()), code);
      EXPECT_EQ(codec.code_of(number), code);
    }
}

#ifdef __FLT16_MAX__
TEST(NumberCodec, RoundsDoublesToBinary16AsTheCompilerDoes) {
  const NumberCodec codec(float_format(16, 11, 15, Specials::ieee));
  std::mt19937_64 engine(2);
  for (int i = 0; i < 40'000; ++i) {
    double value = any_double(engine, -30, 17);
    if (i % 4 == 0) value = static_cast<double>(static_cast<_Float16>(value)) * 1.5;
    EXPECT_EQ(code_of_double(codec, value, RoundingDirection::nearest_even, Overflow::infinity),
              std::bit_cast<std::uint16_t>(static_cast<_Float16>(value)))
        << value;
  }
}
#endif

TEST(NumberCodec, RoundsBinary32ToBfloat16AsAddingHalfAUnitOfItsUpperHalfDoes) {
  const NumberCodec codec(float_format(16, 8, 127, Specials::ieee));
  std::mt19937_64 engine(3);
  for (int i = 0; i < 100'000; ++i) {
    std::uint32_t bits = static_cast<std::uint32_t>(engine());
    if (i % 4 == 0) bits = (bits & 0xffff0000U) | 0x8000U;
    if ((bits >> 23 & 255) == 255) continue;
    const std::uint32_t expected = (bits + 0x7fffU + (bits >> 16 & 1)) >> 16;
    EXPECT_EQ(code_of_double(codec, std::bit_cast<float>(bits), RoundingDirection::nearest_even,
                             Overflow::infinity),
              expected);
  }
}

TEST(NumberCodec, RoundsToFixedPointAsTheInt8AndInt16CodeDoes) {
  std::mt19937_64 engine(4);
  for (int i = 0; i < 40'000; ++i) {
    const float value = static_cast<float>(any_double(engine, -12, 9));
    const int n = static_cast<int>(engine() % 8);
    const NumberCodec int8(integer_format(FormatKind::fixed, 8, true), {.fraction_bits = n});
    EXPECT_EQ(static_cast<std::int8_t>(
                  code_of_double(int8, value, RoundingDirection::nearest_away, Overflow::saturate)),
              quantize(value, n));
    const NumberCodec int16(integer_format(FormatKind::fixed, 16, true), {.fraction_bits = 12});
    EXPECT_EQ(static_cast<std::int16_t>(code_of_double(
                  int16, value, RoundingDirection::nearest_away, Overflow::saturate)),
              quantize_int16(value, 12));
  }
}

TEST(NumberCodec, ShiftsAccumulatorsAsRequantizeDoes) {
  std::mt19937_64 engine(5);
  const NumberCodec codec(integer_format(FormatKind::fixed, 8, true), {.fraction_bits = 4});
  for (int i = 0; i < 40'000; ++i) {
    const int shift = static_cast<int>(engine() % 11);
    const auto accumulator = static_cast<std::int32_t>(engine()) >> static_cast<int>(engine() % 31);
    const BinaryNumber rounded = codec.rounded(BinaryNumber::of(accumulator, -4 - shift),
                                               rounding_of(RoundingDirection::nearest_up), nullptr);
    EXPECT_EQ(static_cast<std::int8_t>(codec.code_of(rounded).value()),
              requantize(accumulator, shift));
  }
}

TEST(NumberCodec, DrawsAllDiscardedBitsAsInt8IntegerDoes) {
  Rounding rounding = rounding_of(RoundingDirection::stochastic);
  const NumberCodec codec(integer_format(FormatKind::fixed, 32, true), {.fraction_bits = 5});
  RandomStream stream(RandomGenerator::lcg32, 77);
  RandomBits bits{77};
  std::mt19937_64 engine(6);
  for (int i = 0; i < 40'000; ++i) {
    const int shift = static_cast<int>(engine() % 31);
    const auto value = static_cast<std::int32_t>(engine()) >> static_cast<int>(engine() % 31);
    const std::int64_t expected = (std::int64_t{value} + bits.draw(shift)) >> shift;
    const BinaryNumber rounded =
        codec.rounded(BinaryNumber::of(value, -5 - shift), rounding, &stream);
    EXPECT_EQ(static_cast<std::int32_t>(codec.code_of(rounded).value()), expected);
    EXPECT_EQ(stream.state(), bits.state);
  }
}

TEST(NumberCodec, WrapsModuloTheWidth) {
  const NumberCodec codec(integer_format(FormatKind::fixed, 16, true), {.fraction_bits = 10});
  std::mt19937_64 engine(7);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<std::int64_t>(engine()) >> 20;
    const BinaryNumber rounded =
        codec.rounded(BinaryNumber::of(value, -13),
                      rounding_of(RoundingDirection::down, Overflow::wrap), nullptr);
    EXPECT_EQ(codec.code_of(rounded).value(), static_cast<std::uint16_t>(value >> 3));
    const BinaryNumber kept =
        codec.rounded(BinaryNumber::of(value, -13),
                      rounding_of(RoundingDirection::none, Overflow::wrap), nullptr);
    const auto wrapped = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << 45) >> 45;
    EXPECT_EQ(exactly(kept), exactly(BinaryNumber::of(wrapped, -13)));
  }
}

TEST(NumberCodec, HasThePublishedEndsOfTheEightBitFloats) {
  EXPECT_EQ(NumberCodec(e4m3).largest().to_double(), 448);
  EXPECT_EQ(NumberCodec(e4m3).number_of(1).to_double(), 0x1p-9);
  EXPECT_EQ(NumberCodec(e4m3).number_of(0x7f).kind, BinaryNumber::Kind::not_a_number);
  EXPECT_EQ(NumberCodec(e5m2).largest().to_double(), 57344);
  EXPECT_EQ(NumberCodec(e5m2).number_of(1).to_double(), 0x1p-16);
  EXPECT_EQ(NumberCodec(e5m2).number_of(0xfc).to_double(),
            -std::numeric_limits<double>::infinity());
  EXPECT_EQ(NumberCodec(float_format(6, 3, 3, Specials::finite)).largest().to_double(), 28);
  EXPECT_EQ(NumberCodec(float_format(6, 4, 1, Specials::finite)).largest().to_double(), 7.5);
  EXPECT_EQ(NumberCodec(float_format(4, 2, 1, Specials::finite)).largest().to_double(), 6);
  const NumberCodec one_zero(float_format(8, 4, 8, Specials::one_zero));
  EXPECT_EQ(one_zero.largest().to_double(), 240);
  EXPECT_EQ(one_zero.number_of(0x80).kind, BinaryNumber::Kind::not_a_number);
  EXPECT_EQ(one_zero.code_of(-BinaryNumber::of(0)).value(), 0U);
}

TEST(NumberCodec, FlushesSubnormalResultsAndOperands) {
  const NumberCodec results(float_format(32, 24, 127, Specials::ieee, Subnormals::flush_results));
  const Rounding nearest = rounding_of(RoundingDirection::nearest_even);
  const BinaryNumber subnormal = BinaryNumber::of_double(-0x1.8p-127);
  EXPECT_EQ(results.code_of(results.rounded(subnormal, nearest, nullptr)), 0x80000000U);
  EXPECT_EQ(results.rounded(BinaryNumber::of_double(0x1p-126), nearest, nullptr).to_double(),
            0x1p-126);
  EXPECT_EQ(results.operand(subnormal).to_double(), -0x1.8p-127);
  const NumberCodec operands(float_format(32, 24, 127, Specials::ieee, Subnormals::flush_operands));
  EXPECT_EQ(operands.rounded(subnormal, nearest, nullptr).to_double(), -0x1.8p-127);
  EXPECT_TRUE(operands.operand(subnormal).is_zero());
}

TEST(NumberCodec, MakesOfOverflowsWhatTheRuleSays) {
  const NumberCodec float8(e4m3);
  const auto of = [&](double value, RoundingDirection direction, Overflow overflow) {
    return float8.rounded(BinaryNumber::of_double(value), rounding_of(direction, overflow),
                          nullptr);
  };
  EXPECT_EQ(of(464, RoundingDirection::nearest_even, Overflow::infinity_or_nan).to_double(), 448);
  EXPECT_TRUE(std::isnan(
      of(464.1, RoundingDirection::nearest_even, Overflow::infinity_or_nan).to_double()));
  EXPECT_EQ(of(1e9, RoundingDirection::zero, Overflow::infinity_or_nan).to_double(), 448);
  EXPECT_EQ(of(-1e9, RoundingDirection::nearest_even, Overflow::saturate).to_double(), -448);
  EXPECT_EQ(of(1e9, RoundingDirection::nearest_even, Overflow::outside_domain).kind,
            BinaryNumber::Kind::outside_domain);
  const NumberCodec symmetric(integer_format(FormatKind::fixed, 8, true, true));
  bool overflowed = false;
  EXPECT_EQ(symmetric
                .rounded(BinaryNumber::of(-128), rounding_of(RoundingDirection::zero), nullptr,
                         &overflowed)
                .to_double(),
            -127);
  EXPECT_TRUE(overflowed);
}

/// The same roundings by search among all numbers of a format, with exact rationals.
struct SearchedFormat {
  std::vector<Rational> numbers;  ///< ascending
  std::vector<bool> is_odd;       ///< whether the code of each is
  bool is_set = false;

  Rational rounded(const Rational& x, RoundingDirection direction) const {
    const auto above = std::lower_bound(numbers.begin(), numbers.end(), x);
    if (above == numbers.end()) return numbers.back();
    if (*above == x || above == numbers.begin()) return *above;
    const auto high = static_cast<std::size_t>(above - numbers.begin());
    const Rational middle = (numbers[high] + numbers[high - 1]) / 2;
    bool up = false;
    switch (direction) {
      case RoundingDirection::up:
        up = true;
        break;
      case RoundingDirection::down:
        break;
      case RoundingDirection::zero:
        up = x < 0;
        break;
      case RoundingDirection::away:
        up = x > 0;
        break;
      case RoundingDirection::odd:
        up = is_odd[high];
        break;
      default:
        up = x > middle || (x == middle && tie_goes_up(direction, x, high));
    }
    return numbers[up ? high : high - 1];
  }

  bool tie_goes_up(RoundingDirection direction, const Rational& x, std::size_t high) const {
    switch (direction) {
      case RoundingDirection::nearest_even:
        return !is_odd[high];
      case RoundingDirection::nearest_away:
        return x > 0;
      case RoundingDirection::nearest_zero:
        return x < 0;
      default:
        return direction == RoundingDirection::nearest_up;
    }
  }
};

/// Numbers of a float by its definition, not by NumberCodec.
SearchedFormat searched_float(int bits, int precision, int bias, double largest) {
  std::map<Rational, bool> numbers;
  const int fraction_bits = precision - 1;
  for (int code = 0; code < 1 << (bits - 1); ++code) {
    const int field = code >> fraction_bits;
    const int fraction = code & ((1 << fraction_bits) - 1);
    const double value =
        field == 0 ? std::ldexp(fraction, 1 - bias - fraction_bits)
                   : std::ldexp(fraction + (1 << fraction_bits), field - bias - fraction_bits);
    if (value > largest) break;
    numbers[Rational(value)] = code % 2 != 0;
    numbers[Rational(-value)] = code % 2 != 0;
  }
  SearchedFormat format;
  for (const auto& [number, is_odd] : numbers) {
    format.numbers.push_back(number);
    format.is_odd.push_back(is_odd);
  }
  return format;
}

SearchedFormat searched_integers(int low, int high, const Rational& unit) {
  SearchedFormat format;
  for (int code = low; code <= high; ++code) {
    format.numbers.push_back(code * unit);
    format.is_odd.push_back(code % 2 != 0);
  }
  return format;
}

constexpr std::array decided_directions{
    RoundingDirection::nearest_even, RoundingDirection::nearest_away, RoundingDirection::nearest_up,
    RoundingDirection::nearest_down, RoundingDirection::nearest_zero, RoundingDirection::zero,
    RoundingDirection::up,           RoundingDirection::down,         RoundingDirection::away,
    RoundingDirection::odd};

/// Every number of the format, every middle, what lies beside them, and numbers beyond the ends.
std::vector<BinaryNumber> numbers_around(const NumberCodec& codec, std::size_t codes) {
  std::vector<BinaryNumber> finite;
  for (std::uint64_t code = 0; code < codes; ++code)
    if (codec.number_of(code).is_finite()) finite.push_back(codec.number_of(code));
  std::sort(finite.begin(), finite.end(),
            [](const auto& x, const auto& y) { return compare(x, y) < 0; });
  std::vector<BinaryNumber> around = finite;
  const BinaryNumber little = BinaryNumber::of_double(0x1p-60);
  for (std::size_t i = 1; i < finite.size(); ++i) {
    const BinaryNumber middle = (finite[i - 1] + finite[i]) * BinaryNumber::of_double(0.5);
    const BinaryNumber quarter = (middle + finite[i]) * BinaryNumber::of_double(0.5);
    around.insert(around.end(), {middle, middle + little, middle - little, quarter,
                                 finite[i] - little, finite[i - 1] + little});
  }
  around.push_back(BinaryNumber::of(-1, -200));
  around.push_back(finite.back() * BinaryNumber::of_double(1.01) + little);
  around.push_back(finite.front() * BinaryNumber::of_double(1.01) - little);
  return around;
}

void expect_as_searched(const NumberCodec& codec, const SearchedFormat& searched) {
  const std::size_t codes = codec.format().kind == FormatKind::set
                                ? codec.format().values.size()
                                : std::size_t{1} << codec.format().bits;
  for (const BinaryNumber& x : numbers_around(codec, codes))
    for (const RoundingDirection direction : decided_directions) {
      const BinaryNumber rounded = codec.rounded(x, rounding_of(direction), nullptr);
      EXPECT_EQ(exactly(rounded), searched.rounded(exactly(x), direction))
          << x.to_double() << ' ' << name_of(direction);
      const std::uint64_t code = codec.code_of(rounded).value();
      EXPECT_LT(code, codes);
      EXPECT_TRUE(same_number(codec.number_of(code), rounded));
    }
}

TEST(NumberCodec, RoundsToFloatsOfEightAndFewerBitsAsASearchAmongAllNumbersDoes) {
  expect_as_searched(NumberCodec(e4m3), searched_float(8, 4, 7, 448));
  expect_as_searched(NumberCodec(e5m2), searched_float(8, 3, 15, 57344));
  expect_as_searched(NumberCodec(float_format(8, 4, 8, Specials::one_zero)),
                     searched_float(8, 4, 8, 240));
  expect_as_searched(NumberCodec(float_format(6, 3, 3, Specials::finite)),
                     searched_float(6, 3, 3, 28));
  expect_as_searched(NumberCodec(float_format(6, 4, 1, Specials::finite)),
                     searched_float(6, 4, 1, 7.5));
  expect_as_searched(NumberCodec(float_format(4, 2, 1, Specials::finite)),
                     searched_float(4, 2, 1, 6));
  expect_as_searched(NumberCodec(float_format(5, 1, 7, Specials::finite)),
                     searched_float(5, 1, 7, 256));
}

TEST(NumberCodec, RoundsToIntegersAndScaledIntegersAsASearchDoes) {
  expect_as_searched(NumberCodec(integer_format(FormatKind::fixed, 8, true), {.fraction_bits = 5}),
                     searched_integers(-128, 127, Rational(1, 32)));
  expect_as_searched(NumberCodec(integer_format(FormatKind::fixed, 7, false)),
                     searched_integers(0, 127, 1));
  expect_as_searched(
      NumberCodec(integer_format(FormatKind::fixed, 6, true, true), {.fraction_bits = -3}),
      searched_integers(-31, 31, 8));
  const double scale = 0.1f;
  expect_as_searched(NumberCodec(integer_format(FormatKind::affine, 8, true),
                                 {.scale = BinaryNumber::of_double(scale)}),
                     searched_integers(-128, 127, Rational(scale)));
}

TEST(NumberCodec, RoundsAffineNumbersWithAZeroPointAsTheirIntegersDo) {
  const double scale = 0.0123f;
  const NumberCodec codec(integer_format(FormatKind::affine, 8, false),
                          {.scale = BinaryNumber::of_double(scale), .zero_point = 100});
  for (int i = -400; i <= 400; ++i) {
    const double x = i * 0.00617;
    // The quotient is far enough from ties that a double tells.
    const double code = std::clamp(std::round(x / scale) + 100, 0.0, 255.0);
    if (std::abs(std::abs(x / scale - std::floor(x / scale)) - 0.5) < 1e-9) continue;
    const BinaryNumber rounded = codec.rounded(
        BinaryNumber::of_double(x), rounding_of(RoundingDirection::nearest_even), nullptr);
    EXPECT_EQ(codec.code_of(rounded).value(), static_cast<std::uint64_t>(code)) << x;
  }
}

TEST(NumberCodec, RoundsToSetsAsASearchDoes) {
  SearchedFormat ternary{{-1, 0, 1}, {false, true, false}};
  expect_as_searched(NumberCodec(set_format({-1, 0, 1})), ternary);
  SearchedFormat powers;
  std::vector<double> values;
  for (int k = 0; k >= -7; --k) values.push_back(-std::ldexp(1.0, k));
  values.push_back(0);
  for (int k = -7; k <= 0; ++k) values.push_back(std::ldexp(1.0, k));
  for (std::size_t i = 0; i < values.size(); ++i) {
    powers.numbers.emplace_back(values[i]);
    powers.is_odd.push_back(i % 2 != 0);
  }
  expect_as_searched(NumberCodec(set_format(values)), powers);
}

TEST(NumberCodec, SeparatesPowersAtTheSquareRootOfTheirProductWhereTheLogarithmDecides) {
  const NumberCodec codec(set_format({-1, -0.5, 0.5, 1}, NearestPower::logarithm));
  const Rounding nearest = rounding_of(RoundingDirection::nearest_even);
  for (const double x : {0.70710678, 0.70710679, -0.70710678, -0.70710679})
    EXPECT_EQ(codec.rounded(BinaryNumber::of_double(x), nearest, nullptr).to_double(),
              std::copysign(std::abs(x) < std::sqrt(0.5) ? 0.5 : 1, x));
}

TEST(NumberCodec, RoundsUpWithTheProbabilityThatEachMappingOfRandomBitsHas) {
  // f of a unit, N = 4 random bits: how many of the 16 values of R carry.
  const auto carries = [](double f, RandomMapping mapping) {
    Rounding rounding = rounding_of(RoundingDirection::stochastic);
    rounding.random_bits = 4;
    rounding.mapping = mapping;
    const NumberCodec codec(integer_format(FormatKind::fixed, 8, true));
    std::map<std::uint64_t, bool> carried;
    RandomStream stream(RandomGenerator::lcg32, 5);
    while (carried.size() < 16) {
      RandomStream next = stream;
      const std::uint64_t drawn = next.draw(4);
      carried[drawn] =
          codec.rounded(BinaryNumber::of_double(f), rounding, &stream).to_double() == 1;
    }
    return std::ranges::count_if(carried, [](const auto& entry) { return entry.second; });
  };
  for (int sixty_fourths = 0; sixty_fourths < 64; ++sixty_fourths) {
    const double f = sixty_fourths / 64.0;
    EXPECT_EQ(carries(f, RandomMapping::truncate), std::floor(f * 16));
    EXPECT_EQ(carries(f, RandomMapping::midpoint), std::floor(f * 16 + 0.5));
    EXPECT_EQ(carries(f, RandomMapping::nearest), std::nearbyint(f * 16));
  }
}

TEST(NumberCodec, RoundsMagnitudesOfFloatsAndFloorsOfFixedPointAtRandom) {
  Rounding rounding = rounding_of(RoundingDirection::stochastic);
  rounding.random_bits = 8;
  const NumberCodec fixed(integer_format(FormatKind::fixed, 16, true));
  const NumberCodec floating(float_format(16, 8, 127, Specials::ieee));
  RandomStream stream(RandomGenerator::xorshift32, 9);
  for (int i = 0; i < 2'000; ++i) {
    const int sixteenths = -2 * 256 * 16 + i;  // between -512 and -387
    RandomStream first = stream;
    RandomStream second = stream;
    const auto drawn = static_cast<int>(stream.draw(8));
    const BinaryNumber x = BinaryNumber::of(sixteenths, -4);
    EXPECT_EQ(fixed.rounded(x, rounding, &first).to_double(),
              std::floor((sixteenths * 16 + drawn) / 256.0));
    const int magnitude = -sixteenths;
    const int unit = magnitude >= 256 * 16 ? 32 : 16;
    const int expected = (magnitude * 256 / unit + drawn) / 256 * unit;
    EXPECT_EQ(floating.rounded(x, rounding, &second).to_double(), -expected / 16.0);
  }
}

TEST(NumberCodec, RoundsNumbersFarBelowEveryOtherWithoutWritingTheirZeros) {
  const BinaryNumber tiny = BinaryNumber::of(-1, -5'000'000'000);
  for (const NumberFormat& format : {e4m3, integer_format(FormatKind::fixed, 8, true)}) {
    const NumberCodec codec(format);
    EXPECT_TRUE(
        codec.rounded(tiny, rounding_of(RoundingDirection::nearest_even), nullptr).is_zero());
    EXPECT_EQ(codec.rounded(tiny, rounding_of(RoundingDirection::down), nullptr).to_double(),
              codec.number_of(1).to_double() * -1);
  }
}

TEST(NumberCodec, RoundsIrrationalNumbersFromBothSidesOrRefuses) {
  const NumberCodec codec(e4m3);
  const BinaryNumber one = BinaryNumber::of(1) * BinaryNumber::of(Integer(1) << 250, -250);
  const BinaryNumber below = one - BinaryNumber::of(1, -250);
  // Between below and one, neither included: 1 is the nearest number, 15/16 the next one below.
  const auto rounded = [&](RoundingDirection direction, const BinaryNumber& low) {
    return codec.rounded_between(low, one, rounding_of(direction), nullptr);
  };
  EXPECT_EQ(rounded(RoundingDirection::nearest_even, below)->to_double(), 1);
  EXPECT_EQ(rounded(RoundingDirection::zero, below)->to_double(), 0.9375);
  EXPECT_EQ(rounded(RoundingDirection::up, below)->to_double(), 1);
  const BinaryNumber far = BinaryNumber::of((Integer(15) << 246) + 1, -250);
  EXPECT_FALSE(rounded(RoundingDirection::nearest_even, far));
  EXPECT_EQ(codec.rounded_between(-one, -below, rounding_of(RoundingDirection::down), nullptr)
                ->to_double(),
            -1);
  EXPECT_EQ(
      codec.rounded_between(-one, -below, rounding_of(RoundingDirection::up), nullptr)->to_double(),
      -0.9375);
}

}  // namespace
}  // namespace lsgd
