// SPDX-License-Identifier: Apache-2.0
#include "files/input_error.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace lsgd {
namespace {

constexpr std::size_t longest_message = 1000;

std::string one_line(std::string text) {
  if (text.size() > longest_message) text = text.substr(0, longest_message) + "...";
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string message(const std::string& file, std::size_t line, const std::string& expected) {
  return one_line(line == 0 ? fmt::format("{}: expected {}", file, expected)
                            : fmt::format("{}:{}: expected {}", file, line, expected));
}

}  // namespace

InputError::InputError(std::string file, std::size_t line, std::string expected)
    : std::runtime_error(message(file, line, expected)),
      file_(std::move(file)),
      line_(line),
      expected_(std::move(expected)) {}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 40;
  if (text.size() <= longest) return fmt::format("\"{}\"", text);
  return fmt::format("\"{}...\"", text.substr(0, longest));
}

}  // namespace lsgd
