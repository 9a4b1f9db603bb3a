// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/step/step_trace.hpp>

namespace lsgd {

/// What the backward pass of one int8_hybrid training step makes of one layer (SPEC 4).
template <class Real>
struct Int8LayerTrace {
  BoundedTensor<Real> delta;        ///< [outputs]
  BoundedTensor<Real> new_weights;  ///< before requantization, row-major [outputs][inputs]
  BoundedTensor<Real> new_biases;   ///< before requantization [outputs]
  FractionBitsRange weights_fraction_bits;
  FractionBitsRange biases_fraction_bits;
  Int8Tensor weights;  ///< the exact new values requantized with their own fraction bits
  Int8Tensor biases;
};

/// One int8_hybrid training step.
template <class Real>
struct Int8StepTrace {
  StepNumbers<std::int8_t> integers;  ///< of the forward pass, exact
  std::vector<Int8LayerTrace<Real>> layers;
  StepTrace<Real> float32;  ///< its deltas and parameters are moved into `layers`
};

}  // namespace lsgd
