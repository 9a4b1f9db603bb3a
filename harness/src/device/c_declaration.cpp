// SPDX-License-Identifier: Apache-2.0
#include "device/c_declaration.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstdint>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>
#include <vector>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/arithmetic/rounded_function.hpp>
#include <lsgd/port.h>

#include "device/stated_arithmetic.hpp"

namespace lsgd {
namespace {

/// Wider than anything the port computes with.
constexpr int unlimited = 1000;
/// Bits of a number that the port adds or multiplies without rounding it before.
constexpr int widest_unrounded = 60;
/// Terms of a sum, at most 65,535, as bits.
constexpr int bits_of_term_count = 16;

bool is_rounded(const Arithmetic& arithmetic, Point point) {
  const NumberFormat* const format = arithmetic.format(point);
  return format != nullptr && format->kind != FormatKind::exact;
}

bool has_fixed_numbers(const Arithmetic& arithmetic, Point point) {
  return is_rounded(arithmetic, point) && arithmetic.format(point)->kind == FormatKind::fixed;
}

int bits_of_values(const NumberFormat& format) {
  int bits = 1;
  for (const double value : format.values) {
    const Integer magnitude = BinaryNumber::of_double(value).magnitude;
    if (!magnitude.is_zero()) bits = std::max(bits, static_cast<int>(msb(magnitude)) + 1);
  }
  return bits;
}

int width_of(const Arithmetic& arithmetic, Point point);

/// Bits of a weight times an activation or a delta.
int exact_product_width(const Arithmetic& arithmetic, Point point) {
  const int weight = width_of(arithmetic, Point::effective_weight);
  if (point == Point::backward_product) return weight + width_of(arithmetic, Point::delta);
  return weight +
         std::max(width_of(arithmetic, Point::input), width_of(arithmetic, Point::activation));
}

/// Most bits of the numbers that leave a point.
int width_of(const Arithmetic& arithmetic, Point point) {
  const auto width = [&](Point p) { return width_of(arithmetic, p); };
  if (is_rounded(arithmetic, point)) {
    const NumberFormat& format = *arithmetic.format(point);
    switch (format.kind) {
      case FormatKind::floating:
        return format.precision;
      case FormatKind::fixed:
        // As many of the exact product's bits as its format keeps, and a carry.
        if (format.fraction_bits.source == FractionBitsSource::operands &&
            (point == Point::forward_product || point == Point::backward_product))
          return std::min(format.bits, exact_product_width(arithmetic, point) +
                                           std::min(0, format.fraction_bits.number) + 1);
        return format.bits;
      case FormatKind::affine:
        return format.bits;
      case FormatKind::set:
        return bits_of_values(format);
      case FormatKind::exact:
        break;
    }
  }
  const bool has_fixed_activations = has_fixed_numbers(arithmetic, Point::stored_activation) ||
                                     (!is_rounded(arithmetic, Point::stored_activation) &&
                                      has_fixed_numbers(arithmetic, Point::activation));
  constexpr int binary32_bits = 24;
  switch (point) {
    case Point::initial_weight:
    case Point::initial_bias:
    case Point::input:
    case Point::target:
    case Point::learning_rate:
      return binary32_bits;
    case Point::effective_weight:
    case Point::weight_widened:
      return width(Point::weight);
    case Point::forward_product:
    case Point::backward_product:
      return exact_product_width(arithmetic, point);
    case Point::forward_sum:
      return has_fixed_numbers(arithmetic, Point::forward_product) ||
                     (has_fixed_numbers(arithmetic, Point::weight) && has_fixed_activations)
                 ? width(Point::forward_product) + bits_of_term_count
                 : unlimited;
    case Point::bias_aligned:
      return width(Point::bias);
    case Point::pre_activation:
      return width(Point::forward_sum);
    case Point::stored_activation:
      return width(Point::activation);
    case Point::output_error:
      return has_fixed_numbers(arithmetic, Point::activation) &&
                     has_fixed_numbers(arithmetic, Point::target)
                 ? std::max(width(Point::activation), width(Point::target)) + bits_of_term_count
                 : unlimited;
    case Point::backward_sum:
      return has_fixed_numbers(arithmetic, Point::backward_product) ||
                     (has_fixed_numbers(arithmetic, Point::weight) &&
                      has_fixed_numbers(arithmetic, Point::delta))
                 ? width(Point::backward_product) + bits_of_term_count
                 : unlimited;
    case Point::hidden_error:
      return width(Point::backward_sum);
    case Point::derivative_term:
      return has_fixed_activations ? 2 * width(Point::stored_activation) : unlimited;
    case Point::derivative:
      return has_fixed_activations ? 2 * width(Point::stored_activation) + 1 : unlimited;
    case Point::delta:
      return unlimited;
    case Point::learning_rate_times_delta:
      return width(Point::learning_rate) + width(Point::delta);
    case Point::delta_times_activation:
      return width(Point::delta) + width(Point::stored_activation);
    case Point::change:
      return std::max(width(Point::learning_rate_times_delta) + width(Point::stored_activation),
                      width(Point::learning_rate_times_delta) + width(Point::input));
    case Point::bias_change:
      return width(Point::learning_rate_times_delta);
    case Point::weight:
    case Point::bias:
    case Point::activation:
      return unlimited;
  }
  throw std::invalid_argument("a point of a step");
}

std::vector<Point> unrounded_operands(const Arithmetic& arithmetic) {
  std::vector<Point> points{Point::output_error, Point::forward_product, Point::backward_product,
                            Point::forward_sum,  Point::backward_sum,    Point::derivative_term,
                            Point::derivative,   Point::change,          Point::bias_change};
  points.push_back(arithmetic.order.update == UpdateProduct::delta_times_activation
                       ? Point::delta_times_activation
                       : Point::learning_rate_times_delta);
  std::erase_if(points, [&](Point point) { return is_rounded(arithmetic, point); });
  if (arithmetic.order.fused == FusedMultiplyAdd::yes) std::erase(points, Point::derivative_term);
  return points;
}

std::optional<std::string> unknown_rounding(const Arithmetic& arithmetic, Point point,
                                            const Rounding& rounding) {
  const NumberFormat& format = rounding.format;
  const bool is_stochastic = rounding.direction == RoundingDirection::stochastic;
  if (format.kind == FormatKind::affine || format.scale != ScaleSharing::none)
    return "has no scales";
  if (format.kind == FormatKind::set && format.nearest == NearestPower::logarithm)
    return "rounds to the nearest power by value";
  if (format.kind == FormatKind::set && is_stochastic) return "does not round to a set at random";
  if (is_stochastic && (point == Point::effective_weight || point == Point::stored_activation ||
                        point == Point::learning_rate))
    return "computes this number more than once, and would draw each time";
  const auto chooses = [&](Point tensor) {
    const ScaleDefinition* const scale = arithmetic.scale(tensor);
    return scale != nullptr && scale->rule == ScaleRule::max_abs_power_of_two;
  };
  if (is_stochastic && point >= Point::learning_rate_times_delta &&
      (chooses(Point::weight) || chooses(Point::bias)))
    return "computes an update twice where fraction bits follow from it, and would draw each time";
  return std::nullopt;
}

std::string number_text(const NumberFormat& format, std::size_t set) {
  const FractionBits& bits = format.fraction_bits;
  const auto kind = [&] {
    switch (format.kind) {
      case FormatKind::floating:
        return "KIND_FLOAT";
      case FormatKind::fixed:
        return "KIND_FIXED";
      case FormatKind::set:
        return "KIND_SET";
      case FormatKind::affine:
      case FormatKind::exact:
        break;
    }
    throw std::invalid_argument("a format that declared_c99 knows");
  };
  const auto source = [&] {
    switch (bits.source) {
      case FractionBitsSource::number:
        return "FRACTION_BITS_NUMBER";
      case FractionBitsSource::tensor:
        return "FRACTION_BITS_TENSOR";
      case FractionBitsSource::activation:
        return "FRACTION_BITS_ACTIVATION";
      case FractionBitsSource::operands:
        break;
    }
    return "FRACTION_BITS_OPERANDS";
  };
  const std::string values =
      format.kind == FormatKind::set ? fmt::format("declared_set_{}", set) : "NULL";
  return fmt::format("{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {{{}}}, {}, {}, {}, {}}}", kind(),
                     format.bits, format.precision, static_cast<int>(format.specials),
                     static_cast<int>(format.subnormals), format.bias, format.is_signed ? 1 : 0,
                     format.symmetric ? 1 : 0, source(), bits.number,
                     fmt::join(bits.by_activation, ", "), bits.minimum, bits.maximum,
                     format.values.size(), values);
}

std::string set_text(const NumberFormat& format, std::size_t set) {
  std::string text = fmt::format("static const struct declared_value declared_set_{}[] = {{", set);
  for (const double value : format.values) {
    const BinaryNumber number = BinaryNumber::of_double(value);
    text += fmt::format("\n    {{{}u, {}, {}}},", number.magnitude.convert_to<std::uint64_t>(),
                        number.is_zero() ? 0 : number.exponent, number.is_negative ? 1 : 0);
  }
  return text + "\n};\n";
}

/// Sets, then all roundings in the order of the points, and where those of each point begin.
std::string roundings_text(const Arithmetic& arithmetic) {
  std::string sets;
  std::string roundings;
  std::vector<std::size_t> first{0};
  for (const std::vector<Rounding>& point : arithmetic.points) {
    std::size_t count = first.back();
    for (const Rounding& rounding : point) {
      if (rounding.format.kind == FormatKind::exact) continue;
      if (rounding.format.kind == FormatKind::set) sets += set_text(rounding.format, count);
      const RoundingDirection direction = rounding.direction == RoundingDirection::any
                                              ? RoundingDirection::nearest_even
                                              : rounding.direction;
      roundings += fmt::format(
          "    {{{},\n     {}, {}, {}, {}}}, /* {} */\n", number_text(rounding.format, count),
          static_cast<int>(direction), static_cast<int>(rounding.overflow), rounding.random_bits,
          static_cast<int>(rounding.mapping), name_of(static_cast<Point>(first.size() - 1)));
      ++count;
    }
    first.push_back(count);
  }
  return sets + "static const struct declared_rounding declared_roundings[] = {\n" + roundings +
         fmt::format("}};\nstatic const uint8_t declared_first[] = {{{}}};\n",
                     fmt::join(first, ", "));
}

TensorScale scale_of_function(const NumberFormat& format, Activation function) {
  const FractionBits& bits = format.fraction_bits;
  return {.fraction_bits = bits.source == FractionBitsSource::activation
                               ? bits.by_activation.at(static_cast<std::size_t>(function))
                               : bits.number};
}

bool has_tables(const Arithmetic& arithmetic) {
  constexpr int most_bits = 8;
  constexpr int most_bits_of_a_declared_table = 16;
  const NumberFormat* const z = arithmetic.format(Point::pre_activation);
  const bool draws = std::ranges::any_of(arithmetic.at(Point::activation), [](const Rounding& r) {
    return r.direction == RoundingDirection::stochastic;
  });
  if (z == nullptr || draws || z->bits == 0 || z->kind == FormatKind::set) return false;
  const bool is_declared = arithmetic.activation(Activation::tanh).rule == ActivationRule::table;
  return z->bits <= (is_declared ? most_bits_of_a_declared_table : most_bits);
}

/// Codes of the activation for every code of z.
std::string table_text(const Arithmetic& arithmetic, Activation function) {
  const NumberFormat& z_format = *arithmetic.format(Point::pre_activation);
  const NumberCodec z_codec(z_format, scale_of_function(z_format, function));
  const std::size_t count = std::size_t{1} << z_format.bits;
  const ActivationDefinition& definition = arithmetic.activation(function);
  std::string text =
      fmt::format("static const {} declared_{}_table[] = {{",
                  bytes_of(*arithmetic.format(Point::activation)) == 1   ? "uint8_t"
                  : bytes_of(*arithmetic.format(Point::activation)) == 2 ? "uint16_t"
                                                                         : "uint32_t",
                  name_of(function));
  for (std::size_t code = 0; code < count; ++code) {
    std::uint64_t result = 0;
    const NumberFormat& a_format = *arithmetic.format(Point::activation);
    const NumberCodec a_codec(a_format, scale_of_function(a_format, function));
    if (definition.rule == ActivationRule::table) {
      // The table begins with the lowest code, which is half way through the codes.
      const std::size_t position = z_format.is_signed ? (code + count / 2) % count : code;
      result = static_cast<std::uint64_t>(definition.table.at(position)) &
               ((std::uint64_t{1} << a_format.bits) - 1);
    } else {
      BinaryNumber value = z_codec.operand(z_codec.number_of(code));
      bool is_first = true;
      for (Rounding rounding : arithmetic.at(Point::activation)) {
        if (rounding.direction == RoundingDirection::any)
          rounding.direction = RoundingDirection::nearest_even;
        const NumberCodec codec(rounding.format, scale_of_function(rounding.format, function));
        value = is_first ? rounded_function(function, value, codec, rounding, nullptr)
                         : codec.rounded(value, rounding, nullptr);
        is_first = false;
      }
      result = a_codec.code_of(value).value_or(0);
    }
    text += fmt::format("{}{},", code % 16 == 0 ? "\n    " : " ", result);
  }
  return text + "\n};\n";
}

std::string define(std::string_view name, auto value) {
  return fmt::format("#define DECLARED_{} {}\n", name, value);
}

std::string order_text(const Arithmetic& arithmetic) {
  const EvaluationOrder& order = arithmetic.order;
  const auto rule_of = [&](Point tensor) {
    const ScaleDefinition* const scale = arithmetic.scale(tensor);
    if (scale == nullptr || scale->rule == ScaleRule::given) return "SCALE_GIVEN";
    return scale->rule == ScaleRule::widen_on_saturation ? "SCALE_WIDEN_ON_SATURATION"
                                                         : "SCALE_MAX_ABS_POWER_OF_TWO";
  };
  constexpr std::array saturations{"SATURATE_EACH", "SATURATE_LANE", "SATURATE_END"};
  constexpr std::array generators{"GENERATOR_NONE", "GENERATOR_LCG32", "GENERATOR_XORSHIFT32"};
  const ScaleDefinition* const weights = arithmetic.scale(Point::weight);
  std::string trains;
  for (const std::uint32_t layer : arithmetic.training.trained_layers)
    trains += fmt::format("{}(l) == {}", trains.empty() ? "" : " || ", layer);
  return define("SUM_IS_TREE", order.sum == SumOrder::tree ? 1 : 0) +
         define("SUM_IS_DESCENDING", order.sum == SumOrder::descending ? 1 : 0) +
         define("SUM_WIDTH", std::max(1, order.width)) +
         define("SUM_SATURATION", saturations.at(static_cast<std::size_t>(order.saturate))) +
         define("BIAS_LAST", order.bias == BiasPosition::last ? 1 : 0) +
         define("FUSED", order.fused == FusedMultiplyAdd::yes ? 1 : 0) +
         define("ACTIVATION_FIRST", order.update == UpdateProduct::delta_times_activation ? 1 : 0) +
         define("WEIGHT_SCALE_RULE", rule_of(Point::weight)) +
         define("WEIGHT_MINIMUM", weights == nullptr ? 0 : weights->minimum) +
         define("BIAS_SCALE_RULE", rule_of(Point::bias)) +
         define("GENERATOR", generators.at(static_cast<std::size_t>(arithmetic.random.generator))) +
         define("SKIP_ZERO", arithmetic.random.skip_zero ? 1 : 0) +
         define("BIAS_DRAWS_FIRST",
                arithmetic.random.order == DrawOrder::neuron_bias_input ? 1 : 0) +
         define("FIRST_LAYER_INPUT_GIVEN",
                arithmetic.training.first_layer_input == FirstLayerInput::given ? 1 : 0) +
         fmt::format("#define DECLARED_TRAINS(l) ({})\n", trains.empty() ? "(void)(l), 1" : trains);
}

std::string arithmetic_macro(const std::string& name, const Arithmetic& arithmetic) {
  const lsgd_arithmetic stated = stated_arithmetic(arithmetic);
  std::string text = fmt::format("#define {} \\\n  {{{{", name);
  for (std::size_t i = 0; i < LSGD_DIGEST_BYTES; ++i)
    text += fmt::format("{}0x{:02x}",
                        i == 0        ? ""
                        : i % 16 == 0 ? ", \\\n    "
                                      : ", ",
                        stated.digest[i]);
  text += "}, \\\n   {";
  constexpr std::array extents{"LSGD_PER_NETWORK", "LSGD_PER_LAYER", "LSGD_PER_NEURON",
                               "LSGD_PER_WEIGHT"};
  for (std::size_t i = 0; i < LSGD_TENSORS; ++i) {
    const lsgd_codes& codes = stated.tensors[i];
    const std::string extent = codes.bytes == 0 ? "0" : extents.at(codes.extent);
    text += fmt::format("{}{{{}, {}}}",
                        i == 0       ? ""
                        : i % 4 == 0 ? ", \\\n    "
                                     : ", ",
                        codes.bytes, extent);
  }
  return text + "}}\n";
}

}  // namespace

std::optional<std::string> not_exported(const Arithmetic& arithmetic) {
  if (auto reason = DeclaredStep::unsupported(arithmetic)) return reason;
  if (arithmetic.random.generator == RandomGenerator::philox)
    return "random.generator: declared_c99 draws from lcg32/1 and xorshift32/1";
  for (const ScaleDefinition& scale : arithmetic.scales)
    if (scale.tensor == Point::effective_weight || scale.rule == ScaleRule::max_abs ||
        scale.rule == ScaleRule::mean_abs)
      return fmt::format("scale.{}: declared_c99 has no such rule", name_of(scale.tensor));
  for (std::size_t p = 0; p < point_count; ++p)
    for (const Rounding& rounding : arithmetic.points[p])
      if (const auto reason = unknown_rounding(arithmetic, static_cast<Point>(p), rounding))
        return fmt::format("at.{}: declared_c99 {}", name_of(static_cast<Point>(p)), *reason);
  for (const Point stored :
       {Point::input, Point::activation, Point::delta, Point::weight, Point::bias})
    if (bytes_of(*arithmetic.format(stored)) > 4)
      return fmt::format("at.{}: declared_c99 stores codes of at most 32 bits", name_of(stored));
  for (const Point point : unrounded_operands(arithmetic))
    if (const int width = width_of(arithmetic, point); width > widest_unrounded)
      return fmt::format(
          "at.{}: declared_c99 computes with numbers of at most {} bits between two roundings{}",
          name_of(point), widest_unrounded,
          width < unlimited ? fmt::format(", not {}", width) : "");
  return std::nullopt;
}

std::string c_declaration(const Arithmetic& arithmetic, const Arithmetic& stated) {
  if (const auto reason = not_exported(arithmetic)) throw std::invalid_argument(*reason);
  std::string text = fmt::format(
      "/* Written by `lsgd-conform profile export-c`: {}. */\n#pragma once\n\n"
      "#include \"declared_format.h\"\n\n",
      arithmetic.name);
  text += arithmetic_macro("DECLARED_ARITHMETIC", stated);
  for (const auto& [name, point] :
       {std::pair{"WEIGHT", Point::weight}, std::pair{"BIAS", Point::bias},
        std::pair{"ACTIVATION", Point::activation}, std::pair{"INPUT", Point::input},
        std::pair{"DELTA", Point::delta}})
    text += define(std::string(name) + "_BYTES", bytes_of(*arithmetic.format(point)));
  text += order_text(arithmetic) + define("HAS_TABLES", has_tables(arithmetic) ? 1 : 0);
  if (has_tables(arithmetic))
    text += define("TABLE_MASK",
                   (std::uint32_t{1} << arithmetic.format(Point::pre_activation)->bits) - 1);
  text += "\n" + roundings_text(arithmetic);
  if (has_tables(arithmetic))
    text += table_text(arithmetic, Activation::sigmoid) + table_text(arithmetic, Activation::tanh);
  return text;
}

std::string built_in_arithmetics_header() {
  std::string text =
      "/* SPDX-License-Identifier: Apache-2.0 */\n#pragma once\n\n/**\n * @file\n"
      " * The built-in arithmetics as struct lsgd_arithmetic (port.h), for the description of a "
      "port.\n * Written by `lsgd-conform profile digests` from reference/arithmetics; never "
      "edited "
      "by hand.\n */\n\n/* clang-format off */\n";
  for (const std::string& name : built_in_arithmetics()) {
    std::string upper = name;
    std::ranges::transform(upper, upper.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    text += "\n" + arithmetic_macro("LSGD_ARITHMETIC_" + upper, read_arithmetic(name));
  }
  return text + "\n/* clang-format on */\n";
}

}  // namespace lsgd
