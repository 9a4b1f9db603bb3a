// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <lsgd/step/delta.hpp>
#include <lsgd/step/step_trace.hpp>

namespace lsgd {

/// What an update gives: its bound, and whether it overflows in every association (SPEC 5.8).
struct UpdateBound {
  double bound = 0;
  bool overflows = false;
};

/// Bound on parameter - learning_rate * delta * a in any association, fused or not (SPEC 5.7). The
/// bias is the case a = 1. `updated` is the exact result, `gamma` bounds the product's roundings.
template <class Real>
UpdateBound update_bound(float parameter, const Real& updated, double learning_rate,
                         const BoundedFactor& delta, const BoundedFactor& a, double gamma,
                         const RoundingModel& rounding) {
  const double magnitude = std::abs(parameter);
  const double flushed_parameter = rounding.flush_of(magnitude, magnitude);
  const double largest_delta = delta.largest();
  const double largest_a = a.largest();
  const double largest_pair = outward(std::max(
      {learning_rate * largest_delta, learning_rate * largest_a, largest_delta * largest_a}));
  const bool is_unchanged = learning_rate == 0 || largest_delta == 0 || largest_a == 0;
  if (is_unchanged && rounding.keeps_binary32())
    return {bound_within_range(flushed_parameter, largest_pair)};

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

  const double reach = outward(std::max(magnitude + product + 2 * error, largest_pair));
  if (!(reach < largest_binary32))
    return {std::numeric_limits<double>::infinity(), overflows_for_certain(updated, error)};
  return {outward(error + rounding.rounding_of(outward(magnitude_above(updated) + error)))};
}

/// Whether an update with a delta that overflows does so, too: no association of the product makes
/// it smaller than that delta, or than twice that in all, and the parameter does not make up for
/// it.
inline bool update_overflows(float parameter, double learning_rate, const BoundedFactor& a) {
  const double smallest_a = a.bound == 0 ? a.magnitude : (a.magnitude - a.bound) * (1 - 0x1p-50);
  return learning_rate >= 1 && smallest_a >= 1 && learning_rate * smallest_a >= 2.01 &&
         std::abs(parameter) <= 0x1p126;
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
  const auto judge = [&](BoundedTensor<Real>& tensor, std::size_t index, std::size_t j,
                         float parameter_before, const BoundedFactor& a, double gamma) {
    const UpdateBound update =
        update_bound(parameter_before, tensor.exact[index], rate,
                     {out.delta.magnitude[j], out.delta.bound[j]}, a, gamma, rounding);
    tensor.bound[index] = update.bound;
    tensor.overflows[index] =
        update.overflows || (out.delta.overflows[j] && update_overflows(parameter_before, rate, a));
  };
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    multiply_by(step, rate_operand.get(), out.delta, j);
    Real& bias = out.biases.exact[j];
    parameter.assign(before.biases[j]);
    mpfr_sub(mpfr_of(bias), parameter.get(), mpfr_of(step), MPFR_RNDN);
    judge(out.biases, j, j, before.biases[j], {1, 0}, bias_gamma);
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      const std::size_t index = j * layer.inputs + i;
      Real& weight = out.weights.exact[index];
      parameter.assign(before.weights[index]);
      multiply_by(product, mpfr_of(std::as_const(step)), inputs, i);
      mpfr_sub(mpfr_of(weight), parameter.get(), mpfr_of(product), MPFR_RNDN);
      judge(out.weights, index, j, before.weights[index],
            {magnitude_at(inputs, i), bound_at(inputs, i)}, weight_gamma);
    }
  }
}

}  // namespace lsgd
