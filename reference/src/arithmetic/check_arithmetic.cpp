// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/check_arithmetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <functional>

#include <lsgd/arithmetic/judgement.hpp>

namespace lsgd {
namespace {

/// Most bits of a pre-activation that a table can be indexed with.
constexpr int most_table_bits = 12;

bool keeps_scale(const NumberFormat& format) {
  switch (format.scale) {
    case ScaleSharing::none:
    case ScaleSharing::operands:
      return false;
    case ScaleSharing::tensor:
    case ScaleSharing::row:
    case ScaleSharing::block:
      return true;
  }
  return false;
}

/// Whether a tensor of the format has a scale or fraction bits of its own.
bool has_tensor_state(const NumberFormat& format) {
  return format.fraction_bits.source == FractionBitsSource::tensor || keeps_scale(format);
}

bool same_numbers(NumberFormat a, const NumberFormat& b) {
  a.name = b.name;
  return a == b;
}

/// By which function the fraction bits of a point's numbers can be told apart.
enum class FunctionSeen : std::uint8_t { none, of_the_layer, of_its_input };

FunctionSeen function_seen(Point point) {
  switch (point) {
    case Point::initial_weight:
    case Point::initial_bias:
    case Point::target:
    case Point::learning_rate:
    case Point::effective_weight:
    case Point::weight:
    case Point::bias:
    case Point::weight_widened:
      return FunctionSeen::none;
    case Point::pre_activation:
    case Point::activation:
    case Point::stored_activation:
    case Point::output_error:
    case Point::scaled_error:
    case Point::backward_product:
    case Point::backward_sum:
    case Point::hidden_error:
    case Point::derivative_term:
    case Point::derivative:
    case Point::delta:
      return FunctionSeen::of_the_layer;
    case Point::input:
    case Point::forward_product:
    case Point::forward_sum:
    case Point::bias_aligned:
    case Point::learning_rate_times_delta:
    case Point::delta_times_activation:
    case Point::change:
    case Point::bias_change:
      return FunctionSeen::of_its_input;
  }
  return FunctionSeen::none;
}

/// One declaration and where its parts stand.
class Check {
 public:
  Check(const Arithmetic& arithmetic, const JsonDocument& document, const FormatReader& formats)
      : arithmetic_(arithmetic), document_(document), formats_(formats) {}

  void run() const {
    require_stored_formats();
    for (std::size_t p = 0; p < point_count; ++p) {
      const auto point = static_cast<Point>(p);
      for (std::size_t i = 0; i < arithmetic_.at(point).size(); ++i) check_rounding(point, i);
    }
    check_starts();
    check_order();
    check_activations();
    check_scales();
    check_random();
    check_training();
    check_wraps();
  }

 private:
  [[noreturn]] void fail(const std::string& pointer, const std::string& expected) const {
    throw document_.error(pointer, expected);
  }

  void require_stored_formats() const {
    for (const Point point :
         {Point::input, Point::activation, Point::delta, Point::weight, Point::bias})
      if (arithmetic_.at(point).empty())
        fail("/at",
             fmt::format("[at.{}] with the format in which a port stores it", name_of(point)));
  }

  void check_rounding(Point point, std::size_t i) const {
    const Rounding& rounding = arithmetic_.at(point)[i];
    const std::string pointer = pointer_of(document_, point, i);
    check_direction(rounding, point, pointer);
    check_overflow(rounding, point, pointer);
    check_fraction_bits(rounding.format, point, pointer + "/format");
    const bool ends_here = i + 1 == arithmetic_.at(point).size();
    if (!ends_here && has_tensor_state(rounding.format))
      fail(pointer + "/format",
           fmt::format("the format with a scale or fraction bits of the tensor last in at.{}",
                       name_of(point)));
    const bool requantizes = rounding.requantization != Requantization::exact;
    if (!requantizes) return;
    if (rounding.format.kind != FormatKind::affine || point != Point::pre_activation || i != 0)
      fail(pointer + "/requantization",
           "requantization only first at.pre_activation with a format of kind \"affine\"");
    const NumberFormat* const sum = arithmetic_.format(Point::forward_sum);
    if (sum == nullptr || sum->scale != ScaleSharing::operands || sum->bits > 32)
      fail(pointer + "/requantization",
           "[at.forward_sum] with an affine format of at most 32 bits and scale = \"operands\", "
           "whose sums a requantization takes");
    if (rounding.direction == RoundingDirection::stochastic)
      fail(pointer + "/rounding", "a rounding other than \"stochastic\" with a requantization");
  }

