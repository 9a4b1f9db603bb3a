// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/quick_plan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>

#include "arithmetic/point_scale.hpp"
#include "arithmetic/tensor_rounding.hpp"
#include "arithmetic/tensor_scale.hpp"

namespace lsgd {

namespace {

/// No plan.
struct Unsuited {};

constexpr Digits sample_digits{24, -149, false};
constexpr Digits one_digits{1, 0, true};
/// Limits below which every sum of a training is: one that overtakes them costs an exact step.
constexpr int least_limit = 8;

Exactness exactness_of_product(const Digits& x, const Digits& y, double& limit) {
  if (x.width + y.width <= 53) return Exactness::always;
  const Digits product = product_of(x, y);
  if (product.exponent == Digits::any_exponent || 53 + product.exponent < least_limit)
    return Exactness::checked;
  limit = std::ldexp(1.0, 53 + product.exponent);
  return Exactness::limited;
}

/// Multiples of 2^e below 2^(53 + e) have 53 bits.
Exactness exactness_of_sum(const Digits& x, const Digits& y, double& limit) {
  const int exponent = std::min(x.exponent, y.exponent);
  if (exponent == Digits::any_exponent || 53 + exponent < least_limit) return Exactness::checked;
  limit = std::ldexp(1.0, 53 + exponent);
  return Exactness::limited;
}

/// Builds the plan of each layer in the order of a step.
class Planner {
 public:
  Planner(const DeclaredShape& shape, const DeclaredState& scales, QuickPlan& plan)
      : shape_(shape), arithmetic_(shape.arithmetic), scales_(scales), plan_(plan) {}

  void plan() {
    const std::size_t count = shape_.network.layers.size();
    const TrainingRules& training = arithmetic_.training;
    if (training.algorithm != TrainingAlgorithm::backpropagation ||
        training.gradient_scale != GradientScale::none || training.clamp_mask)
      throw Unsuited{};
    plan_.layers.resize(count);
    plan_flushes();
    plan_learning_rate();
    plan_.loss_factor = shape_.loss_factor.to_double();
    plan_.inputs = rounded(0, Point::input, sample_digits);
    const bool keeps = arithmetic_.training.first_layer_input == FirstLayerInput::given;
    plan_.update_inputs = keeps ? sample_digits : plan_.inputs;
    plan_.rounds_seen_weights = !arithmetic_.at(Point::effective_weight).empty();
    for (std::size_t l = 0; l < count; ++l) plan_forward(l);
    for (std::size_t l = count; l-- > 0;) plan_backward(l);
    for (std::size_t l = 0; l < count; ++l) plan_update(l);
  }

 private:
  /// What becomes of the digits of a pre-activation.
  struct PlannedValue {
    static Digits positive_part(const Digits& z) { return z; }
    static Digits z_or_part(const Digits& z, int exponent) {
      return either(z, product_of(z, {1, exponent, z.is_grid}));
    }
  };

  /// Plans the products of an error with the derivatives.
  struct PlannedSlopeProduct {
    Planner& planner;
    std::size_t l;
    const Digits& error;

    Digits one() const { return planner.rounded(l, Point::delta, error); }
    Digits one_where_positive(const Digits&) const { return one(); }
    Digits one_or_part(const Digits&, int exponent) const {
      return planner.rounded(l, Point::delta, PlannedValue::z_or_part(error, exponent));
    }
    Digits times_complement(const Digits& a) const {
      const Digits rest = planner.sum(l, Point::derivative_term, one_digits, a);
      return times(planner.product(l, Point::derivative, a, rest, false));
    }
    Digits complement_of_square(const Digits& a) const {
      const Digits square = planner.product(l, Point::derivative_term, a, a, planner.is_fused());
      return times(planner.sum(l, Point::derivative, one_digits, square));
    }
    Digits times(const Digits& slope) const {
      return planner.product(l, Point::delta, error, slope, false);
    }
  };

  QuickSite& site(std::size_t l, Point point) {
    return plan_.layers[l].sites.at(static_cast<std::size_t>(point));
  }
  bool is_fused() const { return arithmetic_.order.fused == FusedMultiplyAdd::yes; }

