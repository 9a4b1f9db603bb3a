// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace lsgd {

/// Exact values of a tensor and, for each, a rigorous bound on the distance of any binary32
/// computation that conforms to the declared arithmetic model (SPEC 5).
template <class Real>
struct BoundedTensor {
  std::vector<Real> exact;
  std::vector<double> bound;  ///< absolute; +infinity where binary32 may overflow
};

/// All quantities of one layer in one training step.
template <class Real>
struct LayerTrace {
  BoundedTensor<Real> z;        ///< pre-activations [outputs]
  BoundedTensor<Real> a;        ///< activations [outputs]
  BoundedTensor<Real> delta;    ///< dloss/dz [outputs]
  BoundedTensor<Real> weights;  ///< after the update, row-major [outputs][inputs]
  BoundedTensor<Real> biases;   ///< after the update [outputs]
};

/// One training step, one entry per layer.
template <class Real>
using StepTrace = std::vector<LayerTrace<Real>>;

}  // namespace lsgd
