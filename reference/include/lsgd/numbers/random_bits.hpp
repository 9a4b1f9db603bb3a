// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lsgd {

/// The generator of profile int8_integer (SPEC 11.3): state becomes state * 1664525 + 1013904223
/// modulo 2^32 with every draw, and its highest bits are what is drawn; the low bits of such a
/// generator have short periods. The constants are Knuth's and Lewis's (Press et al., Numerical
/// Recipes, 7.1). Every state is valid.
struct RandomBits {
  std::uint32_t state = 0;

  /// The next `count` bits, 0 to 30, as a number from 0 to 2^count - 1. Zero bits are a draw, too.
  std::int32_t draw(int count) {
    state = state * 1664525U + 1013904223U;
    return static_cast<std::int32_t>(std::uint64_t{state} >> (32 - count));
  }

  bool operator==(const RandomBits&) const = default;
};

}  // namespace lsgd