  void plan_flushes() {
    plan_.flushes_operands = shape_.flushes_operands;
    for (std::size_t p = 0; p < point_count; ++p) {
      if (arithmetic_.points[p].empty()) continue;
      const NumberFormat& format = arithmetic_.points[p].back().format;
      if (format.kind == FormatKind::floating && (format.subnormals == Subnormals::flush_operands ||
                                                  format.subnormals == Subnormals::flush_both))
        plan_.flush_below[p] = std::ldexp(1.0, 1 - format.bias);
    }
  }

  void plan_learning_rate() {
    BinaryNumber rate = BinaryNumber::of_double(plan_.key.learning_rate);
    for (const Rounding& rounding : arithmetic_.at(Point::learning_rate)) {
      if (rounding.direction == RoundingDirection::stochastic || has_tensor_scale(rounding.format))
        throw Unsuited{};
      const NumberCodec codec(
          rounding.format, constant_scale(shape_.network, rounding.format, Point::learning_rate, 0,
                                          static_cast<int>(-rate.exponent)));
      rate = codec.operand(codec.rounded(rate, rounding, nullptr));
    }
    plan_.learning_rate = rate.to_double();
    learning_rate_ = digits_of(rate);
    if (!rate.is_finite() || rate.is_zero() || learning_rate_.width > 53) throw Unsuited{};
  }

  /// Of a number that does not change during a step.
  static Digits digits_of(const BinaryNumber& x) {
    return {static_cast<int>(x.is_zero() ? 0 : msb(x.magnitude) + 1), static_cast<int>(x.exponent),
            true};
  }

  int state_fraction_bits(std::size_t l, bool is_bias) const {
    return plan_.key.fraction_bits.at(2 * l + (is_bias ? 1 : 0));
  }

  /// The scale of all numbers of a point that the declaration or the state has.
  TensorScale affine_scale(std::size_t l, Point point, const NumberFormat& format) const {
    const ScaleDefinition* const rule = arithmetic_.scale(tensor_of(point).value_or(point));
    if (format.kind != FormatKind::affine || (rule != nullptr && follows_numbers(rule->rule)))
      throw Unsuited{};
    const std::vector<TensorScale> scales =
        scales_at(arithmetic_, shape_.network, l, point, format, scales_);
    const auto is_first = [&](const TensorScale& scale) {
      return same_number(scale.scale, scales.front().scale) &&
             scale.zero_point == scales.front().zero_point;
    };
    // Sums of products of other scales than powers of two have more digits than doubles.
    const bool is_power = is_power_of_two(scales.front().scale);
    if (!std::ranges::all_of(scales, is_first) ||
        (format.scale == ScaleSharing::operands && !is_power))
      throw Unsuited{};
    return scales.front();
  }

  static bool is_power_of_two(const BinaryNumber& x) {
    return !x.is_zero() && lsb(x.magnitude) == msb(x.magnitude);
  }

  /// Plans the first `count` roundings of a point, of numbers with these digits.
  Digits rounded(std::size_t l, Point point, Digits digits, std::size_t count) {
    std::vector<QuickRounding>& planned = site(l, point).roundings;
    const bool is_in_sum = (Point::forward_sum <= point && point <= Point::pre_activation) ||
                           point == Point::backward_sum || point == Point::hidden_error;
    const Digits operands = is_in_sum ? products_ : digits;
    for (std::size_t k = 0; k < count; ++k) {
      const Rounding& rounding = arithmetic_.at(point)[k];
      const NumberFormat& format = rounding.format;
      if (format.kind == FormatKind::exact) continue;
      TensorScale scale;
      if (has_tensor_scale(format) && format.kind != FormatKind::fixed) {
        scale = affine_scale(l, point, format);
      } else if (has_tensor_scale(format)) {
        scale.fraction_bits = state_fraction_bits(l, is_bias_point(point));
      } else {
        const bool needs_operands = format.kind == FormatKind::fixed &&
                                    format.fraction_bits.source == FractionBitsSource::operands;
        if (needs_operands && !operands.is_grid) throw Unsuited{};
        scale = constant_scale(shape_.network, format, point, l,
                               needs_operands ? -operands.exponent : 0);
      }
      const std::optional<QuickRounding> quick =
          rounding.requantization == Requantization::exact
              ? QuickRounding::of(rounding, scale, digits)
              : QuickRounding::of_sum(rounding, scale, sum_scale(l), digits);
      if (!quick) throw Unsuited{};
      planned.push_back(*quick);
      digits = quick->results();
    }
    return digits;
  }

