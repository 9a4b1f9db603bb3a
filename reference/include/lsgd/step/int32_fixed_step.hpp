// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
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

/// An operand of a dot product or an update whose factors are int32 or bounded reals.
template <class Real>
BoundedTensor<Real> fixed_tensor(std::span<const std::int32_t> values, int fraction_bits) {
  BoundedTensor<Real> tensor;
  resize_tensor(tensor, values.size(), true);
  for (std::size_t i = 0; i < values.size(); ++i) {
    tensor.exact[i] = fixed_value(values[i], fraction_bits);
    tensor.bound[i] = 0;
    tensor.magnitude[i] = std::abs(fixed_value(values[i], fraction_bits));
  }
  return tensor;
}

template <class Real>
BoundedTensor<Real> fixed_tensor(std::span<const float> values) {
  std::vector<std::int32_t> quantized;
  for (const float value : values) quantized.push_back(quantize_int32(value, fixed_delta_bits));
  return fixed_tensor<Real>(quantized, fixed_delta_bits);
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

/// Forward pass of one layer (SPEC 13.3, 13.4); `input_bits` are the fraction bits of its inputs.
template <class Real>
void fixed_forward_layer(const Layer& layer, const LayerParameters<std::int32_t>& parameters,
                         const BoundedTensor<Real>& inputs, int input_bits, double activation_error,
                         double product_error, LayerTrace<Real>& out) {
  resize_tensor(out.z, layer.outputs, false);
  resize_tensor(out.a, layer.outputs, true);
  const double product_unit = quantum(fixed_parameter_bits + input_bits - 32);
  const int a_bits = fixed_activation_bits(layer.activation);
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    FixedSum<Real> sum(fixed_value(parameters.biases[j], fixed_parameter_bits), product_error);
    for (std::size_t i = 0; i < layer.inputs; ++i)
      sum.add(parameters.weights[j * layer.inputs + i], inputs, i);
    Real& z = out.z.exact[j];
    z = sum.value();
    saturate_fixed(z, fixed_preactivation_bits);
    const double z_bound = outward(sum.bound(product_unit, 1) + quantum(fixed_preactivation_bits));
    Real& a = out.a.exact[j];
    activate(layer.activation, a, z);
    const double own_error = is_approximated(layer.activation) ? activation_error : quantum(a_bits);
    const double a_bound =
        is_constant(layer.activation, z, z_bound)
            ? 0
            : outward(propagated_activation_bound(layer.activation, a, z_bound) + own_error);
    saturate_fixed(a, a_bits);
    out.z.bound[j] = z_bound;
    out.a.bound[j] = a_bound;
    out.a.magnitude[j] = magnitude_above(a);
  }
}

/// Finishes delta[j] = x f' (SPEC 13.5), with delta's exact value x on entry.
template <class Real>
void multiply_by_fixed_derivative(Activation activation, double x_bound, std::size_t j,
                                  LayerTrace<Real>& out) {
  Real& delta = out.delta.exact[j];
  const Real& a = out.a.exact[j];
  const Real* z = out.z.exact.empty() ? nullptr : &out.z.exact[j];
  Real derivative;
  differentiate(activation, derivative, a, z);
  double f_bound = propagated_derivative_bound(activation, a, out.a.bound[j], 0);
  if (is_approximated(activation)) f_bound += 2 * quantum(fixed_delta_bits);
  const double x = magnitude_above(delta);
  const double f = magnitude_above(derivative);
  const bool is_zero = x + x_bound == 0 || f + f_bound == 0;
  delta *= derivative;
  saturate_fixed(delta, fixed_delta_bits);
  out.delta.magnitude[j] = magnitude_above(delta);
  out.delta.bound[j] =
      is_zero ? 0
              : outward(x * f_bound + f * x_bound + x_bound * f_bound + quantum(fixed_delta_bits));
}

template <class Real>
void fixed_output_delta(const Layer& layer, Loss loss, std::span<const float> target,
                        LayerTrace<Real>& out) {
  resize_tensor(out.delta, layer.outputs, true);
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    Real& delta = out.delta.exact[j];
    const double t = fixed_value(quantize_int32(target[j], fixed_delta_bits), fixed_delta_bits);
    delta = out.a.exact[j] - t;
    saturate_fixed(delta, fixed_delta_bits);
    const double bound = outward(out.a.bound[j] + quantum(fixed_delta_bits));
    if (multiplies_derivative(loss)) {
      multiply_by_fixed_derivative(layer.activation, bound, j, out);
    } else {
      out.delta.magnitude[j] = magnitude_above(delta);
      out.delta.bound[j] = bound;
    }
  }
}

template <class Real>
void fixed_hidden_delta(const Layer& layer, const Layer& above,
                        std::span<const std::int32_t> weights_above,
                        const BoundedTensor<Real>& delta_above, double product_error,
                        LayerTrace<Real>& out) {
  resize_tensor(out.delta, layer.outputs, true);
  const double product_unit = quantum(fixed_delta_sum_bits);
  for (std::size_t i = 0; i < layer.outputs; ++i) {
    FixedSum<Real> sum(0, product_error);
    for (std::size_t j = 0; j < above.outputs; ++j)
      sum.add(weights_above[j * above.inputs + i], delta_above, j);
    out.delta.exact[i] = sum.value();
    saturate_fixed(out.delta.exact[i], fixed_delta_sum_bits);
    multiply_by_fixed_derivative(layer.activation, sum.bound(product_unit, 0), i, out);
  }
}

