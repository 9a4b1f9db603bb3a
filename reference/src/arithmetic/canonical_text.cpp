// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "files/number_text.hpp"
#include "files/sha256.hpp"

namespace lsgd {
namespace {

std::string array_text(const auto& values) {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += ", ";
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>)
      text += to_text(value);
    else
      text += fmt::format("{}", value);
  }
  return "[" + text + "]";
}

std::string fraction_bits_text(const FractionBits& bits) {
  switch (bits.source) {
    case FractionBitsSource::number:
      return fmt::format("fraction_bits = {}\n", bits.number);
    case FractionBitsSource::operands:
      return fmt::format("fraction_bits = {{ operands = {} }}\n", bits.number);
    case FractionBitsSource::tensor:
      return fmt::format("fraction_bits = \"tensor\"\nfraction_bits_range = [{}, {}]\n",
                         bits.minimum, bits.maximum);
    case FractionBitsSource::activation:
      break;
  }
  std::string text = "fraction_bits = { ";
  for (const Activation function : all_activations)
    if (const auto number = bits.by_activation.at(static_cast<std::size_t>(function)))
      text += fmt::format("{} = {}, ", name_of(function), *number);
  return text + fmt::format("input = {} }}\n", bits.of_input);
}

std::string scale_text(const NumberFormat& format) {
  std::string text = format.scale == ScaleSharing::block
                         ? fmt::format("scale = \"block:{}\"\n", format.block)
                         : fmt::format("scale = \"{}\"\n", name_of(format.scale));
  if (format.scale != ScaleSharing::none && format.scale != ScaleSharing::operands)
    text += fmt::format("scale_format = \"{}\"\n", name_of(format.scale_format));
  return text;
}

/// The keys of a format, without its name.
std::string format_text(const NumberFormat& format) {
  std::string text = fmt::format("kind = \"{}\"\n", name_of(format.kind));
  switch (format.kind) {
    case FormatKind::floating:
      return text + fmt::format(
                        "bits = {}\nprecision = {}\nbias = {}\nspecials = \"{}\"\nsubnormals = "
                        "\"{}\"\n",
                        format.bits, format.precision, format.bias, name_of(format.specials),
                        name_of(format.subnormals));
    case FormatKind::fixed:
      return text +
             fmt::format("bits = {}\nsigned = {}\nsymmetric = {}\n", format.bits, format.is_signed,
                         format.symmetric) +
             fraction_bits_text(format.fraction_bits);
    case FormatKind::affine:
      return text +
             fmt::format("bits = {}\nsigned = {}\nsymmetric = {}\nzero_point = {}\n", format.bits,
                         format.is_signed, format.symmetric, format.zero_point) +
             scale_text(format);
    case FormatKind::set:
      return text +
             fmt::format("values = {}\nnearest = \"{}\"\n", array_text(format.values),
                         name_of(format.nearest)) +
             scale_text(format);
    case FormatKind::exact:
      break;
  }
  return text;
}

std::string rounding_text(const Rounding& rounding, std::size_t format) {
  std::string text = fmt::format("format = \"f{}\"\nrounding = \"{}\"\noverflow = \"{}\"\n", format,
                                 name_of(rounding.direction), name_of(rounding.overflow));
  if (rounding.direction == RoundingDirection::stochastic) {
    if (rounding.random_bits == 0)
      text += "random_bits = \"all\"\n";
    else
      text += fmt::format("random_bits = {}\nmapping = \"{}\"\n", rounding.random_bits,
                          name_of(rounding.mapping));
  }
  if (rounding.requantization != Requantization::exact)
    text += fmt::format("requantization = \"{}\"\n", name_of(rounding.requantization));
  return text;
}

std::string order_text(const EvaluationOrder& order) {
  std::string sum(name_of(order.sum));
  if (order.width > 0) sum += fmt::format(":{}", order.width);
  std::string fused = "\"any\"";
  if (order.fused != FusedMultiplyAdd::any)
    fused = order.fused == FusedMultiplyAdd::yes ? "true" : "false";
  return fmt::format(
      "\n[order]\nsum = \"{}\"\nbias = \"{}\"\nfused = {}\nsaturate = \"{}\"\nupdate = \"{}\"\n"
      "derivative = \"{}\"\nintermediates = \"{}\"\n",
      sum, name_of(order.bias), fused, name_of(order.saturate), name_of(order.update),
      name_of(order.derivative), name_of(order.intermediates));
}

