// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "cases/golden_set.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {

/// One mistake of a port.
enum class Defect {
  none,
  last_term_dropped_of_odd_lengths,
  last_neuron_dropped_of_odd_counts,
  first_bias_for_last_neuron,
  dimensions_in_8_bits,
  two_layers_at_most,
  bias_missing,
  bias_not_updated,
  delta_sign_reversed,
  learning_rate_off_by_a_thousandth,
  learning_rate_twice,
  weights_transposed,
  weights_updated_before_delta,
  derivative_missing,
  derivative_of_z,
  relu_derivative_one_at_zero,
  leaky_relu_slope_of_a_hundredth,
  leaky_relu_derivative_one_at_zero,
  softmax_largest_not_subtracted,
  softmax_sum_without_the_last,
  delta_zero_where_saturated,
  tanh_as_ratio_of_exponentials,
  class_off_by_one,
  single_target_ignored,
  subnormals_flushed,
  subnormal_operands_flushed,
  overflow_saturates,
  targets_read_as_0_or_1,
  overflow_in_between,
  exponent_differences_in_8_bits,
  sum_aligned_to_zero_products,
  delta_buffer_not_swapped,
  // int8_hybrid
  shifts_stale,
  fraction_bits_fixed_at_7,
  fraction_bits_of_old_values,
  fraction_bits_of_floor,
  fraction_bits_of_exponent,
  fraction_bits_not_clamped,
  zero_layer_without_fraction_bits,
  output_format_hard_coded,
  negative_left_shift_ignored,
  rounding_term_missing,
  rounding_half_away,
  logical_right_shift,
  accumulator_of_16_bits,
  z_wraps,
  table_off_by_one,
  table_of_unsigned_index,
  update_from_quantized_input,
  requantization_truncates,
  requantization_wraps,
  small_updates_forced,
  products_truncated,
  // int8_integer and int32_fixed
  inputs_wrap,
  targets_truncated,
  deltas_wrap,
  parameters_wrap,
  biases_wrap,
  draws_for_zero_deltas,
  updates_rounded_to_nearest,
  random_state_signed,
  rate_exponent_rounded,
  rate_exponent_not_limited,
  halved_below_the_floor,
  halving_truncates,
  weights_limited_to_1,
  small_arguments_taken_for_zero,
  partial_sums_saturate,
  hidden_sums_wrap,
  steps_wrap,
  rate_shift_of_5_bits,
};

/// What a port shows of a training step, by the names of ExpectedTensor: a1, W1, b1, and, of int8
/// profiles, W1.fraction_bits and next.a1.
using ShownTensors = std::map<std::string, std::vector<std::uint32_t>>;

/// The loops of a plain port, whatever it computes in: where they end, and what they take.
class DefectiveLoops {
 protected:
  DefectiveLoops(const GoldenCase& golden_case, Defect defect)
      : network_(golden_case.network), case_(golden_case), defect_(defect) {}

  bool is(Defect defect) const { return defect_ == defect; }
  std::size_t layers() const { return network_.layers.size(); }
  static std::string name(const std::string& tensor, std::size_t layer) {
    return tensor + std::to_string(layer + 1);
  }

  /// A size as the defective port's loops see it.
  std::size_t length(std::size_t count) const {
    if (is(Defect::dimensions_in_8_bits)) return count & 255;
    if (is(Defect::last_term_dropped_of_odd_lengths) && count > 1) return count & ~std::size_t{1};
    return count;
  }
  std::size_t neurons(std::size_t count) const {
    if (is(Defect::dimensions_in_8_bits)) return count & 255;
    if (is(Defect::last_neuron_dropped_of_odd_counts) && count > 1) return count & ~std::size_t{1};
    return count;
  }
  std::size_t bias_of(std::size_t j, std::size_t count) const {
    return is(Defect::first_bias_for_last_neuron) && count % 2 == 1 && j == count - 1 ? 0 : j;
  }
  /// Where the weight from neuron i below to neuron j is, for a hidden delta.
  std::size_t weight_index(const Layer& layer, std::size_t j, std::size_t i) const {
    if (is(Defect::weights_transposed)) return (i * layer.outputs + j) % layer.weight_count();
    return j * layer.inputs + i;
  }
  std::size_t first_trained_layer() const {
    return is(Defect::two_layers_at_most) && layers() > 2 ? layers() - 2 : 0;
  }

