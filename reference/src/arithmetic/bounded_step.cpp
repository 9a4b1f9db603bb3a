// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/bounded_step.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/numbers/rounding_model.hpp>
#include <lsgd/step/softmax_bounds.hpp>

#include "arithmetic/loss_factor.hpp"
#include "arithmetic/point_scale.hpp"
#include "arithmetic/tensor_rounding.hpp"

namespace lsgd {

namespace {

constexpr double not_judged_bound = std::numeric_limits<double>::infinity();

Exact exact_of(const BinaryNumber& x) {
  Exact value;
  x.to_mpfr(mpfr_of(value));
  return value;
}

double largest_of(const BoundedNumber& x) { return outward(magnitude_above(x.exact) + x.bound); }

bool is_certainly_zero(const BoundedNumber& x) { return x.exact == 0 && x.bound == 0; }

/// Widest gap between neighbours of a set, times its scale.
double widest_gap(const NumberFormat& format, double scale) {
  double gap = 0;
  for (std::size_t i = 1; i < format.values.size(); ++i)
    gap = std::max(gap, format.values[i] - format.values[i - 1]);
  return gap * scale;
}

/// Exponent of the smallest positive number of a float.
int smallest_exponent(const NumberFormat& format) { return 2 - format.bias - format.precision; }

}  // namespace

struct BoundedStep::Shape {
  Arithmetic arithmetic;
  Network network;
};

/// The operations of a step on exact numbers, each with its theorem.
class BoundedStep::Numbers {
  /// What one point may change of a number: at most u |x| + h (SPEC 5.3).
  struct RoundingError {
    double u = 0;
    double h = 0;
    bool rounds_zero = false;  ///< "any" may move even a zero by h

    double of(double magnitude) const { return outward(u * magnitude + h); }
  };

  /// The numbers that survive a point: beyond, a device has an infinity, another sign, or a partial
  /// sum that saturated.
  struct Range {
    double lowest = -not_judged_bound;
    double highest = not_judged_bound;
    bool saturates = false;
  };

  /// What is asked of a point again and again in one step.
  struct PointErrors {
    bool is_known = false;
    RoundingError each, in_sum;       ///< of all its roundings, of any number and of a sum
    std::vector<RoundingError> last;  ///< of each rounding, of a sum
    Range range;
  };

 public:
  using Number = BoundedNumber;

  Numbers(const Shape& shape, const DeclaredState& before, float learning_rate)
      : arithmetic_(shape.arithmetic), network_(shape.network), before_(before) {
    if (before.layers.size() != network_.layers.size())
      throw std::invalid_argument("parameters of every layer");
    errors_.resize(network_.layers.size());
    loss_factor_ = exact_of(rounded_loss_factor(arithmetic_.training.loss_scale, network_));
    learning_rate_ = known(0, Point::learning_rate, BinaryNumber::of_double(learning_rate));
    weights_.resize(network_.layers.size());
    after_.resize(network_.layers.size());
    forward_bits_.resize(network_.layers.size());
  }

  std::vector<BoundedLayer> after() && { return std::move(after_); }

  void round_inputs(std::span<const float> inputs, std::vector<Number>& input,
                    std::vector<Number>& update_input) {
    input.clear();
    update_input.clear();
    for (const float x : inputs) {
      const BinaryNumber given = BinaryNumber::of_double(x);
      input.push_back(known(0, Point::input, given));
      const bool keeps = arithmetic_.training.first_layer_input == FirstLayerInput::given;
      update_input.push_back(keeps ? Number{exact_of(given)} : input.back());
    }
  }

  void begin_layer(std::size_t l) {
    DeclaredTensor weights = before_.layers[l].weights;
    const std::vector<Rounding>& roundings = arithmetic_.at(Point::effective_weight);
    const bool is_known = std::ranges::all_of(roundings, is_decided);
    if (!roundings.empty() && is_known) {
      const ScaleDefinition* scale = arithmetic_.scale(Point::effective_weight);
      round_tensor(roundings, scale == nullptr ? ScaleRule::given : scale->rule,
                   network_.layers[l].inputs, nullptr, weights);
    }
    weights_[l].clear();
    for (const BinaryNumber& weight : weights.numbers) {
      weights_[l].push_back(
          read(roundings.empty() ? Point::weight : Point::effective_weight, weight));
      if (!is_known) round(l, Point::effective_weight, weights_[l].back());
    }
    after_[l].weights.resize(weights.numbers.size());
    after_[l].biases.resize(network_.layers[l].outputs);
    forward_bits_[l] = bits_of_weights(l) +
                       bits_behind(l == 0 ? Point::input : Point::activation, l == 0 ? 0 : l - 1);
  }

  Number pre_activation(std::size_t l, std::size_t j, const std::vector<Number>& below) {
    const std::size_t columns = network_.layers[l].inputs;
    const Number bias = read(Point::bias, before_.layers[l].biases.numbers[j]);
    Number z = dot(
        l, Point::forward_product, Point::forward_sum, below.size(),
        [&](std::size_t i) {
          return Factors{weights_[l][j * columns + i], below[i]};
        },
        &bias);
    round(l, Point::pre_activation, z);
    return z;
  }

