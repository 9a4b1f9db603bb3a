// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/byte_stream.hpp"

namespace lsgd {

constexpr std::string_view told_of_echo =
    "what is sent comes back: echo is on, of the line or a terminal on it";

/// What was sent, and what arrived in its place, perhaps among other bytes.
struct Arrival {
  std::vector<std::uint8_t> sent, arrived;
};

/// What a line does to bytes, such as "0d arrives as 0a: the line translates carriage returns; try
/// raw": the fewest known changes that explain every arrival. Nothing where none do, or where
/// nothing was changed.
std::optional<std::string> changes_told_by(std::span<const Arrival> arrivals);

/// What it means that bytes do not reach the device.
/// @param lost  rising
std::string meaning_of_lost_bytes(const std::vector<std::uint8_t>& lost);

/// Asks the agent behind a line what arrives of all 256 byte values, and looks what does of its
/// answers: in words what is wrong, such as "what is sent comes back: echo is on", "bit 7 is lost",
/// "the device speaks at 57600 baud". Nothing where all arrive, or where nobody answers. Uses
/// greetings in a version that no protocol has: they need no session, and end the one that there
/// is.
std::optional<std::string> diagnose_line(ByteStream& line, Deadline deadline);

}  // namespace lsgd
