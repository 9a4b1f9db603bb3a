// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// The random bits that a declared generator gives from a state of 32 bits, which is part of the
/// training state: lcg32/1 (SPEC 11.3) or xorshift32/1, whose state is not 0.
class RandomStream {
 public:
  /// Throws std::invalid_argument for the other generators.
  RandomStream(RandomGenerator generator, std::uint32_t state);

  /// The next `count` bits, 0 to 64: the highest of the new state. Zero bits are a draw, too; more
  /// than 32 are two, the first one the higher bits.
  std::uint64_t draw(int count);
  std::uint32_t state() const { return state_; }

 private:
  RandomGenerator generator_;
  std::uint32_t state_;
};

}  // namespace lsgd
