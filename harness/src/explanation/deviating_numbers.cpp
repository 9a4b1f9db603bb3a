// SPDX-License-Identifier: Apache-2.0
#include "explanation/deviating_numbers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/rounding_model.hpp>
#include <lsgd/step/int32_fixed.hpp>
#include <lsgd/step/softmax_bounds.hpp>

namespace lsgd {
namespace {

/// The operations of binary64, for functions that are exact in it.
struct Binary64 : Binary64Functions {
  static double one() { return 1; }
  static double one_where_positive(double a) { return a > 0 ? 1 : 0; }
  static double one_or_part(double a, int exponent) { return a > 0 ? 1 : std::ldexp(1, exponent); }
  static double times_complement(double a) { return a * (1 - a); }
  static double complement_of_square(double a) { return 1 - a * a; }
};

constexpr double unknown = std::numeric_limits<double>::infinity();
constexpr float unknown_bits = std::numeric_limits<float>::quiet_NaN();
constexpr double smallest_normal = 0x1p-126;
constexpr double largest_finite_number = 0x1.fffffep127;
constexpr double infinite_number = std::numeric_limits<double>::infinity();

// From here on results round to infinity.
constexpr double start_of_overflow = 0x1.ffffffp127;

// What ports limit results to is not less.
constexpr double least_limit = 0x1p119;

// Errors are sums of few terms in binary64: this covers their own roundings.
constexpr double outwards = 1 + 0x1p-30;

Computed not_known() { return {0, unknown, unknown_bits}; }

Computed not_a_number() { return {std::numeric_limits<double>::quiet_NaN(), 0, unknown_bits}; }

/// Infinite or not a number.
Computed not_finite() { return {std::numeric_limits<double>::quiet_NaN(), unknown, unknown_bits}; }

/// What a factor of Place does to a number.
void scale(Computed& number, double factor) {
  if (factor == 1) return;
  number = {number.value * factor, number.error * std::abs(factor), unknown_bits};
}

/// With 7 fraction bits in 8 bits; either neighbour where the error decides.
Computed in_int8(const Computed& number) {
  const auto nearest = [](double value) {
    return std::clamp(std::round(value * 128), -128.0, 127.0) / 128;
  };
  const double low = nearest(number.value - number.error);
  const double high = nearest(number.value + number.error);
  return {(low + high) / 2, (high - low) / 2, unknown_bits};
}

/// A fixed-point number in 32 bits, which saturates or wraps.
double limited(double value, int fraction_bits, bool wraps) {
  const double end = std::ldexp(1, 31 - fraction_bits);
  if (wraps) return value - 2 * end * std::floor((value + end) / (2 * end));
  return std::clamp(value, -end, end - std::ldexp(1, -fraction_bits));
}

float cut(double exact, int bits, bool to_nearest) {
  if (exact == 0 || !std::isfinite(exact)) return static_cast<float>(exact);
  const int shift = bits - 1 - std::ilogb(exact);
  const double scaled = std::ldexp(exact, shift);
  return static_cast<float>(
      std::ldexp(to_nearest ? std::nearbyint(scaled) : std::trunc(scaled), -shift));
}

}  // namespace

DeviatingNumbers::DeviatingNumbers(const Network& network,
                                   std::span<const LayerParameters<double>> before,
                                   const Sample& sample, float learning_rate,
                                   const ArithmeticModel& model, NumberKind kind,
                                   const Changes& changes, DeviceMemory& memory)
    : network_(network),
      before_(before),
      sample_(sample),
      learning_rate_(learning_rate),
      model_(model),
      kind_(kind),
      changes_(changes),
      memory_(memory),
      unit_(kind == NumberKind::fixed ? 0 : std::ldexp(outwards, -model.significand_bits)),
      underflow_(std::ldexp(1, -126 - model.significand_bits) +
                 (model.flush_to_zero ? smallest_normal : 0)) {
  const std::size_t layers = network.layers.size();
  for (auto* all : {&predicted_, &used_, &deltas_, &weights_, &biases_, &gradients_,
                    &bias_gradients_, &computed_, &hidden_sums_})
    all->resize(layers);
  z_.resize(layers);
  in_update_.resize(layers);
  exponents_.resize(layers);
  weights_of_hidden_delta_.resize(layers);
  for (std::size_t l = 0; l < layers; ++l) {
    weights_[l].resize(network.layers[l].weight_count());
    gradients_[l].resize(network.layers[l].weight_count());
    biases_[l].resize(network.layers[l].outputs);
    bias_gradients_[l].resize(network.layers[l].outputs);
  }
  if (changes.operation) {
    // What is not rounded to nearest is off by a whole unit.
    unit_ = std::ldexp(2 * outwards, -std::min(model.significand_bits, changes.bits_of_operation));
    underflow_ *= 2;
    if (changes.rounding == RoundingChange::flush_to_zero) underflow_ += smallest_normal;
  }
  if (!memory_.learning_rate && learning_rate != 0) memory_.learning_rate = learning_rate;
}

void DeviatingNumbers::use(std::size_t l, std::vector<Computed> activations,
                           std::vector<double> z) {
  predicted_[l] = used_[l] = std::move(activations);
  z_[l] = std::move(z);
}

void DeviatingNumbers::use_in_update(std::size_t l, std::size_t j, double activation) {
  in_update_[l].resize(used_[l].size());
  in_update_[l][j] = activation;
}

void DeviatingNumbers::scale_weights_of_hidden_delta(std::size_t l, int exponent) {
  exponents_[l] = exponent;
}

void DeviatingNumbers::take_for_the_hidden_delta(std::size_t l, std::vector<double> weights) {
  weights_of_hidden_delta_[l] = std::move(weights);
}

double DeviatingNumbers::rounding(double magnitude, int fraction_bits) const {
  if (is_fixed()) return std::ldexp(1, changes_.bits_lost_of_products - fraction_bits);
  return unit_ * magnitude + underflow_;
}

/// Whether an operand is a factor of the products in sums, of which fewer bits may be kept.
bool DeviatingNumbers::is_cut_factor(FlushedOperand operand) const {
  return changes_.bits_of_factors != 0 && (operand == FlushedOperand::weight_of_the_forward_pass ||
                                           operand == FlushedOperand::input_of_the_forward_pass ||
                                           operand == FlushedOperand::weight_of_the_hidden_delta ||
                                           operand == FlushedOperand::delta_of_the_hidden_delta);
}

float DeviatingNumbers::factor(double number) const {
  return std::abs(number) < smallest_normal
             ? static_cast<float>(number)
             : cut(number, changes_.bits_of_factors, !changes_.cuts_factors);
}

template <class Number>
Number DeviatingNumbers::seen(FlushedOperand operand, Number number) const {
  if (is_cut_factor(operand)) return factor(number);
  return changes_.flushed == operand && std::abs(number) < smallest_normal ? Number{0} : number;
}

Computed DeviatingNumbers::seen(FlushedOperand operand, Computed number) const {
  if (is_cut_factor(operand)) {
    number.bits = factor(number.bits);
    number.error += std::ldexp(std::abs(number.value), 1 - changes_.bits_of_factors);
    return number;
  }
  if (changes_.flushed != operand) return number;
  number.bits = seen(operand, number.bits);
  if (std::abs(number.value) + number.error < smallest_normal) return {0, 0, number.bits};
  if (std::abs(number.value) - number.error < smallest_normal) number.error += smallest_normal;
  return number;
}

float DeviatingNumbers::rounded(RoundedOperation operation, double exact) const {
  const auto nearest = static_cast<float>(exact);
  const bool is_changed =
      changes_.operation == operation || changes_.operation == RoundedOperation::every;
  if (!is_changed || !std::isfinite(nearest)) return nearest;
  constexpr float above = std::numeric_limits<float>::infinity();
  switch (changes_.rounding) {
    case RoundingChange::none:
      return nearest;
    case RoundingChange::truncation:
      return std::abs(double{nearest}) > std::abs(exact) ? std::nextafter(nearest, 0.0f) : nearest;
    case RoundingChange::ties_up: {
      const float next = std::nextafter(nearest, above);
      return nearest < exact && double{next} - exact == exact - double{nearest} ? next : nearest;
    }
    case RoundingChange::rounded_down:
      return nearest > exact ? std::nextafter(nearest, -above) : nearest;
    case RoundingChange::flush_to_zero:
      return std::abs(nearest) < smallest_normal ? 0.0f : nearest;
    case RoundingChange::fewer_bits:
    case RoundingChange::fewer_bits_cut: {
      const int bits = changes_.bits_of_operation;
      const bool is_to_nearest = changes_.rounding == RoundingChange::fewer_bits;
      if (nearest == 0 || std::abs(nearest) >= smallest_normal)
        return cut(nearest, bits, is_to_nearest);
      // Subnormal numbers have fewer bits already: the last ones of the pattern go.
      const double scaled = std::ldexp(nearest, 125 + bits);
      return static_cast<float>(
          std::ldexp(is_to_nearest ? std::nearbyint(scaled) : std::trunc(scaled), -(125 + bits)));
    }
    case RoundingChange::rounded_twice:
    case RoundingChange::subnormals_cut: {
      if (exact == 0 || std::abs(exact) >= smallest_normal) return nearest;
      const bool is_cut = changes_.rounding == RoundingChange::subnormals_cut;
      const int places = is_cut ? 149 : 23 - std::ilogb(exact);
      const double scaled = std::ldexp(exact, places);
      return static_cast<float>(
          std::ldexp(is_cut ? std::trunc(scaled) : std::nearbyint(scaled), -places));
    }
  }
  return nearest;
}

float DeviatingNumbers::fused_or_not(RoundedOperation product, RoundedOperation sum,
                                     float accumulator, float x, float y) const {
  const bool is_fused = changes_.fuses_this_operation_only
                            ? changes_.operation == sum
                            : model_.fused_multiply_add == FusedMultiplyAdd::yes;
  if (!is_fused)
    return rounded(sum, double{accumulator} + double{rounded(product, double{x} * double{y})});
  const bool is_to_nearest =
      (changes_.operation != sum && changes_.operation != RoundedOperation::every) ||
      changes_.rounding == RoundingChange::none;
  if (is_to_nearest) return std::fma(x, y, accumulator);
  return rounded(sum, double{accumulator} + double{x} * double{y});
}

// x y is rounded, not its opposite: ties go up there.
float DeviatingNumbers::subtracted(float minuend, float x, float y) const {
  const bool is_fused = changes_.fuses_this_operation_only
                            ? changes_.operation == RoundedOperation::update_sum
                            : model_.fused_multiply_add == FusedMultiplyAdd::yes;
  if (!is_fused)
    return rounded(
        RoundedOperation::update_sum,
        double{minuend} - double{rounded(RoundedOperation::update_product, double{x} * double{y})});
  const bool is_to_nearest = (changes_.operation != RoundedOperation::update_sum &&
                              changes_.operation != RoundedOperation::every) ||
                             changes_.rounding == RoundingChange::none;
  if (is_to_nearest) return std::fma(-x, y, minuend);
  return rounded(RoundedOperation::update_sum, double{minuend} - double{x} * double{y});
}

Computed DeviatingNumbers::product(const Computed& x, const Computed& y, int fraction_bits) const {
  if (std::isinf(x.error) || std::isinf(y.error)) return not_known();
  const double value = x.value * y.value;
  if (!std::isfinite(value)) {
    const bool has_sign = std::abs(x.value) > x.error && std::abs(y.value) > y.error;
    return std::isnan(value) || has_sign ? Computed{value, 0, x.bits * y.bits} : not_known();
  }
  if (x.is_zero() || y.is_zero()) return {0, 0, x.bits * y.bits};
  const double reach =
      std::abs(x.value) * y.error + std::abs(y.value) * x.error + x.error * y.error;
  return {value, (reach + rounding(std::abs(value) + reach, fraction_bits)) * outwards,
          x.bits * y.bits};
}

/// A product in 32 bits behind the shift by 20 that wide sums have, which leaves 12 more fraction
/// bits than narrow ones.
double DeviatingNumbers::wrapped_product(double exact, int fraction_bits) const {
  return makes(Deviation::products_wrap) ? limited(exact, fraction_bits + 12, true) : exact;
}

bool DeviatingNumbers::reads_beside_the_inputs() const {
  return makes(Deviation::one_input_too_many) ||
         (makes(Deviation::address_of_the_input_kept) && memory_.is_input_elsewhere);
}

bool DeviatingNumbers::alters_overflow() const {
  return makes(Deviation::overflow_limited) || makes(Deviation::overflow_as_zero) ||
         makes(Deviation::overflow_as_not_a_number) || makes(Deviation::overflow_without_sign) ||
         makes(Deviation::overflow_early) || makes(Deviation::overflow_wraps);
}

/// Of a number beyond binary32: the bits of its exponent below the highest.
Computed DeviatingNumbers::with_wrapped_exponent(const Computed& number) {
  const double magnitude = std::abs(number.value);
  const auto exponent_of = [](double x) { return std::ilogb(x) + 127; };
  if (exponent_of(magnitude - number.error) >> 7 != exponent_of(magnitude + number.error) >> 7)
    return not_known();
  const int exponent = exponent_of(magnitude), kept = exponent & 127;
  // Without the leading digit it is somewhere below the least normal number.
  if (kept == 0) return {std::copysign(0x1p-127, number.value), 0x1p-127, unknown_bits};
  return {std::ldexp(number.value, kept - exponent), std::ldexp(number.error, kept - exponent),
          unknown_bits};
}

Computed DeviatingNumbers::in_range(const Computed& number, bool is_decided) const {
  if (is_fixed()) return number;
  if (!std::isfinite(number.value)) return {number.value, 0, number.bits};
  const double start = makes(Deviation::overflow_early) ? changes_.number : start_of_overflow;
  const double magnitude = std::abs(number.value);
  if (magnitude + number.error < start) return number;
  if (!is_decided || !(magnitude - number.error >= start)) return not_known();
  const auto bits = static_cast<float>(std::copysign(infinite_number, number.value));
  if (makes(Deviation::overflow_limited)) {
    const double middle = (largest_finite_number + least_limit) / 2;
    return {std::copysign(middle, number.value), middle - least_limit, unknown_bits};
  }
  if (makes(Deviation::overflow_as_zero)) return Computed::exactly(0);
  if (makes(Deviation::overflow_wraps)) return with_wrapped_exponent(number);
  if (makes(Deviation::overflow_as_not_a_number)) return not_a_number();
  if (makes(Deviation::overflow_without_sign)) return Computed::exactly(infinite_number);
  return {std::copysign(infinite_number, number.value), 0, bits};
}

Computed DeviatingNumbers::decided_change(const Computed& change, const Computed& delta,
                                          double before, const Computed& factor) const {
  if (is_fixed() || std::isfinite(delta.value) || std::isnan(delta.value)) return change;
  const double rate = learning_rate(), least = std::abs(factor.value) - factor.error;
  const bool is_decided =
      rate >= 1 && least >= 1 && rate * least >= 2.01 && std::abs(before) <= 0x1p126;
  return is_decided ? change : not_known();
}

/// An input or a target of int32_fixed.
double DeviatingNumbers::quantized(double x) const {
  const double scaled = std::ldexp(x, fixed_delta_bits);
  double nearest = std::round(scaled);
  if (makes(Deviation::inputs_truncated)) nearest = std::trunc(scaled);
  if (makes(Deviation::inputs_of_12_fraction_bits))
    nearest = std::ldexp(std::floor(std::ldexp(x, 12)), fixed_delta_bits - 12);
  if (makes(Deviation::ties_up_for_away)) nearest = std::floor(scaled + 0.5);
  if (makes(Deviation::ties_to_even)) nearest = std::nearbyint(scaled);
  if (makes(Deviation::half_added_in_binary32))
    nearest =
        std::copysign(std::trunc(double{static_cast<float>(std::abs(scaled)) + 0.5f}), scaled);
  if (makes(Deviation::ties_to_zero))
    nearest = std::copysign(std::ceil(std::abs(scaled) - 0.5), scaled);
  const double value = std::ldexp(nearest, -fixed_delta_bits);
  const bool is_beyond = std::abs(value) >= std::ldexp(1, 31 - fixed_delta_bits);
  return limited(
      makes(Deviation::negative_end_at_the_positive_one) && is_beyond ? std::abs(value) : value,
      fixed_delta_bits, makes(Deviation::inputs_wrap));
}

double DeviatingNumbers::limited_input(double x) const {
  return makes(Deviation::inputs_limited_to) ? std::min(x, changes_.number) : x;
}

void DeviatingNumbers::round_inputs(std::span<const float> inputs, std::vector<Computed>& input,
                                    std::vector<Computed>& update_input) {
  input.clear();
  for (const float given : inputs) {
    const double x = limited_input(given);
    input.push_back(Computed::exactly(is_fixed() ? quantized(x) : x));
  }
  update_input = input;
}

void DeviatingNumbers::begin_layer(std::size_t l) {
  neuron_ = 0;
  z_[l].clear();
  predicted_[l].clear();
  used_[l].clear();
  computed_[l].clear();
}

Computed DeviatingNumbers::weight_at(std::size_t l, std::size_t flat) const {
  const LayerParameters<double>& layer = before_[l];
  if (flat < layer.weights.size()) return Computed::exactly(layer.weights[flat]);
  // Behind the weights of a layer lie its biases, in ports that keep both in one array.
  const std::size_t beyond = flat - layer.weights.size();
  return beyond < layer.biases.size() ? Computed::exactly(layer.biases[beyond]) : not_known();
}

std::size_t DeviatingNumbers::computed_inputs(std::size_t l) const {
  const std::size_t inputs = network_.layers[l].inputs;
  if (makes(Deviation::last_input_dropped)) return inputs - 1;
  if (makes(Deviation::remainder_dropped)) return inputs / 4 * 4;
  return inputs;
}

/// The last term of a sum that is below 0; as many as there are where none is.
std::size_t DeviatingNumbers::last_negative_term(std::span<const double> weights, std::size_t row,
                                                 const std::vector<Computed>& below) {
  for (std::size_t i = below.size(); i-- > 0;)
    if (weights[row * below.size() + i] * below[i].value < 0) return i;
  return below.size();
}

/// What lies behind the activations below a layer: those of the layer itself, of which the first
/// are new.
Computed DeviatingNumbers::beyond_the_inputs(std::size_t l, std::size_t j) const {
  // Of softmax none is new before all sums are there.
  if (j > 0 && !used_[l].empty()) return used_[l].front();
  return memory_.activations.empty() ? not_known()
                                     : Computed::exactly(memory_.activations[l].front());
}

Computed DeviatingNumbers::pre_activation(std::size_t l, std::size_t j,
                                          const std::vector<Computed>& below) {
  const Layer& layer = network_.layers[l];
  const LayerParameters<double>& parameters = before_[l];
  j = changes_.index_of(Place::pre_activation, j, layer.outputs);
  double bias = parameters.biases[changes_.index_of(Place::bias, j, layer.outputs)];
  bias *= changes_.factor_of(Place::bias);
  const std::size_t row = changes_.index_of(Place::weights_of_a_neuron, j, layer.outputs);
  const double input_factor = changes_.factor_of(Place::input);
  if (makes(Deviation::bias_not_added)) bias = 0;
  if (makes(Deviation::bias_of_the_next_neuron)) bias = parameters.biases[(j + 1) % layer.outputs];
  if (makes(Deviation::bias_of_the_first_layer) && layer.outputs <= network_.layers[0].outputs)
    bias = before_[0].biases[j];
  bias = seen(FlushedOperand::bias, bias);
  const bool is_wide = changes_.operation == RoundedOperation::activation_argument;
  const bool is_last = model_.bias_position == BiasPosition::last;
  const bool descends = model_.summation_order == SummationOrder::descending;
  const auto product_bits =
      l == 0 ? fixed_parameter_bits + fixed_delta_bits - 32
             : fixed_parameter_bits + fixed_activation_bits(network_.layers[l - 1].activation) - 32;

  if (makes(Deviation::bias_from_before_the_last_step) && !memory_.biases.empty())
    bias = memory_.biases[l][j];
  const std::size_t count = computed_inputs(l);
  const std::size_t left_out = makes(Deviation::last_negative_term_dropped)
                                   ? last_negative_term(parameters.weights, row, below)
                                   : count;
  double sum = bias, magnitude = std::abs(bias),
         error = changes_.coarseness_of(Place::bias, bias, is_fixed()), wide = bias;
  auto bits = static_cast<float>(is_last ? 0 : bias);
  std::size_t terms = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = descends ? count - 1 - k : k;
    if (i == left_out) continue;
    const std::size_t flat = makes(Deviation::weights_transposed_in_forward_pass)
                                 ? i * layer.outputs + j
                                 : row * layer.inputs + i;
    const double weight =
        seen(FlushedOperand::weight_of_the_forward_pass, parameters.weights[flat]) * input_factor;
    Computed x = seen(FlushedOperand::input_of_the_forward_pass,
                      below[changes_.index_of(Place::input, i, layer.inputs)]);
    if (l > 0) x = seen(FlushedOperand::activation_of_the_forward_pass, x);
    sum += wrapped_product(weight * x.value, product_bits);
    magnitude += std::abs(weight * x.value);
    error +=
        std::abs(weight) * (x.error + changes_.coarseness_of(Place::input, x.value, is_fixed()));
    if (l == 0)
      error += std::abs(weight) * changes_.coarseness_of(Place::network_input, x.value, is_fixed());
    // Products with 0 are exact, in fixed point with a second factor of 0 alone (SPEC 13.3).
    terms += std::size_t{(weight != 0 || is_fixed()) && !x.is_zero()};
    wide += weight * double{x.bits};
    bits = fused_or_not(RoundedOperation::forward_product, RoundedOperation::forward_sum, bits,
                        static_cast<float>(weight), x.bits);
  }
  // Beside the inputs of the network the agent has NaN.
  if (reads_beside_the_inputs() && l == 0) {
    z_[l].push_back(std::numeric_limits<double>::quiet_NaN());
    return not_a_number();
  }
  if (makes(Deviation::one_input_too_many)) {
    const Computed weight = weight_at(l, (row + 1) * layer.inputs);
    const Computed x = beyond_the_inputs(l, j);
    sum += weight.value * x.value;
    magnitude += std::abs(weight.value * x.value);
    error += weight.error > 0 ? unknown : std::abs(weight.value) * x.error;
    bits = unknown_bits;
    ++terms;
  }
  if (is_last) bits = rounded(RoundedOperation::bias_sum, double{bits} + bias);
  if (is_wide) bits = rounded(RoundedOperation::activation_argument, wide);
  error += static_cast<double>(terms + 1) *
           changes_.coarseness_of(Place::pre_activation, magnitude, is_fixed());
  const bool are_addends_known = std::isfinite(error);
  const double factor = changes_.factor_of(Place::pre_activation);
  sum *= factor;
  magnitude *= std::abs(factor);
  error *= std::abs(factor);
  if (is_fixed()) {
    if (makes(Deviation::sums_start_with_units))
      sum += static_cast<double>(count + 1) * 1.5 * std::ldexp(1, -product_bits);
    error += static_cast<double>(terms + 1) * 1.5 *
                 std::ldexp(1, changes_.bits_lost_of_products - product_bits) *
                 std::max(1.0, std::abs(factor)) +
             std::ldexp(2, -fixed_preactivation_bits);
    if (changes_.bits_of_sums != 0)
      sum = limited(sum, 32 - changes_.bits_of_sums, !changes_.are_sums_limited);
    const bool is_below = sum < -std::ldexp(1, 31 - fixed_preactivation_bits);
    sum = limited(
        sum, fixed_preactivation_bits,
        makes(Deviation::wraps_for_saturates) || (is_below && makes(Deviation::sums_wrap_below)));
    bits = unknown_bits;
  } else if (terms > 0) {
    const auto additions = static_cast<double>(terms + 2);
    error = (error + additions * unit_ * (magnitude + error) + additions * underflow_) * outwards;
  }
  z_[l].push_back(sum);
  // Compensated summation makes NaN of an infinite addend.
  if (!std::isfinite(sum))
    return !are_addends_known ? not_known()
           : terms == 1       ? in_range({sum, error, bits}, true)
                              : not_finite();
  const bool is_decided =
      terms == 1 && (magnitude - std::abs(sum)) / 2 + error < largest_finite_number;
  return seen(FlushedOperand::argument, in_range({sum, error, bits}, is_decided));
}