  /// S of the integers that a forward sum is.
  BinaryNumber sum_scale(std::size_t l) const {
    return affine_scale(l, Point::forward_sum, *arithmetic_.format(Point::forward_sum)).scale;
  }

  Digits rounded(std::size_t l, Point point, const Digits& digits) {
    return rounded(l, point, digits, arithmetic_.at(point).size());
  }

  Digits product(std::size_t l, Point point, const Digits& x, const Digits& y, bool is_fused) {
    QuickSite& own = site(l, point);
    own.product = exactness_of_product(x, y, own.product_limit);
    if (is_fused) return product_of(x, y);
    const Digits result = rounded(l, point, product_of(x, y));
    if (is_rounded_by_the_processor(own)) own.product = Exactness::always;
    return result;
  }

  /// Whether the first rounding of a point is that of an operation on doubles.
  static bool is_rounded_by_the_processor(const QuickSite& site) {
    return !site.roundings.empty() && site.roundings.front().is_nearest_binary64();
  }

  void plan_sum(std::size_t l, Point point, const Digits& x, const Digits& y) {
    QuickSite& own = site(l, point);
    own.exact_sum = exactness_of_sum(x, y, own.sum_limit);
    own.rounded_sum = own.exact_sum;
    if (own.roundings.empty()) return;
    // A sum of two numbers of p bits, rounded to 53 >= 2 p + 2 bits and then to the nearest of p,
    // is what it is rounded once: an inexact sum is at least 2^-(2 p + 1) of itself away from the
    // middle of two numbers, and where the result has fewer bits, at the lower end of the format,
    // the sum is exact (Figueroa 1995).
    const Digits results = own.roundings.front().results();
    const Rounding& first = arithmetic_.at(point).front();
    const bool is_harmless = first.format.kind == FormatKind::floating &&
                             rounds_to_nearest(first.direction) && results.width <= 25 &&
                             x.width <= results.width && y.width <= results.width &&
                             std::min(x.exponent, y.exponent) >= results.exponent;
    if (is_harmless || is_rounded_by_the_processor(own)) own.rounded_sum = Exactness::always;
  }

  Digits sum(std::size_t l, Point point, const Digits& x, const Digits& y) {
    const Digits result = rounded(l, point, sum_of(x, y));
    plan_sum(l, point, x, y);
    return result;
  }

  /// A sum of products that may start with a bias.
  Digits dot(std::size_t l, Point product_point, Point sum_point, const Digits& weights,
             const Digits& values, const Digits* bias) {
    const Digits terms = product(l, product_point, weights, values, is_fused());
    const Digits added = bias == nullptr ? terms : either(terms, *bias);
    const Digits total = rounded(l, sum_point, sum_of(added, added));
    // A partial sum is a term, the bias, or was rounded.
    const bool is_rounded =
        !arithmetic_.at(sum_point).empty() && arithmetic_.order.saturate == SumSaturation::each;
    Digits partial = either(added, total);
    if (!is_rounded) partial.width = Digits::any_width;
    plan_sum(l, sum_point, partial, partial);
    return total;
  }