  std::vector<float> target() const {
    std::vector<float> t = case_.sample.target;
    if (is(Defect::class_off_by_one)) std::rotate(t.begin(), t.end() - 1, t.end());
    if (is(Defect::single_target_ignored) && t.size() == 1) t[0] = 1;
    if (is(Defect::targets_read_as_0_or_1))
      for (float& value : t) value = value > 0.5f ? 1 : 0;
    return t;
  }

  const Network& network_;
  const GoldenCase& case_;

 private:
  Defect defect_;
};

/// A plain port of both profiles, written from SPEC 2 and 4 without the reference, with one defect.
class DefectiveStep : private DefectiveLoops {
 public:
  DefectiveStep(const GoldenCase& golden_case, Defect defect)
      : DefectiveLoops(golden_case, defect) {}

  ShownTensors float32() {
    weights_.clear(), biases_.clear();
    for (const auto& layer : parameters_of<Parameters<float>>(case_.parameters)) {
      weights_.push_back(layer.weights);
      biases_.push_back(layer.biases);
    }
    forward();
    backward(case_.sample.inputs);
    ShownTensors shown;
    for (std::size_t l = 0; l < layers(); ++l) {
      show(shown, name("a", l), activations_[l]);
      show(shown, name("W", l), weights_[l]);
      show(shown, name("b", l), biases_[l]);
    }
    return shown;
  }

  ShownTensors int8_hybrid() {
    ShownTensors shown;
    Int8Parameters parameters = parameters_of<Int8Parameters>(case_.parameters);
    const Int8Parameters before = parameters;
    forward(before, before, shown, "");
    weights_.clear(), biases_.clear();
    for (const auto& layer : before) {
      weights_.push_back(values_of(layer.weights));
      biases_.push_back(values_of(layer.biases));
    }
    std::vector<float> inputs = case_.sample.inputs;
    if (is(Defect::update_from_quantized_input))
      for (float& x : inputs) x = static_cast<float>(quantize(x, 7)) / 128;
    backward(inputs);
    for (std::size_t l = 0; l < layers(); ++l) {
      parameters[l].weights = requantized(weights_[l], before[l].weights);
      parameters[l].biases = requantized(biases_[l], before[l].biases);
      show(shown, name("W", l), parameters[l].weights);
      show(shown, name("b", l), parameters[l].biases);
    }
    forward(parameters, is(Defect::shifts_stale) ? before : parameters, shown, "next.");
    return shown;
  }

 private:
  static void show(ShownTensors& shown, const std::string& name, const std::vector<float>& values) {
    for (const float value : values) shown[name].push_back(std::bit_cast<std::uint32_t>(value));
  }
  static void show(ShownTensors& shown, const std::string& name, const Int8Tensor& tensor) {
    shown[name + ".fraction_bits"] = {static_cast<std::uint32_t>(tensor.fraction_bits & 255)};
    for (const std::int8_t value : tensor.values)
      shown[name].push_back(static_cast<std::uint8_t>(value));
  }

  static std::vector<float> values_of(const Int8Tensor& tensor) {
    std::vector<float> values;
    for (const std::int8_t value : tensor.values)
      values.push_back(std::ldexp(static_cast<float>(value), -tensor.fraction_bits));
    return values;
  }

  float flushed(float value) const {
    if (is(Defect::subnormals_flushed) && std::fpclassify(value) == FP_SUBNORMAL) return 0;
    if (is(Defect::overflow_in_between) && std::abs(value) > 0x1p64f) return INFINITY;
    if (is(Defect::overflow_saturates) && std::isinf(value))
      return std::copysign(std::numeric_limits<float>::max(), value);
    return value;
  }

  float operand(float value) const {
    const bool is_subnormal = std::fpclassify(value) == FP_SUBNORMAL;
    return is(Defect::subnormal_operands_flushed) && is_subnormal ? 0 : value;
  }

  float product(float given_x, float given_y) const {
    const float x = operand(given_x);
    const float y = operand(given_y);
    const float nearest = x * y;
    if (!is(Defect::products_truncated)) return nearest;
    const bool rounded_up = std::abs(nearest) > std::abs(double{x} * y);
    return rounded_up ? std::nextafter(nearest, 0.0f) : nearest;
  }

