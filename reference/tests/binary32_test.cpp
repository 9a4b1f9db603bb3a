// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

#include <lsgd/numbers/binary32.hpp>

namespace lsgd {
namespace {

/// Nearest binary32 by bisection over bit patterns and exact comparison of distances: slow, and
/// without any rounding of its own.
float nearest_binary32(const Exact& value) {
  const Exact magnitude = abs(value);
  std::uint32_t below = 0;
  std::uint32_t above = bits_of(std::numeric_limits<float>::infinity());
  while (above - below > 1) {
    const std::uint32_t middle = below + (above - below) / 2;
    (Exact(from_bits(middle)) <= magnitude ? below : above) = middle;
  }
  const Exact end = above == bits_of(std::numeric_limits<float>::infinity())
                        ? ldexp(Exact(1), 128)
                        : Exact(from_bits(above));
  const Exact to_below = magnitude - Exact(from_bits(below));
  const Exact to_above = end - magnitude;
  const bool goes_up = to_above < to_below || (to_above == to_below && below % 2 == 1);
  return std::copysign(from_bits(goes_up ? above : below), signbit(value) ? -1.0f : 1.0f);
}

TEST(Binary32, RoundsEveryBinadeOnceToNearestEven) {
  for (std::uint32_t bits = 0; bits < 0x7f800000; bits += 65537 * 7) {
    const Exact value = from_bits(bits);
    const Exact half = ldexp(Exact(ulp_of(from_bits(bits))), -1);
    const Exact tiny = ldexp(half, -100);
    for (const Exact& offset : {Exact(0), half, Exact(half - tiny), Exact(half + tiny), tiny}) {
      for (const Exact& near : {Exact(value + offset), Exact(-value - offset)})
        ASSERT_EQ(hex_bits(round_to_binary32(near)), hex_bits(nearest_binary32(near)))
            << to_decimal(near);
    }
  }
}

TEST(Binary32, RoundsTheEdgesOfTheFormat) {
  const Exact least = ldexp(Exact(1), -149);
  EXPECT_EQ(round_to_binary32(Exact(least / 2)), 0.0f) << "a tie goes to even zero";
  EXPECT_EQ(round_to_binary32(Exact(least * 3 / 4)), 0x1p-149f);
  EXPECT_EQ(round_to_binary32(Exact(least * 3 / 2)), 0x1p-148f) << "a tie goes to even";
  EXPECT_EQ(bits_of(round_to_binary32(Exact(-least / 4))), 0x80000000U) << "a negative zero";
  EXPECT_EQ(bits_of(round_to_binary32(-Exact(0))), 0x80000000U);
  const Exact overflow = ldexp(Exact(1), 128) - ldexp(Exact(1), 103);
  EXPECT_EQ(round_to_binary32(Exact(overflow - 1)), std::numeric_limits<float>::max());
  EXPECT_EQ(round_to_binary32(overflow), std::numeric_limits<float>::infinity());
  EXPECT_EQ(round_to_binary32(Exact(-overflow)), -std::numeric_limits<float>::infinity());
}

TEST(Binary32, UlpIsTheDistanceToTheNextNumber) {
  for (std::uint32_t bits = 0; bits < 0x7f7fffff; bits += 65537) {
    const float value = from_bits(bits);
    EXPECT_EQ(ulp_of(value), static_cast<double>(from_bits(bits + 1)) - value) << value;
  }
}

TEST(Binary32, WritesBitPatterns) {
  EXPECT_EQ(hex_bits(1.0f), "3f800000");
  EXPECT_EQ(hex_bits(-0.0f), "80000000");
  EXPECT_EQ(hex_bits(std::int8_t{-128}), "80");
  EXPECT_EQ(hex_bits(std::int8_t{7}), "07");
}

}  // namespace
}  // namespace lsgd