  void check_direction(const Rounding& rounding, Point point, const std::string& pointer) const {
    const std::string place = pointer + "/rounding";
    const FormatKind kind = rounding.format.kind;
    const bool needs_parity = rounding.direction == RoundingDirection::nearest_even ||
                              rounding.direction == RoundingDirection::odd;
    if (kind == FormatKind::set && needs_parity)
      fail(
          place,
          "rounding = \"nearest_zero\" or another direction: the numbers of a set are neither even "
          "nor odd");
    if (rounding.direction == RoundingDirection::none && kind != FormatKind::fixed &&
        kind != FormatKind::affine)
      fail(place,
           fmt::format("a rounding other than \"none\" to a format of kind \"{}\"", name_of(kind)));
    const bool is_given = point <= Point::target || point == Point::learning_rate;
    if (rounding.direction == RoundingDirection::none && is_given)
      fail(place, fmt::format("a rounding other than \"none\" at.{}, which gets binary32 numbers",
                              name_of(point)));
    if (rounding.direction == RoundingDirection::stochastic && rounding.random_bits == 0 &&
        !is_on_grid(point, true))
      fail(pointer + "/random_bits",
           fmt::format("a number of random_bits: \"all\" needs operands at.{} of fixed formats, so "
                       "that their last bit is known",
                       name_of(point)));
  }

  void check_overflow(const Rounding& rounding, Point point, const std::string& pointer) const {
    const std::string place = pointer + "/overflow";
    const NumberFormat& format = rounding.format;
    switch (rounding.overflow) {
      case Overflow::saturate:
      case Overflow::outside_domain:
        return;
      case Overflow::infinity:
        if (format.kind != FormatKind::floating || format.specials != Specials::ieee)
          fail(place, "overflow = \"saturate\": the format has no infinity");
        return;
      case Overflow::infinity_or_nan:
        if (format.kind != FormatKind::floating || format.specials == Specials::finite)
          fail(place, "overflow = \"saturate\": the format has neither infinity nor NaN");
        return;
      case Overflow::wrap:
        break;
    }
    if (format.kind != FormatKind::fixed || format.symmetric)
      fail(place,
           "overflow = \"saturate\": only a fixed format that is not symmetric wraps to itself");
    if (format.bits > 32 && is_tensor(point))
      fail(place, fmt::format("at most 32 bits of what wraps at.{}", name_of(point)));
  }

  void check_fraction_bits(const NumberFormat& format, Point point,
                           const std::string& place) const {
    if (format.scale == ScaleSharing::operands ||
        format.fraction_bits.source == FractionBitsSource::operands)
      check_operands(format, point, place);
    if (has_tensor_state(format) && !tensor_of(point))
      fail(place, fmt::format("a format whose scale and fraction bits are not those of a tensor: "
                              "at.{} is none",
                              name_of(point)));
    if (format.fraction_bits.source != FractionBitsSource::activation) return;
    switch (function_seen(point)) {
      case FunctionSeen::none:
        fail(place, fmt::format("a format whose fraction_bits do not depend on a function: at.{} "
                                "follows none",
                                name_of(point)));
      case FunctionSeen::of_the_layer:
        return;
      case FunctionSeen::of_its_input:
        if (!formats_.says_input(format.name))
          fail(place, fmt::format("fraction_bits of format {} to have a number for input, too: "
                                  "at.{} sees the first layer's",
                                  in_quotes(format.name), name_of(point)));
    }
  }

