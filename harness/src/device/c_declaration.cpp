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
/// The same where no bit is cut, and with the sign.
constexpr int widest_on_a_grid = 64;
/// Of a binary32 number.
constexpr int bits_of_a_scale = 24;
/// Random bits that a quotient of 62 leaves beside an integer of 32.
constexpr int most_random_bits_of_a_quotient = 28;
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

/// Whether forward sums count in units of S_x S_w, so that no scale is multiplied in.
bool sums_in_units(const Arithmetic& arithmetic) {
  const NumberFormat* const sum = arithmetic.format(Point::forward_sum);
  return sum != nullptr && sum->scale == ScaleSharing::operands;
}

/// Bits of a weight times an activation or a delta.
int exact_product_width(const Arithmetic& arithmetic, Point point) {
  if (point == Point::forward_product && sums_in_units(arithmetic))
    return arithmetic.format(Point::weight)->bits + 2 +
           std::max(arithmetic.format(Point::input)->bits,
                    arithmetic.format(Point::activation)->bits);
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
        return format.bits + (format.scale == ScaleSharing::operands ? 0 : 1 + bits_of_a_scale);
      case FormatKind::set:
        return bits_of_values(format) + (format.scale == ScaleSharing::none ? 0 : bits_of_a_scale);
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
    case Point::scaled_error:
      return arithmetic.training.loss_scale == LossScale::half_sum
                 ? width(Point::output_error)
                 : width(Point::output_error) + binary32_bits;
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
  if (arithmetic.training.loss_scale != LossScale::half_sum) points.push_back(Point::scaled_error);
  std::erase_if(points, [&](Point point) { return is_rounded(arithmetic, point); });
  if (arithmetic.order.fused == FusedMultiplyAdd::yes) std::erase(points, Point::derivative_term);
  if (arithmetic.training.algorithm == TrainingAlgorithm::target_projection)
    std::erase_if(points, [](Point point) {
      return point == Point::backward_product || point == Point::backward_sum;
    });
  return points;
}

/// Whether products are added on their own grid, so that no bit of them is cut: two numbers of 32
/// bits have products of 63, and their sums are in range or outside the domain.
bool adds_on_a_grid(const Arithmetic& arithmetic, Point product) {
  if (product != Point::forward_product && product != Point::backward_product) return false;
  const NumberFormat* const sum = arithmetic.format(
      product == Point::forward_product ? Point::forward_sum : Point::backward_sum);
  return sum != nullptr && sum->kind == FormatKind::fixed &&
         sum->fraction_bits == FractionBits{.source = FractionBitsSource::operands};
}

/// Formats with scale = "operands" are those of the whole forward sum.
std::optional<std::string> unknown_operands(const Arithmetic& arithmetic, Point point,
                                            const NumberFormat& format) {
  const bool has_operands = format.scale == ScaleSharing::operands;
  if (point == Point::backward_product || point == Point::backward_sum)
    return has_operands ? std::optional("counts in units of operands in forward sums only")
                        : std::nullopt;
  const bool is_of_sum =
      (Point::forward_product <= point && point <= Point::bias_aligned) || point == Point::bias;
  if (is_of_sum && has_operands != sums_in_units(arithmetic))
    return "has scale = \"operands\" at.forward_product, forward_sum, bias_aligned and bias alike";
  if (point == Point::bias && has_operands && arithmetic.at(Point::bias).size() > 1)
    return "rounds biases to scale = \"operands\" in one step";
  if (point == Point::forward_sum && has_operands && arithmetic.at(Point::pre_activation).empty())
    return "needs a format at.pre_activation where sums count in units of operands";
  return std::nullopt;
}

/// Why the rule for a scale is none that the port follows.
std::optional<std::string> unknown_rule(const Arithmetic& arithmetic,
                                        const ScaleDefinition& scale) {
  const NumberFormat& format = *arithmetic.format(scale.tensor);
  if (scale.tensor == Point::effective_weight) {
    const NumberFormat& weight = *arithmetic.format(Point::weight);
    const bool is_summed = weight.kind == FormatKind::floating && weight.bits <= 32;
    if (format.kind == FormatKind::fixed ||
        (scale.rule != ScaleRule::max_abs && scale.rule != ScaleRule::mean_abs) || !is_summed)
      return "follows the rules max_abs and mean_abs of weights that are floats of at most 32 bits";
    return std::nullopt;
  }
  const bool is_rule_of_fraction_bits =
      scale.rule == ScaleRule::max_abs_power_of_two || scale.rule == ScaleRule::widen_on_saturation;
  if (scale.rule == ScaleRule::given || scale.rule == ScaleRule::fixed ||
      (is_rule_of_fraction_bits && format.kind == FormatKind::fixed))
    return std::nullopt;
  return "has no such rule";
}