  /// SPEC 5.5 and 13.4.
  Number activation(std::size_t l, const Number& z) {
    const Activation function = network_.layers[l].activation;
    Number a;
    activate(function, a.exact, z.exact);
    if (!is_approximated(function)) {
      if (is_constant(function, z.exact, z.bound)) return a;
      a.bound = propagated_activation_bound(function, a.exact, z.bound);
      if (!is_in_format(last_format_of_z(), Point::activation))
        round(l, Point::activation, a);
      else if (multiplies(function) && !is_certainly_zero(a))
        a.bound = outward(a.bound + error_of(l, Point::activation, false).h);
      return a;
    }
    Exact distance;
    distance_from_one(function, distance, a.exact, &z.exact);
    a.distance_from_one = distance;
    if (std::isinf(z.bound)) {
      a.bound = z.bound;
      return a;
    }
    const double propagated = propagated_activation_bound(function, a.exact, z.bound);
    const double largest = std::min(outward(magnitude_above(a.exact) + propagated), 1 - 0x1p-53);
    a.bound = outward(propagated + function_error(l, function, largest));
    const Exact unlimited = a.exact;
    limit(l, Point::activation, a);
    if (a.exact != unlimited) a.distance_from_one.reset();
    return a;
  }

  /// SPEC 5.13.
  void activations(std::size_t l, const std::vector<Number>& z, std::vector<Number>& a) {
    std::vector<Exact> arguments, values, complements;
    std::vector<double> z_bounds;
    for (const Number& each : z) {
      arguments.push_back(each.exact);
      z_bounds.push_back(each.bound);
    }
    SoftmaxFunction::evaluate(arguments, values, complements);
    const ActivationDefinition& definition = arithmetic_.activation(Activation::softmax);
    const NumberFormat* const format = arithmetic_.format(Point::activation);
    SoftmaxErrors errors;
    const bool is_computed = definition.rule == ActivationRule::within && format != nullptr &&
                             format->kind == FormatKind::floating && !definition.ulp_exponent;
    if (is_computed) {
      const RoundingError own = error_of(l, Point::activation, false);
      errors = {own.u,
                own.h,
                2 * std::max(0.5, definition.ulps) * own.u,
                function_error(l, Activation::softmax, 0),
                own.h,
                own.h};
    }
    const SoftmaxBounds bounds(arguments, z_bounds, values, errors);
    a.clear();
    for (std::size_t j = 0; j < z.size(); ++j) {
      Number& value = a.emplace_back();
      value.exact = values[j];
      value.distance_from_one = complements[j];
      value.bound = bounds.bound(j, magnitude_above(complements[j]));
      if (std::isinf(value.bound)) continue;
      const double largest = std::min(1.0, outward(magnitude_above(values[j]) + value.bound));
      if (!is_computed)
        value.bound = outward(value.bound + function_error(l, Activation::softmax, largest));
      const Exact unlimited = value.exact;
      limit(l, Point::activation, value);
      if (value.exact != unlimited) value.distance_from_one.reset();
    }
  }

  Number stored_activation(std::size_t l, Number a) {
    if (!arithmetic_.at(Point::stored_activation).empty() &&
        !is_in_format(arithmetic_.format(Point::activation), Point::stored_activation)) {
      const Exact unlimited = a.exact;
      round(l, Point::stored_activation, a);
      if (a.exact != unlimited) a.distance_from_one.reset();
    }
    return a;
  }

  /// SPEC 5.6, 13.5.
  Number output_error(std::size_t l, const Number& a, float target) {
    const Number t = known(l, Point::target, BinaryNumber::of_double(target));
    Number error;
    const Activation function = network_.layers[l].activation;
    const bool reaches_one = a.distance_from_one && t.exact == 1 && a.exact > 0;
    const bool reaches_minus_one =
        a.distance_from_one && tends_to(function, -1) && t.exact == -1 && a.exact < 0;
    if (reaches_one)
      error.exact = -*a.distance_from_one;
    else if (reaches_minus_one)
      error.exact = *a.distance_from_one;
    else
      error.exact = a.exact - t.exact;
    error.bound = a.bound;
    const RoundingError own = error_of(l, Point::output_error, false);
    if (largest_of(error) == 0 && !own.rounds_zero) return scaled(l, error);
    // The quotient of 5.6, two factors and a difference, is one of the free forms.
    const bool is_quotient = admits_quotient(network_.loss) && own.u > 0 &&
                             arithmetic_.order.derivative == DerivativeForm::any;
    const double rounded = is_quotient ? outward(gamma(3, own.u) * largest_of(error)) +
                                             2 * error_of(l, Point::delta, false).h
                                       : own.of(largest_of(error));
    error.bound = outward(error.bound + rounded);
    limit(l, Point::output_error, error);
    return scaled(l, error);
  }

  Number hidden_error(std::size_t l, std::size_t i, const std::vector<Number>& delta_above) {
    const std::size_t columns = network_.layers[l + 1].inputs;
    Number sum = dot(
        l, Point::backward_product, Point::backward_sum, delta_above.size(),
        [&](std::size_t j) {
          return Factors{weights_[l + 1][j * columns + i], delta_above[j]};
        },
        nullptr);
    round(l, Point::hidden_error, sum);
    return sum;
  }

