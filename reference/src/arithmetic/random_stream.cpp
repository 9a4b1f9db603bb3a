// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include <lsgd/arithmetic/random_stream.hpp>

namespace lsgd {

RandomStream::RandomStream(RandomGenerator generator, std::uint32_t state)
    : generator_(generator), state_(state) {
  if (generator != RandomGenerator::lcg32 && generator != RandomGenerator::xorshift32)
    throw std::invalid_argument("a generator whose bits are known and whose state has 32 bits");
}

std::uint64_t RandomStream::draw(int count) {
  if (count > 32) {
    const std::uint64_t high = draw(32);
    return high << (count - 32) | draw(count - 32);
  }
  if (generator_ == RandomGenerator::lcg32) {
    state_ = state_ * 1664525U + 1013904223U;
  } else {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
  }
  return std::uint64_t{state_} >> (32 - count);
}

}  // namespace lsgd