Computed DeviatingNumbers::function_value(Activation function, const Computed& z) const {
  const double a_unit = std::ldexp(1, -fixed_activation_bits(function));
  double argument = z.value;
  if (function == Activation::identity && !is_fixed()) return z;
  // NaN is not above 0.
  if (std::isnan(argument) && reads_beside_the_inputs())
    return function == Activation::relu ? Computed::exactly(0) : not_a_number();
  if (std::isinf(argument)) {
    if (makes(Deviation::infinity_as_not_a_number)) return not_a_number();
    // A port may multiply z by 0.
    if (function == Activation::relu && argument < 0) return not_known();
    if (makes(Deviation::function_of_infinity_wrong) && function == Activation::sigmoid)
      return {0.5, 0.5, unknown_bits};
    if (makes(Deviation::function_of_infinity_wrong) && function == Activation::tanh)
      return {0, 1, unknown_bits};
  }
  if (!is_approximated(function)) {
    const auto exactly = [&](double x) { return activation_value(function, Binary64(), x); };
    double value = exactly(argument);
    auto bits = static_cast<float>(exactly(z.bits));
    const bool is_cut = function != Activation::identity && !(argument > 0);
    if (makes(Deviation::slope_below_zero) && is_cut) {
      value = changes_.number * argument;
      bits = static_cast<float>(changes_.number) * z.bits;
      return {value, z.error + std::abs(value) * 4 * unit_ + underflow_, bits};
    }
    if (makes(Deviation::relu_limited) && function == Activation::relu) {
      value = std::min(value, changes_.number);
      bits = std::min(bits, static_cast<float>(changes_.number));
    }
    // These functions never fall, so that both ends of what z may be say how far a may be.
    double error = z.error;
    if (std::isfinite(argument))
      error = std::max(exactly(argument + z.error) - exactly(argument),
                       exactly(argument) - exactly(argument - z.error)) +
              (is_cut && value != 0 ? underflow_ : 0);
    if (!is_fixed()) return {value, error, bits};
    const bool may_move = function == Activation::identity || error > 0;
    return {limited(value, fixed_activation_bits(function), makes(Deviation::activations_wrap)),
            may_move ? error + a_unit : 0, unknown_bits};
  }
  const bool is_sigmoid = function == Activation::sigmoid;
  if (!is_sigmoid && function != Activation::tanh) return not_known();
  if (is_sigmoid && makes(Deviation::sigmoid_of_the_table_scale)) argument /= 16;
  const double a = is_sigmoid ? Binary64Functions::sigmoid(argument) : std::tanh(argument);
  if (is_sigmoid && makes(Deviation::sigmoid_clamped)) {
    if (std::abs(argument) - z.error >= changes_.number)
      return Computed::exactly(argument > 0 ? 1 : 0);
    if (std::abs(argument) + z.error >= changes_.number) return not_known();
  }
  const double slope =
      is_sigmoid ? a * Binary64Functions::sigmoid(-argument) : (1 - a * a) + 0x1p-50;
  const double steepest = is_sigmoid ? 0.25 : 1;
  const double growth = is_sigmoid ? 1 : 2;
  double error =
      std::min(steepest, slope * (1 + 0x1p-50) * std::exp(std::min(700.0, growth * z.error))) *
      z.error;
  error = std::min(error, is_sigmoid ? 1.0 : 2.0);
  const double magnitude = std::min(1 - 0x1p-53, std::abs(a) + error);
  if (is_fixed())
    error += std::ldexp(model_.activation_ulps, -24) + a_unit;
  else
    error += std::max(0.5, model_.activation_ulps) *
                 std::ldexp(static_cast<double>(ulp_of(static_cast<float>(magnitude))),
                            24 - model_.significand_bits) +
             (model_.flush_to_zero ? smallest_normal : 0);
  error += model_.activation_absolute_error;
  if (makes(Deviation::function_inaccurate)) error += changes_.number;
  return {a, (error + 0x1p-50 * std::abs(a)) * outwards, unknown_bits};
}