  Number delta(std::size_t l, Number error) {
    if (!is_in_format(last_format_of_error(l), Point::delta)) round(l, Point::delta, error);
    return error;
  }

  Number delta(std::size_t l, const Number& error, const Number& stored) {
    const Activation function = network_.layers[l].activation;
    Number slope;
    if (stored.distance_from_one) {
      slope.exact = *stored.distance_from_one;
      differentiate_by_distance(function, slope.exact, stored.exact);
    } else {
      differentiate(function, slope.exact, stored.exact, static_cast<const Exact*>(nullptr));
    }
    slope.bound = derivative_bound(l, function, slope, stored);

    Number result;
    result.exact = error.exact * slope.exact;
    const double x = magnitude_above(error.exact);
    const double f = magnitude_above(slope.exact);
    const bool is_zero = x + error.bound == 0 || f + slope.bound == 0;
    const RoundingError own = error_of(l, Point::delta, false);
    if (is_zero) return result;
    result.bound = x * slope.bound + f * error.bound + error.bound * slope.bound;
    if (!is_approximated(function) && own.u > 0) {
      result.bound = outward(result.bound);
      const NumberFormat* const before = last_format_of_error(l);
      if (!is_in_format(before, Point::delta)) round(l, Point::delta, result);
      // A power of two multiplies without rounding, but for underflow.
      if (multiplies(function) && !(f == 1 && slope.bound == 0))
        result.bound = outward(result.bound + static_cast<double>(2 * error.terms + 3) * own.h);
    } else if (own.u > 0 && arithmetic_.order.derivative == DerivativeForm::any) {
      // f' may be multiplied into each term of x (SPEC 5.6).
      const double product =
          std::max(x + error.bound, 2 * error.terms_magnitude) * (f + slope.bound);
      result.bound = outward(result.bound + gamma(1, own.u) * product +
                             static_cast<double>(2 * error.terms + 3) * own.h);
    } else {
      result.bound = outward(result.bound + own.of((x + error.bound) * (f + slope.bound)));
    }
    limit(l, Point::delta, result);
    return result;
  }

  bool trains(std::size_t l) const {
    const std::vector<std::uint32_t>& trained = arithmetic_.training.trained_layers;
    if (trained.empty() || std::ranges::find(trained, l + 1) != trained.end()) return true;
    return false;
  }
  bool keeps_neuron(const Number&) const { return false; }
  bool updates_bias_first() const { return false; }

  /// s = r delta (SPEC 13.6); where the association is free, for what it adds to the bias.
  Number learning_rate_times_delta(std::size_t l, const Number& delta) {
    Number step;
    step.exact = learning_rate_.exact * delta.exact;
    if (largest_of(delta) == 0 || learning_rate_.exact == 0) return step;
    step.bound = outward(magnitude_above(learning_rate_.exact) * delta.bound);
    step.bound = outward(step.bound +
                         error_of(l, Point::learning_rate_times_delta, false).of(largest_of(step)));
    limit(l, Point::learning_rate_times_delta, step);
    return step;
  }

  /// SPEC 5.7, 13.6.
  void update_weight(std::size_t l, std::size_t j, std::size_t i, const Number& step,
                     const Number& delta, const Number& below) {
    const std::size_t index = j * network_.layers[l].inputs + i;
    Number& updated = after_[l].weights[index];
    const Exact before = read(Point::weight, before_.layers[l].weights.numbers[index]).exact;
    const double rate = magnitude_above(learning_rate_.exact);
    const double largest_delta = largest_of(delta);
    const double largest_a = largest_of(below);
    if (rate == 0 || largest_delta == 0 || largest_a == 0) {
      // Zero times what may have overflowed is no number.
      const bool is_open =
          std::isinf(step.bound) || std::isinf(delta.bound) || std::isinf(below.bound);
      updated = {before, is_open ? not_judged_bound : 0};
      return;
    }
    const bool multiplies_activation_first =
        arithmetic_.order.update == UpdateProduct::delta_times_activation;
    const RoundingError inner =
        error_of(l,
                 multiplies_activation_first ? Point::delta_times_activation
                                             : Point::learning_rate_times_delta,
                 false);
    const RoundingError outer = error_of(l, Point::change, false);
    Number change;
    change.exact = step.exact * below.exact;
    const double factor = inner.u > 0 && arithmetic_.order.update == UpdateProduct::any
                              ? std::max({rate, largest_delta, largest_a})
                              : (multiplies_activation_first ? rate : largest_a);
    const double product = rate * largest_delta * largest_a;
    const double propagated =
        inner.u > 0 || multiplies_activation_first
            ? rate * (delta.bound * largest_a + magnitude_above(delta.exact) * below.bound) +
                  inner.u * product + inner.h * factor
            : magnitude_above(step.exact) * below.bound + largest_a * step.bound;
    change.bound = outward(propagated +
                           outer.u * outward(product * (1 + inner.u) + inner.h * factor) + outer.h);
    updated.exact = before - change.exact;
    updated.bound = change.bound;
    finish(l, Point::weight, largest_of(change), updated);
    // Two of the factors may overflow although all three do not.
    const bool is_free = arithmetic_.order.update == UpdateProduct::any;
    const double pair = std::max(rate * largest_a, largest_delta * largest_a);
    if (std::isinf(step.bound) || (is_free && may_overflow(l, Point::change, pair)))
      updated.bound = not_judged_bound;
  }

