// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/numbers/binary32.hpp>

#include "random_network.hpp"

namespace lsgd {

/// What a device would hold after one training step.
struct ComputedLayer {
  std::vector<double> z, a, delta, weights, biases;
};

/// One training step as some conforming compiler and device may carry it out: orders, groupings,
/// fusions, spills, derivative formulas and activation errors are drawn at random within the
/// declared model. Its intermediate results are doubles that hold values of the chosen width.
class LegalComputation {
 public:
  LegalComputation(const ArithmeticModel& model, Draw& draw)
      : model_(model),
        draw_(draw),
        width_(static_cast<Width>(draw.below(3))),
        fuses_(draw.coin()),
        is_sequential_(draw.coin()),
        distributes_(draw.below(4) == 0),
        update_form_(draw.below(3)),
        derivative_form_(draw.below(4)),
        multiplies_reciprocal_(update_form_ == 1),
        activation_shift_(draw.coin() ? draw.signed_unit() : 0) {}

  std::vector<ComputedLayer> step(const TrainingCase& given) {
    const Network& network = given.network;
    const std::size_t layers = network.layers.size();
    std::vector<ComputedLayer> result(layers);
    std::vector<double> below(given.sample.inputs.begin(), given.sample.inputs.end());
    const std::vector<double> inputs = below;
    for (std::size_t l = 0; l < layers; ++l) {
      forward(network.layers[l], given.parameters[l], below, result[l]);
      below = result[l].a;
    }
    for (std::size_t j = 0; j < network.outputs(); ++j)
      result.back().delta.push_back(output_delta(network, result.back(), given, j));
    for (std::size_t l = layers - 1; l > 0; --l)
      hidden(network.layers[l - 1], network.layers[l], given.parameters[l], result[l],
             result[l - 1]);
    for (std::size_t l = 0; l < layers; ++l)
      update(network.layers[l], given, l, l == 0 ? inputs : result[l - 1].a, result[l]);
    return result;
  }

  /// sum of weights[i] * values[i] + bias.
  double dot(std::vector<std::pair<double, double>> terms, double bias, bool has_bias) {
    largest_in_sum_ = 0;
    const double sum = ordered_dot(std::move(terms), bias, has_bias);
    largest_in_sum_.reset();
    return store(sum);
  }

 private:
  enum class Width { declared, wide, spilled };

  double ordered_dot(std::vector<std::pair<double, double>> terms, double bias, bool has_bias) {
    std::shuffle(terms.begin(), terms.end(), draw_.generator());
    if (is_sequential_) {
      const bool bias_first = has_bias && draw_.coin();
      double sum = bias_first ? bias : 0;
      largest_in_sum_ = std::abs(sum);
      for (const auto& [x, y] : terms) sum = multiply_add(x, y, sum);
      return has_bias && !bias_first ? add(sum, bias) : sum;
    }
    std::vector<double> addends;
    for (const auto& [x, y] : terms) addends.push_back(multiply(x, y));
    if (has_bias) addends.push_back(bias);
    while (addends.size() > 1) {
      const std::size_t at = draw_.below(static_cast<std::uint32_t>(addends.size() - 1));
      addends[at] = add(addends[at], addends.back());
      addends.pop_back();
    }
    return addends.front();
  }

  /// Within a dot product: off by as much as sum_bits admits, or a multiple of what these bits
  /// hold.
  double kept(double value, double largest) const {
    if (value == 0 || !std::isfinite(value)) return value;
    const double admitted = std::ldexp(largest, -model_.sum_bits);
    if (draw_.coin()) return value + 0.999 * (draw_.coin() ? admitted : -admitted);
    const int quantum = std::ilogb(admitted) + 1;
    return std::ldexp(std::nearbyint(std::ldexp(value, -quantum)), quantum);
  }
  bool keeps_fewer_bits() const {
    return largest_in_sum_ && model_.sum_bits < ArithmeticModel::widest_sum_bits;
  }
  double kept_product(double value) const {
    if (!keeps_fewer_bits()) return value;
    const double product = kept(value, std::abs(value));
    largest_in_sum_ = std::max(*largest_in_sum_, std::abs(product));
    return product;
  }
  double kept_sum(double value) const {
    if (!keeps_fewer_bits()) return value;
    largest_in_sum_ = std::max(*largest_in_sum_, std::abs(value));
    return kept(value, *largest_in_sum_);
  }

