// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <string>

#include <lsgd/arithmetic/predefined_format.hpp>

#include "files/number_text.hpp"

namespace lsgd {
namespace {

NumberFormat float_format(int bits, int precision, Specials specials) {
  NumberFormat format;
  format.kind = FormatKind::floating;
  format.bits = bits;
  format.precision = precision;
  format.bias = ieee_bias(bits - precision);
  format.specials = specials;
  return format;
}

/// int8_n, int16_n or int32_n.
std::optional<NumberFormat> integer_format(std::string_view name) {
  for (const int bits : {8, 16, 32}) {
    const std::string prefix = "int" + std::to_string(bits) + "_";
    if (!name.starts_with(prefix)) continue;
    const std::string_view digits = name.substr(prefix.size());
    const auto fraction_bits = integer_from_text(digits, 64);
    if (!fraction_bits || std::to_string(*fraction_bits) != digits) return std::nullopt;
    NumberFormat format;
    format.kind = FormatKind::fixed;
    format.bits = bits;
    format.fraction_bits.number = static_cast<int>(*fraction_bits);
    return format;
  }
  return std::nullopt;
}

std::optional<NumberFormat> format_without_name(std::string_view name) {
  if (name == "exact") return NumberFormat{};
  if (name == "binary64") return float_format(64, 53, Specials::ieee);
  if (name == "binary32") return float_format(32, 24, Specials::ieee);
  if (name == "binary16") return float_format(16, 11, Specials::ieee);
  if (name == "tf32") return float_format(19, 11, Specials::ieee);
  if (name == "bfloat16") return float_format(16, 8, Specials::ieee);
  if (name == "e5m2") return float_format(8, 3, Specials::ieee);
  if (name == "e4m3") return float_format(8, 4, Specials::one_nan);
  if (name == "e3m2") return float_format(6, 3, Specials::finite);
  if (name == "e2m3") return float_format(6, 4, Specials::finite);
  if (name == "e2m1") return float_format(4, 2, Specials::finite);
  if (name == "e8m0") {
    NumberFormat format;
    format.kind = FormatKind::set;
    format.values = powers_of_two(-127, 127, false, false);
    format.bits = position_bits(format.values.size());
    return format;
  }
  return integer_format(name);
}

}  // namespace

int ieee_bias(int exponent_bits) { return (1 << (exponent_bits - 1)) - 1; }

std::vector<double> powers_of_two(int lowest, int highest, bool with_zero, bool with_negative) {
  std::vector<double> powers;
  if (with_negative)
    for (int i = highest; i >= lowest; --i) powers.push_back(-std::ldexp(1.0, i));
  if (with_zero) powers.push_back(0);
  for (int i = lowest; i <= highest; ++i) powers.push_back(std::ldexp(1.0, i));
  return powers;
}

int position_bits(std::size_t size) { return static_cast<int>(std::bit_width(size - 1)); }

std::optional<NumberFormat> predefined_format(std::string_view name) {
  std::optional<NumberFormat> format = format_without_name(name);
  if (format) format->name = name;
  return format;
}

}  // namespace lsgd