  void update_bias(std::size_t l, std::size_t j, const Number& step, const Number& delta) {
    Number& updated = after_[l].biases[j];
    const Exact before = read(Point::bias, before_.layers[l].biases.numbers[j]).exact;
    if (largest_of(delta) == 0 || learning_rate_.exact == 0) {
      updated = {before};
      return;
    }
    Number change = step;
    if (!is_in_format(arithmetic_.format(Point::learning_rate_times_delta), Point::bias_change))
      round(l, Point::bias_change, change);
    updated.exact = before - change.exact;
    updated.bound = change.bound;
    finish(l, Point::bias, largest_of(change), updated);
  }

  void finish_update(std::size_t) {}

  /// What a layer that is not trained keeps.
  void keep_layer(std::size_t l) {
    for (std::size_t k = 0; k < after_[l].weights.size(); ++k)
      after_[l].weights[k] = {exact_of(before_.layers[l].weights.numbers[k])};
    for (std::size_t j = 0; j < after_[l].biases.size(); ++j)
      after_[l].biases[j] = {exact_of(before_.layers[l].biases.numbers[j])};
  }

 private:
  struct Factors {
    const Number& weight;
    const Number& value;
  };

  bool scales_loss() const { return arithmetic_.training.loss_scale != LossScale::half_sum; }

  /// An output error times the factor of the loss (SPEC 15.12).
  Number scaled(std::size_t l, Number error) const {
    if (!scales_loss()) return error;
    error.exact *= loss_factor_;
    error.bound = outward(error.bound * magnitude_above(loss_factor_));
    round(l, Point::scaled_error, error);
    return error;
  }

  static double gamma(int n, double u) { return outward(n * u / (1 - n * u)); }

  int bits_of_weights(std::size_t l) const {
    const NumberFormat* const effective = arithmetic_.format(Point::effective_weight);
    const NumberFormat* const own =
        effective != nullptr ? effective : arithmetic_.format(Point::weight);
    if (own == nullptr || own->kind != FormatKind::fixed) return 0;
    return has_tensor_scale(*own) ? before_.layers[l].weights.scales.front().fraction_bits
                                  : own->fraction_bits.number;
  }

  int bits_behind(Point point, std::size_t l) const {
    const NumberFormat* const format = arithmetic_.format(point);
    if (format == nullptr || format->kind != FormatKind::fixed) return 0;
    return constant_scale(network_, *format, point, l, 0).fraction_bits;
  }

  /// Fraction bits of the exact products that a sum of layer l is made of.
  int operand_bits(Point point, std::size_t l) const {
    const bool is_backward = Point::backward_product <= point && point <= Point::hidden_error;
    if (is_backward) return bits_of_weights(l + 1) + bits_behind(Point::delta, l + 1);
    return forward_bits_[l];
  }

  TensorScale scale_at(const NumberFormat& format, Point point, std::size_t l) const {
    if (has_tensor_scale(format)) {
      const DeclaredLayer& layer = before_.layers[l];
      return (is_bias_point(point) ? layer.biases : layer.weights).scales.front();
    }
    const bool needs_operands = format.kind == FormatKind::fixed &&
                                format.fraction_bits.source == FractionBitsSource::operands;
    return constant_scale(network_, format, point, l, needs_operands ? operand_bits(point, l) : 0);
  }

  /// What follows from a given number: the same on every device, but for roundings of two outcomes.
  Number known(std::size_t l, Point point, BinaryNumber x) const {
    Number result;
    for (const Rounding& rounding : arithmetic_.at(point)) {
      const NumberCodec codec(rounding.format, scale_at(rounding.format, point, l));
      if (is_decided(rounding)) {
        x = codec.operand(codec.rounded(x, rounding, nullptr));
      } else {
        result.exact = exact_of(x);
        result.bound =
            outward(result.bound + error_of(l, point, rounding, false).of(largest_of(result)));
      }
    }
    result.exact = exact_of(x);
    return result;
  }

  static bool is_decided(const Rounding& rounding) {
    return rounding.direction != RoundingDirection::any &&
           rounding.direction != RoundingDirection::stochastic;
  }

  /// A parameter as an operation reads it.
  Number read(Point point, const BinaryNumber& x) const {
    const NumberFormat* const format = arithmetic_.format(point);
    const bool flushes = format != nullptr && format->kind == FormatKind::floating &&
                         (format->subnormals == Subnormals::flush_operands ||
                          format->subnormals == Subnormals::flush_both);
    if (!flushes) return {exact_of(x)};
    return {exact_of(NumberCodec(*format).operand(x))};
  }

  /// Roundings of a point up to the choice of a scale, which BoundedLayer leaves to acceptance
  /// sets.
  std::size_t bounded_count(Point point) const {
    const ScaleDefinition* const scale = arithmetic_.scale(point);
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    return scale != nullptr && follows_numbers(scale->rule) ? first_scaled(roundings)
                                                            : roundings.size();
  }

