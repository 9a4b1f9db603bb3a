// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// Philox4x32 of ten rounds (Salmon, Moraes, Dror, Shaw 2011): a block of random words for each
/// counter.
std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                           std::array<std::uint32_t, 2> key);

/// The random bits that a declared generator gives from a state of 32 bits, which is part of the
/// training state: lcg32/1 (SPEC 11.3), xorshift32/1, whose state is not 0, or philox4x32-10/1,
/// whose state is the position of the next word: that of word k is k, word k mod 4 of the block of
/// counter floor(k / 4) and key 0 (SPEC 15.8).
class RandomStream {
 public:
  /// Throws std::invalid_argument for generators whose bits are not known.
  RandomStream(RandomGenerator generator, std::uint32_t state);

  /// A stream of lcg32/1 whose next word is `word`: for roundings with chosen bits.
  static RandomStream before(std::uint32_t word);

  /// The next `count` bits, 0 to 64: the highest of the next word. Zero bits are a draw, too; more
  /// than 32 are two, the first one the higher bits.
  std::uint64_t draw(int count);
  std::uint32_t state() const { return state_; }

 private:
  std::uint32_t next_word();

  RandomGenerator generator_;
  std::uint32_t state_;
};

}  // namespace lsgd
