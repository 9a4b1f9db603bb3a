// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lsgd {

/// Appends the sizeof(Integer) bytes of `value`, lowest first.
template <std::unsigned_integral Integer>
void append_little_endian(std::vector<std::uint8_t>& bytes, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * i)));
}

/// The integer in the first sizeof(Integer) bytes, lowest first; bytes must be that long.
template <std::unsigned_integral Integer>
Integer little_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return static_cast<Integer>(value);
}

}  // namespace lsgd
