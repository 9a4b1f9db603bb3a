// SPDX-License-Identifier: Apache-2.0
#include "device/low_bytes.hpp"

#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "device/little_endian.hpp"

namespace lsgd {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes codes(std::initializer_list<std::uint32_t> numbers) {
  Bytes bytes;
  for (const std::uint32_t number : numbers) append_little_endian(bytes, number);
  return bytes;
}

TEST(LowBytes, AreAsManyAsTheLargestDistanceTakes) {
  const auto needed = [](std::uint32_t expected, std::uint32_t code) {
    return low_bytes_needed(codes({7, expected}), codes({7, code}), 4);
  };
  EXPECT_EQ(needed(1000, 1000), 0u);
  EXPECT_EQ(needed(1000, 1127), 1u);
  EXPECT_EQ(needed(1000, 1128), 2u);  // a signed byte ends at 127
  EXPECT_EQ(needed(1000, 872), 1u);
  EXPECT_EQ(needed(1000, 871), 2u);
  EXPECT_EQ(needed(0, 0xffffffff), 1u);  // around the end
  EXPECT_EQ(needed(0, 0x8000), 3u);
  EXPECT_EQ(needed(0, 0x800000), 4u);
  EXPECT_EQ(low_bytes_needed(Bytes(8), Bytes{0, 0, 0, 0, 0, 0, 0, 0x7f}, 8), 8u);
  EXPECT_EQ(low_bytes_needed(Bytes(8), Bytes{0, 0, 0, 0x80, 0, 0, 0, 0}, 8), 5u);
  EXPECT_EQ(low_bytes_needed(Bytes(8), Bytes(8, 0xff), 8), 1u);
  EXPECT_EQ(low_bytes_needed(Bytes{1, 2}, Bytes{1, 3}, 1), 1u);
  EXPECT_EQ(low_bytes_needed(Bytes{0, 2, 5, 0}, Bytes{0, 2, 6, 1}, 2), 2u);
}

TEST(LowBytes, GiveBackTheCodesWhoseDistanceTheyTake) {
  std::mt19937 engine(3);
  for (const std::size_t size : {1, 2, 4, 8})
    for (int round = 0; round < 3000; ++round) {
      Bytes expected(24), actual(24);
      for (std::uint8_t& byte : expected) byte = static_cast<std::uint8_t>(engine());
      actual = expected;
      // Changes of the lowest byte are the most frequent.
      for (std::size_t i = 0; i < actual.size(); ++i)
        if (engine() % (1 + 40 * (i % size)) == 0) actual[i] = static_cast<std::uint8_t>(engine());
      const std::size_t needed = low_bytes_needed(expected, actual, size);
      if (needed == 0) {
        EXPECT_EQ(actual, expected);
        continue;
      }
      Bytes low;
      for (std::size_t code = 0; code < actual.size(); code += size)
        for (std::size_t i = 0; i < needed; ++i) low.push_back(actual[code + i]);
      complete_low_bytes(low, needed, size, expected);
      EXPECT_EQ(expected, actual) << size << ' ' << needed;
    }
}

TEST(LowBytes, AreForecastFromTheLastFourTimes) {
  LowBytesForecast forecast;
  EXPECT_EQ(forecast.needed(), 0u);
  forecast.add(2);
  for (int time = 0; time < 3; ++time) {
    EXPECT_FALSE(forecast.is_experienced());
    forecast.add(1);
  }
  EXPECT_TRUE(forecast.is_experienced());
  EXPECT_EQ(forecast.needed(), 2u);
  forecast.add(1);
  EXPECT_EQ(forecast.needed(), 1u);
}

}  // namespace
}  // namespace lsgd
