// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace lsgd {

/// Uniform in [0, limit), limit > 0, by rejection: the same numbers on every standard library.
inline std::size_t draw_below(std::mt19937_64& engine, std::size_t limit) {
  const std::uint64_t largest_multiple = engine.max() - engine.max() % limit;
  std::uint64_t drawn = engine();
  while (drawn >= largest_multiple) drawn = engine();
  return drawn % limit;
}

}  // namespace lsgd