  /// Formats that derive from operands need operands that have what they derive.
  void check_operands(const NumberFormat& format, Point point, const std::string& place) const {
    std::vector<Point> operands;
    const Point weight =
        arithmetic_.at(Point::effective_weight).empty() ? Point::weight : Point::effective_weight;
    switch (point) {
      case Point::forward_product:
      case Point::forward_sum:
      case Point::bias_aligned:
        operands = {weight, Point::input, Point::activation};
        break;
      case Point::backward_product:
      case Point::backward_sum:
        operands = {weight, Point::delta};
        break;
      case Point::initial_bias:
      case Point::bias:
        if (format.kind == FormatKind::affine) operands = {weight, Point::input, Point::activation};
        break;
      case Point::initial_weight:
      case Point::input:
      case Point::target:
      case Point::learning_rate:
      case Point::effective_weight:
      case Point::pre_activation:
      case Point::activation:
      case Point::stored_activation:
      case Point::output_error:
      case Point::scaled_error:
      case Point::hidden_error:
      case Point::derivative_term:
      case Point::derivative:
      case Point::delta:
      case Point::learning_rate_times_delta:
      case Point::delta_times_activation:
      case Point::change:
      case Point::bias_change:
      case Point::weight:
      case Point::weight_widened:
        break;
    }
    if (operands.empty())
      fail(place, fmt::format("a format of its own at.{}: only products and sums of products take "
                              "theirs from \"operands\"",
                              name_of(point)));
    for (const Point operand : operands) {
      const NumberFormat* operand_format = arithmetic_.format(operand);
      if (operand_format == nullptr || operand_format->kind != format.kind)
        fail(place, fmt::format("operands of kind \"{}\" at.{}, since at.{} takes its format from "
                                "them",
                                name_of(format.kind), name_of(operand), name_of(point)));
    }
  }

  /// Whether the exact number that reaches a point (`before`), or leaves it, is a multiple of a
  /// known power of two.
  bool is_on_grid(Point point, bool before) const {
    if (!before && !arithmetic_.at(point).empty()) {
      const NumberFormat& format = *arithmetic_.format(point);
      if (format.kind == FormatKind::fixed) return true;
      return format.kind == FormatKind::set && format.scale == ScaleSharing::none;
    }
    const auto all = [this](std::initializer_list<Point> operands) {
      return std::ranges::all_of(operands, [this](Point p) { return is_on_grid(p, false); });
    };
    const Point seen = arithmetic_.at(Point::stored_activation).empty() ? Point::activation
                                                                        : Point::stored_activation;
    const bool first_input_on_grid =
        arithmetic_.training.first_layer_input == FirstLayerInput::rounded && all({Point::input});
    switch (point) {
      case Point::initial_weight:
      case Point::initial_bias:
      case Point::input:
      case Point::target:
      case Point::learning_rate:
      case Point::activation:
        return false;
      case Point::effective_weight:
      case Point::weight_widened:
        return all({Point::weight});
      case Point::forward_product:
        return all({Point::effective_weight, Point::input, Point::activation});
      case Point::forward_sum:
        return all({Point::forward_product, Point::bias_aligned});
      case Point::bias_aligned:
        return all({Point::bias});
      case Point::pre_activation:
        return all({Point::forward_sum});
      case Point::stored_activation:
        return all({Point::activation});
      case Point::output_error:
        return all({Point::activation, Point::target});
      case Point::scaled_error:
        return arithmetic_.training.loss_scale == LossScale::half_sum && all({Point::output_error});
      case Point::backward_product:
        return all({Point::effective_weight, Point::delta});
      case Point::backward_sum:
        return all({Point::backward_product});
      case Point::hidden_error:
        return all({Point::backward_sum});
      case Point::derivative_term:
        return all({seen});
      case Point::derivative:
        return all({Point::derivative_term});
      case Point::delta:
        return all({Point::scaled_error, Point::hidden_error, Point::derivative});
      case Point::learning_rate_times_delta:
        return all({Point::learning_rate, Point::delta});
      case Point::delta_times_activation:
        return first_input_on_grid && all({Point::delta, seen});
      case Point::change:
        return first_input_on_grid && all({Point::learning_rate_times_delta, seen});
      case Point::bias_change:
        return all({Point::learning_rate_times_delta});
      case Point::weight:
        return all({Point::change});
      case Point::bias:
        return all({Point::bias_change});
    }
    return false;
  }

