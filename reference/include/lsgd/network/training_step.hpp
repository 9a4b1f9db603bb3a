// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// What one layer computes in a training step beside its new parameters; all [outputs].
template <class Number, class Delta = Number>
struct LayerNumbers {
  std::vector<Number> z;       ///< pre-activations
  std::vector<Number> a;       ///< activations, as the next layer sees them
  std::vector<Number> stored;  ///< activations, as derivative and update see them
  std::vector<Delta> delta;
};

/// What one training step computes beside the new parameters. It keeps its storage between steps.
template <class Number, class Delta = Number>
struct StepNumbers {
  std::vector<Number> input;         ///< a_0 of the forward pass
  std::vector<Number> update_input;  ///< a_0 of the first layer's update
  std::vector<LayerNumbers<Number, Delta>> layers;
};

// The one training step of SPEC 2. `numbers` says what each operation of layer l, from 0, gives in
// an arithmetic: rounded once, exact with a bound, eight legal members at a time, integers. It
// holds the parameters and offers
//
//   round_inputs(inputs, input, update_input)    a_0 as both passes see it
//   begin_layer(l)                               before the forward pass of a layer
//   pre_activation(l, j, below), activation(l, z), stored_activation(l, a)
//   activations(l, z, a)                         all a of a layer whose function takes all z; not
//   of
//                                                an arithmetic without such functions
//   output_error(l, a, target)                   a - t
//   hidden_error(l, i, delta)                    the sum of W^T delta that reaches neuron i, or
//   hidden_error(l, i, delta, a)                 where it takes the neuron's activation, too, or
//   hidden_errors(l, delta)                      all of them, where the order matters in which the
//                                                sums grow
//   delta(l, error), delta(l, error, stored)     without a derivative, and with that of a layer
//   trains(l)                                    false for a frozen layer
//   keeps_neuron(delta)                          whether the update leaves its parameters alone
//   updates_bias_first()
//   learning_rate_times_delta(l, delta)          what all updates of a neuron share
//   update_weight(l, j, i, step, delta, below), update_bias(l, j, step, delta)
//   finish_update(l)                             after the update of a layer

/// Activations of a layer as derivative and update see them: those of the next layer where none
/// are stored apart.
template <class Layer>
const auto& stored_activations(const Layer& layer) {
  if constexpr (requires { layer.stored; })
    return layer.stored;
  else
    return layer.a;
}

/// The forward pass of one layer from the numbers below it.
template <class Numbers, class Below, class Trace>
void forward_neurons(std::size_t l, const Layer& shape, const Below& below, Numbers& numbers,
                     Trace& layer) {
  layer.z.clear();
  layer.a.clear();
  if constexpr (requires { layer.stored; }) layer.stored.clear();
  numbers.begin_layer(l);
  if (is_of_layer(shape.activation)) {
    for (std::size_t j = 0; j < shape.outputs; ++j)
      layer.z.push_back(numbers.pre_activation(l, j, below));
    if constexpr (requires { numbers.activations(l, layer.z, layer.a); })
      numbers.activations(l, layer.z, layer.a);
    else
      throw std::invalid_argument("an activation function that the arithmetic has");
    if constexpr (requires { layer.stored; })
      for (const auto& a : layer.a) layer.stored.push_back(numbers.stored_activation(l, a));
    return;
  }
  for (std::size_t j = 0; j < shape.outputs; ++j) {
    layer.z.push_back(numbers.pre_activation(l, j, below));
    layer.a.push_back(numbers.activation(l, layer.z.back()));
    if constexpr (requires { layer.stored; })
      layer.stored.push_back(numbers.stored_activation(l, layer.a.back()));
  }
}

/// The forward pass of SPEC 2.4. Fills everything of `out` but the deltas.
template <class Numbers, class Trace>
void forward_pass(const Network& network, std::span<const float> inputs, Numbers& numbers,
                  Trace& out) {
  numbers.round_inputs(inputs, out.input, out.update_input);
  out.layers.resize(network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    if (l == 0)
      forward_neurons(l, network.layers[l], out.input, numbers, out.layers[l]);
    else
      forward_neurons(l, network.layers[l], out.layers[l - 1].a, numbers, out.layers[l]);
}

/// The deltas of the output layer (SPEC 2.5).
template <class Numbers, class Layer>
void output_deltas(const Network& network, std::span<const float> target, Numbers& numbers,
                   Layer& output) {
  const std::size_t last = network.layers.size() - 1;
  output.delta.clear();
  for (std::size_t j = 0; j < output.a.size(); ++j) {
    const auto error = numbers.output_error(last, output.a[j], target[j]);
    output.delta.push_back(multiplies_derivative(network.loss)
                               ? numbers.delta(last, error, stored_activations(output)[j])
                               : numbers.delta(last, error));
  }
}

/// The deltas of layer l from those of the layer above it (SPEC 2.6).
template <class Numbers, class Layer, class Deltas>
void hidden_deltas(std::size_t l, const Deltas& above, Numbers& numbers, Layer& layer) {
  layer.delta.clear();
  const auto& stored = stored_activations(layer);
  if constexpr (requires { numbers.hidden_errors(l, above); }) {
    const auto& errors = numbers.hidden_errors(l, above);
    for (std::size_t i = 0; i < layer.a.size(); ++i)
      layer.delta.push_back(numbers.delta(l, errors[i], stored[i]));
  } else if constexpr (requires { numbers.hidden_error(l, l, above, layer.a[l]); }) {
    for (std::size_t i = 0; i < layer.a.size(); ++i)
      layer.delta.push_back(
          numbers.delta(l, numbers.hidden_error(l, i, above, layer.a[i]), stored[i]));
  } else {
    for (std::size_t i = 0; i < layer.a.size(); ++i)
      layer.delta.push_back(numbers.delta(l, numbers.hidden_error(l, i, above), stored[i]));
  }
}

/// The update of layer l (SPEC 2.7) from its deltas and the activations below it.
template <class Numbers, class Deltas, class Below>
void update_neurons(std::size_t l, const Deltas& deltas, const Below& below, Numbers& numbers) {
  for (std::size_t j = 0; j < deltas.size(); ++j) {
    const auto& delta = deltas[j];
    if (numbers.keeps_neuron(delta)) continue;
    const auto step = numbers.learning_rate_times_delta(l, delta);
    if (numbers.updates_bias_first()) numbers.update_bias(l, j, step, delta);
    for (std::size_t i = 0; i < below.size(); ++i)
      numbers.update_weight(l, j, i, step, delta, below[i]);
    if (!numbers.updates_bias_first()) numbers.update_bias(l, j, step, delta);
  }
  numbers.finish_update(l);
}

/// The backward pass and the update of SPEC 2.5 to 2.7, from the activations in `out`. A layer is
/// updated as soon as the deltas below it are known (SPEC 2.8).
template <class Numbers, class Trace>
void backward_pass(const Network& network, std::span<const float> target, Numbers& numbers,
                   Trace& out) {
  const std::size_t last = network.layers.size() - 1;
  output_deltas(network, target, numbers, out.layers[last]);
  for (std::size_t l = last + 1; l-- > 0;) {
    if (l > 0) hidden_deltas(l - 1, out.layers[l].delta, numbers, out.layers[l - 1]);
    if (!numbers.trains(l)) continue;
    if (l == 0)
      update_neurons(l, out.layers[l].delta, out.update_input, numbers);
    else
      update_neurons(l, out.layers[l].delta, stored_activations(out.layers[l - 1]), numbers);
  }
}

}  // namespace lsgd