  /// Rounds to the declared significand and binary32's exponent range, infinity included.
  double declared_round(double value) const {
    if (value == 0 || !std::isfinite(value)) return value;
    const int bits = model_.significand_bits;
    const int quantum = std::max(std::ilogb(value) - (bits - 1), -126 - (bits - 1));
    const double nearest = std::ldexp(std::nearbyint(std::ldexp(value, -quantum)), quantum);
    return std::abs(nearest) > largest_binary32 ? std::copysign(HUGE_VAL, nearest) : nearest;
  }
  double flushed(double value) const {
    const bool may_flush = model_.flush_to_zero && std::abs(value) < 0x1p-126;
    return may_flush && draw_.below(4) != 0 ? 0.0 : value;
  }
  double rounded(double value) const {
    const bool narrows = width_ == Width::declared || (width_ == Width::spilled && draw_.coin());
    return narrows ? flushed(declared_round(value)) : value;
  }
  double store(double value) const { return flushed(declared_round(value)); }

  double add(double x, double y) const {
    x = flushed(x), y = flushed(y);
    return rounded(x == 0 || y == 0 ? x + y : kept_sum(x + y));
  }
  double multiply(double x, double y) const {
    return rounded(kept_product(flushed(x) * flushed(y)));
  }
  double multiply_add(double x, double y, double sum) const {
    if (!fuses_) return add(multiply(x, y), sum);
    x = flushed(x), y = flushed(y), sum = flushed(sum);
    if (sum == 0) return rounded(kept_product(x * y));
    return rounded(x == 0 || y == 0 ? sum : kept_sum(std::fma(x, y, sum)));
  }

  static double exact_activation(Activation activation, double z) {
    switch (activation) {
      case Activation::identity:
        return z;
      case Activation::relu:
        return z > 0 ? z : 0;
      case Activation::leaky_relu:
        return z > 0 ? z : z / 8;
      case Activation::sigmoid:
        return 1 / (1 + std::exp(-z));
      case Activation::tanh:
        return std::tanh(z);
      case Activation::softmax:
        return z;  // of a layer: see softmax
    }
    return 0;
  }

  /// A function's value off by up to 2.9 ulp, of another sign for each argument.
  double with_function_error(double exact) const {
    const int exponent = exact == 0 ? -126 : std::max(std::ilogb(exact), -126);
    const double ulp = std::ldexp(1.0, exponent - (model_.significand_bits - 1));
    const double shift = draw_.coin() ? activation_shift_ : draw_.signed_unit();
    return rounded(std::max(0.0, exact + 2.9 * shift * ulp));
  }

  /// Every number of the layer less the largest, their exponentials, summed in any grouping, and
  /// quotients or products with the reciprocal.
  std::vector<double> softmax(const std::vector<double>& z) const {
    const double largest = *std::ranges::max_element(z);
    std::vector<double> numerators;
    for (const double each : z)
      numerators.push_back(with_function_error(std::exp(flushed(add(each, -largest)))));
    std::vector<double> addends = numerators;
    std::shuffle(addends.begin(), addends.end(), draw_.generator());
    while (addends.size() > 1) {
      const std::size_t at =
          is_sequential_ ? 0 : draw_.below(static_cast<std::uint32_t>(addends.size() - 1));
      addends[at] = add(addends[at], addends.back());
      addends.pop_back();
    }
    std::vector<double> a;
    for (const double numerator : numerators)
      a.push_back(store(multiplies_reciprocal_ ? multiply(numerator, rounded(1 / addends.front()))
                                               : rounded(flushed(numerator) / addends.front())));
    return a;
  }

  /// f(z) off by up to 2.9 ulp before its last rounding, which may add a whole ulp of the exact
  /// value where the result enters the next binade.
  double activate(Activation activation, double z) const {
    const double result = exact_activation(activation, flushed(z));
    const bool is_libm = activation == Activation::sigmoid || activation == Activation::tanh;
    if (!is_libm) return store(result);
    const double exact = std::clamp(result, -1 + 0x1p-53, 1 - 0x1p-53);
    const int exponent = exact == 0 ? -126 : std::max(std::ilogb(exact), -126);
    const double ulp = std::ldexp(1.0, exponent - (model_.significand_bits - 1));
    return store(exact + 2.9 * activation_shift_ * ulp);
  }

  void forward(const Layer& layer, const LayerParameters<float>& parameters,
               const std::vector<double>& inputs, ComputedLayer& out) {
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      std::vector<std::pair<double, double>> terms;
      for (std::size_t i = 0; i < layer.inputs; ++i)
        terms.emplace_back(parameters.weights[j * layer.inputs + i], inputs[i]);
      out.z.push_back(dot(terms, parameters.biases[j], true));
      out.a.push_back(activate(layer.activation, out.z.back()));
    }
    if (layer.activation == Activation::softmax) out.a = softmax(out.z);
  }

