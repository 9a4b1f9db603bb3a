// SPDX-License-Identifier: Apache-2.0
#include "printable_text.hpp"

#include <cstdint>
#include <fmt/format.h>

namespace lsgd {
namespace {

struct Character {
  std::uint32_t code_point;
  std::size_t length;  ///< bytes; 0 where the text is not UTF-8
};

constexpr Character invalid{0, 0};

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return invalid;
  std::uint32_t code_point = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return invalid;
    code_point = code_point << 6 | (byte & 0x3Fu);
  }
  const bool overlong =
      (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (overlong || surrogate || code_point > 0x10FFFF) return invalid;
  return {code_point, length};
}

/// Characters that reorder or hide the text around them, or that XML 1.0 or HTML forbid.
bool must_be_spelled_out(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

std::string spelled_out(std::uint32_t c) {
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  return c < 0x100 ? fmt::format("\\x{:02x}", c) : fmt::format("\\u{:04x}", c);
}

}  // namespace

std::string printable_text(std::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.length == 0) {
      printable += spelled_out(static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (must_be_spelled_out(character.code_point))
      printable += spelled_out(character.code_point);
    else
      printable += text.substr(0, character.length);
    text.remove_prefix(character.length);
  }
  return printable;
}

std::string shortened(std::string_view text, std::size_t limit) {
  std::size_t characters = 0;
  std::size_t kept_bytes = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (characters == limit) kept_bytes = i;
    ++characters;
  }
  if (characters <= limit) return std::string(text);
  return fmt::format("{}… ({} characters)", text.substr(0, kept_bytes), characters);
}

}  // namespace lsgd
