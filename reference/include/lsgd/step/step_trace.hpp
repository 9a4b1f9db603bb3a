// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/step/bounded_tensor.hpp>

namespace lsgd {

/// All quantities of one layer in one training step.
template <class Real>
struct LayerTrace {
  BoundedTensor<Real> z;        ///< pre-activations [outputs]; empty where a was given
  BoundedTensor<Real> a;        ///< activations [outputs]
  BoundedTensor<Real> delta;    ///< dloss/dz [outputs]
  BoundedTensor<Real> weights;  ///< after the update, row-major [outputs][inputs]
  BoundedTensor<Real> biases;   ///< after the update [outputs]
};

/// One training step, one entry per layer.
template <class Real>
using StepTrace = std::vector<LayerTrace<Real>>;

}  // namespace lsgd