  /// Where parameters given in binary32 become numbers of the arithmetic.
  void check_starts() const {
    for (const auto& [start, parameter] : {std::pair{Point::initial_weight, Point::weight},
                                           std::pair{Point::initial_bias, Point::bias},
                                           std::pair{Point::weight_widened, Point::weight}}) {
      const NumberFormat* format = arithmetic_.format(start);
      if (format == nullptr) continue;
      if (!same_numbers(*format, *arithmetic_.format(parameter)))
        fail(pointer_of(document_, start, arithmetic_.at(start).size() - 1) + "/format",
             fmt::format("the format of at.{} at.{}, too: both are numbers of the same tensor",
                         name_of(parameter), name_of(start)));
    }
    for (const auto& [start, parameter] : {std::pair{Point::initial_weight, Point::weight},
                                           std::pair{Point::initial_bias, Point::bias}})
      if (arithmetic_.at(start).empty() &&
          !rounds_to_nearest(arithmetic_.at(parameter).back().direction))
        fail("/at", fmt::format("[at.{}], how parameters given in binary32 are rounded: at.{} does "
                                "not round to nearest",
                                name_of(start), name_of(parameter)));
  }

  void check_order() const {
    const EvaluationOrder& order = arithmetic_.order;
    const bool has_width = order.sum == SumOrder::tree || order.sum == SumOrder::lanes;
    if (has_width && (order.width < 2 || order.width > 64))
      fail("/order/sum", "tree:N and lanes:N with N from 2 to 64");
    if (order.saturate == SumSaturation::lane && !has_width)
      fail("/order/saturate", "saturate = \"lane\" only with sum = \"tree:N\" or \"lanes:N\"");
    for (const Point sum : {Point::forward_sum, Point::backward_sum}) {
      if (!saturates_between_terms(arithmetic_, sum)) continue;
      const bool needs_bias = sum == Point::forward_sum && order.bias == BiasPosition::any;
      if (order.sum == SumOrder::any || needs_bias)
        fail(pointer_of(document_, sum),
             fmt::format("order.{}, since at.{} saturates between terms; or order.saturate = "
                         "\"end\", or overflow = \"outside_domain\" where no sum gets so far",
                         order.sum == SumOrder::any ? "sum = \"ascending\"" : "bias = \"first\"",
                         name_of(sum)));
    }
    const bool passes_rate = order.update != UpdateProduct::delta_times_activation;
    const bool passes_activation = order.update != UpdateProduct::learning_rate_times_delta;
    if (!passes_rate && !arithmetic_.at(Point::learning_rate_times_delta).empty())
      fail(pointer_of(document_, Point::learning_rate_times_delta),
           "no [at.learning_rate_times_delta] with order.update = \"delta_times_activation\"");
    if (!passes_activation && !arithmetic_.at(Point::delta_times_activation).empty())
      fail(pointer_of(document_, Point::delta_times_activation),
           "no [at.delta_times_activation] with order.update = \"learning_rate_times_delta\"");
  }