  void plan_forward(std::size_t l) {
    QuickLayerPlan& own = plan_.layers[l];
    const Digits& below = l == 0 ? plan_.inputs : plan_.layers[l - 1].activations;
    own.weights = state_digits(l, Point::weight);
    own.biases = state_digits(l, Point::bias);
    seen_.push_back(seen_weights(l));
    products_ = product_of(seen_[l], below);
    const Digits bias = rounded(l, Point::bias_aligned, own.biases);
    const Digits total = dot(l, Point::forward_product, Point::forward_sum, seen_[l], below, &bias);
    own.pre_activations = rounded(l, Point::pre_activation, total);
    own.forward = quick_dot({l, Point::forward_product, Point::forward_sum, Point::pre_activation},
                            seen_[l], below, bias);
    with_activation(shape_.network.layers[l].activation, [&](auto function) {
      if constexpr (!is_of_neuron<decltype(function)> || function.is_approximated) {
        own.activations = rounded(l, Point::activation, Digits{});
        plan_function(l);
      } else {
        own.activations =
            rounded(l, Point::activation, function.value(PlannedValue(), own.pre_activations));
      }
    });
    own.stored = rounded(l, Point::stored_activation, own.activations);
  }

  /// Numbers that are stored in the last format of a point.
  Digits state_digits(std::size_t l, Point point) {
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    if (roundings.empty()) throw Unsuited{};
    // A rounding without a grid of its own, such as "none", keeps that of its format here.
    Rounding last = roundings.back();
    if (last.format.kind == FormatKind::exact) throw Unsuited{};
    if (last.direction == RoundingDirection::none) last.direction = RoundingDirection::zero;
    last.random_bits = std::max(last.random_bits, 1);
    TensorScale scale;
    if (has_tensor_scale(last.format) && last.format.kind != FormatKind::fixed)
      scale = affine_scale(l, point, last.format);
    else if (has_tensor_scale(last.format))
      scale.fraction_bits = state_fraction_bits(l, point == Point::bias);
    else
      scale = constant_scale(shape_.network, last.format, point, l, 0);
    if (last.format.fraction_bits.source == FractionBitsSource::operands) throw Unsuited{};
    const std::optional<QuickRounding> quick = QuickRounding::of(last, scale, {});
    if (!quick) throw Unsuited{};
    return quick->results();
  }

  Digits seen_weights(std::size_t l) {
    const std::vector<Rounding>& roundings = arithmetic_.at(Point::effective_weight);
    if (roundings.empty()) return plan_.layers[l].weights;
    if (first_scaled(roundings) == roundings.size())
      return rounded(l, Point::effective_weight, plan_.layers[l].weights);
    const ScaleDefinition* const scale = arithmetic_.scale(Point::effective_weight);
    plan_.seen_weight_rule = scale == nullptr ? ScaleRule::given : scale->rule;
    const NumberFormat& format = roundings.back().format;
    // Codes or values of a few bits times a scale of 24 or 31.
    int width = format.bits + 1;
    if (format.kind == FormatKind::set) {
      width = 0;
      for (const double value : format.values) {
        const BinaryNumber number = BinaryNumber::of_double(value);
        if (!number.is_zero()) width = std::max(width, static_cast<int>(msb(number.magnitude)) + 1);
      }
    } else if (format.kind != FormatKind::affine || format.bits > 16) {
      throw Unsuited{};
    }
    const int scale_width = format.scale_format == ScaleFormat::multiplier_and_shift ? 31 : 24;
    return {width + scale_width, Digits::any_exponent, false};
  }

  /// Whether pre-activations of the format are integers, once they are multiplied with a power of
  /// two.
  bool has_integer_codes(std::size_t l, const NumberFormat& format) const {
    if (format.kind == FormatKind::affine)
      return is_power_of_two(affine_scale(l, Point::pre_activation, format).scale);
    return format.kind == FormatKind::fixed &&
           format.fraction_bits.source != FractionBitsSource::operands;
  }

