// SPDX-License-Identifier: Apache-2.0
#include "description/format_words.hpp"

#include <fmt/format.h>

#include <lsgd/arithmetic/judgement.hpp>

namespace lsgd {
namespace {

std::string fraction_bits_in_words(const FractionBits& bits) {
  switch (bits.source) {
    case FractionBitsSource::number:
      return fmt::format("{} fraction bits", bits.number);
    case FractionBitsSource::tensor:
      return fmt::format("{} to {} fraction bits, kept with the tensor", bits.minimum,
                         bits.maximum);
    case FractionBitsSource::operands:
      return bits.number == 0 ? "the fraction bits of its operands"
                              : fmt::format("the fraction bits of its operands {:+}", bits.number);
    case FractionBitsSource::activation:
      break;
  }
  std::string text;
  for (const Activation function : all_activations)
    if (const auto number = bits.by_activation.at(static_cast<std::size_t>(function)))
      text += fmt::format("{} {} {}", text.empty() ? "" : ",", name_of(function), *number);
  return "fraction bits" + text;
}

std::string scale_in_words(const NumberFormat& format) {
  switch (format.scale) {
    case ScaleSharing::none:
      return "";
    case ScaleSharing::block:
      return fmt::format(", a scale for {} numbers", format.block);
    case ScaleSharing::tensor:
    case ScaleSharing::row:
      return fmt::format(", a scale for each {}", name_of(format.scale));
    case ScaleSharing::operands:
      return ", the scale of its operands";
  }
  return "";
}

}  // namespace

std::string format_in_words(const NumberFormat& format) {
  switch (format.kind) {
    case FormatKind::floating:
      return fmt::format("float of {} bits, precision {}, bias {}, {}", format.bits,
                         format.precision, format.bias, name_of(format.specials)) +
             (format.subnormals == Subnormals::gradual
                  ? ""
                  : fmt::format(", {}", name_of(format.subnormals)));
    case FormatKind::fixed:
      return fmt::format("{} bits{}, {}", format.bits, format.is_signed ? "" : " unsigned",
                         fraction_bits_in_words(format.fraction_bits));
    case FormatKind::affine:
      return fmt::format("{} bits{}, affine{}{}", format.bits, format.is_signed ? "" : " unsigned",
                         scale_in_words(format), format.zero_point ? " and a zero point" : "");
    case FormatKind::set:
      return fmt::format("{} numbers{}", format.values.size(), scale_in_words(format));
    case FormatKind::exact:
      break;
  }
  return "exact";
}

namespace {

std::string interval(const NumberFormat& format, int fraction_bits) {
  const NumberRange range = range_of(format, fraction_bits);
  return fmt::format("[{:.9g}, {:.9g}]", range.lowest, range.highest);
}

}  // namespace

std::string range_in_words(const NumberFormat& format) {
  if (format.scale != ScaleSharing::none) return interval(format, 0) + " times the scale";
  switch (format.fraction_bits.source) {
    case FractionBitsSource::number:
      return interval(format, format.fraction_bits.number);
    case FractionBitsSource::tensor:
      return fmt::format("{} to {}", interval(format, format.fraction_bits.maximum),
                         interval(format, format.fraction_bits.minimum));
    case FractionBitsSource::operands:
      return interval(format, 0) + " units";
    case FractionBitsSource::activation:
      break;
  }
  std::string text;
  for (const Activation function : all_activations)
    if (const auto bits = format.fraction_bits.by_activation.at(static_cast<std::size_t>(function)))
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name_of(function),
                          interval(format, *bits));
  return text;
}

}  // namespace lsgd