Computed DeviatingNumbers::activation(std::size_t l, const Computed& z) {
  const std::size_t j = neuron_++;
  Computed a = function_value(network_.layers[l].activation, z);
  const std::size_t computed = makes(Deviation::two_layers_only)    ? 2
                               : makes(Deviation::four_layers_only) ? 4
                                                                    : network_.layers.size();
  const bool is_old = l >= computed || makes(Deviation::activations_of_the_last_forward_pass);
  computed_[l].push_back(a);
  if (is_old) a = Computed::exactly(memory_.activations.empty() ? 0 : memory_.activations[l][j]);
  if (makes(Deviation::activations_computed_one_pass_before))
    a = memory_.computed.empty() ? not_known() : memory_.computed[l][j];
  const std::size_t outputs = network_.layers[l].outputs;
  const bool is_left_out =
      (makes(Deviation::last_neuron_not_computed) && outputs % 2 == 1 && j + 1 == outputs) ||
      (makes(Deviation::leftover_neurons_not_computed) && j >= outputs / 4 * 4);
  if (is_left_out)
    a = memory_.activations.empty() ? Computed::exactly(0)
                                    : Computed::exactly(memory_.activations[l][j]);
  scale(a, changes_.factor_of(Place::activation));
  predicted_[l].push_back(a);
  const bool is_covered = l == last() && makes(Deviation::output_deltas_over_outputs);
  if (!shown_.empty() && !is_covered) a = Computed::exactly(shown_[l][j]);
  used_[l].push_back(a);
  return a;
}

