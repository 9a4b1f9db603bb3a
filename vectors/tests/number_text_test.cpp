// SPDX-License-Identifier: Apache-2.0
#include "files/number_text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <limits>
#include <mpfr.h>
#include <random>

namespace lsgd {
namespace {

std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

/// The binary32 nearest to a number's text according to MPFR, nothing if it overflows.
std::optional<float> mpfr_float(const std::string& text) {
  const mpfr_exp_t emin = mpfr_get_emin();
  const mpfr_exp_t emax = mpfr_get_emax();
  mpfr_set_emin(-148);
  mpfr_set_emax(128);
  mpfr_t value;
  mpfr_init2(value, 24);
  const int direction = mpfr_strtofr(value, text.c_str(), nullptr, 0, MPFR_RNDN);
  mpfr_subnormalize(value, direction, MPFR_RNDN);
  const float result = mpfr_get_flt(value, MPFR_RNDN);
  mpfr_clear(value);
  mpfr_set_emin(emin);
  mpfr_set_emax(emax);
  if (std::isinf(result)) return std::nullopt;
  return result;
}

void expect_as_mpfr(const std::string& text) {
  const auto expected = mpfr_float(text);
  const auto got = float_from_text(text);
  ASSERT_EQ(got.has_value(), expected.has_value()) << text;
  if (got) {
    EXPECT_EQ(bits(*got), bits(*expected)) << text;
  }
}

TEST(FloatFromText, ReadsDecimalAndHexadecimalNumbers) {
  EXPECT_EQ(float_from_text("0"), 0.0f);
  EXPECT_EQ(float_from_text("-1.5e-3"), -1.5e-3f);
  EXPECT_EQ(float_from_text("0.3"), 0.3f);
  EXPECT_EQ(float_from_text(".5"), 0.5f);
  EXPECT_EQ(float_from_text("5."), 5.0f);
  EXPECT_EQ(float_from_text("0x1.8p-3"), 0.1875f);
  EXPECT_EQ(float_from_text("-0X1.8P+3"), -12.0f);
  EXPECT_EQ(float_from_text("0xff"), 255.0f);
  EXPECT_EQ(bits(float_from_text("-0").value()), 0x80000000U);
  EXPECT_EQ(bits(float_from_text("-0x0p0").value()), 0x80000000U);
}

TEST(FloatFromText, RefusesWhatIsNotOneFiniteNumber) {
  for (const std::string_view text : {"",
                                      " ",
                                      "-",
                                      "+1",
                                      "--1",
                                      "0x-1",
                                      "- 1",
                                      " 1",
                                      "1 ",
                                      "1\t",
                                      "1\r",
                                      "1f",
                                      "1,5",
                                      "1e",
                                      "1e+",
                                      "0x",
                                      "0x.",
                                      "0xp3",
                                      "0x1p",
                                      "0x 1",
                                      "x1",
                                      "1p3",
                                      "1.2.3",
                                      "nan",
                                      "NaN",
                                      "-nan",
                                      "inf",
                                      "-inf",
                                      "infinity",
                                      "0xinf",
                                      "0xnan",
                                      "1e39",
                                      "-1e39",
                                      "1e999999999999999999999",
                                      "0x1p128",
                                      "3.4028235677973367e38",
                                      "0x1.ffffffp127",
                                      "340282346638528859811704183484516925440e39"})
    EXPECT_EQ(float_from_text(text), std::nullopt) << '"' << text << '"';
  EXPECT_EQ(float_from_text(std::string_view("1\0", 2)), std::nullopt);
}

TEST(FloatFromText, RoundsOnceFromTheText) {
  // Rounded to binary64 first, each of these would become a tie and then round down to 1.
  EXPECT_EQ(float_from_text("1.00000005960464477539062500000000001"), 0x1.000002p0f);
  EXPECT_EQ(float_from_text("0x1.00000100000000000000001p0"), 0x1.000002p0f);
  EXPECT_EQ(float_from_text("1.000000059604644775390625"), 1.0f);
  EXPECT_EQ(float_from_text("0x1.000001p0"), 1.0f);
}

TEST(FloatFromText, TinyNumbersRoundToZeroOrTheSmallestSubnormal) {
  EXPECT_EQ(bits(float_from_text("1e-46").value()), 0U);
  EXPECT_EQ(bits(float_from_text("-1e-46").value()), 0x80000000U);
  EXPECT_EQ(bits(float_from_text("1e-999999999999999999999").value()), 0U);
  EXPECT_EQ(bits(float_from_text("0x1p-150").value()), 0U);
  EXPECT_EQ(bits(float_from_text("0x1.000001p-150").value()), 1U);
  EXPECT_EQ(bits(float_from_text("0x1p-149").value()), 1U);
  EXPECT_EQ(bits(float_from_text("0x0.00000001p-140").value()), 0U);
  EXPECT_EQ(bits(float_from_text("0." + std::string(60, '0') + "1").value()), 0U);
  EXPECT_EQ(float_from_text(std::string(60, '0') + "1e-1"), 0.1f);
  EXPECT_EQ(float_from_text("1" + std::string(60, '0')), std::nullopt);
}

TEST(FloatFromText, RoundsAsMpfrAtAndBesideEveryKindOfTie) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 5000; ++i) {
    const auto pattern = static_cast<std::uint32_t>(engine() % 0x7f800000U);
    const double below = std::bit_cast<float>(pattern);
    const double above = pattern == 0x7f7fffffU ? 0x1p128 : std::bit_cast<float>(pattern + 1);
    const double tie = (below + above) / 2;
    const std::string exact = fmt::format("{:.160e}", tie);
    const auto exponent = exact.find('e');
    expect_as_mpfr(exact);
    expect_as_mpfr(exact.substr(0, exponent) + "1" + exact.substr(exponent));
    const std::string hexadecimal = fmt::format("{:a}", tie);
    expect_as_mpfr(hexadecimal);
    const auto power = hexadecimal.find('p');
    const std::string point = hexadecimal.find('.') == std::string::npos ? "." : "";
    expect_as_mpfr(hexadecimal.substr(0, power) + point + "00000000000000000001" +
                   hexadecimal.substr(power));
  }
}

