// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "defective_step.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {

/// A plain port of a profile whose numbers are integers all the way, with one defect. What is
/// common to such ports is here, in codes of 64 bits; formats and roundings are the profile's.
class DefectiveIntegerStep : protected DefectiveLoops {
 public:
  DefectiveIntegerStep(const GoldenCase& golden_case, Defect defect)
      : DefectiveLoops(golden_case, defect) {}
  virtual ~DefectiveIntegerStep() = default;

 protected:
  using Code = std::int64_t;
  using Codes = std::vector<Code>;

  virtual Code quantized_input(float x) const = 0;
  virtual Code quantized_target(float t) const = 0;
  virtual Code pre_activation(std::size_t l, const Codes& products, Code bias) const = 0;
  virtual Code activation(Activation function, Code z) const = 0;
  virtual bool is_saturated(Code a) const = 0;
  virtual Code output_error(std::size_t l, Code a, Code target) const = 0;
  /// From the products of the deltas of layer l + 1 with its weights.
  virtual Code hidden_error(std::size_t l, const Codes& products) const = 0;
  virtual Code times_derivative(std::size_t l, Code error, Code a) const = 0;
  virtual void update_neuron(std::size_t l, std::size_t j, Code delta, const Codes& below) = 0;
  virtual void finish_update(std::size_t) {}

  template <class Numbers>
  static Codes codes(const Numbers& numbers) {
    return Codes(numbers.begin(), numbers.end());
  }

  /// The lowest bits of a number, as a processor keeps them.
  static Code wrapped(Code x, int bits) {
    return static_cast<Code>(static_cast<std::uint64_t>(x) << (64 - bits)) >> (64 - bits);
  }
  static Code saturated(Code x, int bits) {
    const Code end = Code{1} << (bits - 1);
    return std::clamp(x, -end, end - 1);
  }
  /// `x` in so many bits, in which it wraps where the defect says so.
  Code limited(Code x, int bits, Defect wraps) const {
    return is(wraps) ? wrapped(x, bits) : saturated(x, bits);
  }

  static Code rounded(double x) { return static_cast<Code>(std::round(x)); }

  float rate() const {
    float rate = case_.learning_rate;
    if (is(Defect::learning_rate_off_by_a_thousandth)) rate *= 0.999f;
    if (is(Defect::learning_rate_twice)) rate *= case_.learning_rate;
    return rate;
  }

  void forward() {
    input_.clear(), z_.clear(), activations_.clear();
    for (const float x : case_.sample.inputs) input_.push_back(quantized_input(x));
    for (std::size_t l = 0; l < layers(); ++l) {
      const Layer& layer = network_.layers[l];
      const Codes below = inputs_of(l);
      Codes z(layer.outputs), a(layer.outputs);
      for (std::size_t j = 0; j < neurons(layer.outputs); ++j) {
        Codes products;
        for (std::size_t i = 0; i < length(layer.inputs); ++i)
          products.push_back(weights_[l][j * layer.inputs + i] * below[i]);
        const Code bias = is(Defect::bias_missing) ? 0 : biases_[l][bias_of(j, layer.outputs)];
        z[j] = pre_activation(l, products, bias);
        a[j] = activation(layer.activation, z[j]);
      }
      z_.push_back(z);
      activations_.push_back(a);
    }
  }

  void backward() {
    Codes delta = output_deltas();
    for (std::size_t l = layers(); l-- > first_trained_layer();) {
      Codes delta_below;
      if (is(Defect::weights_updated_before_delta)) update(l, delta);
      if (l > 0) delta_below = hidden_deltas(l, delta);
      if (!is(Defect::weights_updated_before_delta)) update(l, delta);
      if (is(Defect::delta_buffer_not_swapped) && l > 0)
        delta.resize(network_.layers[l].inputs);
      else
        delta = delta_below;
    }
  }

  void show(ShownTensors& shown, const std::string& tensor, const std::vector<Codes>& numbers,
            std::uint32_t mask) const {
    for (std::size_t l = 0; l < layers(); ++l)
      for (const Code code : numbers[l])
        shown[name(tensor, l)].push_back(static_cast<std::uint32_t>(code) & mask);
  }

  std::vector<Codes> weights_, biases_, z_, activations_;

 private:
  const Codes& inputs_of(std::size_t l) const { return l == 0 ? input_ : activations_[l - 1]; }

