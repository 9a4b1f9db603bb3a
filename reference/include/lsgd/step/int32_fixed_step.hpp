// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int32_fixed.hpp>
#include <lsgd/step/step_trace.hpp>

namespace lsgd {

namespace detail {

/// Fraction bits of sums of weights times deltas: the high half of such a product (SPEC 13.1).
inline constexpr int fixed_delta_sum_bits = fixed_parameter_bits + fixed_delta_bits - 32;

/// One unit of a number with so many fraction bits.
inline double quantum(int fraction_bits) { return std::ldexp(1.0, -fraction_bits); }

/// Replaces a value outside the range of int32 with so many fraction bits by the nearer end. Bounds
/// stay as they are, since saturation does not expand distances.
template <class Real>
void saturate_fixed(Real& value, int fraction_bits) {
  const double end = std::ldexp(1.0, 31 - fraction_bits);
  if (value < -end) value = -end;
  if (value > end - quantum(fraction_bits)) value = end - quantum(fraction_bits);
}

/// int32 numbers as operands of a dot product or an update.
template <class Real>
void set_fixed(std::span<const std::int32_t> values, int fraction_bits,
               BoundedTensor<Real>& tensor) {
  resize_tensor(tensor, values.size(), true);
  for (std::size_t i = 0; i < values.size(); ++i) {
    tensor.exact[i] = fixed_value(values[i], fraction_bits);
    tensor.bound[i] = 0;
    tensor.magnitude[i] = std::abs(fixed_value(values[i], fraction_bits));
  }
}

/// A sum of products of int32 with bounded reals, and its bound but for the last conversion.
template <class Real>
class FixedSum {
 public:
  /// @param product_error of each product, in units
  FixedSum(double start, double product_error) : product_error_(product_error) { value_ = start; }

  void add(std::int32_t weight, const BoundedTensor<Real>& inputs, std::size_t i) {
    const double factor = fixed_value(weight, fixed_parameter_bits);
    operand_.assign(factor);
    multiply_by(product_, operand_.get(), inputs, i);
    mpfr_add(mpfr_of(value_), mpfr_of(value_), mpfr_of(product_), MPFR_RNDN);
    const double largest = inputs.magnitude[i] + inputs.bound[i];
    propagated_ += std::abs(factor) * inputs.bound[i];
    ++terms_;
    if (largest > 0) ++products_;
  }

  const Real& value() const { return value_; }
  /// Bound where each product with a second factor other than zero may be off by its error, and the
  /// rest by `more` units.
  double bound(double unit, std::size_t more) const {
    const double units =
        product_error_ * static_cast<double>(products_) + static_cast<double>(more);
    return outward(propagated_ + units * unit, 8 * terms_ + 2048);
  }

 private:
  Real value_, product_;
  DoubleOperand operand_;
  double product_error_;
  double propagated_ = 0;
  std::size_t terms_ = 0;
  std::size_t products_ = 0;
};

}  // namespace detail

/// Largest distance of a computed sigmoid or tanh from that of the argument it got (SPEC 13.4).
inline double fixed_activation_error(const ArithmeticModel& model) {
  return outward(std::ldexp(model.activation_ulps, -24) + model.activation_absolute_error +
                 detail::quantum(30));
}

/// Largest error of a product in a sum, in units of its high half (SPEC 13.3, 13.5): one, and where
/// the sum starts with half a unit for products that may be too high anyway, one and a half.
inline double fixed_product_error(const ArithmeticModel& model) {
  return model.zero_cuts_from_half ? 1.5 : 1;
}

/// The operations of a training step of profile int32_fixed (SPEC 13): exact, saturated where 13.2
/// says so, each with its bound.
template <class Real>
class Int32FixedNumbers {
 public:
  using Element = BoundedElement<Real>;

  /// @param out z of an earlier forward pass, or none; takes the new parameters
  Int32FixedNumbers(const Network& network, const Int32Parameters& before, float learning_rate,
                    const ArithmeticModel& model, StepTrace<Real>& out)
      : network_(network),
        before_(before),
        learning_rate_(learning_rate),
        rate_(learning_rate),
        activation_error_(fixed_activation_error(model)),
        product_error_(fixed_product_error(model)),
        out_(out) {}

  static void round_inputs(std::span<const float> inputs, BoundedTensor<Real>& input,
                           const BoundedTensor<Real>&) {
    std::vector<std::int32_t> quantized;
    for (const float x : inputs) quantized.push_back(quantize_int32(x, fixed_delta_bits));
    detail::set_fixed<Real>(quantized, fixed_delta_bits, input);
  }

