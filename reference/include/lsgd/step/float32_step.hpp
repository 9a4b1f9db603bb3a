// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <stdexcept>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/step/delta.hpp>
#include <lsgd/step/forward.hpp>
#include <lsgd/step/update.hpp>

namespace lsgd {

namespace detail {

inline void require(bool holds, const char* expectation) {
  if (!holds) throw std::invalid_argument(expectation);
}

/// Throws std::invalid_argument where shapes do not fit together.
template <class LayerOfParameters>
void require_shapes(const Network& network, const std::vector<LayerOfParameters>& parameters) {
  require(!network.layers.empty(), "a network has at least one layer");
  require(parameters.size() == network.layers.size(), "one set of parameters per layer");
  for (std::size_t l = 0; l < parameters.size(); ++l)
    require(l == 0 || network.layers[l].inputs == network.layers[l - 1].outputs,
            "a layer has as many inputs as the one before has outputs");
  for (std::size_t l = 0; l + 1 < parameters.size(); ++l)
    require(!is_of_layer(network.layers[l].activation), "a hidden layer's function of one neuron");
  require(go_together(network.layers.back().activation, network.loss),
          "the output layer that the loss requires, and the loss that it requires");
}

inline void require_parameter_counts(const Network& network, const Parameters<float>& parameters) {
  for (std::size_t l = 0; l < parameters.size(); ++l)
    require(parameters[l].weights.size() == network.layers[l].weight_count() &&
                parameters[l].biases.size() == network.layers[l].outputs,
            "parameters fit their layer");
}

template <class Real>
void backward_and_update(const Network& network, const Parameters<float>& before,
                         const Sample& sample, float learning_rate, const RoundingModel& rounding,
                         StepTrace<Real>& out) {
  require(sample.target.size() == network.outputs(), "one target per output");
  const std::size_t last = network.layers.size() - 1;
  output_delta<Real>(network.layers[last], network.loss, sample.target, rounding, out[last]);
  for (std::size_t l = last; l > 0; --l)
    hidden_delta<Real>(network.layers[l - 1], network.layers[l], before[l].weights, out[l].delta,
                       rounding, out[l - 1]);
  update_layer(network.layers[0], before[0], ExactInputs(sample.inputs), learning_rate, rounding,
               out[0]);
  for (std::size_t l = 1; l <= last; ++l)
    update_layer(network.layers[l], before[l], out[l - 1].a, learning_rate, rounding, out[l]);
}

}  // namespace detail

/// Forward pass of profile float32 (SPEC 2.4): z and a of every layer with bounds.
template <class Real>
void float32_forward(const Network& network, const Parameters<float>& parameters,
                     std::span<const float> inputs, const ArithmeticModel& model,
                     StepTrace<Real>& out) {
  detail::require_shapes(network, parameters);
  detail::require_parameter_counts(network, parameters);
  detail::require(inputs.size() == network.inputs(), "one value per input");
  const RoundingModel rounding(model);
  out.resize(network.layers.size());
  forward_layer(network.layers[0], parameters[0], inputs, rounding, out[0]);
  for (std::size_t l = 1; l < network.layers.size(); ++l)
    forward_layer(network.layers[l], parameters[l], out[l - 1].a, rounding, out[l]);
}

/// One whole training step of profile float32 (SPEC 2.4 to 2.7) with the bound of every quantity.
/// `out` keeps its storage between steps. Throws std::invalid_argument where shapes do not fit.
template <class Real>
void float32_step(const Network& network, const Parameters<float>& before, const Sample& sample,
                  float learning_rate, const ArithmeticModel& model, StepTrace<Real>& out) {
  float32_forward(network, before, sample.inputs, model, out);
  detail::backward_and_update(network, before, sample, learning_rate, RoundingModel(model), out);
}

/// Backward pass and update from given activations a_1..a_L, taken as exact (SPEC 6.1): what a step
/// must do with the activations a device shows. Leaves z empty; derivatives are those of a.
template <class Real>
void float32_backward_from_activations(const Network& network, const Parameters<float>& before,
                                       const std::vector<std::vector<float>>& activations,
                                       const Sample& sample, float learning_rate,
                                       const ArithmeticModel& model, StepTrace<Real>& out) {
  detail::require_shapes(network, before);
  detail::require_parameter_counts(network, before);
  detail::require(activations.size() == network.layers.size(), "activations of every layer");
  detail::require(sample.inputs.size() == network.inputs(), "one value per input");
  out.resize(network.layers.size());
  for (std::size_t l = 0; l < out.size(); ++l) {
    detail::require(activations[l].size() == network.layers[l].outputs,
                    "one activation per neuron");
    resize_tensor(out[l].z, 0, false);
    out[l].complement.clear();
    resize_tensor(out[l].a, activations[l].size(), true);
    for (std::size_t i = 0; i < activations[l].size(); ++i) {
      out[l].a.exact[i] = activations[l][i];
      out[l].a.bound[i] = 0;
      out[l].a.magnitude[i] = std::abs(activations[l][i]);
    }
  }
  detail::backward_and_update(network, before, sample, learning_rate, RoundingModel(model), out);
}

}  // namespace lsgd
