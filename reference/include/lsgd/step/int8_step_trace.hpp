// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/step/step_trace.hpp>

namespace lsgd {

/// All quantities of one layer in one int8_hybrid training step (SPEC 4).
template <class Real>
struct Int8LayerTrace {
  std::vector<std::int8_t> z;        ///< [outputs], 4 fraction bits, exact
  std::vector<std::int8_t> a;        ///< [outputs], exact
  int activation_fraction_bits = 7;  ///< of a
  BoundedTensor<Real> delta;         ///< [outputs]
  BoundedTensor<Real> new_weights;   ///< before requantization, row-major [outputs][inputs]
  BoundedTensor<Real> new_biases;    ///< before requantization [outputs]
  FractionBitsRange weights_fraction_bits;
  FractionBitsRange biases_fraction_bits;
  Int8Tensor weights;  ///< the exact new values requantized with their own fraction bits
  Int8Tensor biases;
};

/// One int8_hybrid training step. The last two members are what the float32 half of the step reads;
/// they keep their storage between steps.
template <class Real>
struct Int8StepTrace {
  std::vector<std::int8_t> input;  ///< the sample with 7 fraction bits
  std::vector<Int8LayerTrace<Real>> layers;

  Parameters<float> dequantized_parameters;                 ///< q / 2^n before the update
  std::vector<std::vector<float>> dequantized_activations;  ///< a_1..a_L as q / 2^n
  StepTrace<Real> float32;  ///< its deltas and parameters are moved into `layers`
};

}  // namespace lsgd
