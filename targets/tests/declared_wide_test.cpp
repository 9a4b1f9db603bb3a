// SPDX-License-Identifier: Apache-2.0

// declared_c99 in binary64: codes and operations against the processor's, functions against MPFR.
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <mpfr.h>
#include <random>
#include <vector>

extern "C" {
#include "declared_wide.h"
}

namespace {

const declared_format& binary64() { return declared_roundings[0].format; }

declared_number number_of(double value) {
  return declared_wide_decode(std::bit_cast<std::uint64_t>(value), &binary64());
}

/// The double that a number of the port is rounded to.
double rounded(const declared_number& x) {
  const declared_grid grid{0, declared_integer(1), 0};
  std::uint8_t overflowed = 0;
  const declared_number result =
      declared_round(x, &declared_roundings[0], &grid, GENERATOR_NONE, &overflowed);
  return std::bit_cast<double>(declared_wide_code(result, &binary64()));
}

/// Equal in every bit, or both no number.
testing::AssertionResult are_same(double found, double expected) {
  const bool are = (std::isnan(found) && std::isnan(expected)) ||
                   std::bit_cast<std::uint64_t>(found) == std::bit_cast<std::uint64_t>(expected);
  if (are) return testing::AssertionSuccess();
  return testing::AssertionFailure() << std::hexfloat << found << " in place of " << expected;
}

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::array ends{0.0,
                          std::numeric_limits<double>::denorm_min(),
                          0x1.fffffffffffffp-1023,
                          std::numeric_limits<double>::min(),
                          1.0,
                          std::numeric_limits<double>::max(),
                          infinite,
                          std::numeric_limits<double>::quiet_NaN()};

class Doubles {
 public:
  explicit Doubles(unsigned seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t count) { return engine_() % count; }
  std::uint64_t pattern() { return engine_(); }

  /// With an exponent from lowest to highest, of either sign.
  double drawn(int lowest, int highest) {
    const auto range = static_cast<std::uint64_t>(highest - lowest + 1);
    const double significand = 1 + std::ldexp(static_cast<double>(engine_() >> 12), -52);
    const double value = std::ldexp(significand, lowest + static_cast<int>(engine_() % range));
    return engine_() % 2 == 0 ? value : -value;
  }