  void check_activations() const {
    for (const Activation function : approximated_activations) {
      const ActivationDefinition& definition = arithmetic_.activation(function);
      const std::string pointer = fmt::format("/activation/{}", name_of(function));
      const NumberFormat& result = *arithmetic_.format(Point::activation);
      if (definition.rule == ActivationRule::within && !definition.ulp_exponent &&
          result.kind != FormatKind::floating && result.kind != FormatKind::fixed)
        fail(pointer + "/ulps",
             "key ulp_exponent: an activation that is neither float nor fixed has no ulp");
      if (definition.rule == ActivationRule::table)
        check_table(definition, result, pointer + "/table");
    }
  }

  void check_table(const ActivationDefinition& definition, const NumberFormat& result,
                   const std::string& place) const {
    const NumberFormat* index = arithmetic_.format(Point::pre_activation);
    const auto is_integer = [](const NumberFormat& format) {
      return format.kind == FormatKind::fixed || format.kind == FormatKind::affine;
    };
    if (index == nullptr || !is_integer(*index) || index->bits > most_table_bits)
      fail(place,
           fmt::format("[at.pre_activation] with a fixed or affine format of at most {} bits, "
                       "which a table is indexed with",
                       most_table_bits));
    const std::size_t codes = (std::size_t{1} << index->bits) - (index->symmetric ? 1 : 0);
    if (definition.table.size() != codes)
      fail(place, fmt::format("{} codes, one for each code of the pre-activation, found {}", codes,
                              definition.table.size()));
    if (!is_integer(result))
      fail(place, "[at.activation] with a fixed or affine format, whose codes a table has");
    const NumberRange range = range_of(result, 0);
    for (const std::int64_t code : definition.table)
      if (static_cast<double>(code) < range.lowest || static_cast<double>(code) > range.highest)
        fail(place, fmt::format("codes of at.activation, {} to {}, found {}", range.lowest,
                                range.highest, code));
  }

  void check_scales() const {
    for (std::size_t p = 0; p < point_count; ++p) {
      const auto point = static_cast<Point>(p);
      if (!is_tensor(point)) continue;
      const NumberFormat* format = arithmetic_.format(point);
      const ScaleDefinition* scale = arithmetic_.scale(point);
      const bool has_state = format != nullptr && has_tensor_state(*format);
      if (has_state && scale == nullptr)
        fail(pointer_of(document_, point, arithmetic_.at(point).size() - 1) + "/format",
             fmt::format("[scale.{}] with a rule for the {} of format {}", name_of(point),
                         format->kind == FormatKind::fixed ? "fraction bits" : "scale",
                         in_quotes(format->name)));
      if (scale != nullptr) check_scale(*scale, format, has_state);
    }
    const ScaleDefinition* weights = arithmetic_.scale(Point::weight);
    const bool widens = weights != nullptr && weights->rule == ScaleRule::widen_on_saturation;
    if (widens == arithmetic_.at(Point::weight_widened).empty())
      fail(widens ? "/scale/weight/rule" : pointer_of(document_, Point::weight_widened),
           widens ? "[at.weight_widened], how weights lose a fraction bit"
                  : "no [at.weight_widened] without scale.weight.rule = \"widen_on_saturation\"");
  }