void DeviatingNumbers::activations(std::size_t l, const std::vector<Computed>& z,
                                   std::vector<Computed>& a) {
  a = softmax(z);
  for (Computed& each : a) scale(each, changes_.factor_of(Place::activation));
  computed_[l] = a;
  if (makes(Deviation::activations_computed_one_pass_before))
    a = memory_.computed.empty() ? std::vector<Computed>(z.size(), not_known())
                                 : memory_.computed[l];
  if (makes(Deviation::activations_of_the_last_forward_pass) ||
      (makes(Deviation::two_layers_only) && l >= 2) ||
      (makes(Deviation::four_layers_only) && l >= 4))
    for (std::size_t j = 0; j < a.size(); ++j)
      a[j] = Computed::exactly(memory_.activations.empty() ? 0 : memory_.activations[l][j]);
  predicted_[l] = a;
  if (!shown_.empty())
    for (std::size_t j = 0; j < a.size(); ++j) a[j] = Computed::exactly(shown_[l][j]);
  used_[l] = a;
}

/// SPEC 5.13, and what is known to be done otherwise.
std::vector<Computed> DeviatingNumbers::softmax(const std::vector<Computed>& z) const {
  // Behind this e^z overflows, and below its opposite 1 / e^z.
  constexpr double overflow = 88.73, underflow = -103.98;
  if (makes(Deviation::softmax_left_out)) return z;
  std::vector<Computed> a;
  std::vector<double> arguments, bounds;
  for (const Computed& each : z) {
    if (!std::isfinite(each.value) || !std::isfinite(each.error))
      return std::vector<Computed>(z.size(), not_known());
    if (makes(Deviation::softmax_as_sigmoids))
      a.push_back(function_value(Activation::sigmoid, each));
    arguments.push_back(each.value);
    bounds.push_back(each.error);
  }
  if (!a.empty()) return a;
  if (makes(Deviation::softmax_of_powers_of_two))
    for (double& each : arguments) each *= std::log(2.0);
  const double largest = *std::ranges::max_element(arguments);
  const double taken = makes(Deviation::softmax_largest_not_subtracted) ? 0
                       : makes(Deviation::softmax_first_subtracted)     ? arguments.front()
                                                                        : largest;
  if (taken != largest && largest - taken > overflow) {
    // An infinite sum: infinity over infinity, and all others over infinity.
    for (const double each : arguments)
      a.push_back(each - taken > overflow ? not_finite() : Computed::exactly(0));
    return a;
  }
  if (taken != largest && largest - taken < underflow)
    return std::vector<Computed>(z.size(), not_finite());
  std::vector<Exact> values, complements;
  const std::vector<Exact> exact(arguments.begin(), arguments.end());
  SoftmaxFunction::evaluate(exact, values, complements);
  const SoftmaxBounds allowed(exact, bounds, values, RoundingModel(model_));
  double total = 0;
  for (const double each : arguments) total += std::exp(each - largest);
  for (std::size_t j = 0; j < arguments.size(); ++j) {
    const double value = magnitude_above(values[j]);
    double factor = 1;
    if (makes(Deviation::softmax_not_normalized)) factor = total;
    if (makes(Deviation::softmax_mean_for_the_sum)) factor = static_cast<double>(arguments.size());
    if (makes(Deviation::softmax_sum_without_the_last))
      factor = total / (total - std::exp(arguments.back() - largest));
    if (makes(Deviation::softmax_sum_without_its_own)) factor = 1 / magnitude_above(complements[j]);
    double bound = allowed.bound(j, magnitude_above(complements[j])) * factor;
    // The sum changes with the share of what is left out.
    if (factor != 1) bound *= std::max(1.0, factor) * static_cast<double>(arguments.size());
    a.push_back(std::isfinite(factor) ? Computed{value * factor, bound, unknown_bits}
                                      : not_finite());
  }
  return a;
}

