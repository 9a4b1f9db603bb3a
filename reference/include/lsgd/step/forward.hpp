// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <lsgd/network/activation.hpp>
#include <lsgd/step/dot_product_sums.hpp>
#include <lsgd/step/softmax_bounds.hpp>
#include <lsgd/step/step_trace.hpp>

namespace lsgd {

/// Forward pass of one layer (SPEC 2.4): fills out.z and out.a with bounds. `inputs` are the
/// bounded activations of the layer before, or ExactInputs: the sample, or a device's own
/// activations.
template <class Real, class Inputs>
void forward_layer(const Layer& layer, const LayerParameters<float>& parameters,
                   const Inputs& inputs, const RoundingModel& rounding, LayerTrace<Real>& out) {
  resize_tensor(out.z, layer.outputs, false);
  resize_tensor(out.a, layer.outputs, true);
  out.complement.clear();
  DoubleOperand operand;
  Real product;
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    const std::span<const float> weights(&parameters.weights[j * layer.inputs], layer.inputs);
    Real& z = out.z.exact[j];
    z = parameters.biases[j];
    DotProductSums sums;
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      operand.assign(weights[i]);
      multiply_by(product, operand.get(), inputs, i);
      mpfr_add(mpfr_of(z), mpfr_of(z), mpfr_of(product), MPFR_RNDN);
      sums.add_term(weights[i], signed_magnitude_at(inputs, i), bound_at(inputs, i), rounding);
    }
    sums.add_bias(parameters.biases[j], rounding);
    const double bound = sums.bound(rounding);
    out.z.bound[j] = bound_within_range(bound, sums.reach(bound));
    out.z.overflows[j] = sums.always_overflows(z, bound);
    if (is_of_layer(layer.activation)) continue;
    Real& a = out.a.exact[j];
    activate(layer.activation, a, z);
    // There a bounded function has its limit, of infinity and of what a wider sum has instead.
    const bool has_limit = out.z.overflows[j] && is_bounded(layer.activation);
    out.a.bound[j] =
        activation_bound(layer.activation, a, z, has_limit ? 0 : out.z.bound[j], rounding);
    out.a.magnitude[j] = magnitude_above(a);
    out.a.overflows[j] = out.z.overflows[j] && !is_bounded(layer.activation) && a == z;
  }
  if (!is_of_layer(layer.activation)) return;
  SoftmaxFunction::evaluate(out.z.exact, out.a.exact, out.complement);
  const SoftmaxBounds bounds(out.z.exact, out.z.bound, out.a.exact, rounding);
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    out.a.magnitude[j] = magnitude_above(out.a.exact[j]);
    out.a.bound[j] = bounds.bound(j, magnitude_above(out.complement[j]));
  }
}

}  // namespace lsgd