std::optional<std::string> unknown_rounding(const Arithmetic& arithmetic, Point point,
                                            const Rounding& rounding) {
  const NumberFormat& format = rounding.format;
  const bool is_stochastic = rounding.direction == RoundingDirection::stochastic;
  if (format.scale != ScaleSharing::none && format.scale != ScaleSharing::operands &&
      format.scale_format != ScaleFormat::binary32)
    return "has scales in binary32 only";
  if (format.scale == ScaleSharing::block) return "has scales of tensors and rows only";
  if (format.kind == FormatKind::affine && is_stochastic &&
      rounding.random_bits > most_random_bits_of_a_quotient)
    return fmt::format("draws at most {} bits for an affine number",
                       most_random_bits_of_a_quotient);
  if (is_stochastic && point == Point::target &&
      arithmetic.training.algorithm == TrainingAlgorithm::target_projection)
    return "computes this number more than once, and would draw each time";
  if (auto reason = unknown_operands(arithmetic, point, format)) return reason;
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

const char* scale_source(const Arithmetic& arithmetic, Point point, const NumberFormat& format) {
  if (format.scale == ScaleSharing::none || format.scale == ScaleSharing::operands)
    return "SCALE_OF_NOTHING";
  const Point tensor = tensor_of(point).value();
  if (tensor == Point::weight) return "SCALE_OF_WEIGHT";
  if (tensor == Point::effective_weight) return "SCALE_OF_EFFECTIVE_WEIGHT";
  if (!keeps_scale(arithmetic, tensor)) return "SCALE_OF_FUNCTION";
  return tensor == Point::input ? "SCALE_OF_INPUT" : "SCALE_OF_ACTIVATION";
}

/// The scales by function of a tensor whose scale is fixed.
std::vector<TensorScale> fixed_scales(const Arithmetic& arithmetic, Point point,
                                      const NumberFormat& format) {
  std::vector<TensorScale> scales;
  if (scale_source(arithmetic, point, format) != std::string_view("SCALE_OF_FUNCTION"))
    return scales;
  for (const auto& range : *arithmetic.scale(tensor_of(point).value())->ranges)
    scales.push_back(range ? scale_of_range(format, *range) : TensorScale{});
  return scales;
}

std::string number_text(const Arithmetic& arithmetic, Point point, const NumberFormat& format,
                        std::size_t set) {
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
        return "KIND_AFFINE";
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
  std::vector<std::int64_t> zero_points;
  for (const TensorScale& scale : fixed_scales(arithmetic, point, format))
    zero_points.push_back(scale.zero_point);
  const std::string scales = zero_points.empty() ? "NULL" : fmt::format("declared_scales_{}", set);
  zero_points.resize(all_activations.size());
  // No network has a function that is left out.
  std::vector<int> numbers;
  for (const std::optional<int>& number : bits.by_activation) numbers.push_back(number.value_or(0));
  return fmt::format(
      "{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {{{}}}, {}, {}, {}, {}, {}, {}, {}, {}, {{{}}}}}",
      kind(), format.bits, format.precision, static_cast<int>(format.specials),
      static_cast<int>(format.subnormals), format.bias, format.is_signed ? 1 : 0,
      format.symmetric ? 1 : 0, source(), bits.number, fmt::join(numbers, ", "), bits.of_input,
      bits.minimum, bits.maximum, format.values.size(), values,
      format.nearest == NearestPower::logarithm ? 1 : 0, scale_source(arithmetic, point, format),
      scales, fmt::join(zero_points, ", "));
}

std::string value_text(const BinaryNumber& number) {
  return fmt::format("\n    {{{}u, {}, {}}},", number.magnitude.convert_to<std::uint64_t>(),
                     number.is_zero() ? 0 : number.exponent, number.is_negative ? 1 : 0);
}

std::string scales_text(const std::vector<TensorScale>& scales, std::size_t number) {
  if (scales.empty()) return "";
  std::string text =
      fmt::format("static const struct declared_value declared_scales_{}[] = {{", number);
  for (const TensorScale& scale : scales) text += value_text(scale.scale);
  return text + "\n};\n";
}

std::string set_text(const NumberFormat& format, std::size_t set) {
  std::string text = fmt::format("static const struct declared_value declared_set_{}[] = {{", set);
  for (const double value : format.values) text += value_text(BinaryNumber::of_double(value));
  return text + "\n};\n";
}

/// Sets, then all roundings in the order of the points, and where those of each point begin.
std::string roundings_text(const Arithmetic& arithmetic) {
  std::string sets;
  std::string roundings;
  std::vector<std::size_t> first{0};
  for (std::size_t p = 0; p < point_count; ++p) {
    const auto point = static_cast<Point>(p);
    std::size_t count = first.back();
    for (const Rounding& rounding : arithmetic.at(point)) {
      if (rounding.format.kind == FormatKind::exact) continue;
      if (rounding.format.kind == FormatKind::set) sets += set_text(rounding.format, count);
      sets += scales_text(fixed_scales(arithmetic, point, rounding.format), count);
      const RoundingDirection direction = rounding.direction == RoundingDirection::any
                                              ? RoundingDirection::nearest_even
                                              : rounding.direction;
      roundings += fmt::format("    {{{},\n     {}, {}, {}, {}, {}}}, /* {} */\n",
                               number_text(arithmetic, point, rounding.format, count),
                               static_cast<int>(direction), static_cast<int>(rounding.overflow),
                               rounding.random_bits, static_cast<int>(rounding.mapping),
                               static_cast<int>(rounding.requantization), name_of(point));
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
                               ? bits.by_activation.at(static_cast<std::size_t>(function)).value()
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
  const bool has_scales = z->scale != ScaleSharing::none ||
                          arithmetic.format(Point::activation)->scale != ScaleSharing::none;
  const bool is_declared = arithmetic.activation(Activation::tanh).rule == ActivationRule::table;
  // Codes of scaled numbers depend on the scales, but for those that a table declares.
  if (has_scales && !is_declared) return false;
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
                  fmt::format("uint{}_t", 8 * bytes_of(*arithmetic.format(Point::activation))),
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
  constexpr std::array losses{"LOSS_HALF_SUM", "LOSS_SUM", "LOSS_HALF_MEAN", "LOSS_MEAN"};
  constexpr std::array saturations{"SATURATE_EACH", "SATURATE_LANE", "SATURATE_END"};
  const auto generator = [](RandomGenerator named) {
    // The port's own is as good as any that a device may have.
    constexpr std::array generators{"GENERATOR_NONE", "GENERATOR_LCG32", "GENERATOR_XORSHIFT32",
                                    "GENERATOR_PHILOX4X32_10", "GENERATOR_LCG32"};
    return generators.at(static_cast<std::size_t>(named));
  };
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
         define("GENERATOR", generator(arithmetic.random.generator)) +
         define("PROJECTS",
                arithmetic.training.algorithm == TrainingAlgorithm::target_projection ? 1 : 0) +
         define("PROJECTION_GENERATOR", generator(arithmetic.training.projection_generator)) +
         define("PROJECTION_SEED", fmt::format("{}u", arithmetic.training.projection_seed)) +
         define("LOSS_SCALE", losses.at(static_cast<std::size_t>(arithmetic.training.loss_scale))) +
         define("CLAMP_MASK", arithmetic.training.clamp_mask ? 1 : 0) +
         define("GRADIENT_SCALE",
                arithmetic.training.gradient_scale == GradientScale::none ? 0 : 1) +
         define("SKIP_ZERO", arithmetic.random.skip_zero ? 1 : 0) +
         define("BIAS_DRAWS_FIRST",
                arithmetic.random.order == DrawOrder::neuron_bias_input ? 1 : 0) +
         define("FIRST_LAYER_INPUT_GIVEN",
                arithmetic.training.first_layer_input == FirstLayerInput::given ? 1 : 0) +
         fmt::format("#define DECLARED_TRAINS(l) ({})\n", trains.empty() ? "(void)(l), 1" : trains);
}

/// How many scales there are, and how those of effective weights are chosen.
std::string scale_macros(const Arithmetic& arithmetic) {
  const auto per_neuron = [&](Point tensor) {
    const NumberFormat* const format = arithmetic.format(tensor);
    return format != nullptr && format->scale == ScaleSharing::row;
  };
  const auto count = [&](Point tensor, bool has_scales) {
    if (!has_scales) return "1";
    return per_neuron(tensor) ? "LSGD_CAPACITY_ACTIVATIONS" : "LSGD_CAPACITY_LAYERS";
  };
  const ScaleDefinition* const effective = arithmetic.scale(Point::effective_weight);
  std::string text =
      define("WEIGHT_SCALES", count(Point::weight, keeps_scale(arithmetic, Point::weight))) +
      define("WEIGHT_SCALES_PER_NEURON", per_neuron(Point::weight) ? 1 : 0) +
      define("ACTIVATION_SCALES",
             count(Point::activation, keeps_scale(arithmetic, Point::activation))) +
      define("EFFECTIVE_SCALES", count(Point::effective_weight, effective != nullptr)) +
      define("EFFECTIVE_SCALES_PER_NEURON", per_neuron(Point::effective_weight) ? 1 : 0) +
      define("HAS_EFFECTIVE_SCALES", effective == nullptr ? 0 : 1) +
      define("SUM_IN_UNITS", sums_in_units(arithmetic) ? 1 : 0) +
      define("BIAS_IN_UNITS",
             arithmetic.format(Point::bias)->scale == ScaleSharing::operands ? 1 : 0);
  if (effective == nullptr) return text;
  const NumberCodec codec(*arithmetic.format(Point::effective_weight));
  const BinaryNumber low = magnitude_of(codec.smallest());
  const BinaryNumber end =
      compare(low, codec.largest()) < 0 || codec.format().kind == FormatKind::affine
          ? codec.largest()
          : low;
  return text +
         define("EFFECTIVE_RULE",
                effective->rule == ScaleRule::mean_abs ? "SCALE_MEAN_ABS" : "SCALE_MAX_ABS") +
         define("EFFECTIVE_END_MAGNITUDE",
                fmt::format("{}u", end.magnitude.convert_to<std::uint64_t>())) +
         define("EFFECTIVE_END_EXPONENT", end.exponent);
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
  for (const ScaleDefinition& scale : arithmetic.scales)
    if (const auto reason = unknown_rule(arithmetic, scale))
      return fmt::format("scale.{}: declared_c99 {}", name_of(scale.tensor), *reason);
  for (std::size_t p = 0; p < point_count; ++p)
    for (const Rounding& rounding : arithmetic.points[p])
      if (const auto reason = unknown_rounding(arithmetic, static_cast<Point>(p), rounding))
        return fmt::format("at.{}: declared_c99 {}", name_of(static_cast<Point>(p)), *reason);
  for (const Point stored :
       {Point::input, Point::activation, Point::delta, Point::weight, Point::bias})
    if (const NumberFormat& format = *arithmetic.format(stored);
        format.bits > 32 &&
        (format.kind != FormatKind::floating || format.specials != Specials::ieee))
      return fmt::format(
          "at.{}: declared_c99 stores codes of at most 32 bits, or of floats with specials = "
          "\"ieee\"",
          name_of(stored));
  for (const Point point : unrounded_operands(arithmetic))
    if (const int width = width_of(arithmetic, point);
        width > (adds_on_a_grid(arithmetic, point) ? widest_on_a_grid : widest_unrounded))
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
  text += order_text(arithmetic) + scale_macros(arithmetic) +
          define("HAS_TABLES", has_tables(arithmetic) ? 1 : 0);
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
  // The profiles, and what else has a port of its own.
  std::vector<std::string> names = {"q8_8_stochastic"};
  for (const Profile* const profile : built_in_profiles()) names.push_back(profile->name());
  std::ranges::sort(names);
  for (const std::string& name : names) {
    std::string upper = name;
    std::ranges::transform(upper, upper.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    text += "\n" + arithmetic_macro("LSGD_ARITHMETIC_" + upper, read_arithmetic(name));
  }
  return text + "\n/* clang-format on */\n";
}

}  // namespace lsgd