  void plan_function(std::size_t l) {
    QuickFunction& function = plan_.layers[l].function;
    const Activation activation = shape_.network.layers[l].activation;
    const ActivationDefinition& definition = arithmetic_.activation(activation);
    const std::vector<Rounding>& roundings = arithmetic_.at(Point::activation);
    const auto codec_of = [&](const NumberFormat& format, Point point) {
      return NumberCodec(format, has_tensor_scale(format)
                                     ? affine_scale(l, point, format)
                                     : constant_scale(shape_.network, format, point, l, 0));
    };
    function.rounding = roundings.front();
    if (function.rounding.format.kind == FormatKind::exact ||
        function.rounding.format.fraction_bits.source == FractionBitsSource::operands)
      throw Unsuited{};
    function.codec = codec_of(roundings.front().format, Point::activation);
    const NumberFormat* const z = arithmetic_.format(Point::pre_activation);
    const Digits& digits = plan_.layers[l].pre_activations;
    const bool has_codes = !is_of_layer(activation) && z != nullptr && z->bits <= 16 &&
                           has_integer_codes(l, *z) && digits.width <= 18;
    if (definition.rule == ActivationRule::table && !has_codes) throw Unsuited{};
    function.is_kept = std::ranges::none_of(roundings, [](const Rounding& rounding) {
      return rounding.direction == RoundingDirection::stochastic;
    });
    if (!has_codes) {
      // A sum that is not rounded again may have as few codes.
      function.is_kept &=
          z == nullptr && !is_of_layer(activation) && digits.is_grid && digits.width <= 16;
      if (!function.is_kept) return;
      function.codes_of_one = std::ldexp(1.0, -digits.exponent);
      function.lowest_code = -(std::int64_t{1} << digits.width);
      function.code_count = std::size_t{2} << digits.width;
      return;
    }
    const NumberCodec z_codec = codec_of(*z, Point::pre_activation);
    function.codes_of_one = z->kind == FormatKind::affine
                                ? 1 / z_codec.tensor_scale().scale.to_double()
                                : std::ldexp(1.0, z_codec.tensor_scale().fraction_bits);
    function.lowest_code =
        static_cast<std::int64_t>(z_codec.smallest().to_double() * function.codes_of_one);
    function.code_count = std::size_t{1} << z->bits;
    if (definition.rule == ActivationRule::table) {
      const NumberCodec codec = codec_of(roundings.back().format, Point::activation);
      const std::uint64_t mask = (std::uint64_t{1} << codec.format().bits) - 1;
      for (const std::int64_t entry : definition.table) {
        const BinaryNumber value = codec.number_of(static_cast<std::uint64_t>(entry) & mask);
        if (!value.is_finite()) throw Unsuited{};
        function.table.push_back(value.to_double());
      }
    }
  }

  void plan_backward(std::size_t l) {
    QuickLayerPlan& own = plan_.layers[l];
    const bool is_last = l + 1 == plan_.layers.size();
    Digits error;
    if (is_last) {
      const Digits target = rounded(l, Point::target, sample_digits);
      error = sum(l, Point::output_error, own.activations, target);
      if (arithmetic_.training.loss_scale != LossScale::half_sum)
        error = product(l, Point::scaled_error, digits_of(shape_.loss_factor), error, false);
    } else {
      const Digits& deltas = plan_.layers[l + 1].deltas;
      products_ = product_of(seen_[l + 1], deltas);
      const Digits total =
          dot(l, Point::backward_product, Point::backward_sum, seen_[l + 1], deltas, nullptr);
      error = rounded(l, Point::hidden_error, total);
      own.backward =
          quick_dot({l, Point::backward_product, Point::backward_sum, Point::hidden_error},
                    seen_[l + 1], deltas, Digits{0, 0, true});
    }
    if (is_last && !multiplies_derivative(shape_.network.loss)) {
      own.deltas = rounded(l, Point::delta, error);
      return;
    }
    own.deltas = activation_slope(shape_.network.layers[l].activation,
                                  PlannedSlopeProduct{*this, l, error}, own.stored);
  }

  /// Roundings of a parameter before its scale is chosen.
  std::size_t roundings_before_choice(Point point) const {
    const ScaleDefinition* const scale = arithmetic_.scale(point);
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    return scale != nullptr && follows_numbers(scale->rule) ? first_scaled(roundings)
                                                            : roundings.size();
  }

