// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/format_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <initializer_list>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/predefined_format.hpp>

#include "arithmetic/schema_value.hpp"

namespace lsgd {
namespace {

using nlohmann::json;

struct KeyOfKinds {
  std::string_view key;
  std::array<FormatKind, 2> kinds;
};

/// Keys that not every kind has; `bits` is derived for a set.
constexpr std::array keys_of_kinds{
    KeyOfKinds{"bits", {FormatKind::fixed, FormatKind::affine}},
    KeyOfKinds{"precision", {FormatKind::floating, FormatKind::floating}},
    KeyOfKinds{"bias", {FormatKind::floating, FormatKind::floating}},
    KeyOfKinds{"specials", {FormatKind::floating, FormatKind::floating}},
    KeyOfKinds{"subnormals", {FormatKind::floating, FormatKind::floating}},
    KeyOfKinds{"fraction_bits", {FormatKind::fixed, FormatKind::fixed}},
    KeyOfKinds{"fraction_bits_range", {FormatKind::fixed, FormatKind::fixed}},
    KeyOfKinds{"signed", {FormatKind::fixed, FormatKind::affine}},
    KeyOfKinds{"symmetric", {FormatKind::fixed, FormatKind::affine}},
    KeyOfKinds{"values", {FormatKind::set, FormatKind::set}},
    KeyOfKinds{"powers", {FormatKind::set, FormatKind::set}},
    KeyOfKinds{"zero", {FormatKind::set, FormatKind::set}},
    KeyOfKinds{"negative", {FormatKind::set, FormatKind::set}},
    KeyOfKinds{"nearest", {FormatKind::set, FormatKind::set}},
    KeyOfKinds{"scale", {FormatKind::affine, FormatKind::set}},
    KeyOfKinds{"scale_format", {FormatKind::affine, FormatKind::set}},
    KeyOfKinds{"zero_point", {FormatKind::affine, FormatKind::affine}},
};

bool has_key(FormatKind kind, const KeyOfKinds& entry) {
  return std::ranges::find(entry.kinds, kind) != entry.kinds.end() ||
         (entry.key == "bits" && kind == FormatKind::floating);
}

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && name.size() <= 64 && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_power_of_two(double value) {
  int exponent = 0;
  return std::frexp(std::abs(value), &exponent) == 0.5;
}

}  // namespace

std::string activations_in_words() {
  std::vector<std::string_view> names;
  for (const Activation function : all_activations)
    if (!may_be_left_out(function)) names.push_back(name_of(function));
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

NumberFormat FormatReader::named(const std::string& name, const std::string& pointer) {
  if (const auto found = formats_.find(name); found != formats_.end()) return found->second;
  const json formats = document_.value.value("formats", json::object());
  if (formats.contains(name)) return declared(name);
  if (const auto predefined = predefined_format(name)) return *predefined;
  throw document_.error(
      pointer, fmt::format("a format that is declared in [formats.{}] or predefined (binary32, "
                           "bfloat16, e4m3, int8_7, int16_12, ...), found {}",
                           is_identifier(name) ? name : "NAME", in_quotes(name)));
}

NumberFormat FormatReader::declared(const std::string& name) {
  const std::string pointer = "/formats/" + name;
  if (!is_identifier(name))
    throw document_.error(
        pointer, fmt::format("a format's name to be 1 to 64 letters, digits and '_', starting with "
                             "a letter, found {}",
                             in_quotes(name)));
  if (predefined_format(name))
    throw document_.error(pointer,
                          fmt::format("another name than {}, which is a predefined format", name));
  if (std::ranges::find(open_, name) != open_.end())
    throw document_.error(pointer + "/base",
                          fmt::format("bases that end at a predefined format or one with a kind, "
                                      "but {} leads back to itself",
                                      name));
  open_.push_back(name);
  const json& table = document_.value.at("formats").at(name);
  NumberFormat format = base_of(table, pointer);
  format.name = name;
  read_keys(table, pointer, format);
  open_.pop_back();
  return formats_[name] = format;
}

NumberFormat FormatReader::base_of(const json& table, const std::string& pointer) {
  NumberFormat format;
  if (table.contains("base")) {
    const auto base = table.at("base").get<std::string>();
    format = named(base, pointer + "/base");
    if (says_input(base)) says_input_.insert(open_.back());
    if (table.contains("kind") &&
        enumerator<FormatKind>(table, "kind", FormatKind::exact) != format.kind)
      throw document_.error(pointer + "/kind", fmt::format("kind \"{}\", which is that of base {}",
                                                           name_of(format.kind), base));
    return format;
  }
  if (!table.contains("kind"))
    throw document_.error(
        pointer, fmt::format("kind = \"float\", \"fixed\", \"affine\", \"set\" or \"exact\", or a "
                             "base, in {}",
                             document_.shown(pointer)));
  format.kind = enumerator(table, "kind", FormatKind::exact);
  return format;
}

void FormatReader::read_keys(const json& table, const std::string& pointer, NumberFormat& format) {
  for (const KeyOfKinds& entry : keys_of_kinds)
    if (table.contains(entry.key) && !has_key(format.kind, entry))
      throw document_.error(
          fmt::format("{}/{}", pointer, entry.key),
          fmt::format("no key {} in a format of kind \"{}\"", entry.key, name_of(format.kind)));
  const bool has_bits = format.kind == FormatKind::floating || format.kind == FormatKind::fixed ||
                        format.kind == FormatKind::affine;
  if (has_bits && format.bits == 0 && !table.contains("bits"))
    throw document_.error(pointer, fmt::format("key bits in {}", document_.shown(pointer)));
  format.bits = table.value("bits", format.bits);
  switch (format.kind) {
    case FormatKind::floating:
      return read_float(table, pointer, format);
    case FormatKind::fixed:
      return read_fixed(table, pointer, format);
    case FormatKind::affine:
      format.is_signed = table.value("signed", format.is_signed);
      format.symmetric = table.value("symmetric", format.symmetric);
      format.zero_point = table.value("zero_point", format.zero_point);
      if (!table.contains("base")) format.scale = ScaleSharing::tensor;
      read_scale(table, pointer, format);
      if (format.scale == ScaleSharing::none)
        throw document_.error(pointer + "/scale",
                              "scale = \"tensor\", \"row\", \"block:N\" or \"operands\": without a "
                              "scale a format is of kind \"fixed\"");
      break;
    case FormatKind::set:
      return read_set(table, pointer, format);
    case FormatKind::exact:
      return;
  }
  if (format.symmetric && !format.is_signed)
    throw document_.error(pointer + "/symmetric", "symmetric only where the format is signed");
  if (format.bits < 2 || format.bits > 32)
    throw document_.error(pointer + "/bits", "2 to 32 bits of an affine format");
}

void FormatReader::read_float(const json& table, const std::string& pointer, NumberFormat& format) {
  if (format.precision == 0 && !table.contains("precision"))
    throw document_.error(pointer, fmt::format("key precision in {}", document_.shown(pointer)));
  format.precision = table.value("precision", format.precision);
  format.specials = enumerator(table, "specials", format.specials);
  format.subnormals = enumerator(table, "subnormals", format.subnormals);
  const std::string width = pointer + (table.contains("precision") ? "/precision" : "/bits");
  if (format.exponent_bits() < 1 || format.exponent_bits() > 11)
    throw document_.error(
        width, fmt::format("a precision that leaves 1 to 11 exponent bits: bits - precision, which "
                           "is {} - {}",
                           format.bits, format.precision));
  if (format.specials == Specials::ieee && (format.precision < 2 || format.exponent_bits() < 2))
    throw document_.error(width,
                          "at least 2 exponent bits and precision 2 with specials \"ieee\", or "
                          "specials = \"finite\"");
  if (!table.contains("base") || table.contains("bits") || table.contains("precision"))
    format.bias = ieee_bias(format.exponent_bits());
  format.bias = table.value("bias", format.bias);
  const int highest =
      (1 << format.exponent_bits()) - (format.specials == Specials::ieee ? 2 : 1) - format.bias;
  const int lowest = 2 - format.bias - format.precision;
  if (highest > 1023 || lowest < -1074)
    throw document_.error(pointer + (table.contains("bias") ? "/bias" : ""),
                          fmt::format("a bias with which every number is a binary64 number, but "
                                      "they reach from 2^{} to 2^{}",
                                      lowest, highest));
}

void FormatReader::read_fixed(const json& table, const std::string& pointer, NumberFormat& format) {
  format.is_signed = table.value("signed", format.is_signed);
  format.symmetric = table.value("symmetric", format.symmetric);
  if (format.symmetric && !format.is_signed)
    throw document_.error(pointer + "/symmetric", "symmetric only where the format is signed");
  if (format.bits < 2)
    throw document_.error(pointer + "/bits", "at least 2 bits of a fixed format");
  if (!table.contains("base") && !table.contains("fraction_bits"))
    throw document_.error(pointer,
                          fmt::format("key fraction_bits in {}", document_.shown(pointer)));
  if (table.contains("fraction_bits")) read_fraction_bits(table, pointer, format);
  FractionBits& bits = format.fraction_bits;
  const std::string range = pointer + "/fraction_bits_range";
  if (bits.source != FractionBitsSource::tensor) {
    if (table.contains("fraction_bits_range"))
      throw document_.error(range, "no fraction_bits_range where fraction_bits is not \"tensor\"");
    return;
  }
  if (!table.contains("fraction_bits_range")) return;
  bits.minimum = table.at("fraction_bits_range").at(0).get<int>();
  bits.maximum = table.at("fraction_bits_range").at(1).get<int>();
  if (bits.minimum > bits.maximum)
    throw document_.error(range, fmt::format("fraction_bits_range [{}, {}], the lowest first",
                                             bits.maximum, bits.minimum));
}

void FormatReader::read_fraction_bits(const json& table, const std::string& pointer,
                                      NumberFormat& format) {
  const json& value = table.at("fraction_bits");
  const std::string place = pointer + "/fraction_bits";
  FractionBits bits;
  says_input_.erase(format.name);
  if (value.is_number()) {
    bits.number = value.get<int>();
  } else if (value == "tensor") {
    bits.source = FractionBitsSource::tensor;
    bits.maximum = format.bits - 1;
  } else if (value == "operands") {
    bits.source = FractionBitsSource::operands;
  } else if (value.contains("operands")) {
    if (value.size() != 1)
      throw document_.error(place, "{ operands = N } alone, or a table by activation function");
    bits.source = FractionBitsSource::operands;
    bits.number = value.at("operands").get<int>();
  } else {
    bits.source = FractionBitsSource::activation;
    for (std::size_t f = 0; f < bits.by_activation.size(); ++f) {
      const std::string function(name_of(all_activations.at(f)));
      if (!value.contains(function)) {
        if (may_be_left_out(all_activations.at(f))) continue;
        throw document_.error(place, fmt::format("fraction_bits of all of {}, but {} is missing",
                                                 activations_in_words(), function));
      }
      bits.by_activation.at(f) = value.at(function).get<int>();
    }
    if (value.contains("input")) {
      bits.of_input = value.at("input").get<int>();
      says_input_.insert(format.name);
    }
  }
  format.fraction_bits = bits;
}

void FormatReader::read_set(const json& table, const std::string& pointer, NumberFormat& format) {
  const bool has_values = table.contains("values");
  const bool has_powers = table.contains("powers");
  if (has_values == has_powers && (has_values || format.values.empty()))
    throw document_.error(pointer + (has_values ? "/powers" : ""),
                          "either values = [...] or powers = [LOWEST, HIGHEST] of a set");
  for (const std::string_view key : {"zero", "negative"})
    if (table.contains(key) && !has_powers)
      throw document_.error(fmt::format("{}/{}", pointer, key),
                            fmt::format("no key {} without powers", key));
  if (has_values) format.values = table.at("values").get<std::vector<double>>();
  if (has_powers) {
    const int lowest = table.at("powers").at(0).get<int>();
    const int highest = table.at("powers").at(1).get<int>();
    if (lowest > highest)
      throw document_.error(pointer + "/powers",
                            fmt::format("powers [{}, {}], the lowest first", highest, lowest));
    const bool with_zero = table.value("zero", true);
    const bool with_negative = table.value("negative", true);
    const int size = (highest - lowest + 1) * (with_negative ? 2 : 1) + (with_zero ? 1 : 0);
    if (size < 2 || size > 256)
      throw document_.error(pointer + "/powers",
                            fmt::format("a set of 2 to 256 numbers, found {}", size));
    format.values = powers_of_two(lowest, highest, with_zero, with_negative);
  }
  if (std::ranges::adjacent_find(format.values, std::greater_equal<>{}) != format.values.end())
    throw document_.error(pointer + "/values", "ascending values, each once");
  format.bits = position_bits(format.values.size());
  format.nearest = enumerator(table, "nearest", format.nearest);
  const bool are_powers = std::ranges::all_of(
      format.values, [](double value) { return value == 0 || is_power_of_two(value); });
  if (format.nearest == NearestPower::logarithm && !are_powers)
    throw document_.error(pointer + "/nearest",
                          "nearest = \"value\": only between powers of two is there a middle of "
                          "logarithms");
  read_scale(table, pointer, format);
}

void FormatReader::read_scale(const json& table, const std::string& pointer, NumberFormat& format) {
  if (table.contains("scale")) {
    const auto scale = table.at("scale").get<std::string>();
    format.block = 0;
    if (scale.starts_with("block:")) {
      format.scale = ScaleSharing::block;
      format.block = std::stoi(scale.substr(6));
    } else {
      format.scale = from_name<ScaleSharing>(scale).value();
    }
  }
  const bool has_scale =
      format.scale != ScaleSharing::none && format.scale != ScaleSharing::operands;
  if (table.contains("scale_format") && !has_scale)
    throw document_.error(pointer + "/scale_format",
                          "no scale_format where no scale is stored with the numbers");
  if (format.zero_point && !has_scale)
    throw document_.error(pointer + "/zero_point",
                          "no zero_point where no scale is stored with the numbers");
  format.scale_format = enumerator(table, "scale_format", format.scale_format);
}

void FormatReader::require_all_used() const {
  const json formats = document_.value.value("formats", json::object());
  for (const auto& [name, table] : formats.items())
    if (!formats_.contains(name))
      throw document_.error(
          "/formats/" + name,
          fmt::format("no format {}: nothing in the file uses it", in_quotes(name)));
}

}  // namespace lsgd
