// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// What one layer computes in a training step beside its new parameters; all [outputs].
template <class Number>
struct LayerNumbers {
  std::vector<Number> z;       ///< pre-activations
  std::vector<Number> a;       ///< activations, as the next layer sees them
  std::vector<Number> stored;  ///< activations, as derivative and update see them
  std::vector<Number> delta;
};

/// What one training step computes beside the new parameters.
template <class Number>
struct StepNumbers {
  std::vector<Number> input;         ///< a_0 of the forward pass
  std::vector<Number> update_input;  ///< a_0 of the first layer's update
  std::vector<LayerNumbers<Number>> layers;
};

/// The forward pass of SPEC 2.4 over numbers of any kind. `numbers` says what each operation of
/// layer l, from 0, gives: rounded once, exact with a bound, ...
template <class Numbers>
void declared_forward(const Network& network, std::span<const float> inputs, Numbers& numbers,
                      StepNumbers<typename Numbers::Number>& out) {
  numbers.round_inputs(inputs, out.input, out.update_input);
  out.layers.resize(network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto& below = l == 0 ? out.input : out.layers[l - 1].a;
    LayerNumbers<typename Numbers::Number>& layer = out.layers[l];
    layer.z.clear();
    layer.a.clear();
    layer.stored.clear();
    numbers.begin_layer(l);
    for (std::size_t j = 0; j < network.layers[l].outputs; ++j) {
      layer.z.push_back(numbers.pre_activation(l, j, below));
      layer.a.push_back(numbers.activation(l, layer.z.back()));
      layer.stored.push_back(numbers.stored_activation(l, layer.a.back()));
    }
  }
}

/// The update of SPEC 2.7 of layer l.
template <class Numbers>
void declared_update(std::size_t l, const std::vector<typename Numbers::Number>& delta,
                     const std::vector<typename Numbers::Number>& below, Numbers& numbers) {
  for (std::size_t j = 0; j < delta.size(); ++j) {
    if (numbers.keeps_neuron(delta[j])) continue;
    const auto step = numbers.learning_rate_times_delta(l, delta[j]);
    if (numbers.updates_bias_first()) numbers.update_bias(l, j, step, delta[j]);
    for (std::size_t i = 0; i < below.size(); ++i)
      numbers.update_weight(l, j, i, step, delta[j], below[i]);
    if (!numbers.updates_bias_first()) numbers.update_bias(l, j, step, delta[j]);
  }
  numbers.finish_update(l);
}

/// The backward pass and the update of SPEC 2.5 to 2.7, from the activations in `out`. A layer is
/// updated as soon as the deltas below it are known (SPEC 2.8).
template <class Numbers>
void declared_backward(const Network& network, std::span<const float> target, Numbers& numbers,
                       StepNumbers<typename Numbers::Number>& out) {
  const std::size_t last = network.layers.size() - 1;
  LayerNumbers<typename Numbers::Number>& output = out.layers[last];
  output.delta.clear();
  for (std::size_t j = 0; j < output.a.size(); ++j) {
    const auto error = numbers.output_error(last, output.a[j], target[j]);
    output.delta.push_back(network.loss == Loss::bce
                               ? numbers.delta(last, error)
                               : numbers.delta(last, error, output.stored[j]));
  }
  for (std::size_t l = last + 1; l-- > 0;) {
    const auto& delta = out.layers[l].delta;
    if (l > 0) {
      LayerNumbers<typename Numbers::Number>& below = out.layers[l - 1];
      below.delta.clear();
      for (std::size_t i = 0; i < below.a.size(); ++i)
        below.delta.push_back(
            numbers.delta(l - 1, numbers.hidden_error(l - 1, i, delta), below.stored[i]));
    }
    if (numbers.trains(l))
      declared_update(l, delta, l == 0 ? out.update_input : out.layers[l - 1].stored, numbers);
  }
}

}  // namespace lsgd