Computed DeviatingNumbers::output_error(std::size_t l, const Computed& own_a, float) {
  Computed a = seen(FlushedOperand::output, own_a);
  scale(a, changes_.factor_of(Place::output));
  const std::size_t j = deltas_[l].size();
  const std::size_t outputs = sample_.target.size();
  double target = sample_.target[makes(Deviation::target_of_the_next_output)
                                     ? (j + 1) % outputs
                                     : changes_.index_of(Place::target, j, outputs)];
  if (makes(Deviation::targets_modulo_32)) target = sample_.target[j % 32];
  target *= changes_.factor_of(Place::target);
  if (makes(Deviation::target_of_the_previous_step))
    target = memory_.target.empty() ? 0 : memory_.target[j];
  target = seen(FlushedOperand::target, target);
  const bool is_bce = network_.loss == Loss::bce;
  if (is_bce && makes(Deviation::targets_rounded_to_labels)) target = target > 0.5 ? 1 : 0;
  if (makes(Deviation::targets_from_a_half_are_one)) target = target >= 0.5 ? 1 : 0;
  if (is_bce && makes(Deviation::targets_other_than_zero_are_one)) target = target != 0 ? 1 : 0;
  if (makes(Deviation::targets_of_3_fraction_bits)) target = std::floor(target * 8 + 0.5) / 8;
  if (makes(Deviation::targets_limited)) target = std::clamp(target, 0.0, 1.0);
  if (makes(Deviation::targets_limited_to)) target = std::min(target, changes_.number);
  if (is_fixed()) target = quantized(target);
  Computed error{a.value - target,
                 a.error + changes_.coarseness_of(Place::target, target, is_fixed()), 0};
  if (!error.is_zero() || is_fixed())
    error.error += rounding(std::abs(error.value) + a.error, fixed_delta_bits) * (is_bce ? 3 : 1);
  error.bits = rounded(RoundedOperation::output_delta, double{a.bits} - target);
  if (makes(Deviation::loss_derivative_clamped) && is_bce) {
    // Ports keep the divisor from 0 by up to 2^-20.
    const double slope = a.value * (1 - a.value);
    if (slope == 0)
      error = Computed::exactly(0);
    else if (slope < 0x1p-20)
      error = {error.value / 2, std::abs(error.value) / 2 + error.error, unknown_bits};
  }
  const auto times = [&](double factor) {
    error.value *= factor;
    error.error =
        error.error * std::abs(factor) + rounding(std::abs(error.value), fixed_delta_bits);
    error.bits *= static_cast<float>(factor);
  };
  if (is_fixed())
    error.value = makes(Deviation::output_error_kept_wide) && !is_bce
                      ? error.value
                      : limited(error.value, fixed_delta_bits, makes(Deviation::parameters_wrap));
  if (makes(Deviation::output_delta_sign)) {
    error.value = -error.value;
    error.bits = -error.bits;
  }
  if (makes(Deviation::delta_averaged_over_outputs)) times(1 / static_cast<double>(outputs));
  if (makes(Deviation::loss_without_half) && network_.loss == Loss::mse) times(2);
  if (network_.loss == Loss::cross_entropy) error = delta_of_cross_entropy(error, j);
  scale(error, changes_.factor_of(Place::output_delta));
  error.error += changes_.coarseness_of(Place::output_delta, error.value, is_fixed());
  if (makes(Deviation::deltas_in_int8)) error = in_int8(error);
  if (makes(Deviation::delta_limited)) {
    error.value = std::clamp(error.value, -1.0, 1.0);
    error.bits = std::clamp(error.bits, -1.0f, 1.0f);
  }
  error = seen(FlushedOperand::output_delta, error);
  if (makes(Deviation::output_delta_limited_to)) error = limited_to(error);
  if (!std::isfinite(error.value) && !std::isfinite(a.error)) return not_known();
  return in_range(error, true);
}

/// The limit is known from what numbers became that went through several roundings.
Computed DeviatingNumbers::limited_to(Computed number) const {
  const double limit = std::abs(changes_.number);
  if (std::abs(number.value) - number.error <= limit) return number;
  return {std::copysign(limit, number.value), limit * 0x1p-12, unknown_bits};
}

/// What ports take for a - t of softmax.
Computed DeviatingNumbers::delta_of_cross_entropy(const Computed& error, std::size_t j) const {
  const std::vector<Computed>& a = used_[last()];
  const double slope = a[j].value * (1 - a[j].value);
  const double slope_error = a[j].error + 4 * unit_ * slope + underflow_;
  if (makes(Deviation::softmax_derivative_in_the_delta))
    return product(error, {slope, slope_error, unknown_bits}, fixed_delta_bits);
  if (makes(Deviation::softmax_delta_of_the_target_alone) && sample_.target[j] == 0)
    return Computed::exactly(0);
  if (makes(Deviation::softmax_delta_of_binary_cross_entropy)) {
    // Ports keep the divisor from 0 by up to 2^-20.
    if (slope <= 2 * slope_error) return not_known();
    const double value = error.value / slope;
    return {value,
            std::abs(value) * (8 * unit_ + (slope_error + 0x1p-20) / (slope - slope_error)) +
                error.error / (slope - slope_error),
            unknown_bits};
  }
  if (makes(Deviation::softmax_jacobian_in_the_delta)) {
    double mean = 0, magnitude = 0, mean_error = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      const double difference = a[k].value - double{sample_.target[k]};
      mean += difference * a[k].value;
      magnitude += std::abs(difference * a[k].value);
      mean_error += a[k].error * (std::abs(difference) + std::abs(a[k].value));
    }
    const double difference = error.value - mean;
    const auto roundings = static_cast<double>(a.size() + 4);
    return {a[j].value * difference,
            std::abs(a[j].value) * (error.error + mean_error) + a[j].error * std::abs(difference) +
                roundings * (unit_ * (magnitude + std::abs(error.value)) + underflow_),
            unknown_bits};
  }
  return error;
}

Computed DeviatingNumbers::derivative(Activation function, const Computed& a, double z) const {
  double value = 1, error = 0;
  float bits = 1;
  const double reach = std::abs(a.value) + a.error;
  const double relative = std::max(8.0, 2 * model_.activation_ulps) * unit_;
  if (function == Activation::identity) return Computed::exactly(1);
  if (!is_approximated(function)) {
    if (makes(Deviation::relu_derivative_missing)) return Computed::exactly(1);
    // A relu of 0 comes from z = 0 or below; the marked sign of zero tells them apart.
    if (makes(Deviation::relu_derivative_one_at_zero) && a.value == 0 && z == 0 && a.error == 0)
      return Computed::exactly(1);
    if (makes(Deviation::slope_below_zero) && function == Activation::relu && a.value < 0)
      return Computed::exactly(0);
    if (makes(Deviation::slope_below_zero_twice) && a.value < 0) {
      const double slope = activation_slope(function, Binary64(), a.value);
      return Computed::exactly(slope * slope);
    }
    if (makes(Deviation::slope_below_zero_not_differentiated) && a.value < 0)
      return Computed::exactly(0);
    const auto slope_at = [&](double x) { return activation_slope(function, Binary64(), x); };
    const double slope = slope_at(a.value);
    const double change =
        std::max(slope_at(a.value + a.error) - slope, slope - slope_at(a.value - a.error));
    return {slope, change, change == 0 ? static_cast<float>(slope) : unknown_bits};
  }
  if (makes(Deviation::derivative_missing)) return Computed::exactly(1);
  if (function == Activation::sigmoid) {
    if (makes(Deviation::sigmoid_derivative_without_complement)) return a;
    const double s =
        makes(Deviation::derivative_at_a) ? Binary64Functions::sigmoid(a.value) : a.value;
    value = s * (1 - s);
    error = a.error * (std::abs(1 - 2 * s) + a.error);
    bits = rounded(RoundedOperation::sigmoid_derivative, double{a.bits} * double{1 - a.bits});
    if (makes(Deviation::derivative_at_a)) bits = unknown_bits;
  } else if (function == Activation::tanh) {
    const double t = makes(Deviation::derivative_of_z) ? z : a.value;
    value = 1 - t * t / (makes(Deviation::tanh_derivative_of_half_the_square) ? 2 : 1);
    error = a.error * (2 * std::abs(t) + a.error);
    if (makes(Deviation::derivative_of_z)) error += 0x1p-18 * (1 + t * t);
    const float square =
        rounded(RoundedOperation::derivative_square, double{a.bits} * double{a.bits});
    bits = model_.fused_multiply_add == FusedMultiplyAdd::yes
               ? std::fma(-a.bits, a.bits, 1.0f)
               : rounded(RoundedOperation::derivative_difference, 1 - double{square});
    if (makes(Deviation::derivative_of_z) || makes(Deviation::tanh_derivative_of_half_the_square))
      bits = unknown_bits;
    if (makes(Deviation::derivative_never_zero)) {
      value = std::max(value, 1e-6);
      bits = std::max(bits, 1e-6f);
    }
  } else {
    return not_known();
  }
  if (function == Activation::tanh && makes(Deviation::derivative_in_int8))
    return in_int8({value, error + 0x1p-22, unknown_bits});
  error += unit_ * reach * reach + relative * std::abs(value) + 3 * underflow_ +
           (is_fixed() ? 2 * rounding(1, fixed_delta_bits) : 0);
  return {value, error * outwards, bits};
}