 private:
  std::mt19937_64 engine_;
};

TEST(DeclaredWide, CodesStandForTheNumbersOfTheProcessor) {
  Doubles doubles(1);
  const auto expect_round_trip = [](double value) {
    const declared_number x = number_of(value);
    if (std::isfinite(value)) {
      EXPECT_EQ(x.kind, VALUE_FINITE);
      if (value != 0) {
        const double magnitude = std::ldexp(static_cast<double>(x.magnitude), x.exponent);
        EXPECT_EQ(magnitude, std::abs(value));
      }
    }
    const double found = std::bit_cast<double>(declared_wide_code(x, &binary64()));
    EXPECT_TRUE(are_same(found, value));
  };
  for (const double end : ends)
    for (const double value : {end, -end}) expect_round_trip(value);
  for (int i = 0; i < 20'000; ++i) expect_round_trip(std::bit_cast<double>(doubles.pattern()));
  for (int i = 0; i < 2'000; ++i) expect_round_trip(doubles.drawn(-1074, -1015));
  // A NaN is written as the one that processors make, whatever was read.
  const double payload = std::bit_cast<double>(std::uint64_t{0x7ff0'0000'0000'0001});
  EXPECT_EQ(declared_wide_code(number_of(payload), &binary64()), 0x7ff8'0000'0000'0000u);
}

TEST(DeclaredWide, SumsAndProductsAreThoseOfTheProcessor) {
  Doubles doubles(2);
  const auto expect_same_results = [](double x, double y) {
    const declared_number a = number_of(x), b = number_of(y);
    volatile const double sum = x + y, product = x * y;
    EXPECT_TRUE(are_same(rounded(declared_sum(a, b)), sum)) << std::hexfloat << x << ' ' << y;
    EXPECT_TRUE(are_same(rounded(declared_product(a, b)), product))
        << std::hexfloat << x << ' ' << y;
  };
  for (const double x : ends)
    for (const double y : ends)
      for (const double left : {x, -x})
        for (const double right : {y, -y}) expect_same_results(left, right);
  for (int i = 0; i < 20'000; ++i) {
    expect_same_results(std::bit_cast<double>(doubles.pattern()),
                        std::bit_cast<double>(doubles.pattern()));
    // Digits of one end within those of the other, or just below; ties.
    const double x = doubles.drawn(-3, 3);
    expect_same_results(x, doubles.drawn(-60, 3));
    expect_same_results(x, std::ldexp(static_cast<double>(doubles.below(4096)), -64));
    // Results about the smallest and the largest numbers.
    expect_same_results(doubles.drawn(-540, -500), doubles.drawn(-570, -500));
    expect_same_results(doubles.drawn(500, 520), doubles.drawn(500, 520));
    expect_same_results(doubles.drawn(1020, 1023), doubles.drawn(960, 1023));
    expect_same_results(doubles.drawn(-1074, -1018), doubles.drawn(-1074, -1018));
  }
}

/// The functions to 700 bits, rounded once.
class Exact {
 public:
  Exact() { mpfr_inits2(700, value_, power_, nullptr); }
  Exact(const Exact&) = delete;
  Exact& operator=(const Exact&) = delete;
  ~Exact() { mpfr_clears(value_, power_, nullptr); }

  double sigmoid(double z) {
    mpfr_set_d(power_, -z, MPFR_RNDN);
    mpfr_exp(power_, power_, MPFR_RNDN);
    mpfr_add_ui(power_, power_, 1, MPFR_RNDN);
    mpfr_ui_div(value_, 1, power_, MPFR_RNDN);
    return mpfr_get_d(value_, MPFR_RNDN);
  }

  double tanh(double z) {
    mpfr_set_d(value_, z, MPFR_RNDN);
    mpfr_tanh(value_, value_, MPFR_RNDN);
    return mpfr_get_d(value_, MPFR_RNDN);
  }

  double softmax(const std::vector<double>& z, std::size_t j) {
    mpfr_set_ui(value_, 0, MPFR_RNDN);
    for (const double each : z) {
      mpfr_set_d(power_, each, MPFR_RNDN);
      mpfr_sub_d(power_, power_, z[j], MPFR_RNDN);
      mpfr_exp(power_, power_, MPFR_RNDN);
      mpfr_add(value_, value_, power_, MPFR_RNDN);
    }
    mpfr_ui_div(value_, 1, value_, MPFR_RNDN);
    return mpfr_get_d(value_, MPFR_RNDN);
  }

 private:
  mpfr_t value_, power_;
};

TEST(DeclaredWide, FunctionsAreCorrectlyRounded) {
  Doubles doubles(3);
  Exact exact;
  const auto expect_functions = [&](double z) {
    EXPECT_TRUE(are_same(rounded(declared_wide_sigmoid(number_of(z))), exact.sigmoid(z)))
        << std::hexfloat << z;
    EXPECT_TRUE(are_same(rounded(declared_wide_tanh(number_of(z))), exact.tanh(z)))
        << std::hexfloat << z;
  };
  for (int i = 0; i < 1'500; ++i) {
    expect_functions(doubles.drawn(-4, 3));
    expect_functions(doubles.drawn(-60, 10));
    expect_functions(doubles.drawn(-34, -30));  // where tanh changes to its series
    expect_functions(doubles.drawn(-1074, 1023));
  }
  for (const double z : ends)
    if (!std::isnan(z))
      for (const double signed_z : {z, -z}) expect_functions(signed_z);
  // The smallest sigmoids, to below half the smallest number.
  for (double z = -705; z > -746; z -= 0.25) expect_functions(z);
}

/// Between any two numbers of 53 bits, so that every direction of rounding is right.
TEST(DeclaredWide, FunctionsStayOnTheirSideOfWhatTheyApproach) {
  const auto is_below = [](const declared_number& x, const declared_number& y) {
    return declared_compare_magnitudes(x, y) < 0;
  };
  const declared_number half = number_of(0.5), one = number_of(1);
  for (const double z : {0x1p-1074, 0x1p-200, 0x1p-90, 0x1p-30}) {
    EXPECT_TRUE(is_below(declared_wide_sigmoid(number_of(-z)), half)) << z;
    EXPECT_TRUE(is_below(half, declared_wide_sigmoid(number_of(z)))) << z;
    for (const double signed_z : {z, -z})
      EXPECT_TRUE(is_below(declared_wide_tanh(number_of(signed_z)), number_of(z))) << z;
  }
  for (const double z : {30.0, 120.0, 700.0, 0x1p1023}) {
    EXPECT_TRUE(is_below(declared_wide_sigmoid(number_of(z)), one)) << z;
    EXPECT_TRUE(is_below(declared_wide_tanh(number_of(-z)), one)) << z;
    declared_number numbers[] = {number_of(z), number_of(0)};
    declared_wide_softmax(numbers, 2);
    EXPECT_TRUE(is_below(numbers[0], one)) << z;
    EXPECT_NE(numbers[1].magnitude, 0u) << z;
  }
  // What has an end is not cut.
  declared_number numbers[] = {number_of(3), number_of(3)};
  declared_wide_softmax(numbers, 2);
  EXPECT_EQ(declared_compare_magnitudes(numbers[0], half), 0);
}

TEST(DeclaredWide, SoftmaxIsCorrectlyRounded) {
  Doubles doubles(4);
  Exact exact;
  for (int i = 0; i < 1'200; ++i) {
    std::vector<double> z(1 + doubles.below(5));
    const int highest = std::array{1, 4, 8, 11, 600}.at(doubles.below(5));
    for (double& each : z) each = doubles.drawn(-30, highest);
    // Large ones side by side, and equal ones.
    if (i % 3 == 0)
      for (double& each : z) each = z[0] + (std::abs(z[0]) < 0x1p50 ? doubles.drawn(-9, 2) : 0);
    std::vector<declared_number> numbers;
    for (const double each : z) numbers.push_back(number_of(each));
    declared_wide_softmax(numbers.data(), static_cast<std::uint32_t>(numbers.size()));
    for (std::size_t j = 0; j < z.size(); ++j)
      EXPECT_TRUE(are_same(rounded(numbers[j]), exact.softmax(z, j))) << std::hexfloat << z[j];
  }
}

}  // namespace