  void check_scale(const ScaleDefinition& scale, const NumberFormat* format, bool has_state) const {
    const std::string pointer = fmt::format("/scale/{}", name_of(scale.tensor));
    const std::string place = pointer + "/rule";
    if (!has_state)
      fail(pointer, fmt::format("no [scale.{0}]: format {1} of at.{0} has neither a scale nor "
                                "fraction bits \"tensor\"",
                                name_of(scale.tensor),
                                in_quotes(format == nullptr ? "exact" : format->name)));
    const bool is_fixed = format->kind == FormatKind::fixed;
    check_range(scale, *format, pointer);
    const bool may_be_calibrated =
        (scale.tensor == Point::input || scale.tensor == Point::activation) && scale.ranges &&
        scale.rule == ScaleRule::given;
    if (scale.calibration != Calibration::none && !may_be_calibrated)
      fail(pointer + "/calibration",
           "a calibration only of affine inputs and activations with rule = \"given\"");
    switch (scale.rule) {
      case ScaleRule::given:
      case ScaleRule::max_abs_power_of_two:
      case ScaleRule::fixed:
        return;
      case ScaleRule::max_abs:
      case ScaleRule::mean_abs:
        if (is_fixed)
          fail(place,
               "rule = \"max_abs_power_of_two\", \"given\" or \"widen_on_saturation\": "
               "fraction bits are powers of two");
        if (format->scale_format == ScaleFormat::e8m0)
          fail(place, "rule = \"max_abs_power_of_two\" or \"given\" with scale_format = \"e8m0\"");
        return;
      case ScaleRule::widen_on_saturation:
        break;
    }
    if (scale.tensor != Point::weight || !is_fixed)
      fail(place, "rule = \"widen_on_saturation\" only for weight, with a fixed format");
    if (arithmetic_.at(Point::weight).back().overflow != Overflow::saturate)
      fail(place, "overflow = \"saturate\" at.weight with rule \"widen_on_saturation\"");
    const FractionBits& bits = format->fraction_bits;
    if (scale.minimum < bits.minimum || scale.minimum > bits.maximum)
      fail(pointer + "/minimum", fmt::format("a minimum in the fraction_bits_range [{}, {}]",
                                             bits.minimum, bits.maximum));
  }

  /// A range says where the scale of an affine tensor comes from. Weights may do without: theirs
  /// then starts from their largest magnitude.
  void check_range(const ScaleDefinition& scale, const NumberFormat& format,
                   const std::string& pointer) const {
    const bool is_parameter = scale.tensor == Point::weight || scale.tensor == Point::bias ||
                              scale.tensor == Point::effective_weight;
    const bool takes_range = !is_parameter && format.kind == FormatKind::affine &&
                             (scale.rule == ScaleRule::given || scale.rule == ScaleRule::fixed);
    if (scale.rule == ScaleRule::fixed && !takes_range)
      fail(pointer + "/rule",
           "rule = \"fixed\" only for affine tensors that are neither weights nor biases");
    const bool may_start_from_range = scale.tensor == Point::weight &&
                                      format.kind == FormatKind::affine &&
                                      scale.rule == ScaleRule::given;
    if (may_start_from_range || scale.ranges.has_value() == takes_range) return;
    fail(takes_range ? pointer : pointer + "/range",
         takes_range
             ? fmt::format("key range in scale.{}, what its codes reach{}", name_of(scale.tensor),
                           scale.rule == ScaleRule::given ? " when a training starts" : "")
             : fmt::format("no range in scale.{}: its scale follows from its numbers",
                           name_of(scale.tensor)));
  }

  void check_random() const {
    bool draws = false;
    for (std::size_t p = 0; p < point_count; ++p)
      for (std::size_t i = 0; i < arithmetic_.points.at(p).size(); ++i) {
        if (arithmetic_.points.at(p)[i].direction != RoundingDirection::stochastic) continue;
        draws = true;
        if (arithmetic_.random.generator == RandomGenerator::none)
          fail(
              pointer_of(document_, static_cast<Point>(p), i) + "/rounding",
              "[random] with generator = \"lcg32/1\" or another one that gives the random bits, or "
              "\"device\" where it is unknown");
      }
    if (!draws && arithmetic_.random.generator != RandomGenerator::none)
      fail("/random", "no [random]: nothing is rounded at random");
  }