Computed DeviatingNumbers::times_derivative(std::size_t l, const Computed& error,
                                            const Computed& a) {
  Activation function = network_.layers[l].activation;
  if (makes(Deviation::derivative_of_the_layer_above) && l < last())
    function = network_.layers[l + 1].activation;
  if (makes(Deviation::derivative_of_tanh_for_all) && (!is_fixed() || l < last()))
    function = Activation::tanh;
  const std::size_t own = deltas_[l].size();
  const std::size_t taken =
      changes_.index_of(Place::activation_of_the_derivative, own, used_[l].size());
  Computed slope = derivative(
      function,
      seen(FlushedOperand::activation_of_the_derivative, taken == own ? a : used_[l][taken]),
      z_[l][taken]);
  const auto in_delta_format = [&](double value) {
    if (!is_fixed()) return value;
    if (l < last() && value < 0 && makes(Deviation::negative_hidden_deltas_at_the_positive_end) &&
        limited(value, fixed_delta_bits, false) != value)
      value = -value;
    return limited(value, fixed_delta_bits, l < last() && makes(Deviation::hidden_delta_wraps));
  };
  if (slope.value == 1 && slope.error == 0)
    return {in_delta_format(error.value), error.error, error.bits};
  if (!std::isfinite(error.value)) return std::isnan(error.value) ? error : not_known();
  slope.error += changes_.coarseness_of(Place::derivative, slope.value, is_fixed());
  Computed delta = product(error, slope, fixed_delta_bits);
  if (slope.is_zero()) return {0, 0, 0};
  delta.error += 2 * rounding(std::abs(delta.value), fixed_delta_bits);
  delta.value = in_delta_format(delta.value);
  const RoundedOperation of_function = function == Activation::tanh
                                           ? RoundedOperation::delta_derivative_of_tanh
                                           : RoundedOperation::delta_derivative_of_sigmoid;
  const bool is_of_function = changes_.operation == of_function && is_approximated(function);
  delta.bits = rounded(is_of_function ? of_function : RoundedOperation::delta_derivative,
                       double{error.bits} * double{slope.bits});
  return delta;
}

Computed DeviatingNumbers::delta(std::size_t l, const Computed& error) {
  if (!makes(Deviation::bce_with_derivative)) {
    deltas_[l].push_back(error);
    return error;
  }
  deltas_[l].push_back(times_derivative(l, error, used_[l][deltas_[l].size()]));
  return deltas_[l].back();
}

Computed DeviatingNumbers::delta(std::size_t l, const Computed& error, const Computed& a) {
  const bool keeps_error = (l == last() && makes(Deviation::mse_without_derivative)) ||
                           (l < last() && makes(Deviation::hidden_delta_without_derivative));
  deltas_[l].push_back(keeps_error ? error : times_derivative(l, error, a));
  if (l < last() && makes(Deviation::hidden_delta_scaled)) {
    Computed& scaled = deltas_[l].back();
    scaled = {scaled.value * changes_.number, scaled.error * std::abs(changes_.number),
              unknown_bits};
    scaled.error += 0x1p-8 * std::abs(scaled.value);  // the number is fitted
  }
  if (l < last() && makes(Deviation::hidden_delta_limited_to))
    deltas_[l].back() = limited_to(deltas_[l].back());
  return deltas_[l].back();
}

/// The deltas above as they are read where hidden sums begin as 0 in their place.
void DeviatingNumbers::overwrite_deltas(std::size_t l, const std::vector<Computed>& above) {
  const Layer& layer = network_.layers[l + 1];
  overwritten_ = above;
  for (std::size_t j = 0; j < above.size() && j < layer.inputs; ++j) {
    Computed sum = Computed::exactly(0);
    for (std::size_t k = 0; k < j; ++k) {
      const Computed term = product(Computed::exactly(before_[l + 1].weights[k * layer.inputs + j]),
                                    overwritten_[k], fixed_delta_bits);
      sum.value += term.value;
      sum.error += term.error + unit_ * (std::abs(sum.value) + std::abs(term.value));
      sum.bits += term.bits;
    }
    overwritten_[j] = sum;
  }
}

Computed DeviatingNumbers::hidden_error(std::size_t l, std::size_t i,
                                        const std::vector<Computed>& above) {
  const Layer& layer = network_.layers[l + 1];
  const bool descends = model_.summation_order == SummationOrder::descending;
  double sum = 0, magnitude = 0, error = 0;
  float bits = 0;
  if (makes(Deviation::hidden_delta_not_cleared) && !memory_.deltas.empty()) {
    Computed left = memory_.deltas[l][i];
    // The same bits in the format of sums.
    if (is_fixed()) scale(left, std::ldexp(1, 32 - fixed_parameter_bits));
    sum = left.value;
    magnitude = std::abs(left.value);
    error = left.error;
    bits = left.bits;
  }
  if (makes(Deviation::delta_buffers_the_same) && i == 0) overwrite_deltas(l, above);
  std::size_t terms = 0;
  const std::size_t column = changes_.index_of(Place::column_of_the_hidden_delta, i, layer.inputs);
  const std::size_t count =
      above.size() - (makes(Deviation::last_neuron_left_out_of_the_hidden_delta) ? 1 : 0);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t j = descends ? count - 1 - k : k;
    const bool is_left_out =
        (makes(Deviation::fourth_neuron_left_out_of_the_hidden_delta) && j % 4 == 3) ||
        (makes(Deviation::leftover_neurons_left_out_of_the_hidden_delta) && j >= count / 4 * 4);
    if (is_left_out) continue;
    const std::size_t row = changes_.index_of(Place::row_of_the_hidden_delta, j, above.size());
    std::size_t flat = row * layer.inputs + column;
    if (makes(Deviation::weights_transposed)) flat = i * layer.outputs + j;
    if (makes(Deviation::delta_stride)) flat = j * layer.outputs + i;
    Computed weight = seen(FlushedOperand::weight_of_the_hidden_delta, weight_at(l + 1, flat));
    if (flat < weights_of_hidden_delta_[l + 1].size())
      weight = Computed::exactly(weights_of_hidden_delta_[l + 1][flat]);
    if (makes(Deviation::update_before_delta)) {
      const Computed change =
          product(Computed::exactly(learning_rate()),
                  product(above[j], used_[l][i], fixed_delta_bits), fixed_parameter_bits);
      weight.value -= change.value;
      weight.error += change.error + rounding(std::abs(weight.value), fixed_parameter_bits);
      weight.bits -= static_cast<float>(learning_rate()) * above[j].bits * used_[l][i].bits;
    }
    if (exponents_[l + 1] != 0) {
      weight.value = std::ldexp(weight.value, exponents_[l + 1]);
      weight.bits = std::ldexp(weight.bits, exponents_[l + 1]);
    }
    const Computed d = seen(FlushedOperand::delta_of_the_hidden_delta,
                            makes(Deviation::delta_buffers_the_same)
                                ? overwritten_[j]
                                : above[changes_.index_of(Place::delta_above, j, above.size())]);
    sum += wrapped_product(weight.value * d.value, fixed_parameter_bits + fixed_delta_bits - 32);
    magnitude += std::abs(weight.value * d.value);
    error += std::abs(weight.value) * d.error +
             (weight.error > 0 ? weight.error * (std::abs(d.value) + d.error) : 0);
    terms += std::size_t{(!weight.is_zero() || is_fixed()) && !d.is_zero()};
    bits = fused_or_not(RoundedOperation::delta_product, RoundedOperation::delta_sum, bits,
                        weight.bits, d.bits);
  }
  const bool are_addends_known = std::isfinite(error);
  if (is_fixed() && !makes(Deviation::hidden_sum_kept_wide))
    sum = limited(sum, fixed_parameter_bits + fixed_delta_bits - 32,
                  makes(Deviation::hidden_sum_wraps));
  if (is_fixed())
    error += 1.5 * static_cast<double>(terms + 1) *
             std::ldexp(1, changes_.bits_lost_of_products -
                               (fixed_parameter_bits + fixed_delta_bits - 32));
  else if (terms > 0)
    error = (error + static_cast<double>(terms + 3) * (unit_ * (magnitude + error) + underflow_)) *
            outwards;
  error += static_cast<double>(terms + 1) *
           changes_.coarseness_of(Place::hidden_sum, magnitude, is_fixed());
  Computed result{sum, error, bits};
  scale(result, changes_.factor_of(Place::hidden_sum));
  hidden_sums_[l].push_back(result);
  if (makes(Deviation::hidden_sum_limited_to)) result = limited_to(result);
  if (!std::isfinite(sum))
    return !are_addends_known ? not_known() : terms == 1 ? in_range(result, true) : not_finite();
  return in_range(result, terms == 1);
}