  /// sum + weight * x
  float added(float sum, float weight, float x) const {
    if (is(Defect::sum_aligned_to_zero_products) && weight == 0 && x != 0) {
      // 30 bits of a product whose zero factor counts as 2^-127, as its exponent field says.
      const float quantum = std::ldexp(1.0f, std::ilogb(x) - 127 - 30);
      return std::rint(sum / quantum) * quantum;
    }
    return flushed(sum + flushed(product(weight, x)));
  }

  /// rate * delta * x, to be subtracted from a weight.
  float change_of(float weight, float rate, float delta, float x) const {
    const double change = double{rate} * delta * x;
    if (is(Defect::exponent_differences_in_8_bits) && change != 0 && weight != 0 &&
        std::ilogb(weight) - std::ilogb(change) >= 256)
      return static_cast<float>(std::ldexp(change, 256));
    return flushed(product(product(rate, delta), x));
  }

  float activate(Activation activation, float z) const {
    switch (activation) {
      case Activation::identity:
        return z;
      case Activation::relu:
        return z > 0 ? z : 0;
      case Activation::leaky_relu:
        return z > 0 ? z : leaky_slope() * z;
      case Activation::sigmoid:
        return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z));
      case Activation::tanh:
        if (!is(Defect::tanh_as_ratio_of_exponentials)) return std::tanh(z);
        return (std::exp(z) - std::exp(-z)) / (std::exp(z) + std::exp(-z));
      case Activation::softmax:
        return z;  // of a layer: see softmax
    }
    return NAN;
  }

  float leaky_slope() const { return is(Defect::leaky_relu_slope_of_a_hundredth) ? 0.01f : 0.125f; }

  float derivative(Activation activation, float a, float z) const {
    if (is(Defect::derivative_missing)) return 1;
    const float of = is(Defect::derivative_of_z) ? z : a;
    switch (activation) {
      case Activation::identity:
        return 1;
      case Activation::relu:
        return a > 0 || (is(Defect::relu_derivative_one_at_zero) && z == 0) ? 1 : 0;
      case Activation::leaky_relu:
        if (is(Defect::leaky_relu_derivative_one_at_zero) && z == 0) return 1;
        return a > 0 ? 1 : leaky_slope();
      case Activation::sigmoid:
        return of * (1 - of);
      case Activation::tanh:
        return (1 - of) * (1 + of);
      case Activation::softmax:
        break;
    }
    return NAN;
  }

  std::vector<float> softmax(std::vector<float> a) const {
    const float largest =
        is(Defect::softmax_largest_not_subtracted) ? 0 : *std::ranges::max_element(a);
    float sum = 0;
    for (std::size_t j = 0; j < a.size(); ++j) {
      a[j] = std::exp(a[j] - largest);
      const bool is_lost = is(Defect::softmax_sum_without_the_last) && j + 1 == a.size();
      sum += is_lost ? 0 : a[j];
    }
    for (float& each : a) each = flushed(each / sum);
    return a;
  }

  void forward() {
    z_.clear(), activations_.clear();
    std::vector<float> below = case_.sample.inputs;
    for (std::size_t l = 0; l < layers(); ++l) {
      const Layer& layer = network_.layers[l];
      std::vector<float> z(layer.outputs), a(layer.outputs);
      for (std::size_t j = 0; j < neurons(layer.outputs); ++j) {
        z[j] = is(Defect::bias_missing) ? 0 : flushed(biases_[l][bias_of(j, layer.outputs)]);
        for (std::size_t i = 0; i < length(layer.inputs); ++i)
          z[j] = added(z[j], weights_[l][j * layer.inputs + i], below[i]);
        a[j] = flushed(activate(layer.activation, z[j]));
      }
      if (layer.activation == Activation::softmax) a = softmax(a);
      below = a;
      z_.push_back(z);
      activations_.push_back(a);
    }
  }

  std::vector<float> output_delta() const {
    const Layer& layer = network_.layers.back();
    const std::vector<float> t = target();
    std::vector<float> delta(layer.outputs);
    for (std::size_t j = 0; j < neurons(layer.outputs); ++j) {
      const float a = activations_.back()[j];
      delta[j] = a - t[j];
      if (is(Defect::delta_sign_reversed)) delta[j] = -delta[j];
      if (network_.loss == Loss::mse) delta[j] *= derivative(layer.activation, a, z_.back()[j]);
      const bool saturated = layer.activation == Activation::sigmoid && (a < 1e-4f || a > 0.9999f);
      if (is(Defect::delta_zero_where_saturated) && saturated) delta[j] = 0;
    }
    return delta;
  }

  void update(std::size_t l, const std::vector<float>& delta, const std::vector<float>& below) {
    const Layer& layer = network_.layers[l];
    float rate = case_.learning_rate;
    if (is(Defect::learning_rate_off_by_a_thousandth)) rate *= 1.001f;
    if (is(Defect::learning_rate_twice)) rate *= case_.learning_rate;
    for (std::size_t j = 0; j < neurons(layer.outputs); ++j) {
      for (std::size_t i = 0; i < length(layer.inputs); ++i) {
        float& weight = weights_[l][j * layer.inputs + i];
        weight = flushed(weight - change_of(weight, rate, delta[j], below[i]));
      }
      if (!is(Defect::bias_not_updated))
        biases_[l][j] = flushed(biases_[l][j] - product(rate, delta[j]));
    }
  }

  void backward(const std::vector<float>& inputs) {
    std::vector<float> delta = output_delta();
    for (std::size_t l = layers(); l-- > first_trained_layer();) {
      std::vector<float> delta_below;
      if (l > 0) {
        if (is(Defect::weights_updated_before_delta)) update(l, delta, activations_[l - 1]);
        delta_below = hidden_delta(l, delta);
      }
      if (l == 0 || !is(Defect::weights_updated_before_delta))
        update(l, delta, l == 0 ? inputs : activations_[l - 1]);
      if (is(Defect::delta_buffer_not_swapped) && l > 0)
        delta.resize(network_.layers[l].inputs);
      else
        delta = delta_below;
    }
  }

  std::vector<float> hidden_delta(std::size_t l, const std::vector<float>& delta) const {
    const Layer& layer = network_.layers[l];
    std::vector<float> below(layer.inputs);
    for (std::size_t i = 0; i < neurons(layer.inputs); ++i) {
      float sum = 0;
      for (std::size_t j = 0; j < length(layer.outputs); ++j)
        sum += product(weights_[l][weight_index(layer, j, i)], delta[j]);
      below[i] =
          sum * derivative(network_.layers[l - 1].activation, activations_[l - 1][i], z_[l - 1][i]);
    }
    return below;
  }

  static std::int8_t saturate(double value) {
    return static_cast<std::int8_t>(std::clamp(value, -128.0, 127.0));
  }
  static std::int8_t quantize(double value, int fraction_bits) {
    return saturate(std::round(std::ldexp(value, fraction_bits)));
  }

  // A defect can lead to any count, of which processors take the lowest five bits, and to overflow.
  static std::int32_t left_shift(std::int32_t value, int count) { return value << (count & 31); }
  static std::int32_t right_shift(std::int32_t value, int count) { return value >> (count & 31); }
  static std::int32_t wrapping_sum(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
  }

  std::int32_t shifted(std::int32_t value, int count) const {
    if (count >= 0) return left_shift(value, count);
    return is(Defect::negative_left_shift_ignored) ? value : right_shift(value, -count);
  }

  std::int8_t pre_activation(std::int32_t sum, int shift) const {
    if (is(Defect::accumulator_of_16_bits)) sum = static_cast<std::int16_t>(sum);
    const bool has_term = shift > 0 && !is(Defect::rounding_term_missing);
    const std::int32_t term = has_term ? left_shift(1, shift - 1) : 0;
    std::int32_t z = 0;
    if (is(Defect::rounding_half_away) && sum < 0) {
      z = -right_shift(wrapping_sum(-sum, term), shift);
    } else if (is(Defect::logical_right_shift)) {
      z = static_cast<std::int32_t>(static_cast<std::uint32_t>(wrapping_sum(sum, term)) >>
                                    (shift & 31));
    } else {
      z = right_shift(wrapping_sum(sum, term), shift);
    }
    return is(Defect::z_wraps) ? static_cast<std::int8_t>(z) : saturate(z);
  }

  std::int8_t table_entry(Activation activation, std::int8_t z) const {
    if (activation == Activation::identity) return z;
    if (activation == Activation::relu) return std::max<std::int8_t>(z, 0);
    int index = z;
    if (is(Defect::table_off_by_one)) index = std::min(index + 1, 127);
    if (is(Defect::table_of_unsigned_index)) index = static_cast<std::uint8_t>(z);
    const double x = index / 16.0;
    return quantize(activation == Activation::sigmoid ? 1 / (1 + std::exp(-x)) : std::tanh(x), 7);
  }

  /// The integer forward pass; `formats` are the parameters whose fraction bits make the shifts.
  void forward(const Int8Parameters& parameters, const Int8Parameters& formats, ShownTensors& shown,
               const std::string& prefix) {
    z_.clear(), activations_.clear();
    std::vector<std::int8_t> below;
    for (const float x : case_.sample.inputs) below.push_back(quantize(x, 7));
    int below_bits = 7;
    for (std::size_t l = 0; l < layers(); ++l) {
      const Layer& layer = network_.layers[l];
      const int weight_bits = formats[l].weights.fraction_bits + below_bits;
      const int bias_shift = weight_bits - formats[l].biases.fraction_bits;
      const int output_bits = is(Defect::output_format_hard_coded) ? 3 : 4;
      const int shift = std::max(0, weight_bits - output_bits);
      std::vector<std::int8_t> a(layer.outputs);
      std::vector<float> z_values(layer.outputs), a_values(layer.outputs);
      const bool is_unit =
          layer.activation == Activation::sigmoid || layer.activation == Activation::tanh;
      for (std::size_t j = 0; j < neurons(layer.outputs); ++j) {
        const std::int8_t bias = parameters[l].biases.values[bias_of(j, layer.outputs)];
        std::int32_t sum = is(Defect::bias_missing) ? 0 : shifted(bias, bias_shift);
        for (std::size_t i = 0; i < length(layer.inputs); ++i)
          sum += parameters[l].weights.values[j * layer.inputs + i] * below[i];
        const std::int8_t z = pre_activation(sum, shift);
        a[j] = table_entry(layer.activation, z);
        z_values[j] = static_cast<float>(z) / 16;
        a_values[j] = static_cast<float>(a[j]) / (is_unit ? 128.0f : 16.0f);
        shown[prefix + name("a", l)].push_back(static_cast<std::uint8_t>(a[j]));
      }
      for (std::size_t j = neurons(layer.outputs); j < layer.outputs; ++j)
        shown[prefix + name("a", l)].push_back(0);
      z_.push_back(z_values);
      activations_.push_back(a_values);
      below = a;
      below_bits = is_unit ? 7 : 4;
    }
  }

  int fraction_bits(float maximum, int before) const {
    if (is(Defect::fraction_bits_fixed_at_7)) return 7;
    if (maximum == 0) return is(Defect::zero_layer_without_fraction_bits) ? before : 7;
    int integer_bits = 0;
    if (is(Defect::fraction_bits_of_floor))
      integer_bits = static_cast<int>(std::floor(std::log2(maximum)));
    else if (is(Defect::fraction_bits_of_exponent))
      integer_bits = std::ilogb(maximum) + 1;
    else
      integer_bits = static_cast<int>(std::ceil(std::log2(maximum)));
    const int lowest = is(Defect::fraction_bits_not_clamped) ? -200 : 0;
    return 7 - std::clamp(integer_bits, lowest, 7);
  }

  Int8Tensor requantized(const std::vector<float>& values, const Int8Tensor& before) const {
    float maximum = 0;
    const std::vector<float> old_values = values_of(before);
    for (const float value : is(Defect::fraction_bits_of_old_values) ? old_values : values)
      maximum = std::max(maximum, std::abs(value));
    Int8Tensor tensor;
    tensor.fraction_bits =
        fraction_bits(maximum, before.fraction_bits == 7 ? 0 : before.fraction_bits);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double scaled = std::ldexp(static_cast<double>(values[i]), tensor.fraction_bits);
      double rounded =
          is(Defect::requantization_truncates) ? std::trunc(scaled) : std::round(scaled);
      if (is(Defect::small_updates_forced) && values[i] != old_values[i] &&
          rounded == std::ldexp(old_values[i], tensor.fraction_bits))
        rounded += values[i] > old_values[i] ? 1 : -1;
      tensor.values.push_back(is(Defect::requantization_wraps)
                                  ? static_cast<std::int8_t>(static_cast<std::int64_t>(rounded))
                                  : saturate(rounded));
    }
    return tensor;
  }

  std::vector<std::vector<float>> weights_, biases_, z_, activations_;
};

}  // namespace lsgd
