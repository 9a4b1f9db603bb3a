// SPDX-License-Identifier: Apache-2.0
#include "device/low_bytes.hpp"

#include <algorithm>

namespace lsgd {
namespace {

std::uint64_t code_at(std::span<const std::uint8_t> bytes, std::size_t first, std::size_t count) {
  std::uint64_t code = 0;
  for (std::size_t i = count; i-- > 0;) code = code << 8 | bytes[first + i];
  return code;
}

/// A number of so many bytes, in two's complement, as one of eight.
std::uint64_t extended(std::uint64_t code, std::size_t bytes) {
  const auto shift = static_cast<unsigned>(64 - 8 * bytes);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(code << shift) >> shift);
}

}  // namespace

std::size_t low_bytes_needed(std::span<const std::uint8_t> expected,
                             std::span<const std::uint8_t> codes, std::size_t code_bytes) {
  std::size_t needed = 0;
  for (std::size_t first = 0; first < codes.size() && needed < code_bytes; first += code_bytes) {
    const std::uint64_t distance = extended(
        code_at(codes, first, code_bytes) - code_at(expected, first, code_bytes), code_bytes);
    if (distance != 0) needed = std::max<std::size_t>(needed, 1);
    while (needed > 0 && needed < code_bytes && extended(distance, needed) != distance) ++needed;
  }
  return needed;
}

void complete_low_bytes(std::span<const std::uint8_t> low, std::size_t low_bytes,
                        std::size_t code_bytes, std::span<std::uint8_t> codes) {
  for (std::size_t first = 0, i = 0; first < codes.size(); first += code_bytes, i += low_bytes) {
    const std::uint64_t expected = code_at(codes, first, code_bytes);
    const std::uint64_t code =
        expected + extended(code_at(low, i, low_bytes) - expected, low_bytes);
    for (std::size_t byte = 0; byte < code_bytes; ++byte)
      codes[first + byte] = static_cast<std::uint8_t>(code >> (8 * byte));
  }
}

std::size_t LowBytesForecast::needed() const { return *std::ranges::max_element(last_); }

void LowBytesForecast::add(std::size_t needed) {
  last_[next_++ % last_.size()] = static_cast<std::uint8_t>(needed);
}

}  // namespace lsgd