  void plan_update(std::size_t l) {
    QuickLayerPlan& own = plan_.layers[l];
    const Digits& below = l == 0 ? plan_.update_inputs : plan_.layers[l - 1].stored;
    Digits change, bias_change;
    std::optional<Digits> planned_step;
    if (arithmetic_.order.update == UpdateProduct::delta_times_activation) {
      const Digits gradient = product(l, Point::delta_times_activation, own.deltas, below, false);
      change = product(l, Point::change, learning_rate_, gradient, is_fused());
      bias_change = product(l, Point::bias_change, learning_rate_, own.deltas, is_fused());
    } else {
      const Digits step =
          product(l, Point::learning_rate_times_delta, learning_rate_, own.deltas, false);
      change = product(l, Point::change, step, below, is_fused());
      bias_change = rounded(l, Point::bias_change, step);
      planned_step = step;
    }
    plan_parameter(l, Point::weight, own.weights, change);
    plan_parameter(l, Point::bias, own.biases, bias_change);
    own.widened = own.weights;
    if (planned_step) own.update = quick_update(l, *planned_step, below);
  }

  /// The points of a sum of products.
  struct DotPoints {
    std::size_t l;
    Point product, sum, finished;
  };

  /// The only rounding of a point.
  const QuickRounding* only_rounding(std::size_t l, Point point) {
    const std::vector<QuickRounding>& roundings = site(l, point).roundings;
    return roundings.size() == 1 ? &roundings.front() : nullptr;
  }

  static bool fits_binary32(const Digits& digits) {
    return digits.width <= 24 && digits.exponent >= -149;
  }

  /// Numbers of a sum come one after the other, none is fused or read as zero.
  bool goes_through_rows() const {
    const EvaluationOrder& order = arithmetic_.order;
    return (order.sum == SumOrder::any || order.sum == SumOrder::ascending) &&
           order.bias != BiasPosition::last && !is_fused() && !plan_.flushes_operands &&
           order.saturate == SumSaturation::each;
  }

  QuickDot quick_dot(const DotPoints& points, const Digits& weights, const Digits& operands,
                     const Digits& start) {
    QuickDot dot;
    const QuickRounding* const sum = only_rounding(points.l, points.sum);
    if (!goes_through_rows() || sum == nullptr) return dot;
    const QuickRounding* const product = only_rounding(points.l, points.product);
    const bool is_single = product != nullptr && product->is_nearest_binary32() &&
                           sum->is_nearest_binary32() && fits_binary32(weights) &&
                           fits_binary32(operands) && fits_binary32(start);
    if (is_single) {
      dot.kind = RowKind::binary32;
      return dot;
    }
    const std::optional<CodeRounding> sums = sum->on_codes();
    if (!sums || !weights.is_grid || !operands.is_grid || !start.is_grid ||
        weights.width + operands.width > 62)
      return dot;
    const int product_bits = -weights.exponent - operands.exponent;
    int bits = product_bits;
    if (product != nullptr) {
      const std::optional<CodeRounding> products = product->on_codes();
      if (!products || !products->cuts) return dot;
      bits = products->fraction_bits;
      dot.product_shift = product_bits - bits;
      dot.product_half = products->half(dot.product_shift);
      dot.products = products->range;
    }
    const bool is_rounded_once = site(points.l, points.product).roundings.size() <= 1;
    if (!is_rounded_once || dot.product_shift < 0 || dot.product_shift > 62 ||
        sums->fraction_bits != bits || start.exponent < -bits)
      return dot;
    dot.sums = sums->range;
    dot.weight_units = std::ldexp(1.0, -weights.exponent);
    dot.operand_units = std::ldexp(1.0, -operands.exponent);
    dot.sum_units = std::ldexp(1.0, bits);
    const QuickRounding* const finished = only_rounding(points.l, points.finished);
    const std::optional<CodeRounding> codes =
        finished == nullptr ? std::nullopt : finished->on_codes();
    if (codes && codes->cuts && bits >= codes->fraction_bits) {
      dot.finished = codes->range;
      dot.finish_shift = bits - codes->fraction_bits;
      dot.finish_half = codes->half(dot.finish_shift);
      dot.finished_units = std::ldexp(1.0, codes->fraction_bits);
    }
    dot.doubles = DoubleRow(
        dot.product_shift, dot.product_half != 0,
        std::min(end_of(dot.sums), dot.products ? end_of(*dot.products) : end_of(dot.sums)));
    dot.doubles_factor = dot.sum_units;
    // Where sums are about as large as that, nearly all would be computed twice.
    if (dot.doubles.limit() < least_limit * dot.sum_units) dot.doubles = {};
    dot.kind = RowKind::integers;
    return dot;
  }

