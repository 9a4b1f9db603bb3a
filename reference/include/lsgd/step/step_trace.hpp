// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/step/bounded_tensor.hpp>

namespace lsgd {

/// All quantities of one layer in one training step.
template <class Real>
struct LayerTrace {
  BoundedTensor<Real> z;         ///< pre-activations [outputs]; empty where a was given
  BoundedTensor<Real> a;         ///< activations [outputs]
  std::vector<Real> complement;  ///< 1 - a of softmax, from z [outputs]; else empty
  BoundedTensor<Real> delta;     ///< dloss/dz [outputs]
  BoundedTensor<Real> weights;   ///< after the update, row-major [outputs][inputs]
  BoundedTensor<Real> biases;    ///< after the update [outputs]
};

/// One training step, one entry per layer.
template <class Real>
using StepTrace = std::vector<LayerTrace<Real>>;

/// A StepTrace as the training step fills it (see StepNumbers).
template <class Real>
struct BoundedStepNumbers {
  BoundedTensor<Real> input;
  StepTrace<Real>& layers;
  const BoundedTensor<Real>& update_input = input;
};

/// Gives the new parameters of a trace their lengths.
template <class Real>
void resize_parameters(const Network& network, StepTrace<Real>& out) {
  for (std::size_t l = 0; l < out.size(); ++l) {
    resize_tensor(out[l].weights, network.layers[l].weight_count(), false);
    resize_tensor(out[l].biases, network.layers[l].outputs, false);
  }
}

}  // namespace lsgd
