// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include <lsgd/arithmetic/random_stream.hpp>

namespace lsgd {

namespace {

/// lcg32/1: x = x lcg_multiplier + lcg_increment.
constexpr std::uint32_t lcg_multiplier = 1664525U;
constexpr std::uint32_t lcg_increment = 1013904223U;

/// 1 / lcg_multiplier modulo 2^32: each step of Newton's doubles the bits that are right, of an odd
/// number the lowest three at the start.
constexpr std::uint32_t lcg_inverse() {
  std::uint32_t inverse = lcg_multiplier;
  for (int right_bits = 3; right_bits < 32; right_bits *= 2)
    inverse *= 2 - lcg_multiplier * inverse;
  return inverse;
}
static_assert(lcg_multiplier * lcg_inverse() == 1);

struct HighAndLow {
  std::uint32_t high = 0;
  std::uint32_t low = 0;
};

HighAndLow product(std::uint32_t x, std::uint32_t y) {
  const std::uint64_t wide = std::uint64_t{x} * y;
  return {static_cast<std::uint32_t>(wide >> 32), static_cast<std::uint32_t>(wide)};
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                           std::array<std::uint32_t, 2> key) {
  constexpr int rounds = 10;
  for (int round = 0; round < rounds; ++round) {
    const HighAndLow first = product(0xD2511F53U, counter[0]);
    const HighAndLow second = product(0xCD9E8D57U, counter[2]);
    counter = {second.high ^ counter[1] ^ key[0], second.low, first.high ^ counter[3] ^ key[1],
               first.low};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

RandomStream::RandomStream(RandomGenerator generator, std::uint32_t state)
    : generator_(generator), state_(state) {
  if (generator == RandomGenerator::none || generator == RandomGenerator::device)
    throw std::invalid_argument("a generator whose bits are known");
}

RandomStream RandomStream::before(std::uint32_t word) {
  return {RandomGenerator::lcg32, (word - lcg_increment) * lcg_inverse()};
}

std::uint64_t RandomStream::draw(int count) {
  if (count > 32) {
    const std::uint64_t high = draw(32);
    return high << (count - 32) | draw(count - 32);
  }
  return std::uint64_t{next_word()} >> (32 - count);
}

std::uint32_t RandomStream::next_word() {
  switch (generator_) {
    case RandomGenerator::lcg32:
      return state_ = state_ * lcg_multiplier + lcg_increment;
    case RandomGenerator::xorshift32:
      state_ ^= state_ << 13;
      state_ ^= state_ >> 17;
      return state_ ^= state_ << 5;
    case RandomGenerator::philox: {
      const std::uint32_t position = state_++;
      return philox4x32_10({position / 4, 0, 0, 0}, {0, 0})[position % 4];
    }
    case RandomGenerator::none:
    case RandomGenerator::device:
      break;
  }
  throw std::logic_error("a generator whose bits are known");
}

}  // namespace lsgd
