// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lsgd {

/// Of little-endian codes, how many of the lowest bytes of each tell it from the one that is
/// expected in its place: a code and its neighbours up to half the range of so many bytes away,
/// around the end of the codes, too. 0 where all are equal.
/// @param code_bytes 1, 2, 4 or 8
std::size_t low_bytes_needed(std::span<const std::uint8_t> expected,
                             std::span<const std::uint8_t> codes, std::size_t code_bytes);

/// Replaces each expected code by the nearest one that ends in its `low_bytes` bytes of `low`.
void complete_low_bytes(std::span<const std::uint8_t> low, std::size_t low_bytes,
                        std::size_t code_bytes, std::span<std::uint8_t> codes);

/// How many low bytes will be needed, from the last times.
class LowBytesForecast {
 public:
  /// The most of the last four times; 0 before there were any.
  std::size_t needed() const;
  /// Whether there were four times.
  bool is_experienced() const { return next_ >= last_.size(); }
  void add(std::size_t needed);

 private:
  std::array<std::uint8_t, 4> last_{};
  std::size_t next_ = 0;
};

}  // namespace lsgd
