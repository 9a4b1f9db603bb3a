// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/step/dot_product_sums.hpp>
#include <lsgd/step/step_trace.hpp>

namespace lsgd {

/// A factor of a product: upper bound of its exact magnitude, and its error bound.
struct BoundedFactor {
  double magnitude = 0;
  double bound = 0;
  double largest() const { return magnitude + bound; }
};

/// Bound on x * f'(z) where both are computed. `terms_magnitude` is at least |x|: where x is a sum,
/// the factors of f' may be multiplied into each of its `terms` terms instead (SPEC 5.6).
inline double product_with_derivative_bound(Activation activation, const BoundedFactor& x,
                                            const BoundedFactor& derivative, double terms_magnitude,
                                            std::size_t terms, const RoundingModel& rounding) {
  const double propagated =
      x.magnitude * derivative.bound + derivative.magnitude * x.bound + x.bound * derivative.bound;
  const bool is_zero = x.largest() == 0;
  const bool is_one = derivative.magnitude == 1 && derivative.bound == 0;
  const bool is_exact = !is_approximated(activation);
  if (is_zero || !multiplies(activation) || (is_exact && is_one)) return outward(propagated);
  // A power of two multiplies without rounding, but for underflow.
  const double rounded = terms == 0 ? rounding.gamma(1) : rounding.sum_gamma(1);
  const double gamma = is_exact ? 0 : rounded;
  const double product = std::max(x.largest(), 2 * terms_magnitude) * derivative.largest();
  const double flushed =
      rounding.flush_of(x.magnitude - x.bound, x.largest()) * derivative.largest() +
      rounding.flush_of(derivative.magnitude - derivative.bound, derivative.largest()) *
          x.largest();
  const double underflow = static_cast<double>(2 * terms + 3) *
                           (rounding.product_underflow() + rounding.sum_underflow());
  return outward(propagated + gamma * product + underflow + flushed);
}

/// Bound on the output delta a - t, or (a - t) f'(z), of one output (SPEC 5.6).
template <class Real>
double output_delta_bound(Activation activation, Loss loss, const Real& difference, float target,
                          const BoundedFactor& a, const BoundedFactor& derivative,
                          const RoundingModel& rounding) {
  const double flushed = rounding.flush_of(a.magnitude - a.bound, a.largest()) +
                         rounding.flush_of(std::abs(target), std::abs(target));
  const auto [roundings, products] = with_loss(loss, [](auto definition) {
    return std::pair<std::size_t, int>(definition.delta_roundings, definition.delta_products);
  });
  const double magnitude = magnitude_above(difference);
  const double gamma = rounding.gamma(roundings);
  const double largest = magnitude + a.bound + flushed;
  double bound = 0;
  if (largest > 0) {
    bound = a.bound + gamma * largest + flushed + rounding.sum_underflow();
    bound += products * rounding.product_underflow();
  }
  if (!multiplies_derivative(loss)) return outward(bound);
  return product_with_derivative_bound(activation, {magnitude, outward(bound)}, derivative, 0, 0,
                                       rounding);
}

/// Whether f' is 1 for every device: its product with a delta is that delta.
template <class Real>
bool is_one(Activation activation, const Real& derivative, const BoundedFactor& slope) {
  return !is_approximated(activation) && derivative == 1 && slope.bound == 0;
}

/// Output delta of the last layer (SPEC 2.5) from out.a, and from out.z where it is present.
template <class Real>
void output_delta(const Layer& layer, Loss loss, std::span<const float> target,
                  const RoundingModel& rounding, LayerTrace<Real>& out) {
  resize_tensor(out.delta, layer.outputs, true);
  Real derivative;
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    const Real& a = out.a.exact[j];
    const Real* z = out.z.exact.empty() ? nullptr : &out.z.exact[j];
    const BoundedFactor activation{out.a.magnitude[j], out.a.bound[j]};
    Real& delta = out.delta.exact[j];
    if (!out.complement.empty() && target[j] == 1) {
      delta = -out.complement[j];
    } else if (tends_to(layer.activation, target[j]) && (target[j] > 0 ? a > 0 : a < 0)) {
      distance_from_one(layer.activation, delta, a, z);
      if (target[j] > 0) delta = -delta;
    } else {
      delta = a - target[j];
    }
    BoundedFactor slope;
    if (multiplies_derivative(loss)) {
      differentiate(layer.activation, derivative, a, z);
      slope = {magnitude_above(derivative),
               derivative_bound(layer.activation, derivative, a, activation.bound, rounding)};
    }
    const double bound =
        output_delta_bound(layer.activation, loss, delta, target[j], activation, slope, rounding);
    out.delta.overflows[j] =
        (out.a.overflows[j] && std::abs(target[j]) <= 0x1p126) ||
        (is_one(layer.activation, derivative, slope) && overflows_for_certain(delta, bound));
    if (multiplies_derivative(loss)) delta *= derivative;
    out.delta.magnitude[j] = magnitude_above(delta);
    out.delta.bound[j] =
        bound_within_range(bound, outward(activation.largest() + std::abs(target[j]) + bound));
  }
}

/// Delta of a hidden layer (SPEC 2.6) from `above`, the layer that follows, and its weights before
/// the update. Fills out.delta from out.a, and from out.z where it is present.
template <class Real>
void hidden_delta(const Layer& layer, const Layer& above, std::span<const float> weights_above,
                  const BoundedTensor<Real>& delta_above, const RoundingModel& rounding,
                  LayerTrace<Real>& out) {
  resize_tensor(out.delta, layer.outputs, true);
  const std::size_t terms = above.outputs;
  DoubleOperand operand;
  Real product, derivative;
  for (std::size_t i = 0; i < layer.outputs; ++i) {
    Real& sum = out.delta.exact[i];
    sum = 0;
    DotProductSums sums;
    for (std::size_t j = 0; j < terms; ++j) {
      const float weight = weights_above[j * above.inputs + i];
      operand.assign(weight);
      multiply_by(product, operand.get(), delta_above, j);
      mpfr_add(mpfr_of(sum), mpfr_of(sum), mpfr_of(product), MPFR_RNDN);
      sums.add_term(weight, signed_magnitude_at(delta_above, j), delta_above.bound[j], rounding);
    }
    const BoundedFactor dot{magnitude_above(sum), sums.bound(rounding)};
    const Real& a = out.a.exact[i];
    const Real* z = out.z.exact.empty() ? nullptr : &out.z.exact[i];
    differentiate(layer.activation, derivative, a, z);
    const BoundedFactor slope{
        magnitude_above(derivative),
        derivative_bound(layer.activation, derivative, a, out.a.bound[i], rounding)};
    const double bound = product_with_derivative_bound(layer.activation, dot, slope,
                                                       sums.magnitude(), terms, rounding);
    out.delta.overflows[i] =
        is_one(layer.activation, derivative, slope) && sums.always_overflows(sum, dot.bound);
    sum *= derivative;
    out.delta.magnitude[i] = magnitude_above(sum);
    out.delta.bound[i] = bound_within_range(bound, sums.reach(dot.bound) + bound);
  }
}

}  // namespace lsgd
