// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <lsgd/numbers/int8_range.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int8_forward.hpp>
#include <lsgd/step/int8_step_trace.hpp>

namespace lsgd {

/// The fraction bits a conforming device may give a tensor of these bounded new values (SPEC 4.8).
template <class Real>
FractionBitsRange fraction_bits_range(const BoundedTensor<Real>& values) {
  Real maximum = 0, low = 0, high = 0, magnitude, end;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values.bound[i])) return {0, 7, 0};
    const DoubleOperand bound(values.bound[i]);
    mpfr_abs(mpfr_of(magnitude), mpfr_of(values.exact[i]), MPFR_RNDN);
    if (magnitude > maximum) maximum = magnitude;
    mpfr_sub(mpfr_of(end), mpfr_of(std::as_const(magnitude)), bound.get(), MPFR_RNDD);
    if (end > low) low = end;
    mpfr_add(mpfr_of(end), mpfr_of(std::as_const(magnitude)), bound.get(), MPFR_RNDU);
    if (end > high) high = end;
  }
  return {fraction_bits_of(high), fraction_bits_of(low), fraction_bits_of(maximum)};
}

/// `values` requantized: each to the nearest int8 of the given fraction bits.
template <class Real>
void requantize_tensor(const BoundedTensor<Real>& values, int fraction_bits, Int8Tensor& out) {
  out.fraction_bits = fraction_bits;
  out.values.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    out.values[i] = quantize(values.exact[i], fraction_bits);
}

/// One training step of profile int8_hybrid (SPEC 4): the integer forward pass, then deltas and the
/// update in float32 from a = q / 2^n and W = q / 2^n, the first layer's from the unquantized
/// sample, then requantization with the fraction bits of the new values. `out` keeps its storage
/// between steps.
template <class Real>
void int8_hybrid_step(const Network& network, const Int8Parameters& parameters,
                      const Sample& sample, float learning_rate, const ArithmeticModel& model,
                      Int8StepTrace<Real>& out) {
  detail::require_shapes(network, parameters);
  detail::require(sample.inputs.size() == network.inputs(), "one value per input");
  int8_forward(network, parameters, sample.inputs, out.integers);
  const std::size_t layers = network.layers.size();
  Parameters<float> before;
  for (const Int8LayerParameters& layer : parameters)
    before.push_back({dequantized(layer.weights), dequantized(layer.biases)});
  float32_backward_from_activations(network, before, dequantized_activations(network, out.integers),
                                    sample, learning_rate, model, out.float32);
  out.layers.resize(layers);
  for (std::size_t l = 0; l < layers; ++l) {
    Int8LayerTrace<Real>& layer = out.layers[l];
    std::swap(layer.delta, out.float32[l].delta);
    std::swap(layer.new_weights, out.float32[l].weights);
    std::swap(layer.new_biases, out.float32[l].biases);
    layer.weights_fraction_bits = fraction_bits_range(layer.new_weights);
    layer.biases_fraction_bits = fraction_bits_range(layer.new_biases);
    requantize_tensor(layer.new_weights, layer.weights_fraction_bits.nominal, layer.weights);
    requantize_tensor(layer.new_biases, layer.biases_fraction_bits.nominal, layer.biases);
  }
}

}  // namespace lsgd