/// Update of one layer (SPEC 13.6).
template <class Real>
void fixed_update_layer(const Layer& layer, const LayerParameters<std::int32_t>& before,
                        const BoundedTensor<Real>& inputs, int input_bits, float learning_rate,
                        LayerTrace<Real>& out) {
  resize_tensor(out.weights, layer.weight_count(), false);
  resize_tensor(out.biases, layer.outputs, false);
  const DoubleOperand rate(learning_rate);
  const int step_bits = fixed_step_bits(input_bits);
  const double parameter_unit = quantum(fixed_parameter_bits);
  Real step, product;
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    multiply_by(step, rate.get(), out.delta, j);
    saturate_fixed(step, step_bits);
    const double step_magnitude = magnitude_above(step);
    const bool is_idle = out.delta.magnitude[j] + out.delta.bound[j] == 0;
    const double step_bound =
        is_idle ? 0 : outward(learning_rate * out.delta.bound[j] + quantum(step_bits));
    Real& bias = out.biases.exact[j];
    bias = fixed_value(before.biases[j], fixed_parameter_bits) - step;
    saturate_fixed(bias, fixed_parameter_bits);
    out.biases.bound[j] = is_idle ? 0 : outward(step_bound + parameter_unit);
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      const std::size_t index = j * layer.inputs + i;
      const double largest = inputs.magnitude[i] + inputs.bound[i];
      Real& weight = out.weights.exact[index];
      multiply_by(product, mpfr_of(std::as_const(step)), inputs, i);
      weight = fixed_value(before.weights[index], fixed_parameter_bits) - product;
      saturate_fixed(weight, fixed_parameter_bits);
      out.weights.bound[index] =
          is_idle || largest == 0
              ? 0
              : outward(step_magnitude * inputs.bound[i] + largest * step_bound + parameter_unit);
    }
  }
}

template <class Real>
void fixed_backward(const Network& network, const Int32Parameters& before, const Sample& sample,
                    float learning_rate, double product_error, StepTrace<Real>& out) {
  require(sample.target.size() == network.outputs(), "one target per output");
  const std::size_t last = network.layers.size() - 1;
  fixed_output_delta<Real>(network.layers[last], network.loss, sample.target, out[last]);
  for (std::size_t l = last; l > 0; --l)
    fixed_hidden_delta<Real>(network.layers[l - 1], network.layers[l], before[l].weights,
                             out[l].delta, product_error, out[l - 1]);
  fixed_update_layer(network.layers[0], before[0], fixed_tensor<Real>(sample.inputs),
                     fixed_delta_bits, learning_rate, out[0]);
  for (std::size_t l = 1; l <= last; ++l)
    fixed_update_layer(network.layers[l], before[l], out[l - 1].a,
                       fixed_activation_bits(network.layers[l - 1].activation), learning_rate,
                       out[l]);
}

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

/// Forward pass of profile int32_fixed (SPEC 13.3, 13.4): z and a of every layer with bounds. Of
/// the model only the errors of activations and products matter. Throws std::invalid_argument where
/// shapes do not fit.
template <class Real>
void int32_fixed_forward(const Network& network, const Int32Parameters& parameters,
                         std::span<const float> inputs, const ArithmeticModel& model,
                         StepTrace<Real>& out) {
  detail::require_shapes(network, parameters);
  detail::require(inputs.size() == network.inputs(), "one value per input");
  const double activation_error = fixed_activation_error(model);
  const double product_error = fixed_product_error(model);
  out.resize(network.layers.size());
  detail::fixed_forward_layer(network.layers[0], parameters[0], detail::fixed_tensor<Real>(inputs),
                              fixed_delta_bits, activation_error, product_error, out[0]);
  for (std::size_t l = 1; l < network.layers.size(); ++l)
    detail::fixed_forward_layer(network.layers[l], parameters[l], out[l - 1].a,
                                fixed_activation_bits(network.layers[l - 1].activation),
                                activation_error, product_error, out[l]);
}

/// One training step of profile int32_fixed (SPEC 13): the formulas of clause 2 on int32 parameters
/// and the quantized sample, saturated where 13.2 says so, with the bound of every quantity. Of the
/// model only the errors of activations and products matter. Throws std::invalid_argument where
/// shapes do not fit.
template <class Real>
void int32_fixed_step(const Network& network, const Int32Parameters& before, const Sample& sample,
                      float learning_rate, const ArithmeticModel& model, StepTrace<Real>& out) {
  int32_fixed_forward(network, before, sample.inputs, model, out);
  detail::fixed_backward(network, before, sample, learning_rate, fixed_product_error(model), out);
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
  out.resize(network.layers.size());
  for (std::size_t l = 0; l < out.size(); ++l) {
    resize_tensor(out[l].z, 0, false);
    out[l].a = detail::fixed_tensor<Real>(activations[l],
                                          fixed_activation_bits(network.layers[l].activation));
  }
  detail::fixed_backward(network, before, sample, learning_rate, fixed_product_error(model), out);
}

}  // namespace lsgd
