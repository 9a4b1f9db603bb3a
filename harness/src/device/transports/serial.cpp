// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "description/target_file.hpp"
#include "device/serial_stream.hpp"

namespace lsgd {
namespace {

/// A word of these as it stands; the first where the key is absent.
std::string word(TomlTable& table, std::string_view key,
                 std::initializer_list<std::pair<std::string_view, std::string>> words) {
  return table.choice_or<std::string>(key, words, words.begin()->second);
}

/// "" where the level is left to the driver.
std::string level(TomlTable& table, std::string_view key) {
  return table.choice_or<std::string>(key, {{"on", "on"}, {"off", "off"}}, "");
}

std::optional<bool> level_of(const std::string& word) {
  if (word.empty()) return std::nullopt;
  return word == "on";
}

std::vector<std::string> read_serial(TomlTable& target) {
  TomlTable table = target.table("serial");
  std::string device = table.text("device");
  if (device.empty()) table.fail("device", "\"device\" to be the path of a serial line");
  const std::int64_t baud = table.integer("baud", 1, 10'000'000);
  const std::vector<std::uint32_t> known = baud_rates();
  if (std::ranges::find(known, static_cast<std::uint32_t>(baud)) == known.end())
    table.fail("baud", fmt::format("\"baud\" to be one of {}", fmt::join(known, ", ")));
  if (table.contains("flow_control") && table.text("flow_control") == "software")
    table.fail("flow_control",
               "\"flow_control\" other than software, which takes bytes 11 and 13 out of frames");
  std::vector<std::string> line{
      std::move(device),
      fmt::format("{}", baud),
      word(table, "parity", {{"none", "none"}, {"even", "even"}, {"odd", "odd"}}),
      word(table, "flow_control", {{"none", "none"}, {"hardware", "hardware"}}),
      level(table, "data_terminal_ready"),
      level(table, "request_to_send")};
  table.reject_unknown_keys();
  return line;
}

std::unique_ptr<ByteStream> open_serial(const Target& target) {
  const auto& words = target.command;
  SerialLine line;
  line.device = words.at(0);
  std::from_chars(words.at(1).data(), words.at(1).data() + words.at(1).size(), line.baud);
  line.parity = words.at(2) == "even"  ? Parity::even
                : words.at(2) == "odd" ? Parity::odd
                                       : Parity::none;
  line.has_hardware_flow_control = words.at(3) == "hardware";
  line.data_terminal_ready = level_of(words.at(4));
  line.request_to_send = level_of(words.at(5));
  return std::make_unique<SerialStream>(line);
}

}  // namespace

/// `[serial]` with `device` and `baud`, and with `parity`, `flow_control`, `data_terminal_ready`
/// and `request_to_send` where they are not the usual ones: a board behind a serial line, USB
/// adapters and pseudo-terminals included.
Transport serial_transport() { return {"serial", read_serial, open_serial, false}; }

}  // namespace lsgd