  static void begin_layer(std::size_t) {}

  /// SPEC 13.3.
  Element pre_activation(std::size_t l, std::size_t j, const BoundedTensor<Real>& below) {
    const auto& [weights, biases] = before_[l];
    detail::FixedSum<Real> sum(fixed_value(biases[j], fixed_parameter_bits), product_error_);
    for (std::size_t i = 0; i < below.size(); ++i) sum.add(weights[j * below.size() + i], below, i);
    number_ = sum.value();
    detail::saturate_fixed(number_, fixed_preactivation_bits);
    const double unit = detail::quantum(fixed_parameter_bits + input_bits(l) - 32);
    return element(number_,
                   outward(sum.bound(unit, 1) + detail::quantum(fixed_preactivation_bits)));
  }

  /// SPEC 13.4.
  Element activation(std::size_t l, const Element& z) {
    const Activation function = network_.layers[l].activation;
    const int bits = fixed_activation_bits(function);
    activate(function, number_, z.exact);
    const double own_error = is_approximated(function) ? activation_error_ : detail::quantum(bits);
    const double bound =
        is_constant(function, z.exact, z.bound)
            ? 0
            : outward(propagated_activation_bound(function, number_, z.bound) + own_error);
    detail::saturate_fixed(number_, bits);
    return element(number_, bound);
  }

  /// SPEC 13.5.
  Element output_error(std::size_t, const Element& a, float target) {
    error_ = a.exact - fixed_value(quantize_int32(target, fixed_delta_bits), fixed_delta_bits);
    detail::saturate_fixed(error_, fixed_delta_bits);
    return element(error_, outward(a.bound + detail::quantum(fixed_delta_bits)));
  }

  Element hidden_error(std::size_t l, std::size_t i, const BoundedTensor<Real>& delta_above) {
    const std::vector<std::int32_t>& weights = before_[l + 1].weights;
    const std::size_t inputs = network_.layers[l + 1].inputs;
    detail::FixedSum<Real> sum(0, product_error_);
    for (std::size_t j = 0; j < delta_above.size(); ++j)
      sum.add(weights[j * inputs + i], delta_above, j);
    error_ = sum.value();
    detail::saturate_fixed(error_, detail::fixed_delta_sum_bits);
    return element(error_, sum.bound(detail::quantum(detail::fixed_delta_sum_bits), 0));
  }

  static Element delta(std::size_t, const Element& error) { return error; }

  Element delta(std::size_t l, const Element& error, const Element& a) {
    const Activation function = network_.layers[l].activation;
    const BoundedTensor<Real>& z = out_[l].z;
    differentiate(function, derivative_, a.exact, z.size() == 0 ? nullptr : &z.exact[a.position]);
    double f_bound = propagated_derivative_bound(function, a.exact, a.bound, 0);
    if (is_approximated(function)) f_bound += 2 * detail::quantum(fixed_delta_bits);
    const double x = error.magnitude;
    const double f = magnitude_above(derivative_);
    const bool is_zero = error.largest() == 0 || f + f_bound == 0;
    number_ = error.exact * derivative_;
    detail::saturate_fixed(number_, fixed_delta_bits);
    return element(number_, is_zero
                                ? 0
                                : outward(x * f_bound + f * error.bound + error.bound * f_bound +
                                          detail::quantum(fixed_delta_bits)));
  }

  static bool trains(std::size_t) { return true; }
  static bool keeps_neuron(const Element&) { return false; }
  static bool updates_bias_first() { return false; }

  /// SPEC 13.6.
  Element learning_rate_times_delta(std::size_t l, const Element& delta) {
    const int bits = fixed_step_bits(input_bits(l));
    mpfr_mul(mpfr_of(step_), rate_.get(), mpfr_of(delta.exact), MPFR_RNDN);
    detail::saturate_fixed(step_, bits);
    return element(step_, delta.largest() == 0
                              ? 0
                              : outward(learning_rate_ * delta.bound + detail::quantum(bits)));
  }

  void update_weight(std::size_t l, std::size_t j, std::size_t i, const Element& step,
                     const Element& delta, const Element& below) {
    const std::size_t index = j * network_.layers[l].inputs + i;
    mpfr_mul(mpfr_of(number_), mpfr_of(step.exact), mpfr_of(below.exact), MPFR_RNDN);
    const double largest = below.largest();
    const double bound = delta.largest() == 0 || largest == 0
                             ? 0
                             : outward(step.magnitude * below.bound + largest * step.bound +
                                       detail::quantum(fixed_parameter_bits));
    set_updated(before_[l].weights[index], number_, bound, index, out_[l].weights);
  }

