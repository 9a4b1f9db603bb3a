// SPDX-License-Identifier: Apache-2.0
#include "device/remote_packet.hpp"

#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lsgd {

std::uint8_t remote_checksum(std::string_view contents) {
  std::uint8_t sum = 0;
  for (const char c : contents) sum = static_cast<std::uint8_t>(sum + static_cast<std::uint8_t>(c));
  return sum;
}

std::string remote_packet(std::string_view contents) {
  return fmt::format("${}#{:02x}", contents, remote_checksum(contents));
}

std::string remote_digits(std::span<const std::uint8_t> bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::optional<std::uint32_t> remote_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::vector<std::uint8_t>> remote_bytes(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto value = remote_number(text.substr(i, 2));
    if (!value) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*value));
  }
  return bytes;
}

}  // namespace lsgd
