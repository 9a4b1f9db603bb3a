// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// Packets of GDB's remote protocol (the manual's appendix E.1), as both sides need them.

/// The sum of all bytes, modulo 256.
std::uint8_t remote_checksum(std::string_view contents);

/// `$contents#xx`; the contents are escaped already where they are not plain.
std::string remote_packet(std::string_view contents);

/// Pairs of lower-case digits.
std::string remote_digits(std::span<const std::uint8_t> bytes);

/// A number in hexadecimal digits alone; nothing for another text, and where it has more than 32
/// bits.
std::optional<std::uint32_t> remote_number(std::string_view text);

/// What pairs of hexadecimal digits stand for; nothing for another text.
std::optional<std::vector<std::uint8_t>> remote_bytes(std::string_view text);

}  // namespace lsgd