  /// f' in one of the admitted forms, as one factor or two; computed once per neuron.
  struct Derivative {
    double first = 1;
    double second = 1;
  };
  Derivative derivative(Activation activation, double a) const {
    switch (activation) {
      case Activation::identity:
        return {};
      case Activation::relu:
        return {a > 0 ? 1.0 : 0.0, 1};
      case Activation::leaky_relu:
        return {a > 0 ? 1 : 0.125, 1};
      case Activation::sigmoid:
        if (derivative_form_ == 0) return {add(a, -multiply(a, a)), 1};
        if (derivative_form_ == 1) return {multiply_add(-a, a, a), 1};
        if (derivative_form_ == 2) return {a, add(1, -a)};
        return {multiply(a, add(1, -a)), 1};
      case Activation::tanh:
        if (derivative_form_ == 0) return {add(1, -multiply(a, a)), 1};
        if (derivative_form_ == 1) return {multiply_add(-a, a, 1), 1};
        if (derivative_form_ == 2) return {add(1, -a), add(1, a)};
        return {multiply(add(1, -a), add(1, a)), 1};
      case Activation::softmax:
        break;
    }
    return {};
  }
  double times(double x, const Derivative& factors) const {
    const double product = factors.first == 1 ? x : multiply(x, factors.first);
    return factors.second == 1 ? product : multiply(product, factors.second);
  }

  double output_delta(const Network& network, const ComputedLayer& layer, const TrainingCase& given,
                      std::size_t j) const {
    const double a = layer.a[j];
    const double difference = add(a, -given.sample.target[j]);
    if (network.loss == Loss::mse)
      return store(times(difference, derivative(network.layers.back().activation, a)));
    if (network.loss == Loss::cross_entropy) return store(difference);
    const double slope = multiply(a, add(1, -a));
    const bool is_unfused = derivative_form_ == 3 && slope > 0x1p-60;
    if (is_unfused) return store(multiply(rounded(difference / slope), slope));
    return store(difference);
  }

  void hidden(const Layer& layer, const Layer& above, const LayerParameters<float>& parameters,
              const ComputedLayer& computed_above, ComputedLayer& out) {
    for (std::size_t i = 0; i < layer.outputs; ++i) {
      const Derivative factors = derivative(layer.activation, out.a[i]);
      std::vector<std::pair<double, double>> terms;
      for (std::size_t j = 0; j < above.outputs; ++j) {
        const double weight = parameters.weights[j * above.inputs + i];
        const double delta = computed_above.delta[j];
        if (!distributes_)
          terms.emplace_back(weight, delta);
        else if (factors.second == 1)
          terms.emplace_back(multiply(weight, delta), factors.first);
        else
          terms.emplace_back(multiply(multiply(weight, delta), factors.first), factors.second);
      }
      const double sum = dot(terms, 0, false);
      out.delta.push_back(distributes_ ? sum : store(times(sum, factors)));
    }
  }

  double updated(double parameter, double rate, double delta, double a) const {
    if (update_form_ == 0) return store(multiply_add(-multiply(rate, delta), a, parameter));
    if (update_form_ == 1) return store(multiply_add(-rate, multiply(delta, a), parameter));
    return store(multiply_add(-multiply(rate, a), delta, parameter));
  }

  void update(const Layer& layer, const TrainingCase& given, std::size_t l,
              const std::vector<double>& inputs, ComputedLayer& out) {
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      for (std::size_t i = 0; i < layer.inputs; ++i)
        out.weights.push_back(updated(given.parameters[l].weights[j * layer.inputs + i],
                                      given.learning_rate, out.delta[j], inputs[i]));
      out.biases.push_back(
          store(multiply_add(-given.learning_rate, out.delta[j], given.parameters[l].biases[j])));
    }
  }

  ArithmeticModel model_;
  Draw& draw_;
  Width width_;
  bool fuses_;
  bool is_sequential_;
  bool distributes_;
  std::uint32_t update_form_;
  std::uint32_t derivative_form_;
  bool multiplies_reciprocal_;  ///< of a softmax, instead of dividing
  double activation_shift_;
  /// The largest product or partial sum of the dot product that is being computed.
  mutable std::optional<double> largest_in_sum_;
};

}  // namespace lsgd