  const PointErrors& errors_at(std::size_t l, Point point) const {
    PointErrors& known = errors_[l][static_cast<std::size_t>(point)];
    if (known.is_known) return known;
    known.is_known = true;
    known.each = total_error(l, point, false);
    known.in_sum = total_error(l, point, true);
    for (std::size_t k = 0; k < bounded_count(point); ++k)
      known.last.push_back(error_of(l, point, arithmetic_.at(point)[k], true));
    known.range = computed_range(l, point);
    return known;
  }

  const RoundingError& error_of(std::size_t l, Point point, bool is_sum) const {
    const PointErrors& known = errors_at(l, point);
    return is_sum ? known.in_sum : known.each;
  }

  const Range& range_of_point(std::size_t l, Point point) const {
    return errors_at(l, point).range;
  }

  RoundingError total_error(std::size_t l, Point point, bool is_sum) const {
    RoundingError total;
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    for (std::size_t k = 0; k < bounded_count(point); ++k) {
      const RoundingError own = error_of(l, point, roundings[k], is_sum);
      total.h = outward(total.h * (1 + own.u) + own.h);
      // Not (1 + u) (1 + u') - 1: a double has no 1 + 2^-53.
      total.u = outward(total.u + own.u + total.u * own.u);
      total.rounds_zero = total.rounds_zero || own.rounds_zero;
    }
    return total;
  }

  RoundingError error_of(std::size_t l, Point point, const Rounding& rounding, bool is_sum) const {
    RoundingError error;
    const NumberFormat& format = rounding.format;
    if (rounding.direction == RoundingDirection::none || format.kind == FormatKind::exact)
      return error;
    error.rounds_zero = rounding.direction == RoundingDirection::any;
    const double part = rounds_to_nearest(rounding.direction) ? 0.5 : 1;
    const TensorScale scale = scale_at(format, point, l);
    switch (format.kind) {
      case FormatKind::floating: {
        error.u = part * std::ldexp(1.0, 1 - format.precision);
        if (arithmetic_.order.intermediates == Intermediates::any)
          error.u = outward(error.u + 0x1p-52);
        // Sums of numbers of a format have no bits below its smallest one.
        if (!is_sum) error.h = part * std::ldexp(1.0, smallest_exponent(format));
        if (format.subnormals == Subnormals::flush_results ||
            format.subnormals == Subnormals::flush_both)
          error.h += std::ldexp(1.0, 1 - format.bias);
        // What is read as zero later is counted where it is written.
        if (format.subnormals == Subnormals::flush_operands)
          error.h += std::ldexp(1.0, 1 - format.bias);
        break;
      }
      case FormatKind::fixed:
        error.h = part * std::ldexp(1.0, -scale.fraction_bits);
        break;
      case FormatKind::affine:
        error.h = part * magnitude_above(exact_of(scale.scale));
        break;
      case FormatKind::set:
        error.h = part * widest_gap(format, magnitude_above(exact_of(scale.scale)));
        break;
      case FormatKind::exact:
        break;
    }
    return error;
  }

  Range computed_range(std::size_t l, Point point) const {
    Range range;
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    for (std::size_t k = 0; k < bounded_count(point); ++k) {
      const NumberFormat& format = roundings[k].format;
      if (format.kind == FormatKind::exact) continue;
      const NumberCodec codec(format, scale_at(format, point, l));
      range.lowest = std::max(range.lowest, codec.smallest().to_double());
      range.highest = std::min(range.highest, codec.largest().to_double());
      range.saturates = roundings[k].overflow == Overflow::saturate;
    }
    return range;
  }

  /// Where a point saturates the exact number does, too, and distances do not grow (SPEC 13.6);
  /// where it does something else beyond its range, nothing is known of what comes near.
  void limit(std::size_t l, Point point, Number& x) const {
    const Range range = range_of_point(l, point);
    if (range.saturates) {
      if (x.exact < range.lowest) x.exact = range.lowest;
      if (x.exact > range.highest) x.exact = range.highest;
      return;
    }
    const double low = mpfr_get_d(mpfr_of(x.exact), MPFR_RNDD) - x.bound;
    const double high = mpfr_get_d(mpfr_of(x.exact), MPFR_RNDU) + x.bound;
    if (!(range.lowest < low && high < range.highest)) x.bound = not_judged_bound;
  }

  /// Whether a number of this magnitude may leave what a point judges.
  bool may_overflow(std::size_t l, Point point, double magnitude) const {
    const Range range = range_of_point(l, point);
    return !range.saturates && !(outward(magnitude) < range.highest);
  }

  /// Rounds once as the point says.
  void round(std::size_t l, Point point, Number& x) const {
    if (bounded_count(point) == 0) return;
    const RoundingError own = error_of(l, point, false);
    if (!is_certainly_zero(x) || own.rounds_zero)
      x.bound = outward(x.bound + own.of(largest_of(x)));
    limit(l, point, x);
  }