  void update_bias(std::size_t l, std::size_t j, const Element& step, const Element& delta) {
    const double bound =
        delta.largest() == 0 ? 0 : outward(step.bound + detail::quantum(fixed_parameter_bits));
    set_updated(before_[l].biases[j], step.exact, bound, j, out_[l].biases);
  }

  static void finish_update(std::size_t) {}

 private:
  static Element element(const Real& exact, double bound) {
    return {exact, bound, magnitude_above(exact)};
  }

  int input_bits(std::size_t l) const {
    return l == 0 ? fixed_delta_bits : fixed_activation_bits(network_.layers[l - 1].activation);
  }

  static void set_updated(std::int32_t before, const Real& change, double bound, std::size_t index,
                          BoundedTensor<Real>& updated) {
    Real& exact = updated.exact[index];
    exact = fixed_value(before, fixed_parameter_bits) - change;
    detail::saturate_fixed(exact, fixed_parameter_bits);
    updated.bound[index] = bound;
  }

  const Network& network_;
  const Int32Parameters& before_;
  double learning_rate_;
  DoubleOperand rate_;
  double activation_error_;
  double product_error_;
  StepTrace<Real>& out_;
  Real number_, error_, derivative_, step_;  ///< of the operation at hand
};

/// Forward pass of profile int32_fixed (SPEC 13.3, 13.4): z and a of every layer with bounds. Of
/// the model only the errors of activations and products matter. Throws std::invalid_argument where
/// shapes do not fit.
template <class Real>
void int32_fixed_forward(const Network& network, const Int32Parameters& parameters,
                         std::span<const float> inputs, const ArithmeticModel& model,
                         StepTrace<Real>& out) {
  detail::require_shapes(network, parameters);
  detail::require(inputs.size() == network.inputs(), "one value per input");
  BoundedStepNumbers<Real> step{{}, out};
  Int32FixedNumbers<Real> numbers(network, parameters, 0, model, out);
  forward_pass(network, inputs, numbers, step);
}

/// One training step of profile int32_fixed (SPEC 13): the formulas of clause 2 on int32 parameters
/// and the quantized sample, saturated where 13.2 says so, with the bound of every quantity. Of the
/// model only the errors of activations and products matter. Throws std::invalid_argument where
/// shapes do not fit.
template <class Real>
void int32_fixed_step(const Network& network, const Int32Parameters& before, const Sample& sample,
                      float learning_rate, const ArithmeticModel& model, StepTrace<Real>& out) {
  detail::require_shapes(network, before);
  detail::require(sample.inputs.size() == network.inputs(), "one value per input");
  detail::require(sample.target.size() == network.outputs(), "one target per output");
  BoundedStepNumbers<Real> step{{}, out};
  Int32FixedNumbers<Real> numbers(network, before, learning_rate, model, out);
  forward_pass(network, sample.inputs, numbers, step);
  resize_parameters(network, out);
  backward_pass(network, sample.target, numbers, step);
}

/// Backward pass and update from given activations a_1..a_L, taken as exact (SPEC 6.1). Leaves z
/// empty; derivatives are those of a.
template <class Real>
void int32_fixed_backward_from_activations(
    const Network& network, const Int32Parameters& before,
    const std::vector<std::vector<std::int32_t>>& activations, const Sample& sample,
    float learning_rate, const ArithmeticModel& model, StepTrace<Real>& out) {
  detail::require_shapes(network, before);
  detail::require(activations.size() == network.layers.size(), "activations of every layer");
  detail::require(sample.target.size() == network.outputs(), "one target per output");
  out.resize(network.layers.size());
  for (std::size_t l = 0; l < out.size(); ++l) {
    out[l].z.clear();
    detail::set_fixed(std::span(activations[l]),
                      fixed_activation_bits(network.layers[l].activation), out[l].a);
  }
  BoundedStepNumbers<Real> step{{}, out};
  Int32FixedNumbers<Real> numbers(network, before, learning_rate, model, out);
  Int32FixedNumbers<Real>::round_inputs(sample.inputs, step.input, step.input);
  resize_parameters(network, out);
  backward_pass(network, sample.target, numbers, step);
}

}  // namespace lsgd