  Codes output_deltas() const {
    const std::size_t l = layers() - 1;
    const std::vector<float> t = target();
    Codes delta(t.size());
    for (std::size_t j = 0; j < neurons(t.size()); ++j) {
      const Code a = activations_[l][j];
      delta[j] = output_error(l, a, quantized_target(t[j]));
      if (is(Defect::delta_sign_reversed)) delta[j] = -delta[j];
      if (network_.loss == Loss::mse) delta[j] = with_derivative(l, delta[j], j);
      if (is(Defect::delta_zero_where_saturated) && is_saturated(a)) delta[j] = 0;
    }
    return delta;
  }

  Codes hidden_deltas(std::size_t l, const Codes& delta) const {
    const Layer& layer = network_.layers[l];
    Codes below(layer.inputs);
    for (std::size_t i = 0; i < neurons(layer.inputs); ++i) {
      Codes products;
      for (std::size_t j = 0; j < length(layer.outputs); ++j)
        products.push_back(weights_[l][weight_index(layer, j, i)] * delta[j]);
      below[i] = with_derivative(l - 1, hidden_error(l - 1, products), i);
    }
    return below;
  }

  Code with_derivative(std::size_t l, Code error, std::size_t j) const {
    if (is(Defect::derivative_missing)) return error;
    const Code of = is(Defect::derivative_of_z) ? z_[l][j] : activations_[l][j];
    return times_derivative(l, error, of);
  }

  void update(std::size_t l, const Codes& delta) {
    for (std::size_t j = 0; j < neurons(network_.layers[l].outputs); ++j)
      update_neuron(l, j, delta[j], inputs_of(l));
    finish_update(l);
  }

  Codes input_;
};

/// Profile int8_integer, written from SPEC 11 without the reference.
class DefectiveInt8IntegerStep final : public DefectiveIntegerStep {
 public:
  using DefectiveIntegerStep::DefectiveIntegerStep;

  ShownTensors shown() {
    const auto given = parameters_of<Int8IntegerParameters>(case_.parameters);
    for (const auto& layer : given.layers) {
      weights_.push_back(codes(layer.weights.values));
      biases_.push_back(codes(layer.biases));
      const bool fixed = is(Defect::fraction_bits_fixed_at_7);
      fraction_bits_.push_back(fixed ? 7 : layer.weights.fraction_bits);
    }
    shift_bits_ = fraction_bits_;
    random_state_ = given.random_bits.state;
    ShownTensors shown;
    forward();
    show(shown, "a", activations_, 0xff);
    backward();
    show(shown, "W", weights_, 0xff);
    show(shown, "b", biases_, 0xffff);
    for (std::size_t l = 0; l < layers(); ++l)
      shown[name("W", l) + ".fraction_bits"] = {static_cast<std::uint32_t>(fraction_bits_[l])};
    shown["random_state"] = {random_state_};
    if (!is(Defect::shifts_stale)) shift_bits_ = fraction_bits_;
    forward();
    show(shown, "next.a", activations_, 0xff);
    return shown;
  }

 private:
  static bool is_unit(Activation function) {
    return function == Activation::sigmoid || function == Activation::tanh;
  }
  int bits_below(std::size_t l) const {
    return l == 0 || is_unit(network_.layers[l - 1].activation) ? 7 : 4;
  }

  Code quantized_input(float x) const override {
    return limited(rounded(double{x} * 128), 8, Defect::inputs_wrap);
  }

  Code quantized_target(float t) const override {
    const double scaled = double{t} * 128;
    return saturated(is(Defect::targets_truncated) ? static_cast<Code>(scaled) : rounded(scaled),
                     16);
  }

  Code pre_activation(std::size_t l, const Codes& products, Code bias) const override {
    const int product_bits = shift_bits_[l] + bits_below(l);
    const int bias_shift = product_bits - 12;
    Code sum = bias;
    if (bias_shift >= 0)
      sum *= Code{1} << bias_shift;
    else if (!is(Defect::negative_left_shift_ignored))
      sum >>= -bias_shift;
    for (const Code product : products) sum += product;
    const int shift = product_bits - 4;
    const Code half = shift > 0 ? Code{1} << (shift - 1) : 0;
    return saturated((sum + half) >> shift, 8);
  }

  Code activation(Activation function, Code z) const override {
    if (function == Activation::identity) return z;
    if (function == Activation::relu) return std::max<Code>(z, 0);
    const double x = static_cast<double>(z) / 16;
    const double value = function == Activation::sigmoid ? 1 / (1 + std::exp(-x)) : std::tanh(x);
    return saturated(rounded(value * 128), 8);
  }

  bool is_saturated(Code a) const override { return a == 0 || a >= 127; }

  Code output_error(std::size_t l, Code a, Code target) const override {
    const Code shown = is_unit(network_.layers[l].activation) ? a : a * 8;
    return limited((shown - target) * 32, 16, Defect::deltas_wrap);
  }