  /// The last rounding of a parameter, by the unit at the result instead of u |x| (SPEC 5.7).
  void finish(std::size_t l, Point point, double change, Number& x) const {
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    for (std::size_t k = 0; k < bounded_count(point); ++k) {
      const Rounding& rounding = roundings[k];
      const NumberFormat& format = rounding.format;
      const double largest = largest_of(x);
      const RoundingError& own = errors_at(l, point).last[k];
      double error = own.of(largest);
      if (format.kind == FormatKind::floating && std::isfinite(largest)) {
        const int exponent =
            largest == 0 ? 1 - format.bias : std::max(std::ilogb(largest), 1 - format.bias);
        const double part = rounds_to_nearest(rounding.direction) ? 0.5 : 1;
        error = part * std::ldexp(1.0, exponent - format.precision + 1) + 0x1p-52 * largest + own.h;
      }
      x.bound = outward(x.bound + error);
    }
    Number reach = x;
    reach.bound = outward(x.bound + change);
    limit(l, point, reach);
    if (std::isinf(reach.bound)) x.bound = not_judged_bound;
    x.exact = reach.exact;
  }

  static bool same_numbers(const NumberFormat& x, NumberFormat y) {
    y.name = x.name;
    return x == y;
  }

  /// Whether numbers that ended in a float format pass a point unchanged.
  bool is_in_format(const NumberFormat* format, Point point) const {
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    return roundings.empty() ||
           (format != nullptr && format->kind == FormatKind::floating && roundings.size() == 1 &&
            same_numbers(*format, roundings.front().format));
  }

  const NumberFormat* last_format_of_z() const {
    const NumberFormat* const own = arithmetic_.format(Point::pre_activation);
    return own != nullptr ? own : arithmetic_.format(Point::forward_sum);
  }

  const NumberFormat* last_format_of_error(std::size_t l) const {
    if (l + 1 == network_.layers.size())
      return arithmetic_.format(scales_loss() ? Point::scaled_error : Point::output_error);
    const NumberFormat* const own = arithmetic_.format(Point::hidden_error);
    return own != nullptr ? own : arithmetic_.format(Point::backward_sum);
  }

  /// Error of sigmoid or tanh at the argument it got, for results of at most `largest`.
  double function_error(std::size_t l, Activation function, double largest) const {
    const ActivationDefinition& definition = arithmetic_.activation(function);
    const NumberFormat* const format = arithmetic_.format(Point::activation);
    switch (definition.rule) {
      case ActivationRule::correctly_rounded:
      case ActivationRule::table:
        return error_of(l, Point::activation, false).of(largest);
      case ActivationRule::within:
        break;
    }
    double ulp = 0;
    if (definition.ulp_exponent) {
      ulp = std::ldexp(1.0, *definition.ulp_exponent);
    } else if (format->kind == FormatKind::floating) {
      const int exponent =
          largest == 0 ? 1 - format->bias : std::max(std::ilogb(largest), 1 - format->bias);
      ulp = std::ldexp(1.0, exponent - format->precision + 1);
    } else {
      ulp = std::ldexp(1.0, -scale_at(*format, Point::activation, l).fraction_bits);
    }
    // Where an ulp is that of the result, storing it costs half of one.
    const double ulps = definition.ulp_exponent ? definition.ulps : std::max(0.5, definition.ulps);
    return outward(ulps * ulp + definition.absolute_error);
  }

  /// SPEC 5.6, 13.5.
  double derivative_bound(std::size_t l, Activation function, const Number& slope,
                          const Number& a) const {
    const double propagated = propagated_derivative_bound(function, a.exact, a.bound, 0);
    if (!is_approximated(function) || std::isinf(a.bound)) return propagated;
    const RoundingError term = error_of(l, Point::derivative_term, false);
    const RoundingError own = error_of(l, Point::derivative, false);
    const double largest = largest_of(a);
    const double reach = magnitude_above(slope.exact) + propagated;
    // Of tanh the square is rounded, of sigmoid a square or 1 - a, which a multiplies.
    const double expanded =
        outward((term.u * largest * largest + term.h) * (1 + own.u) + own.u * reach + own.h);
    if (own.u == 0 && term.u == 0) return outward(propagated + expanded);
    const double factored =
        outward(gamma(slope_roundings(function), std::max(own.u, term.u)) * reach);
    double relative = factored;
    const ActivationDefinition& definition = arithmetic_.activation(function);
    const bool is_free = arithmetic_.order.derivative == DerivativeForm::any;
    if (is_free && definition.rule == ActivationRule::within)
      relative = std::max(relative, outward(2 * std::max(0.5, definition.ulps) * own.u * reach));
    return outward(propagated + std::max(expanded, relative) + term.h + own.h);
  }