  /// Magnitudes up to this one are in a range.
  static double end_of(const CodeRange& range) {
    return static_cast<double>(std::min(range.highest, -range.lowest));
  }

  QuickUpdate quick_update(std::size_t l, const Digits& step, const Digits& operands) {
    QuickUpdate update;
    const Digits& weights = plan_.layers[l].weights;
    const QuickRounding* const change = only_rounding(l, Point::change);
    const QuickRounding* const weight = only_rounding(l, Point::weight);
    if (!goes_through_rows() || change == nullptr || weight == nullptr ||
        arithmetic_.scale(Point::weight) != nullptr)
      return update;
    if (change->is_nearest_binary32()) {
      if (!fits_binary32(step) || !fits_binary32(operands)) return update;
      update.kind = RowKind::binary32;
      const std::optional<PatternRounding> patterns = weight->on_patterns();
      if (patterns && patterns->precision <= 24 && weights.width <= patterns->precision)
        update.weights = patterns;
      return update;
    }
    const std::optional<CodeRounding> changes = change->on_codes(), codes = weight->on_codes();
    if (!changes || !changes->cuts || !codes || !step.is_grid || !operands.is_grid ||
        !weights.is_grid || step.width + operands.width > 62 || weights.width > 53 ||
        codes->fraction_bits != changes->fraction_bits || weights.exponent != -codes->fraction_bits)
      return update;
    update.shift = -step.exponent - operands.exponent - changes->fraction_bits;
    if (update.shift < 0 || update.shift > 62) return update;
    update.half = changes->half(update.shift);
    update.changes = changes->range;
    update.codes = codes->range;
    update.step_units = std::ldexp(1.0, -step.exponent);
    update.operand_units = std::ldexp(1.0, -operands.exponent);
    update.weight_units = std::ldexp(1.0, codes->fraction_bits);
    update.unit = 1 / update.weight_units;
    update.doubles = DoubleRow(update.shift, update.half != 0, end_of(update.changes));
    update.most_weight = std::min(end_of(update.codes), 0x1p50) / update.weight_units;
    if (update.doubles.limit() < least_limit) update.doubles = {};
    update.kind = RowKind::integers;
    return update;
  }

  void plan_parameter(std::size_t l, Point point, const Digits& before, const Digits& change) {
    const std::size_t count = roundings_before_choice(point);
    const Digits after = rounded(l, point, sum_of(before, change), count);
    plan_sum(l, point, before, change);
    // A next step starts from numbers of the same digits.
    const bool is_chosen = count < arithmetic_.at(point).size();
    if (!is_chosen && (after.width > before.width || after.exponent < before.exponent))
      throw Unsuited{};
  }

  const DeclaredShape& shape_;
  const Arithmetic& arithmetic_;
  const DeclaredState& scales_;
  QuickPlan& plan_;
  Digits learning_rate_;
  Digits products_;           ///< exact products of the sum at hand
  std::vector<Digits> seen_;  ///< by layer: weights as both passes see them
};

}  // namespace

std::optional<QuickPlan> QuickPlan::of(const DeclaredShape& shape, const QuickPlanKey& key,
                                       const DeclaredState& scales) {
  QuickPlan plan;
  plan.key = key;
  try {
    Planner(shape, scales, plan).plan();
  } catch (const Unsuited&) {
    return std::nullopt;
  }
  return plan;
}

}  // namespace lsgd