  Code hidden_error(std::size_t l, const Codes& products) const override {
    Code sum = 0;
    for (const Code product : products) {
      sum += product;
      if (is(Defect::accumulator_of_16_bits)) sum = wrapped(sum, 16);
    }
    return limited(sum >> fraction_bits_[l + 1], 16, Defect::deltas_wrap);
  }

  Code times_derivative(std::size_t l, Code error, Code a) const override {
    switch (network_.layers[l].activation) {
      case Activation::identity:
        return error;
      case Activation::relu:
        return a > 0 ? error : 0;
      case Activation::sigmoid:
        return (error * a * (128 - a) + 8192) >> 14;
      case Activation::tanh:
        return (error * (16384 - a * a) + 8192) >> 14;
      case Activation::leaky_relu:
      case Activation::softmax:
        break;
    }
    throw std::invalid_argument("a function of int8_integer");
  }

  /// k of 2^-k.
  int rate_exponent() const {
    const int k = is(Defect::rate_exponent_rounded)
                      ? static_cast<int>(std::lround(-std::log2(rate())))
                      : -std::ilogb(rate());
    return std::clamp(k, 0, is(Defect::rate_exponent_not_limited) ? 14 : 11);
  }

  Code draw(int count) {
    random_state_ = random_state_ * 1664525u + 1013904223u;
    if (is(Defect::updates_rounded_to_nearest)) return count == 0 ? 0 : Code{1} << (count - 1);
    if (is(Defect::random_state_signed) && count > 0)
      return static_cast<std::int32_t>(random_state_) >> (32 - count);
    return static_cast<Code>(std::uint64_t{random_state_} >> (32 - count));
  }

  void update_neuron(std::size_t l, std::size_t j, Code delta, const Codes& below) override {
    if (delta == 0 && !is(Defect::draws_for_zero_deltas)) return;
    const int k = rate_exponent();
    const int shift = 12 + bits_below(l) - fraction_bits_[l] + k;
    for (std::size_t i = 0; i < length(below.size()); ++i) {
      Code& weight = weights_[l][j * below.size() + i];
      const Code updated = weight - ((delta * below[i] + draw(shift)) >> shift);
      weight = limited(updated, 8, Defect::parameters_wrap);
      overflows_ = overflows_ || updated != saturated(updated, 8);
    }
    if (is(Defect::bias_not_updated)) return;
    Code& bias = biases_[l][j];
    bias = limited(bias - ((delta + draw(k)) >> k), 16, Defect::biases_wrap);
  }

  void finish_update(std::size_t l) override {
    if (is(Defect::zero_layer_without_fraction_bits) &&
        std::ranges::all_of(weights_[l], [](Code weight) { return weight == 0; }))
      fraction_bits_[l] = 0;
    const int floor = is(Defect::halved_below_the_floor) ? 0 : 5;
    if (overflows_ && fraction_bits_[l] > floor) {
      --fraction_bits_[l];
      for (Code& weight : weights_[l])
        weight = is(Defect::halving_truncates) ? weight / 2 : (weight + draw(1)) >> 1;
    }
    overflows_ = false;
  }

  std::vector<int> fraction_bits_;
  std::vector<int> shift_bits_;  ///< that the forward pass knows
  std::uint32_t random_state_ = 0;
  bool overflows_ = false;
};

/// Profile int32_fixed, written from SPEC 13 without the reference. Products are high halves, cut
/// down.
class DefectiveInt32FixedStep final : public DefectiveIntegerStep {
 public:
  using DefectiveIntegerStep::DefectiveIntegerStep;

  ShownTensors shown() {
    for (const auto& layer : parameters_of<Int32Parameters>(case_.parameters)) {
      weights_.push_back(codes(layer.weights));
      biases_.push_back(codes(layer.biases));
    }
    const Code one = Code{1} << 27;
    if (is(Defect::weights_limited_to_1))
      for (Codes& layer : weights_)
        for (Code& weight : layer) weight = std::clamp(weight, -one, one);
    ShownTensors shown;
    forward();
    show(shown, "a", activations_, 0xffffffff);
    backward();
    show(shown, "W", weights_, 0xffffffff);
    show(shown, "b", biases_, 0xffffffff);
    return shown;
  }

 private:
  static bool is_unit(Activation function) {
    return function == Activation::sigmoid || function == Activation::tanh;
  }
  int bits_below(std::size_t l) const {
    return l == 0 || !is_unit(network_.layers[l - 1].activation) ? 28 : 30;
  }

  static Code quotient(Code product, int bits) { return product >> bits; }