  /// SPEC 5.4 and the sums of 13.3 and 13.5: a sum of products in any order, and a start that is
  /// exact.
  template <class FactorsAt>
  Number dot(std::size_t l, Point product_point, Point sum_point, std::size_t count,
             const FactorsAt& factors_at, const Number* bias) const {
    const RoundingError product_error = error_of(l, product_point, false);
    const RoundingError sum_error = sum_error_of(l, product_point, sum_point);
    const std::size_t operations = 8 * count + 2048;
    Number sum;
    double positive = 0, negative = 0, products = 0, propagated = 0;
    std::size_t rounded_products = 0, addends = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Factors factors = factors_at(i);
      const Exact product = factors.weight.exact * factors.value.exact;
      sum.exact += product;
      const double weight = magnitude_above(factors.weight.exact);
      const double value = magnitude_above(factors.value.exact);
      const double inherited =
          weight * factors.value.bound + factors.weight.bound * (value + factors.value.bound);
      const double largest = weight * value + inherited;
      const double opposite = std::max(0.0, inherited - weight * value * (1 - 0x1p-50));
      (product < 0 ? negative : positive) += largest;
      (product < 0 ? positive : negative) += opposite;
      products += largest;
      propagated += inherited;
      const bool value_is_zero = value + factors.value.bound == 0;
      const bool is_zero = value_is_zero || weight + factors.weight.bound == 0;
      if (!is_zero) ++addends;
      if (!is_zero || (!value_is_zero && product_error.rounds_zero)) ++rounded_products;
    }
    double start_error = 0;
    bool has_start = false;
    if (bias != nullptr) {
      Number start = *bias;
      align(l, start);
      start_error = start.bound;
      sum.exact += start.exact;
      const double magnitude = magnitude_above(start.exact);
      (start.exact < 0 ? negative : positive) += outward(magnitude + start.bound);
      has_start = start.exact != 0;
    }
    const bool fits = is_sum_of_its_own_numbers(product_point, sum_point);
    addends += has_start ? 1 : 0;
    // A term that is no number of the sum's format is rounded when it starts a partial sum.
    const auto additions =
        static_cast<double>(fits ? std::max<std::size_t>(addends, 1) - 1 : 2 * addends);
    const double largest = std::max(positive, negative);
    const double shrinkage = additions * sum_error.u;
    if (!(shrinkage < 0.5)) {
      sum.bound = not_judged_bound;
      return sum;
    }
    const double error =
        (product_error.u * products + shrinkage * largest +
         static_cast<double>(rounded_products) * product_error.h + additions * sum_error.h) /
        (1 - shrinkage);
    sum.bound = outward(propagated + start_error + error, operations);
    sum.terms = count;
    sum.terms_magnitude = outward(products, operations);
    require_range(l, sum_point, outward(largest + sum.bound, operations), sum);
    return sum;
  }

  /// The bias as it enters the sum.
  void align(std::size_t l, Number& bias) const {
    for (const Rounding& rounding : arithmetic_.at(Point::bias_aligned)) {
      const TensorScale scale = scale_at(rounding.format, Point::bias_aligned, l);
      if (rounding.direction == RoundingDirection::any ||
          rounding.direction == RoundingDirection::stochastic) {
        bias.bound = outward(
            bias.bound + error_of(l, Point::bias_aligned, rounding, false).of(largest_of(bias)));
        continue;
      }
      BinaryNumber value = BinaryNumber::of_mpfr(mpfr_of(bias.exact));
      bias.exact = exact_of(NumberCodec(rounding.format, scale).rounded(value, rounding, nullptr));
    }
  }

  /// Whether products and the bias are numbers of the float format of the sum, so that the first
  /// one is added exactly.
  bool is_sum_of_its_own_numbers(Point product_point, Point sum_point) const {
    const NumberFormat* const format = arithmetic_.format(sum_point);
    if (format == nullptr) return true;
    if (!is_in_format(arithmetic_.format(product_point), sum_point)) return false;
    const NumberFormat* const bias = format_of_bias();
    return sum_point != Point::forward_sum ||
           (is_coarse(bias, *format) && bias->precision <= format->precision);
  }

  /// Sums whose terms are on their grid round nothing; float terms without bits below the sum's
  /// smallest number round only relatively.
  RoundingError sum_error_of(std::size_t l, Point product_point, Point sum_point) const {
    const NumberFormat* const format = arithmetic_.format(sum_point);
    if (format == nullptr) return {};
    const NumberFormat* const product = arithmetic_.format(product_point);
    if (format->kind == FormatKind::fixed && terms_are_on_grid(l, product_point, sum_point))
      return {};
    const bool has_bias = sum_point == Point::forward_sum;
    return error_of(
        l, sum_point,
        is_coarse(product, *format) && (!has_bias || is_coarse(format_of_bias(), *format)));
  }

  /// The format of biases as they enter a sum.
  const NumberFormat* format_of_bias() const {
    const NumberFormat* const aligned = arithmetic_.format(Point::bias_aligned);
    return aligned != nullptr ? aligned : arithmetic_.format(Point::bias);
  }

  /// Whether all terms of a sum are multiples of its fixed-point format's unit.
  bool terms_are_on_grid(std::size_t l, Point product_point, Point sum_point) const {
    const bool is_forward = sum_point == Point::forward_sum;
    const int bits = scale_at(*arithmetic_.format(sum_point), sum_point, l).fraction_bits;
    const NumberFormat* const product = arithmetic_.format(product_point);
    if (product != nullptr) {
      if (product->kind != FormatKind::fixed ||
          scale_at(*product, product_point, l).fraction_bits > bits)
        return false;
    } else {
      const NumberFormat* const value = arithmetic_.format(
          !is_forward ? Point::delta : (l == 0 ? Point::input : Point::activation));
      const NumberFormat* const weight = arithmetic_.format(Point::weight);
      const bool are_fixed = value != nullptr && value->kind == FormatKind::fixed &&
                             weight != nullptr && weight->kind == FormatKind::fixed &&
                             arithmetic_.at(Point::effective_weight).empty();
      if (!are_fixed || operand_bits(sum_point, l) > bits) return false;
    }
    if (!is_forward) return true;
    const NumberFormat* const bias = format_of_bias();
    const Point bias_point =
        arithmetic_.at(Point::bias_aligned).empty() ? Point::bias : Point::bias_aligned;
    return bias != nullptr && bias->kind == FormatKind::fixed &&
           scale_at(*bias, bias_point, l).fraction_bits <= bits;
  }

