// SPDX-License-Identifier: Apache-2.0
#include "files/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace lsgd {
namespace {

struct Radix {
  std::chars_format format;
  std::string_view exponent_letters;
  std::int64_t exponent_per_digit;
};

constexpr Radix decimal{std::chars_format::general, "eE", 1};
constexpr Radix hexadecimal{std::chars_format::hex, "pP", 4};

// std::from_chars reports overflow and underflow alike. `digits` is a well-formed number that is
// not representable, so its order of magnitude is far from zero and its sign tells which it was.
bool is_below_one(std::string_view digits, const Radix& radix) {
  constexpr std::int64_t largest_exponent = std::int64_t{1} << 40;
  const auto exponent_at = std::min(digits.find_first_of(radix.exponent_letters), digits.size());
  const std::string_view significand = digits.substr(0, exponent_at);
  std::int64_t exponent = 0;
  if (exponent_at < digits.size()) {
    std::string_view text = digits.substr(exponent_at + 1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const auto result = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (result.ec != std::errc{}) exponent = largest_exponent;
    exponent = std::min(exponent, largest_exponent) * (negative ? -1 : 1);
  }
  const auto point = std::min(significand.find('.'), significand.size());
  const auto first = significand.find_first_not_of("0.");
  const auto digits_before_point =
      static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) - (first > point ? 0 : 1);
  return exponent + digits_before_point * radix.exponent_per_digit < 0;
}

}  // namespace

std::optional<float> float_from_text(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Radix radix = decimal;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    radix = hexadecimal;
    text.remove_prefix(2);
  }
  const auto is_digit_or_point = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  const auto is_hexadecimal = [](char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  // Excludes a second sign, spaces, "inf" and "nan".
  const bool starts_well =
      !text.empty() && (is_digit_or_point(text.front()) ||
                        (radix.format == std::chars_format::hex && is_hexadecimal(text.front())));
  if (!starts_well) return std::nullopt;

  float magnitude = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, magnitude, radix.format);
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    if (!is_below_one(text, radix)) return std::nullopt;
    magnitude = 0;
  }
  if (!std::isfinite(magnitude)) return std::nullopt;
  return negative ? -magnitude : magnitude;
}

std::optional<std::uint64_t> integer_from_text(std::string_view text, std::uint64_t largest) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end || value > largest) return std::nullopt;
  return value;
}

namespace {

template <class T>
std::string shortest_text(T value) {
  std::array<char, 64> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

}  // namespace

std::string to_text(float value) { return shortest_text(value); }
std::string to_text(double value) { return shortest_text(value); }

}  // namespace lsgd
