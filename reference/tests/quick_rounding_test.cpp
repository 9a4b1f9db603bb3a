// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/quick_rounding.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/predefined_format.hpp>

#include "arithmetic/quick_tanh.hpp"

namespace lsgd {
namespace {

/// Numbers for one rounding: those of its format, the middles between them, what lies just beside
/// either, and others.
class Operands {
 public:
  Operands(const NumberCodec& codec, int code_bits, std::uint64_t seed)
      : codec_(codec), code_bits_(code_bits), engine_(seed) {}

  BinaryNumber next() {
    BinaryNumber x = near_code();
    switch (engine_() % 8) {
      case 0:
        return x;
      case 1:
        return x + near_code();
      case 2:
        return x * near_code();
      case 3:
        x = (x + neighbour()) * BinaryNumber::of(1, -1);
        return x;
      case 4:
        return (x + neighbour()) * BinaryNumber::of(1, -1) + tiny();
      case 5:
        return x + tiny();
      case 6:
        // Quarters and eighths of a unit, where random bits decide.
        return x +
               (neighbour() - x) * BinaryNumber::of(static_cast<std::int64_t>(engine_() % 257), -8);
      default:
        return BinaryNumber::of(static_cast<std::int64_t>(engine_()) >> engine_() % 63,
                                static_cast<std::int64_t>(engine_() % 160) - 120);
    }
  }

 private:
  BinaryNumber near_code() {
    for (;;) {
      code_ = engine_() & ((std::uint64_t{1} << code_bits_) - 1);
      if (codec_.format().kind == FormatKind::set && code_ >= codec_.format().values.size())
        continue;
      const BinaryNumber x = codec_.number_of(code_);
      if (x.is_finite()) return x;
    }
  }

  /// The number whose code follows that of near_code, or zero.
  BinaryNumber neighbour() {
    const std::uint64_t next = code_ + 1;
    const bool is_code =
        next < (std::uint64_t{1} << code_bits_) &&
        (codec_.format().kind != FormatKind::set || next < codec_.format().values.size());
    const BinaryNumber x = is_code ? codec_.number_of(next) : BinaryNumber{};
    return x.is_finite() ? x : BinaryNumber{};
  }

  BinaryNumber tiny() {
    const auto exponent = -static_cast<std::int64_t>(engine_() % 300) - 20;
    return BinaryNumber::of(engine_() % 2 == 0 ? 1 : -1, exponent);
  }