  /// Whether no number of a float format has bits below the smallest one of another.
  static bool is_coarse(const NumberFormat* format, const NumberFormat& other) {
    return format != nullptr && format->kind == FormatKind::floating &&
           other.kind == FormatKind::floating &&
           smallest_exponent(*format) >= smallest_exponent(other);
  }

  /// A partial sum that leaves its range saturates or wraps where another order does not.
  void require_range(std::size_t l, Point point, double reach, Number& sum) const {
    if (arithmetic_.at(point).empty()) return;
    const Range range = range_of_point(l, point);
    const bool at_the_end = arithmetic_.order.saturate == SumSaturation::end && range.saturates;
    if (at_the_end)
      limit(l, point, sum);
    else if (!(reach < range.highest && -reach > range.lowest))
      sum.bound = not_judged_bound;
  }

  const Arithmetic& arithmetic_;
  const Network& network_;
  const DeclaredState& before_;
  Number learning_rate_;
  Exact loss_factor_;                         ///< c of SPEC 15.12
  std::vector<std::vector<Number>> weights_;  ///< as both passes see them
  std::vector<int> forward_bits_;
  std::vector<BoundedLayer> after_;
  mutable std::vector<std::array<PointErrors, point_count>> errors_;  ///< by layer
};

std::optional<std::string> BoundedStep::unsupported(const Arithmetic& arithmetic) {
  if (auto reason = DeclaredStep::unsupported(arithmetic)) return reason;
  for (const Point tensor : {Point::weight, Point::bias})
    if (keeps_scale(arithmetic, tensor) ||
        arithmetic.format(tensor)->scale == ScaleSharing::operands)
      return "at." + std::string(name_of(tensor)) + ": scales are judged by bits only";
  for (const ScaleDefinition& scale : arithmetic.scales)
    if (scale.tensor != Point::weight && scale.tensor != Point::bias &&
        scale.tensor != Point::effective_weight)
      return "scale." + std::string(name_of(scale.tensor)) + ": scales are judged by bits only";
  if (arithmetic.order.update == UpdateProduct::any)
    for (const Point point : {Point::learning_rate_times_delta, Point::delta_times_activation})
      if (!std::ranges::all_of(arithmetic.at(point), [](const Rounding& rounding) {
            return rounding.format.kind == FormatKind::floating;
          }))
        return "at." + std::string(name_of(point)) +
               ": what leaves its range depends on order.update, which is \"any\"";
  const TrainingRules& training = arithmetic.training;
  if (training.algorithm != TrainingAlgorithm::backpropagation ||
      training.gradient_scale != GradientScale::none || training.clamp_mask)
    return "training: algorithm, gradient_scale and clamp_mask are judged by bits only";
  return std::nullopt;
}

BoundedStep::BoundedStep(const Arithmetic& arithmetic, const Network& network) {
  if (const std::optional<std::string> reason = unsupported(arithmetic))
    throw UnsupportedArithmetic(*reason);
  if (network.layers.empty()) throw std::invalid_argument("a network has at least one layer");
  shape_ = std::make_unique<Shape>(Shape{arithmetic, network});
}

BoundedStep::~BoundedStep() = default;
BoundedStep::BoundedStep(BoundedStep&&) noexcept = default;
BoundedStep& BoundedStep::operator=(BoundedStep&&) noexcept = default;

void BoundedStep::train(const DeclaredState& before, const Sample& sample, float learning_rate,
                        StepNumbers<BoundedNumber>& out, std::vector<BoundedLayer>& after) {
  Numbers numbers(*shape_, before, learning_rate);
  forward_pass(shape_->network, sample.inputs, numbers, out);
  for (std::size_t l = 0; l < shape_->network.layers.size(); ++l) numbers.keep_layer(l);
  backward_pass(shape_->network, sample.target, numbers, out);
  after = std::move(numbers).after();
}

void BoundedStep::train_from_activations(const DeclaredState& before,
                                         const std::vector<std::vector<BinaryNumber>>& activations,
                                         const Sample& sample, float learning_rate,
                                         StepNumbers<BoundedNumber>& out,
                                         std::vector<BoundedLayer>& after) {
  const std::size_t layers = shape_->network.layers.size();
  if (activations.size() != layers) throw std::invalid_argument("activations of every layer");
  Numbers numbers(*shape_, before, learning_rate);
  numbers.round_inputs(sample.inputs, out.input, out.update_input);
  out.layers.assign(layers, {});
  for (std::size_t l = 0; l < layers; ++l) {
    numbers.begin_layer(l);
    numbers.keep_layer(l);
    for (const BinaryNumber& a : activations[l]) {
      out.layers[l].a.push_back({exact_of(a)});
      out.layers[l].stored.push_back(numbers.stored_activation(l, out.layers[l].a.back()));
    }
  }
  backward_pass(shape_->network, sample.target, numbers, out);
  after = std::move(numbers).after();
}

}  // namespace lsgd