double DeviatingNumbers::learning_rate() const {
  double rate = learning_rate_;
  rate = seen(FlushedOperand::learning_rate, rate);
  if (makes(Deviation::learning_rate_latched))
    rate = memory_.learning_rate.value_or(learning_rate_);
  if (makes(Deviation::learning_rate_fixed)) rate = changes_.number;
  if (makes(Deviation::learning_rate_limited_to)) rate = std::min(rate, changes_.number);
  if (makes(Deviation::learning_rate_scaled) || makes(Deviation::changes_scaled))
    rate *= changes_.number;
  if (makes(Deviation::learning_rate_twice)) rate *= rate;
  if (makes(Deviation::learning_rate_of_16_significant_bits)) rate = cut(rate, 16, false);
  if (makes(Deviation::learning_rate_of_8_fraction_bits)) rate = std::floor(rate * 256 + 0.5) / 256;
  if (makes(Deviation::gradient_ascent)) rate = -rate;
  return rate;
}

Computed DeviatingNumbers::learning_rate_times_delta(std::size_t l, const Computed& own) {
  const Computed delta = seen(FlushedOperand::delta_of_the_update, own);
  const double rate = learning_rate();
  Computed step = product(Computed::exactly(rate), delta, fixed_parameter_bits + 2);
  int exponent = 0;
  const bool is_exact = std::abs(std::frexp(changes_.number, &exponent)) == 0.5;
  if ((makes(Deviation::learning_rate_scaled) || makes(Deviation::changes_scaled) ||
       makes(Deviation::learning_rate_fixed) || makes(Deviation::learning_rate_of_its_own) ||
       (makes(Deviation::learning_rate_limited_to) && learning_rate_ > changes_.number)) &&
      !is_exact)
    step.error += 0x1p-20 * std::abs(step.value);  // the number is fitted
  if (makes(Deviation::learning_rate_twice)) step.error += 4 * unit_ * std::abs(step.value);
  step.bits = rounded(RoundedOperation::rate_product,
                      double{static_cast<float>(rate)} * double{delta.bits});
  if (is_fixed())
    step.value =
        limited(step.value,
                fixed_step_bits(l == 0 ? fixed_delta_bits
                                       : fixed_activation_bits(network_.layers[l - 1].activation)),
                makes(Deviation::step_wraps));
  // What overflows here does not so in every legal order.
  if (alters_overflow()) step = in_range(step, true);
  return seen(FlushedOperand::step, step);
}

Computed DeviatingNumbers::stored_parameter(double before, const Computed& change, float bits,
                                            int kept_bits) const {
  if (change.is_zero() && kept_bits == 24 && !makes(Deviation::weights_limited_to_1) &&
      !makes(Deviation::weight_decay))
    return Computed::exactly(before);
  Computed stored{before - change.value, change.error, bits};
  if (makes(Deviation::weight_decay)) {
    stored.value -= 1e-6 * before;
    stored.bits = unknown_bits;
    stored.error += 4 * unit_ * 1e-6 * std::abs(before);
  }
  if (makes(Deviation::weights_limited_to_1)) {
    stored.value = std::clamp(stored.value, -1.0, 1.0);
    stored.bits = std::clamp(stored.bits, -1.0f, 1.0f);
  }
  if (!std::isfinite(stored.value) && std::isfinite(stored.error)) {
    return makes(Deviation::overflowing_updates_skipped) ? Computed::exactly(before)
                                                         : in_range(stored, true);
  }
  const double reach = std::abs(stored.value) + stored.error;
  stored.error = (stored.error + rounding(reach, fixed_parameter_bits)) * outwards;
  if (kept_bits < 24) {
    stored.error += std::ldexp(reach, (changes_.truncates_weights ? 1 : 0) - kept_bits);
    stored.bits = cut(double{stored.bits}, kept_bits, !changes_.truncates_weights);
  }
  if (is_fixed()) {
    const bool is_beyond = limited(stored.value, fixed_parameter_bits, false) != stored.value;
    if (is_beyond && makes(Deviation::parameters_at_the_other_end)) stored.value = -stored.value;
    stored.value = limited(stored.value, fixed_parameter_bits, makes(Deviation::parameters_wrap));
    stored.bits = unknown_bits;
    return stored;
  }
  const double beyond = std::abs(stored.value) - stored.error;
  if (makes(Deviation::overflowing_updates_skipped) && beyond >= start_of_overflow)
    return Computed::exactly(before);
  // A change that overflows may leave infinity where the exact result is finite.
  const bool may_be_infinite = std::abs(change.value) + change.error >= largest_finite_number;
  if (may_be_infinite && !(beyond >= start_of_overflow)) return not_known();
  return in_range(stored, true);
}

/// The delta that the update of a neuron takes for its own, and the learning rate times it.
void DeviatingNumbers::take_delta_of_the_update(std::size_t l, std::size_t j, Computed& delta,
                                                Computed& step) const {
  std::size_t taken = changes_.index_of(Place::delta_of_the_update, j, deltas_[l].size());
  if (makes(Deviation::deltas_modulo_32)) taken = j % 32;
  const bool is_below =
      makes(Deviation::delta_buffers_the_same) && l > 0 && j < deltas_[l - 1].size();
  if (taken != j || is_below) {
    delta = is_below ? deltas_[l - 1][j] : deltas_[l][taken];
    step = product(Computed::exactly(learning_rate()), delta, fixed_parameter_bits + 2);
  }
}

