// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <lsgd/step/delta.hpp>
#include <lsgd/step/step_trace.hpp>

namespace lsgd {

/// Bound on parameter - learning_rate * delta * a in any association, fused or not (SPEC 5.7). The
/// bias is the case a = 1. `updated` is an upper bound of the exact result's magnitude, `gamma`
/// that of the product's roundings.
inline double update_bound(float parameter, double updated, double learning_rate,
                           const BoundedFactor& delta, const BoundedFactor& a, double gamma,
                           const RoundingModel& rounding) {
  const double magnitude = std::abs(parameter);
  const double flushed_parameter = rounding.flush_of(magnitude, magnitude);
  const double largest_delta = delta.largest();
  const double largest_a = a.largest();
  const bool is_unchanged = learning_rate == 0 || largest_delta == 0 || largest_a == 0;
  if (is_unchanged && rounding.keeps_binary32()) return flushed_parameter;

  const double product = learning_rate * largest_delta * largest_a;
  const double propagated = learning_rate * (delta.bound * largest_a + delta.magnitude * a.bound);
  const double largest_factor = std::max({learning_rate, largest_delta, largest_a});
  double error = propagated + gamma * product + flushed_parameter +
                 rounding.product_underflow() * (1 + largest_factor) + rounding.sum_underflow();
  if (rounding.flushes_to_zero())
    error += rounding.flush_of(learning_rate, learning_rate) * largest_delta * largest_a +
             rounding.flush_of(delta.magnitude - delta.bound, largest_delta) * learning_rate *
                 largest_a +
             rounding.flush_of(a.magnitude - a.bound, largest_a) * learning_rate * largest_delta;
  error = outward(error);

  const double largest_pair = std::max(
      {learning_rate * largest_delta, learning_rate * largest_a, largest_delta * largest_a});
  const double reach = outward(std::max(magnitude + product + 2 * error, largest_pair));
  if (!(reach < largest_binary32)) return std::numeric_limits<double>::infinity();
  return outward(error + rounding.rounding_of(outward(updated + error)));
}

/// Update of one layer (SPEC 2.7): out.weights and out.biases from out.delta and the layer's
/// inputs, bounded activations or ExactInputs.
template <class Real, class Inputs>
void update_layer(const Layer& layer, const LayerParameters<float>& before, const Inputs& inputs,
                  float learning_rate, const RoundingModel& rounding, LayerTrace<Real>& out) {
  resize_tensor(out.weights, layer.weight_count(), false);
  resize_tensor(out.biases, layer.outputs, false);
  const double rate = std::abs(learning_rate);
  const DoubleOperand rate_operand(learning_rate);
  const double bias_gamma = rounding.gamma(1);
  const double weight_gamma = rounding.gamma(2);
  DoubleOperand parameter;
  Real step, product;
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    const BoundedFactor delta{out.delta.magnitude[j], out.delta.bound[j]};
    multiply_by(step, rate_operand.get(), out.delta, j);
    Real& bias = out.biases.exact[j];
    parameter.assign(before.biases[j]);
    mpfr_sub(mpfr_of(bias), parameter.get(), mpfr_of(step), MPFR_RNDN);
    out.biases.bound[j] = update_bound(before.biases[j], magnitude_above(bias), rate, delta, {1, 0},
                                       bias_gamma, rounding);
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      const std::size_t index = j * layer.inputs + i;
      Real& weight = out.weights.exact[index];
      parameter.assign(before.weights[index]);
      multiply_by(product, mpfr_of(std::as_const(step)), inputs, i);
      mpfr_sub(mpfr_of(weight), parameter.get(), mpfr_of(product), MPFR_RNDN);
      out.weights.bound[index] =
          update_bound(before.weights[index], magnitude_above(weight), rate, delta,
                       {magnitude_at(inputs, i), bound_at(inputs, i)}, weight_gamma, rounding);
    }
  }
}

}  // namespace lsgd