std::string activation_text(const Arithmetic& arithmetic, Activation function) {
  const ActivationDefinition& definition = arithmetic.activation(function);
  std::string text = fmt::format("\n[activation.{}]\ndefinition = \"{}\"\n", name_of(function),
                                 name_of(definition.rule));
  switch (definition.rule) {
    case ActivationRule::correctly_rounded:
      break;
    case ActivationRule::within:
      text += fmt::format("ulps = {}\nabsolute_error = {}\n", to_text(definition.ulps),
                          to_text(definition.absolute_error));
      if (definition.ulp_exponent)
        text += fmt::format("ulp_exponent = {}\n", *definition.ulp_exponent);
      break;
    case ActivationRule::table:
      text += fmt::format("table = {}\n", array_text(definition.table));
      break;
  }
  return text;
}

std::string ranges_text(
    const std::array<std::optional<ScaleRange>, all_activations.size()>& ranges) {
  std::string text;
  for (const Activation function : all_activations)
    if (const auto& range = ranges.at(static_cast<std::size_t>(function)))
      text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name_of(function),
                          array_text(std::vector{range->lowest, range->highest}));
  return fmt::format("range = {{ {} }}\n", text);
}

std::string training_text(const TrainingRules& training) {
  std::string text = fmt::format(
      "\n[training]\ntrained_layers = {}\nfirst_layer_input = \"{}\"\ngradient_scale = \"{}\"\n"
      "algorithm = \"{}\"\n",
      training.trained_layers.empty() ? "\"all\"" : array_text(training.trained_layers),
      name_of(training.first_layer_input), name_of(training.gradient_scale),
      name_of(training.algorithm));
  if (training.algorithm == TrainingAlgorithm::target_projection)
    text += fmt::format("projection_generator = \"{}\"\nprojection_seed = {}\n",
                        name_of(training.projection_generator), training.projection_seed);
  if (training.loss_scale != LossScale::half_sum)
    text += fmt::format("loss_scale = \"{}\"\n", name_of(training.loss_scale));
  if (training.clamp_mask) text += "clamp_mask = true\n";
  return text;
}

}  // namespace

std::string canonical_text(const Arithmetic& arithmetic) {
  std::vector<std::string> formats;
  std::string points;
  for (std::size_t p = 0; p < point_count; ++p)
    for (const Rounding& rounding : arithmetic.points.at(p)) {
      const std::string format = format_text(rounding.format);
      std::size_t number = 0;
      while (number < formats.size() && formats[number] != format) ++number;
      if (number == formats.size()) formats.push_back(format);
      points += fmt::format("\n[[at.{}]]\n{}", name_of(static_cast<Point>(p)),
                            rounding_text(rounding, number));
    }
  std::string text = "format = \"lsgd-arithmetic/1\"\n";
  for (std::size_t i = 0; i < formats.size(); ++i)
    text += fmt::format("\n[formats.f{}]\n{}", i, formats[i]);
  text += points + order_text(arithmetic.order);
  for (const Activation function : approximated_activations)
    text += activation_text(arithmetic, function);
  for (const ScaleDefinition& scale : arithmetic.scales) {
    text +=
        fmt::format("\n[scale.{}]\nrule = \"{}\"\n", name_of(scale.tensor), name_of(scale.rule));
    if (scale.rule == ScaleRule::widen_on_saturation)
      text += fmt::format("minimum = {}\n", scale.minimum);
    if (scale.ranges) text += ranges_text(*scale.ranges);
    if (scale.calibration != Calibration::none)
      text += fmt::format("calibration = \"{}\"\nsamples = {}\n", name_of(scale.calibration),
                          scale.samples);
    if (scale.calibration == Calibration::percentile)
      text += fmt::format("percent = {}\n", scale.percent);
  }
  if (arithmetic.random.generator != RandomGenerator::none)
    text += fmt::format("\n[random]\ngenerator = \"{}\"\norder = \"{}\"\nskip_zero = {}\n",
                        name_of(arithmetic.random.generator), name_of(arithmetic.random.order),
                        arithmetic.random.skip_zero);
  return text + training_text(arithmetic.training);
}

std::string declaration_text(const Arithmetic& arithmetic) {
  std::string text = canonical_text(arithmetic);
  return text.insert(text.find('\n') + 1, fmt::format("name = \"{}\"\n", arithmetic.name));
}

std::string digest_of(const Arithmetic& arithmetic) {
  return sha256_of(canonical_text(arithmetic));
}

}  // namespace lsgd
