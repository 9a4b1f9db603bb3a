// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/judgement.hpp>

namespace lsgd {
namespace {

bool rounds(const Rounding& rounding) { return rounding.direction != RoundingDirection::none; }

bool rounds(const Arithmetic& arithmetic, Point point) {
  return std::ranges::any_of(arithmetic.at(point), [](const Rounding& r) { return rounds(r); });
}

bool draws(const Arithmetic& arithmetic, Point point) {
  return std::ranges::any_of(arithmetic.at(point), [](const Rounding& rounding) {
    return rounding.direction == RoundingDirection::stochastic;
  });
}

/// Why a point's own rounding leaves a choice.
std::string choice_at(const Arithmetic& arithmetic, Point point) {
  for (const Rounding& rounding : arithmetic.at(point))
    if (rounding.direction == RoundingDirection::any)
      return fmt::format("at.{} may go to either neighbour", name_of(point));
  return draws_unknown_bits(arithmetic, point)
             ? fmt::format("at.{} draws bits of an unknown generator", name_of(point))
             : std::string();
}

/// The first reason that is not empty.
template <class... Reasons>
std::string first_of(const Reasons&... reasons) {
  std::string first;
  ((first = first.empty() ? std::string(reasons) : first), ...);
  return first;
}

/// Whether numbers of both points lie on the same grid of a fixed-point format.
bool share_grid(const Arithmetic& arithmetic, Point a, Point b) {
  const NumberFormat* first = arithmetic.format(a);
  const NumberFormat* second = arithmetic.format(b);
  return first != nullptr && second != nullptr && first->kind == FormatKind::fixed &&
         second->kind == FormatKind::fixed && first->fraction_bits == second->fraction_bits;
}

struct Sum {
  Point product;
  Point partial;
  bool has_bias;
};
constexpr Sum forward_sums{Point::forward_product, Point::forward_sum, true};
constexpr Sum backward_sums{Point::backward_product, Point::backward_sum, false};

/// Whether partial sums may lose digits.
bool adds_inexactly(const Arithmetic& arithmetic, const Sum& sum) {
  if (!rounds(arithmetic, sum.partial)) return false;
  const Point bias = arithmetic.at(Point::bias_aligned).empty() ? Point::bias : Point::bias_aligned;
  return !share_grid(arithmetic, sum.product, sum.partial) ||
         (sum.has_bias && !share_grid(arithmetic, bias, sum.partial));
}

std::string unknown_sum(const Arithmetic& arithmetic, const Sum& sum) {
  const EvaluationOrder& order = arithmetic.order;
  const bool inexact = adds_inexactly(arithmetic, sum);
  const bool limited = saturates_between_terms(arithmetic, sum.partial);
  const bool draws_terms = draws(arithmetic, sum.product) || draws(arithmetic, sum.partial);
  if (inexact || limited || draws_terms) {
    if (order.sum == SumOrder::any) return "the order of sums is free";
    if (sum.has_bias && order.bias == BiasPosition::any) return "the place of the bias is free";
  }
  const bool rounds_on_the_way = inexact || rounds(arithmetic, sum.product);
  if (rounds_on_the_way && order.fused == FusedMultiplyAdd::any)
    return "products may be fused into additions";
  if (rounds_on_the_way && order.intermediates == Intermediates::any)
    return "results that are not stored may keep more digits";
  return first_of(choice_at(arithmetic, sum.product), choice_at(arithmetic, sum.partial));
}

std::string unknown_pre_activation(const Arithmetic& arithmetic) {
  return first_of(choice_at(arithmetic, Point::input),
                  choice_at(arithmetic, Point::effective_weight),
                  choice_at(arithmetic, Point::bias_aligned), unknown_sum(arithmetic, forward_sums),
                  choice_at(arithmetic, Point::pre_activation));
}

std::string unknown_activation(const Arithmetic& arithmetic) {
  // Pre-activations of the layers above follow from the activations below them.
  const std::string unknown = unknown_pre_activation(arithmetic);
  if (!unknown.empty()) return unknown;
  for (const ActivationDefinition& definition : arithmetic.activations)
    if (definition.rule == ActivationRule::within)
      return "sigmoid and tanh are known to within their declared error";
  return choice_at(arithmetic, Point::activation);
}

std::string unknown_delta(const Arithmetic& arithmetic) {
  const EvaluationOrder& order = arithmetic.order;
  const bool rounds_derivative =
      rounds(arithmetic, Point::derivative_term) || rounds(arithmetic, Point::derivative);
  const bool rounds_sum =
      rounds(arithmetic, Point::backward_product) || adds_inexactly(arithmetic, backward_sums);
  if (order.derivative == DerivativeForm::any && (rounds_derivative || rounds_sum))
    return "the form of derivatives is free";
  if (order.fused == FusedMultiplyAdd::any && rounds(arithmetic, Point::derivative_term))
    return "products may be fused into additions";
  if (order.intermediates == Intermediates::any &&
      (rounds_derivative || rounds_sum || rounds(arithmetic, Point::scaled_error)))
    return "results that are not stored may keep more digits";
  return first_of(
      choice_at(arithmetic, Point::target), choice_at(arithmetic, Point::effective_weight),
      choice_at(arithmetic, Point::stored_activation), choice_at(arithmetic, Point::output_error),
      choice_at(arithmetic, Point::scaled_error), unknown_sum(arithmetic, backward_sums),
      choice_at(arithmetic, Point::hidden_error), choice_at(arithmetic, Point::derivative_term),
      choice_at(arithmetic, Point::derivative), choice_at(arithmetic, Point::delta));
}

/// Why a parameter's change leaves a choice; `change` is change or bias_change.
std::string unknown_update(const Arithmetic& arithmetic, Point change, Point parameter) {
  const EvaluationOrder& order = arithmetic.order;
  const bool rounds_factor = rounds(arithmetic, Point::learning_rate_times_delta) ||
                             rounds(arithmetic, Point::delta_times_activation);
  if (order.update == UpdateProduct::any && rounds_factor)
    return "the order of the update's products is free";
  if (order.fused == FusedMultiplyAdd::any && rounds(arithmetic, change))
    return "products may be fused into additions";
  if (order.intermediates == Intermediates::any && (rounds_factor || rounds(arithmetic, change)))
    return "results that are not stored may keep more digits";
  return first_of(unknown_delta(arithmetic), choice_at(arithmetic, Point::learning_rate),
                  choice_at(arithmetic, Point::learning_rate_times_delta),
                  choice_at(arithmetic, Point::delta_times_activation),
                  choice_at(arithmetic, change), choice_at(arithmetic, parameter));
}

/// Whether the only unknown is what a device draws.
bool only_draws(const Arithmetic& arithmetic, Point tensor) {
  Arithmetic named = arithmetic;
  named.random.generator = RandomGenerator::lcg32;
  return unknown_because(named, tensor).empty();
}

TensorJudgement judgement_of(const Arithmetic& arithmetic, Point tensor) {
  const std::string why = unknown_because(arithmetic, tensor);
  if (why.empty()) return {tensor, VerdictKind::bits, "every rounding and every order is known"};
  if (only_draws(arithmetic, tensor)) return {tensor, VerdictKind::neighbours, why};
  const ScaleDefinition* scale = arithmetic.scale(tensor);
  if (scale != nullptr && scale->rule != ScaleRule::given)
    return {tensor, VerdictKind::acceptance_set,
            fmt::format(
                "{}, and the {} of the tensor depend on it", why,
                arithmetic.format(tensor)->kind == FormatKind::fixed ? "fraction bits" : "scales")};
  return {tensor, VerdictKind::bound, why};
}

constexpr std::array tensors_shown{Point::pre_activation, Point::activation, Point::delta,
                                   Point::weight, Point::bias};

std::uint64_t state_bytes(const Arithmetic& arithmetic, Point tensor, std::uint64_t rows,
                          std::uint64_t columns) {
  const NumberFormat* format = arithmetic.format(tensor);
  if (format == nullptr) return 0;
  if (format->kind == FormatKind::fixed)
    return format->fraction_bits.source == FractionBitsSource::tensor ? 1 : 0;
  std::uint64_t scales = 0;
  switch (format->scale) {
    case ScaleSharing::none:
    case ScaleSharing::operands:
      return 0;
    case ScaleSharing::tensor:
      scales = 1;
      break;
    case ScaleSharing::row:
      scales = rows;
      break;
    case ScaleSharing::block: {
      const auto block = static_cast<std::uint64_t>(format->block);
      scales = rows * ((columns + block - 1) / block);
      break;
    }
  }
  std::uint64_t bytes = format->zero_point ? 4 : 0;
  switch (format->scale_format) {
    case ScaleFormat::binary32:
      bytes += 4;
      break;
    case ScaleFormat::e8m0:
      bytes += 1;
      break;
    case ScaleFormat::multiplier_and_shift:
      bytes += 5;
      break;
  }
  return scales * bytes;
}

std::uint64_t generator_bytes(RandomGenerator generator) {
  switch (generator) {
    case RandomGenerator::none:
    case RandomGenerator::device:
      return 0;
    case RandomGenerator::lcg32:
    case RandomGenerator::xorshift32:
    case RandomGenerator::philox:
      return 4;
  }
  return 0;
}

double largest_float(const NumberFormat& format) {
  const int exponents = 1 << format.exponent_bits();
  const bool ieee = format.specials == Specials::ieee;
  // With one_nan the highest code is NaN, so the largest number ends in ...10; without fraction
  // bits its whole exponent is.
  const bool loses_highest = format.specials == Specials::one_nan;
  const int exponent = exponents - (ieee ? 2 : 1) - format.bias;
  if (!loses_highest) return std::ldexp(2 - std::ldexp(1.0, 1 - format.precision), exponent);
  if (format.precision == 1) return std::ldexp(1.0, exponent - 1);
  return std::ldexp(2 - std::ldexp(2.0, 1 - format.precision), exponent);
}

}  // namespace

bool is_tensor(Point point) { return tensor_of(point) == point; }

std::optional<Point> tensor_of(Point point) {
  switch (point) {
    case Point::initial_weight:
    case Point::change:
    case Point::weight:
    case Point::weight_widened:
      return Point::weight;
    case Point::initial_bias:
    case Point::bias_change:
    case Point::bias:
      return Point::bias;
    case Point::input:
    case Point::target:
    case Point::effective_weight:
    case Point::pre_activation:
    case Point::activation:
    case Point::stored_activation:
    case Point::output_error:
    case Point::hidden_error:
    case Point::delta:
      return point;
    case Point::learning_rate:
    case Point::scaled_error:
    case Point::forward_product:
    case Point::forward_sum:
    case Point::bias_aligned:
    case Point::backward_product:
    case Point::backward_sum:
    case Point::derivative_term:
    case Point::derivative:
    case Point::learning_rate_times_delta:
    case Point::delta_times_activation:
      return std::nullopt;
  }
  return std::nullopt;
}

bool keeps_scale(const Arithmetic& arithmetic, Point tensor) {
  const NumberFormat* const format = arithmetic.format(tensor);
  const ScaleDefinition* const scale = arithmetic.scale(tensor);
  return format != nullptr && format->scale != ScaleSharing::none &&
         format->scale != ScaleSharing::operands && scale != nullptr &&
         scale->rule != ScaleRule::fixed;
}

bool saturates_between_terms(const Arithmetic& arithmetic, Point sum) {
  return arithmetic.order.saturate != SumSaturation::end &&
         std::ranges::any_of(arithmetic.at(sum), [](const Rounding& rounding) {
           return rounding.overflow == Overflow::saturate;
         });
}

bool draws_unknown_bits(const Arithmetic& arithmetic, Point point) {
  return arithmetic.random.generator == RandomGenerator::device && draws(arithmetic, point);
}

std::string unknown_because(const Arithmetic& arithmetic, Point tensor) {
  if (tensor == Point::pre_activation) return unknown_pre_activation(arithmetic);
  if (tensor == Point::activation) return unknown_activation(arithmetic);
  if (tensor == Point::delta) return unknown_delta(arithmetic);
  if (tensor == Point::weight)
    return first_of(unknown_update(arithmetic, Point::change, Point::weight),
                    choice_at(arithmetic, Point::weight_widened));
  if (tensor == Point::bias) return unknown_update(arithmetic, Point::bias_change, Point::bias);
  throw std::invalid_argument("a tensor that a device shows");
}

std::vector<TensorJudgement> judgements_of(const Arithmetic& arithmetic) {
  std::vector<TensorJudgement> judgements;
  for (const Point tensor : tensors_shown) judgements.push_back(judgement_of(arithmetic, tensor));
  return judgements;
}

std::vector<std::string> not_judged(const Arithmetic& arithmetic) {
  std::vector<std::string> phrases;
  bool may_overflow = false;
  for (std::size_t p = 0; p < point_count; ++p)
    for (const Rounding& rounding : arithmetic.points.at(p)) {
      const auto point = static_cast<Point>(p);
      if (rounding.overflow == Overflow::outside_domain)
        phrases.push_back(
            fmt::format("steps in which a number leaves {} at.{}: it is outside the domain",
                        rounding.format.name, name_of(point)));
      may_overflow = may_overflow || rounding.overflow == Overflow::infinity ||
                     rounding.overflow == Overflow::infinity_or_nan;
    }
  bool bounded = false;
  for (const TensorJudgement& judgement : judgements_of(arithmetic))
    bounded = bounded || judgement.kind != VerdictKind::bits;
  if (may_overflow && bounded)
    phrases.push_back("elements whose sums or products may overflow in some order (SPEC 5.8)");
  if (!unknown_because(arithmetic, Point::delta).empty() &&
      !unknown_because(arithmetic, Point::weight).empty())
    phrases.push_back(
        "deltas themselves, which no port has to show: they are judged by the update");
  return phrases;
}

NumberRange range_of(const NumberFormat& format, int fraction_bits) {
  switch (format.kind) {
    case FormatKind::floating:
      return {-largest_float(format), largest_float(format)};
    case FormatKind::fixed:
    case FormatKind::affine: {
      const int bits = format.is_signed ? format.bits - 1 : format.bits;
      const double unit = std::ldexp(1.0, -fraction_bits);
      const double highest = (std::ldexp(1.0, bits) - 1) * unit;
      if (!format.is_signed) return {0, highest};
      return {format.symmetric ? -highest : -std::ldexp(unit, bits), highest};
    }
    case FormatKind::set:
      return {format.values.front(), format.values.back()};
    case FormatKind::exact:
      break;
  }
  return {-HUGE_VAL, HUGE_VAL};
}

std::uint32_t bytes_of(const NumberFormat& format) {
  for (const std::uint32_t bytes : {1U, 2U, 4U})
    if (format.bits <= static_cast<int>(8 * bytes)) return bytes;
  return 8;
}

TrainingStateBytes training_state_bytes(const Arithmetic& arithmetic, const Network& network) {
  const Point seen = arithmetic.at(Point::stored_activation).empty() ? Point::activation
                                                                     : Point::stored_activation;
  TrainingStateBytes bytes;
  bytes.random_state = generator_bytes(arithmetic.random.generator);
  // The backward pass may need the sample as it was given (SPEC 4.7); it is binary32 then.
  const std::uint64_t input_bytes = arithmetic.training.first_layer_input == FirstLayerInput::given
                                        ? 4
                                        : bytes_of(*arithmetic.format(Point::input));
  bytes.activations = network.inputs() * input_bytes;
  bytes.tensor_state = state_bytes(arithmetic, Point::input, 1, network.inputs());
  std::uint64_t widest = 0;
  for (const Layer& layer : network.layers) {
    const std::uint64_t outputs = layer.outputs;
    bytes.weights += layer.weight_count() * bytes_of(*arithmetic.format(Point::weight));
    bytes.biases += outputs * bytes_of(*arithmetic.format(Point::bias));
    bytes.activations += outputs * bytes_of(*arithmetic.format(seen));
    for (const Point tensor : {Point::weight, Point::effective_weight})
      bytes.tensor_state += state_bytes(arithmetic, tensor, outputs, layer.inputs);
    for (const Point tensor : {Point::bias, Point::pre_activation, Point::activation,
                               Point::stored_activation, Point::delta})
      bytes.tensor_state += state_bytes(arithmetic, tensor, 1, outputs);
    widest = std::max(widest, outputs);
  }
  bytes.deltas = 2 * widest * bytes_of(*arithmetic.format(Point::delta));
  return bytes;
}

}  // namespace lsgd
