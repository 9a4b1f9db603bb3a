// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <stdexcept>

#include <lsgd/arithmetic/random_stream.hpp>

namespace lsgd {
namespace {

using Block = std::array<std::uint32_t, 4>;

TEST(RandomStream, HasThePublishedAnswersOfPhilox) {
  // The known answers of Random123 for philox4x32 with ten rounds.
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(
      philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
      (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(
      philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, GivesTheWordsOfPhiloxFromCounterZeroOn) {
  RandomStream stream(RandomGenerator::philox, 0);
  for (std::uint32_t counter = 0; counter < 3; ++counter)
    for (const std::uint32_t word : philox4x32_10({counter, 0, 0, 0}, {0, 0}))
      EXPECT_EQ(stream.draw(32), word);
  EXPECT_EQ(stream.state(), 12u);
  RandomStream later(RandomGenerator::philox, 2);
  EXPECT_EQ(later.draw(8), 0xbcu) << "the highest bits of word 2";
}

TEST(RandomStream, GivesTheWordsOfXorshift) {
  // Marsaglia 2003, the triple 13, 17, 5 from 1, computed by hand for the first: 1 ^ 1 << 13 is
  // 0x2001, which >> 17 leaves alone, and 0x2001 ^ 0x2001 << 5 is 0x42021.
  RandomStream stream(RandomGenerator::xorshift32, 1);
  EXPECT_EQ(stream.draw(32), 0x42021u);
  EXPECT_EQ(stream.draw(32), 0x4080601u);
}

TEST(RandomStream, NeedsAGeneratorWhoseBitsAreKnown) {
  EXPECT_THROW(RandomStream(RandomGenerator::device, 1), std::invalid_argument);
  EXPECT_THROW(RandomStream(RandomGenerator::none, 1), std::invalid_argument);
}

}  // namespace
}  // namespace lsgd