TEST(FloatFromText, RoundsAsMpfrOnRandomDigits) {
  std::mt19937_64 engine(2);
  for (int i = 0; i < 20000; ++i) {
    const auto digits = engine();
    const int exponent = static_cast<int>(engine() % 110) - 65;
    expect_as_mpfr(fmt::format("{}{}e{}", i % 2 ? "-" : "", digits, exponent));
  }
}

TEST(ToText, GivesBackTheSameBits) {
  std::mt19937_64 engine(3);
  for (int i = 0; i < 20000; ++i) {
    const auto pattern = static_cast<std::uint32_t>(engine());
    const float value = std::bit_cast<float>(pattern);
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(bits(float_from_text(to_text(value)).value()), pattern) << to_text(value);
  }
  EXPECT_EQ(to_text(0.1f), "0.1");
  EXPECT_EQ(to_text(-0.0f), "-0");
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(static_cast<double>(0.1f)), "0.10000000149011612");
}

TEST(IntegerFromText, TakesDigitsUpToTheLimit) {
  EXPECT_EQ(integer_from_text("0", 0), 0U);
  EXPECT_EQ(integer_from_text("191", 191), 191U);
  EXPECT_EQ(integer_from_text("18446744073709551615", std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
  for (const std::string_view text :
       {"", "-1", "+1", " 1", "1 ", "1.0", "1e2", "0x1", "192", "18446744073709551616"})
    EXPECT_EQ(integer_from_text(text, 191), std::nullopt) << text;
}

}  // namespace
}  // namespace lsgd