  Code quantized(float x) const {
    const double scaled = std::ldexp(double{x}, 28);
    // A binary32 number may have more than 63 bits.
    return limited(rounded(std::clamp(scaled, -0x1p62, 0x1p62)), 32, Defect::inputs_wrap);
  }
  Code quantized_input(float x) const override { return quantized(x); }
  Code quantized_target(float t) const override { return quantized(t); }

  Code pre_activation(std::size_t l, const Codes& products, Code bias) const override {
    const int unit_bits = bits_below(l) - 5;
    Code sum = quotient(bias, 27 - unit_bits);
    for (const Code product : products) {
      sum += quotient(product, 32);
      if (is(Defect::partial_sums_saturate)) sum = saturated(sum, 32 - (25 - unit_bits));
    }
    return limited(sum * (Code{1} << (25 - unit_bits)), 32, Defect::z_wraps);
  }

  Code activation(Activation function, Code z) const override {
    if (!is_unit(function)) {
      const Code positive = function == Activation::relu ? std::max<Code>(z, 0) : z;
      return saturated(positive * 8, 32);
    }
    const double x = std::ldexp(static_cast<double>(z), -25);
    if (is(Defect::small_arguments_taken_for_zero) && std::abs(x) < 0x1p-8)
      return function == Activation::tanh ? 0 : Code{1} << 29;
    double value = function == Activation::sigmoid ? 1 / (1 + std::exp(-x)) : std::tanh(x);
    if (is(Defect::tanh_as_ratio_of_exponentials)) {
      const float e = std::exp(static_cast<float>(function == Activation::tanh ? 2 * x : x));
      value = (function == Activation::tanh ? e - 1 : e) / (e + 1);
      if (std::isnan(value)) value = 0;
    }
    return rounded(std::ldexp(value, 30));
  }

  bool is_saturated(Code a) const override {
    const Code margin = Code{1} << 20;
    return a < margin || a > (Code{1} << 30) - margin;
  }

  Code output_error(std::size_t l, Code a, Code target) const override {
    const Code shown = is_unit(network_.layers[l].activation) ? (a + 2) >> 2 : a;
    return limited(shown - target, 32, Defect::deltas_wrap);
  }

  Code hidden_error(std::size_t, const Codes& products) const override {
    Code sum = 0;
    for (const Code product : products) sum += quotient(product, 32);
    return limited(sum, 32, Defect::hidden_sums_wrap);
  }

  /// `error` has 28 fraction bits in the output layer and 23 elsewhere.
  Code times_derivative(std::size_t l, Code error, Code a) const override {
    const int error_bits = l + 1 == layers() ? 28 : 23;
    return limited(quotient(error * derivative(network_.layers[l].activation, a), error_bits), 32,
                   Defect::deltas_wrap);
  }

  /// 28 fraction bits.
  static Code derivative(Activation function, Code a) {
    switch (function) {
      case Activation::identity:
        return Code{1} << 28;
      case Activation::relu:
        return a > 0 ? Code{1} << 28 : 0;
      case Activation::sigmoid:
        return quotient(a * ((Code{1} << 30) - a), 32);
      case Activation::tanh:
        return (Code{1} << 28) - quotient(a * a, 32);
      case Activation::leaky_relu:
      case Activation::softmax:
        break;
    }
    throw std::invalid_argument("a function of int32_fixed");
  }

  void update_neuron(std::size_t l, std::size_t j, Code delta, const Codes& below) override {
    const int step_bits = 59 - bits_below(l);
    const Code step = limited(step_of(delta, step_bits), 32, Defect::steps_wrap);
    for (std::size_t i = 0; i < length(below.size()); ++i)
      subtract(quotient(step * below[i], 32), weights_[l][j * below.size() + i]);
    if (!is(Defect::bias_not_updated)) subtract(quotient(step, step_bits - 27), biases_[l][j]);
  }

  /// The learning rate times a delta: a significand of 24 bits, and a shift.
  Code step_of(Code delta, int step_bits) const {
    int exponent = 0;
    const auto significand = static_cast<Code>(std::ldexp(std::frexp(rate(), &exponent), 24));
    const int shift = 24 - exponent + 28 - step_bits;
    if (shift > 0) {
      const int count = is(Defect::rate_shift_of_5_bits) ? shift & 31 : std::min(shift, 63);
      return (delta * significand) >> count;
    }
    // Beyond 2^62 all is beyond int32.
    const double step = std::ldexp(static_cast<double>(delta * significand), -shift);
    return static_cast<Code>(std::clamp(step, -0x1p62, 0x1p62));
  }

  void subtract(Code change, Code& parameter) const {
    if (is(Defect::small_updates_forced) && change == 0) change = 1;
    parameter = limited(parameter - change, 32, Defect::parameters_wrap);
  }
};

}  // namespace lsgd