void DeviatingNumbers::update_weight(std::size_t l, std::size_t j, std::size_t i,
                                     const Computed& own_step, const Computed& own_delta,
                                     const Computed& own_below) {
  const Layer& layer = network_.layers[l];
  const std::size_t index = j * layer.inputs + i;
  Computed step = seen(FlushedOperand::step_of_the_weights, own_step), delta = own_delta;
  Computed below = seen(FlushedOperand::input_of_the_update, own_below);
  if (l > 0) below = seen(FlushedOperand::activation_of_the_update, own_below);
  if (l < last() && makes(Deviation::delta_buffer_stale)) {
    const bool is_output = network_.layers.size() == 2;
    delta = !is_output                   ? Computed::exactly(0)
            : j < deltas_[last()].size() ? deltas_[last()][j]
                                         : not_known();
    step = product(Computed::exactly(learning_rate()), delta, fixed_parameter_bits + 2);
  }
  if (makes(Deviation::network_input_in_every_update) && l > 0)
    below = i < sample_.inputs.size() ? Computed::exactly(sample_.inputs[i]) : not_known();
  if (makes(Deviation::first_layer_from_its_own_output) && l == 0)
    below = i < used_[0].size() ? used_[0][i] : not_known();
  if (l == 0) below.error += changes_.coarseness_of(Place::network_input, below.value, is_fixed());
  const std::size_t taken = changes_.index_of(Place::input_of_the_update, i, layer.inputs);
  if (taken != i) below = l == 0 ? Computed::exactly(sample_.inputs[taken]) : used_[l - 1][taken];
  take_delta_of_the_update(l, j, delta, step);
  if (l > 0 && !in_update_[l - 1].empty() && in_update_[l - 1][i])
    below = Computed::exactly(*in_update_[l - 1][i]);
  const bool is_left_out = makes(Deviation::weights_not_updated) ||
                           makes(Deviation::nothing_updated) ||
                           (makes(Deviation::last_neuron_not_updated) && j + 1 == layer.outputs) ||
                           (makes(Deviation::last_input_not_updated) && i + 1 == layer.inputs) ||
                           (makes(Deviation::dimension_of_8_bits) && i >= layer.inputs % 256) ||
                           (makes(Deviation::small_deltas_skipped) && std::abs(delta.value) < 1e-6);
  const double before = seen(FlushedOperand::weight_of_the_update, before_[l].weights[index]);
  if (is_left_out) {
    weights_[l][index] = Computed::exactly(before);
    return;
  }
  const int input_bits =
      l == 0 ? fixed_delta_bits : fixed_activation_bits(network_.layers[l - 1].activation);
  if (is_fixed() && step.error > 0)
    step.error += std::ldexp(1, changes_.bits_lost_of_products - fixed_step_bits(input_bits));
  Computed change =
      decided_change(product(step, below, fixed_parameter_bits), delta, before, below);
  if (!is_fixed() && std::abs(step.value) >= largest_finite_number &&
      std::abs(change.value) < largest_finite_number)
    change = not_known();
  scale(change, changes_.factor_of(Place::change_of_weights));
  // The number is that of a change that stays.
  if (makes(Deviation::small_changes_lost) &&
      std::abs(change.value) - change.error <= changes_.number) {
    weights_[l][index] = Computed::exactly(before);
    return;
  }
  if (!change.is_zero())
    change.error += changes_.coarseness_of(Place::change_of_weights, change.value, is_fixed());
  const bool is_gradient_first = model_.update_product == UpdateProduct::delta_times_activation;
  const float bits = is_gradient_first
                         ? subtracted(static_cast<float>(before),
                                      static_cast<float>(learning_rate()), delta.bits * below.bits)
                         : subtracted(static_cast<float>(before), step.bits, below.bits);
  gradients_[l][index] = change;
  const bool is_remembered =
      makes(Deviation::gradients_accumulate) || makes(Deviation::gradients_of_the_step_before);
  if (makes(Deviation::gradients_accumulate)) {
    const Computed earlier = memory_.changes.empty() ? not_known() : memory_.changes[l][index];
    change.value += earlier.value;
    change.error += earlier.error + 4 * unit_ * (std::abs(change.value) + std::abs(earlier.value));
  }
  if (makes(Deviation::gradients_of_the_step_before))
    change = memory_.gradients.empty() ? not_known() : memory_.gradients[l][index];
  const std::size_t target =
      makes(Deviation::gradients_transposed) ? (i * layer.outputs + j) : index;
  weights_[l][target] = stored_parameter(
      target == index ? before : before_[l].weights[target], change,
      target == index && !is_remembered ? bits : unknown_bits, changes_.bits_of_weights);
}

void DeviatingNumbers::update_bias(std::size_t l, std::size_t j, const Computed& own_step,
                                   const Computed& own_delta) {
  const Layer& layer = network_.layers[l];
  const double before = seen(FlushedOperand::bias_of_the_update, before_[l].biases[j]);
  Computed step = own_step, delta = own_delta;
  if (l < last() && makes(Deviation::delta_buffer_stale)) {
    delta = network_.layers.size() != 2  ? Computed::exactly(0)
            : j < deltas_[last()].size() ? deltas_[last()][j]
                                         : not_known();
    step = product(Computed::exactly(learning_rate()), delta, fixed_parameter_bits + 2);
  }
  const std::size_t taken = changes_.index_of(Place::change_of_biases, j, layer.outputs);
  if (taken != j) {
    delta = deltas_[l][taken];
    step = product(Computed::exactly(learning_rate()), delta, fixed_parameter_bits + 2);
  }
  take_delta_of_the_update(l, j, delta, step);
  if (makes(Deviation::bias_updated_without_rate)) step = delta;
  step = decided_change(step, delta, before, Computed::exactly(1));
  scale(step, changes_.factor_of(Place::change_of_biases));
  const bool is_left_out = makes(Deviation::bias_not_updated) ||
                           makes(Deviation::nothing_updated) ||
                           (makes(Deviation::last_neuron_not_updated) && j + 1 == layer.outputs) ||
                           (makes(Deviation::small_deltas_skipped) && std::abs(delta.value) < 1e-6);
  if (is_left_out) {
    biases_[l][j] = Computed::exactly(before);
    return;
  }
  if (makes(Deviation::bias_added)) {
    step.value = -step.value;
    step.bits = -step.bits;
  }
  if (makes(Deviation::bias_updated_for_every_input)) {
    const double count = layer.inputs;
    step.value *= count;
    step.error = step.error * count + unit_ * count * (std::abs(before) + std::abs(step.value));
    step.bits = unknown_bits;
  }
  bias_gradients_[l][j] = step;
  if (makes(Deviation::gradients_of_the_step_before))
    step = memory_.bias_gradients.empty() ? not_known() : memory_.bias_gradients[l][j];
  if (makes(Deviation::momentum_of_biases)) {
    const Computed earlier =
        memory_.bias_changes.empty() ? not_known() : memory_.bias_changes[l][j];
    step.value += earlier.value / 2;
    step.error += earlier.error / 2 + 4 * unit_ * std::abs(step.value);
    step.bits = unknown_bits;
  }
  const float bits = static_cast<float>(before) - step.bits;
  biases_[l][j] = stored_parameter(before, step, bits, changes_.bits_of_biases);
}

void DeviatingNumbers::finish_update(std::size_t l) {
  if (makes(Deviation::gradients_displaced) && l > 0) displace_gradients(l);
  if (makes(Deviation::rows_of_the_update_displaced)) displace_rows(l);
}

/// Weights and, behind them, biases take the change of the one before.
void DeviatingNumbers::displace_gradients(std::size_t l) {
  const std::size_t weights = weights_[l].size();
  for (std::size_t k = 0; k < weights + biases_[l].size(); ++k) {
    const Computed change = k == 0         ? not_known()
                            : k <= weights ? gradients_[l][k - 1]
                                           : bias_gradients_[l][k - 1 - weights];
    const double before = k < weights ? before_[l].weights[k] : before_[l].biases[k - weights];
    (k < weights ? weights_[l][k] : biases_[l][k - weights]) =
        stored_parameter(before, change, unknown_bits, changes_.bits_of_weights);
  }
}

/// Each row begins one element later than the one before it ends; what reaches the biases is
/// added to their own changes.
void DeviatingNumbers::displace_rows(std::size_t l) {
  const std::size_t inputs = network_.layers[l].inputs, stride = inputs + 1;
  const auto change_at = [&](std::size_t k) -> Computed {
    const std::size_t j = k / stride, i = k % stride;
    const bool is_reached = j < network_.layers[l].outputs && i < inputs;
    return is_reached ? gradients_[l][j * inputs + i] : Computed::exactly(0);
  };
  for (std::size_t k = 0; k < weights_[l].size(); ++k)
    weights_[l][k] = stored_parameter(before_[l].weights[k], change_at(k), unknown_bits,
                                      changes_.bits_of_weights);
  for (std::size_t j = 0; j < biases_[l].size(); ++j) {
    Computed change = change_at(weights_[l].size() + j);
    if (change.is_zero()) continue;
    change.value += bias_gradients_[l][j].value;
    change.error += bias_gradients_[l][j].error + 4 * unit_ * std::abs(change.value);
    biases_[l][j] =
        stored_parameter(before_[l].biases[j], change, unknown_bits, changes_.bits_of_biases);
  }
}

void DeviatingNumbers::remember(const std::vector<std::vector<Computed>>& changes) {
  memory_.activations.resize(used_.size());
  for (std::size_t l = 0; l < used_.size(); ++l) {
    memory_.activations[l].clear();
    for (const Computed& a : used_[l]) memory_.activations[l].push_back(a.value);
  }
  memory_.computed = computed_;
  if (deltas_.back().empty()) return;  // a forward pass
  memory_.deltas = deltas_;
  memory_.changes = changes;
  memory_.gradients = gradients_;
  memory_.bias_gradients = bias_gradients_;
  memory_.biases.clear();
  for (const LayerParameters<double>& layer : before_) memory_.biases.push_back(layer.biases);
  memory_.target = sample_.target;
}

}  // namespace lsgd