  const NumberCodec& codec_;
  int code_bits_;
  std::mt19937_64 engine_;
  std::uint64_t code_ = 0;
};

/// A number rounded to odd: cut to 53 bits, the last one set where anything was cut off.
double rounded_to_odd(const BinaryNumber& x, bool& is_cut) {
  is_cut = false;
  if (x.is_zero()) return x.is_negative ? -0.0 : 0.0;
  const int more = static_cast<int>(msb(x.magnitude)) + 1 - 53;
  Integer magnitude = x.magnitude;
  if (more > 0) {
    is_cut = lsb(magnitude) < static_cast<unsigned>(more);
    magnitude >>= static_cast<unsigned>(more);
    if (is_cut) bit_set(magnitude, 0);
  }
  const double size =
      std::ldexp(magnitude.convert_to<double>(), static_cast<int>(x.exponent) + std::max(0, more));
  return x.is_negative ? -size : size;
}

struct Counts {
  int compared = 0;
  int cut = 0;
  int unfit = 0;
};

/// Both roundings of many numbers: results, sign of zero, overflow and state of the generator.
Counts compare_roundings(const Rounding& rounding, const TensorScale& scale, int count,
                         std::uint64_t seed) {
  Counts counts;
  const NumberCodec codec(rounding.format, scale);
  const std::optional<QuickRounding> quick = QuickRounding::of(rounding, scale, Digits{});
  EXPECT_TRUE(quick.has_value());
  if (!quick) return counts;
  Operands operands(codec, rounding.format.bits, seed);
  RandomStream exact_stream(RandomGenerator::lcg32, 7), quick_stream(RandomGenerator::lcg32, 7);
  for (int i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    const BinaryNumber x = operands.next();
    bool is_cut = false;
    const double near = rounded_to_odd(x, is_cut);
    bool exact_overflow = false, quick_overflow = false;
    const BinaryNumber expected = codec.rounded(x, rounding, &exact_stream, &exact_overflow);
    try {
      const double found = (*quick)(near, is_cut, &quick_stream, quick_overflow);
      const std::string what = x.significand().str() + " * 2^" + std::to_string(x.exponent);
      EXPECT_TRUE(expected.is_finite()) << what;
      EXPECT_EQ(found, expected.to_double()) << what << ", as a double " << near;
      EXPECT_EQ(std::signbit(found), std::signbit(expected.to_double())) << what;
      EXPECT_EQ(quick_overflow, exact_overflow) << what;
      EXPECT_EQ(quick_stream.state(), exact_stream.state()) << what;
      EXPECT_TRUE(has_digits(quick->results(), found)) << what << " to " << found;
      ++counts.compared;
      counts.cut += is_cut ? 1 : 0;
    } catch (const DoesNotFit&) {
      ++counts.unfit;
      quick_stream = exact_stream;
    }
  }
  return counts;
}

constexpr std::array directions{RoundingDirection::nearest_even, RoundingDirection::nearest_away,
                                RoundingDirection::nearest_up,   RoundingDirection::nearest_down,
                                RoundingDirection::nearest_zero, RoundingDirection::zero,
                                RoundingDirection::up,           RoundingDirection::down,
                                RoundingDirection::away,         RoundingDirection::odd};

constexpr int numbers_of_each = 1500;

void expect_same(const NumberFormat& format, const TensorScale& scale, Overflow overflow) {
  std::uint64_t seed = 1;
  Counts total;
  const auto compare = [&](const Rounding& rounding) {
    if (::testing::Test::HasFailure()) return;
    SCOPED_TRACE(format.name + " " + std::string(name_of(rounding.direction)) + " " +
                 std::string(name_of(overflow)) + " " + std::to_string(rounding.random_bits) + " " +
                 std::string(name_of(rounding.mapping)));
    const Counts counts = compare_roundings(rounding, scale, numbers_of_each, ++seed);
    EXPECT_GT(counts.compared, 0);
    total.compared += counts.compared;
    total.cut += counts.cut;
  };
  for (const RoundingDirection direction : directions) compare({format, direction, overflow});
  for (const int bits : {1, 4, 16, 24})
    for (const RandomMapping mapping :
         {RandomMapping::truncate, RandomMapping::midpoint, RandomMapping::nearest})
      compare({format, RoundingDirection::stochastic, overflow, bits, mapping});
  if (format.kind == FormatKind::fixed) compare({format, RoundingDirection::none, overflow});
  // Most of them fit, and many have digits that doubles do not hold.
  EXPECT_GT(total.compared, 8 * numbers_of_each) << format.name;
  EXPECT_GT(total.cut, numbers_of_each) << format.name;
}

TEST(QuickRounding, RoundsToFloatsAsTheExactCodecDoes) {
  for (const std::string name :
       {"binary32", "binary16", "tf32", "bfloat16", "e5m2", "e4m3", "e3m2", "e2m3", "e2m1"})
    for (const Subnormals subnormals : {Subnormals::gradual, Subnormals::flush_results})
      for (const Overflow overflow : {Overflow::saturate, Overflow::outside_domain}) {
        NumberFormat format = predefined_format(name).value();
        format.subnormals = subnormals;
        expect_same(format, {}, overflow);
      }
}

TEST(QuickRounding, RoundsToFixedPointAsTheExactCodecDoes) {
  for (const int bits : {2, 4, 8, 16, 24, 32, 48})
    for (const bool is_signed : {true, false})
      for (const Overflow overflow : {Overflow::saturate, Overflow::wrap, Overflow::outside_domain})
        for (const int fraction_bits : {-3, 0, 5, 30}) {
          NumberFormat format;
          format.kind = FormatKind::fixed;
          format.bits = bits;
          format.is_signed = is_signed;
          format.symmetric = is_signed && fraction_bits == 5 && overflow != Overflow::wrap;
          format.name =
              std::to_string(bits) + (is_signed ? "_" : "u_") + std::to_string(fraction_bits);
          expect_same(format, {.fraction_bits = fraction_bits}, overflow);
        }
}

TEST(QuickRounding, RoundsToMultiplesOfAScaleAsTheExactCodecDoes) {
  for (const int bits : {2, 4, 8, 16})
    for (const Overflow overflow : {Overflow::saturate, Overflow::wrap, Overflow::outside_domain})
      for (const TensorScale& scale :
           {TensorScale{.scale = BinaryNumber::of(12345677, -28)},
            TensorScale{.scale = BinaryNumber::of(1, -3), .zero_point = 2},
            TensorScale{.scale = BinaryNumber::of(16777215, -20), .zero_point = -1}}) {
        NumberFormat format;
        format.kind = FormatKind::affine;
        format.bits = bits;
        format.symmetric = scale.zero_point == 0 && overflow == Overflow::saturate;
        format.scale = ScaleSharing::tensor;
        for (const RoundingDirection direction : directions) {
          SCOPED_TRACE(std::to_string(bits) + " " + std::string(name_of(direction)) + " " +
                       std::string(name_of(overflow)));
          const Counts counts =
              compare_roundings({format, direction, overflow}, scale, numbers_of_each, 77);
          EXPECT_GT(counts.compared, numbers_of_each / 4);
          EXPECT_GT(counts.cut, numbers_of_each / 50);
        }
      }
}

/// Against the library's tanh of 64 bits, in the whole range and beside the middles between nodes.
TEST(QuickTanh, IsWithinItsRelativeError) {
  const QuickTanh quick;
  std::mt19937_64 engine(11);
  const auto check = [&](double z) {
    const long double exact = std::tanh(static_cast<long double>(z));
    EXPECT_LE(std::abs(static_cast<long double>(quick(z)) - exact), 0x1p-48L * std::abs(exact))
        << z;
    EXPECT_EQ(quick(-z), -quick(z)) << z;
  };
  for (int i = 0; i < 100'000; ++i) {
    const double part = static_cast<double>(engine() >> 11) * 0x1p-53;
    check(part * 10);
    check(std::ldexp(part, -static_cast<int>(engine() % 60)));
  }
  for (int k = 0; k <= 520; ++k)
    for (const double middle : {(k + 0.5) / 64, k / 64.0})
      for (const double z : {std::nextafter(middle, 0.0), middle, std::nextafter(middle, 9.0)})
        check(z);
}

TEST(QuickRounding, RoundsToSetsAsTheExactCodecDoes) {
  NumberFormat powers;
  powers.kind = FormatKind::set;
  powers.bits = 5;
  for (int i = 0; i >= -7; --i) powers.values.push_back(-std::ldexp(1.0, i));
  powers.values.push_back(0);
  for (int i = -7; i <= 0; ++i) powers.values.push_back(std::ldexp(1.0, i));
  NumberFormat logarithmic = powers;
  logarithmic.nearest = NearestPower::logarithm;
  NumberFormat ternary;
  ternary.kind = FormatKind::set;
  ternary.bits = 2;
  ternary.values = {-1, 0, 1};
  for (const NumberFormat& format : {powers, logarithmic, ternary})
    for (const RoundingDirection direction : directions) {
      if (direction == RoundingDirection::nearest_even || direction == RoundingDirection::odd)
        continue;
      for (const TensorScale& scale :
           {TensorScale{}, TensorScale{.scale = BinaryNumber::of(12345677, -24)}}) {
        if (format.nearest == NearestPower::logarithm && scale.scale.exponent != 0) continue;
        SCOPED_TRACE(std::string(name_of(direction)));
        const Counts counts = compare_roundings({format, direction}, scale, numbers_of_each, 99);
        EXPECT_GT(counts.compared, numbers_of_each / 4);
      }
    }
}

}  // namespace
}  // namespace lsgd
