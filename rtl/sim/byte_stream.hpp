// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lsgd::rtl {

/// The far end of the simulated byte device: two file descriptors.
class ByteStream {
 public:
  ByteStream(int input, int output) : input_(input), output_(output) {}

  /// The next byte; sleeps until there is one. Transmitted bytes are flushed before sleeping.
  /// @returns nothing at the end of the input
  std::optional<std::uint8_t> receive();

  /// Whether receive() would answer at once, be it with the end of the input.
  [[nodiscard]] bool has_input() const;

  /// @throws std::system_error if the output has failed
  void transmit(std::uint8_t byte);
  void flush();

 private:
  static constexpr std::size_t kCapacity = 4096;

  int input_;
  int output_;
  std::vector<std::uint8_t> received_;
  std::size_t next_ = 0;
  std::vector<std::uint8_t> pending_;
};

}  // namespace lsgd::rtl