  void check_training() const {
    const TrainingRules& training = arithmetic_.training;
    if (std::ranges::adjacent_find(training.trained_layers, std::greater_equal<>{}) !=
        training.trained_layers.end())
      fail("/training/trained_layers", "ascending layer numbers, each once");
    if (training.gradient_scale == GradientScale::inverse_square_of_scale &&
        !keeps_scale(*arithmetic_.format(Point::weight)))
      fail("/training/gradient_scale",
           "gradient_scale = \"none\": the weights have no scale to divide by");
    if (training.loss_scale == LossScale::half_sum && !arithmetic_.at(Point::scaled_error).empty())
      fail(pointer_of(document_, Point::scaled_error),
           "no [at.scaled_error] without training.loss_scale, which multiplies errors");
    const bool projects = training.algorithm == TrainingAlgorithm::target_projection;
    const bool names = training.projection_generator != RandomGenerator::none;
    if (projects != names)
      fail(projects ? "/training/algorithm" : "/training/projection_generator",
           projects ? "key projection_generator, which draws the fixed matrices"
                    : "no projection_generator without algorithm = \"target_projection\"");
    const bool has_seed =
        document_.value.contains(nlohmann::json::json_pointer("/training/projection_seed"));
    const std::vector<Rounding>& z = arithmetic_.at(Point::pre_activation);
    const bool saturates = std::ranges::any_of(
        z, [](const Rounding& rounding) { return rounding.overflow == Overflow::saturate; });
    if (training.clamp_mask && !saturates)
      fail("/training/clamp_mask",
           "[at.pre_activation] with overflow = \"saturate\", which a clamp_mask looks at");
    if (!projects && has_seed)
      fail("/training/projection_seed",
           "no projection_seed without algorithm = \"target_projection\"");
  }

  /// A number that is known to within a bound only, and wraps, may be anything.
  void check_wraps() const {
    for (std::size_t p = 0; p < point_count; ++p) {
      const auto point = static_cast<Point>(p);
      for (std::size_t i = 0; i < arithmetic_.at(point).size(); ++i) {
        if (arithmetic_.at(point)[i].overflow != Overflow::wrap) continue;
        const std::string why = unknown_because(arithmetic_, judged_with(point));
        if (!why.empty())
          fail(pointer_of(document_, point, i) + "/overflow",
               fmt::format("overflow = \"saturate\" or \"outside_domain\" at.{}, or known bits "
                           "there: {}, and what wraps has no bound",
                           name_of(point), why));
      }
    }
  }

  /// The tensor whose bits are known only if those of the point are.
  static Point judged_with(Point point) {
    switch (point) {
      case Point::initial_weight:
      case Point::input:
      case Point::effective_weight:
      case Point::forward_product:
      case Point::forward_sum:
      case Point::bias_aligned:
      case Point::pre_activation:
        return Point::pre_activation;
      case Point::activation:
        return Point::activation;
      case Point::target:
      case Point::stored_activation:
      case Point::output_error:
      case Point::scaled_error:
      case Point::backward_product:
      case Point::backward_sum:
      case Point::hidden_error:
      case Point::derivative_term:
      case Point::derivative:
      case Point::delta:
        return Point::delta;
      case Point::learning_rate:
      case Point::learning_rate_times_delta:
      case Point::delta_times_activation:
      case Point::change:
      case Point::weight:
      case Point::weight_widened:
        return Point::weight;
      case Point::initial_bias:
      case Point::bias_change:
      case Point::bias:
        return Point::bias;
    }
    return Point::weight;
  }

  const Arithmetic& arithmetic_;
  const JsonDocument& document_;
  const FormatReader& formats_;
};

}  // namespace

std::string pointer_of(const JsonDocument& document, Point point, std::size_t i) {
  const std::string pointer = fmt::format("/at/{}", name_of(point));
  const nlohmann::json::json_pointer place(pointer);
  const bool is_array = document.value.contains(place) && document.value.at(place).is_array();
  return is_array ? fmt::format("{}/{}", pointer, i) : pointer;
}

void check_arithmetic(const Arithmetic& arithmetic, const JsonDocument& document,
                      const FormatReader& formats) {
  Check(arithmetic, document, formats).run();
}

}  // namespace lsgd
