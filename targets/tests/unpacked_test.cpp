// SPDX-License-Identifier: Apache-2.0

// Binary32 arithmetic in integer registers against the floating-point unit of this machine and
// MPFR's exact sums.
#include "unpacked.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <mpfr.h>
#include <random>
#include <vector>

namespace {

/// Any finite binary32; every exponent is as likely as any other, zeros and subnormals included.
std::uint32_t finite_bits(std::mt19937_64& engine) {
  for (;;) {
    const auto bits = static_cast<std::uint32_t>(engine());
    if ((bits >> 23 & 255) != 255) return bits;
  }
}

/// As above, but near another number's magnitude, where results cancel or change the binade.
std::uint32_t bits_near(std::uint32_t bits, std::mt19937_64& engine) {
  const auto distance = static_cast<std::uint32_t>(engine()) >> (engine() % 32);
  const std::uint32_t near = (bits + distance) & 0x7fffffff;
  return (near >> 23 == 255 ? bits : near) | (engine() % 2 == 0 ? 0u : LSGD_SIGN);
}

float value_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

// A product subtracted with one rounding is what fma computes.
void expect_as_fma(std::uint32_t minuend, std::uint32_t factor, std::uint32_t multiplicand) {
  const lsgd_unpacked unpacked = lsgd_unpack(factor);
  const float got = value_of(lsgd_subtract_product(minuend, unpacked.significand, unpacked.exponent,
                                                   factor, multiplicand));
  const float expected = std::fma(-value_of(factor), value_of(multiplicand), value_of(minuend));
  ASSERT_EQ(got, expected) << std::hexfloat << value_of(minuend) << " - " << value_of(factor)
                           << " * " << value_of(multiplicand);
}

TEST(Unpacked, SubtractsAProductAsFmaDoes) {
  std::mt19937_64 engine(1);
  for (int k = 0; k < 1'000'000; ++k)
    expect_as_fma(finite_bits(engine), finite_bits(engine), finite_bits(engine));
}

TEST(Unpacked, SubtractsAProductNearTheMinuendAsFmaDoes) {
  std::mt19937_64 engine(2);
  for (int k = 0; k < 1'000'000; ++k) {
    const std::uint32_t factor = finite_bits(engine);
    const std::uint32_t multiplicand = finite_bits(engine);
    const float product = value_of(factor) * value_of(multiplicand);
    if (std::isfinite(product))
      expect_as_fma(bits_near(std::bit_cast<std::uint32_t>(product), engine), factor, multiplicand);
  }
}

TEST(Unpacked, SubtractsFewBitsAsFmaDoesTiesIncluded) {
  std::mt19937_64 engine(3);
  const auto short_number = [&] {
    const float value =
        std::ldexp(static_cast<float>(engine() % 64), static_cast<int>(engine() % 32));
    return std::bit_cast<std::uint32_t>(engine() % 2 == 0 ? value : -value);
  };
  for (int k = 0; k < 1'000'000; ++k) expect_as_fma(short_number(), short_number(), short_number());
}

TEST(Unpacked, PacksWhatItUnpacked) {
  std::mt19937_64 engine(4);
  for (int k = 0; k < 1'000'000; ++k) {
    const std::uint32_t bits = finite_bits(engine);
    const lsgd_unpacked number = lsgd_unpack(bits);
    ASSERT_EQ(lsgd_pack(bits, number.significand, number.exponent), bits);
    ASSERT_EQ(lsgd_round_sum(lsgd_sum_from(bits)) & 0x7fffffff, bits & 0x7fffffff);
  }
}

TEST(Unpacked, RoundsBeyondTheLargestNumberToInfinity) {
  EXPECT_EQ(lsgd_pack(0, 0xffffffff, 254), 0x7f800000u);
  EXPECT_EQ(lsgd_pack(LSGD_SIGN, 0xffffff00, 254), 0xff7fffffu);
  EXPECT_EQ(lsgd_pack(LSGD_SIGN, LSGD_SIGN, 255), 0xff800000u);
  EXPECT_EQ(lsgd_pack(0, 1, 1), 0u);
}

// unpacked.h: each product adds less than one unit of an accumulator whose largest content so far,
// product or partial sum, has at least 28 bits; aligning to a larger product adds one more.
TEST(Unpacked, KeepsASumWithinTwoUnitsOf28BitsForEachProduct) {
  std::mt19937_64 engine(5);
  mpfr_t exact, product;
  mpfr_inits2(1200, exact, product, nullptr);
  for (int k = 0; k < 20'000; ++k) {
    const unsigned spread = 1u << (k % 8);
    const std::size_t terms = 1 + engine() % 40;
    lsgd_sum sum = {0, -1000};
    mpfr_set_ui(exact, 0, MPFR_RNDN);
    double largest = 0;
    for (std::size_t i = 0; i < terms; ++i) {
      const auto draw = [&] {
        const auto sign_and_fraction = static_cast<std::uint32_t>(engine()) & 0x807fffffu;
        return sign_and_fraction | static_cast<std::uint32_t>(64 + engine() % spread) << 23;
      };
      const std::uint32_t x = draw();
      const std::uint32_t y = draw();
      lsgd_add_any_product(&sum, x, y);
      mpfr_set_flt(product, value_of(x), MPFR_RNDN);
      mpfr_mul_d(product, product, static_cast<double>(value_of(y)), MPFR_RNDN);
      largest = std::max(largest, std::abs(mpfr_get_d(product, MPFR_RNDA)));
      mpfr_add(exact, exact, product, MPFR_RNDN);
      largest = std::max(largest, std::abs(mpfr_get_d(exact, MPFR_RNDA)));
    }
    mpfr_sub_d(exact, exact, std::ldexp(static_cast<double>(sum.value), sum.scale - 282),
               MPFR_RNDN);
    const double error = std::abs(mpfr_get_d(exact, MPFR_RNDA));
    ASSERT_LE(error, 2 * static_cast<double>(terms) * std::ldexp(largest, -28)) << terms;
  }
  mpfr_clears(exact, product, nullptr);
}

}  // namespace
