// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

// Every expression below is one rounding: wider intermediates or reassociation would make this the
// simulation of another device. lsgd_warnings adds -ffp-contract=off for the same reason.
static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated in binary32");
#ifdef __FAST_MATH__
#error "the ordered step cannot be compiled with -ffast-math"
#endif

namespace lsgd {

/// Activations and deltas of one training step in binary32; index 0 is layer 1.
struct OrderedTrace {
  std::vector<std::vector<float>> z;            ///< pre-activations, per layer [outputs]
  std::vector<std::vector<float>> activations;  ///< per layer [outputs]
  std::vector<std::vector<float>> deltas;       ///< dloss/dz, per layer [outputs]
};

/// A sum of products in a declared order: each `add` is acc + x * y, in two roundings or one.
class OrderedSum {
 public:
  OrderedSum(const ArithmeticModel& model, float start)
      : fused_(model.fused_multiply_add == FusedMultiplyAdd::yes), value_(start) {}

  void add(float x, float y) { value_ = fused_ ? std::fma(x, y, value_) : value_ + x * y; }
  float value() const { return value_; }

 private:
  bool fused_;
  float value_;
};

/// @throws std::invalid_argument unless `model` declares an evaluation order (SPEC 6.2).
inline void require_declared_order(const ArithmeticModel& model) {
  if (!model.order_is_declared())
    throw std::invalid_argument("the arithmetic model declares no evaluation order");
}

/// Position `k` of a sum over `count` terms: the index of the term added there.
inline std::size_t ordered_index(const ArithmeticModel& model, std::size_t k, std::size_t count) {
  return model.summation_order == SummationOrder::descending ? count - 1 - k : k;
}

/// z [outputs] = W input + b, each sum in the declared order (SPEC 6.2.1).
inline void ordered_dense(const Layer& layer, const LayerParameters<float>& parameters,
                          const std::vector<float>& input, const ArithmeticModel& model,
                          std::vector<float>& z) {
  const bool bias_first = model.bias_position == BiasPosition::first;
  z.resize(layer.outputs);
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    const float* row = parameters.weights.data() + j * layer.inputs;
    OrderedSum sum(model, bias_first ? parameters.biases[j] : 0.0f);
    for (std::size_t k = 0; k < layer.inputs; ++k) {
      const std::size_t i = ordered_index(model, k, layer.inputs);
      sum.add(row[i], input[i]);
    }
    z[j] = bias_first ? sum.value() : sum.value() + parameters.biases[j];
  }
}

/// Products of `value` with the derivatives of SPEC 6.2.2.
struct OrderedSlopeProduct {
  float value;
  const ArithmeticModel& model;

  float one() const { return value; }
  float one_where_positive(float a) const { return a > 0 ? value : 0.0f; }
  float times_complement(float a) const { return value * (a * (1 - a)); }
  float complement_of_square(float a) const {
    OrderedSum derivative(model, 1);
    derivative.add(-a, a);
    return value * derivative.value();
  }
};

/// `value` times f'(z), the derivative expressed by the activation a = f(z) (SPEC 6.2.2): tanh
/// 1 - a * a, sigmoid a * (1 - a), relu 1 where a > 0 and 0 elsewhere, identity 1.
inline float times_ordered_derivative(float value, Activation activation, float a,
                                      const ArithmeticModel& model) {
  return activation_slope(activation, OrderedSlopeProduct{value, model}, a);
}

/// delta [outputs] of the output layer: a - target for bce, (a - target) * f' for mse (SPEC 6.2.3).
inline void ordered_output_delta(const Network& network, const std::vector<float>& a,
                                 const std::vector<float>& target, const ArithmeticModel& model,
                                 std::vector<float>& delta) {
  delta.resize(a.size());
  for (std::size_t j = 0; j < a.size(); ++j) {
    const float difference = a[j] - target[j];
    delta[j] =
        multiplies_derivative(network.loss)
            ? times_ordered_derivative(difference, network.layers.back().activation, a[j], model)
            : difference;
  }
}

/// delta [inputs] of the layer with activations `a` and function `activation`, below the layer
/// `above` (SPEC 6.2.4): the sum over W^T delta first, then times f'.
inline void ordered_hidden_delta(const Layer& above, const std::vector<float>& weights_above,
                                 const std::vector<float>& delta_above, Activation activation,
                                 const std::vector<float>& a, const ArithmeticModel& model,
                                 std::vector<float>& delta) {
  delta.resize(above.inputs);
  for (std::size_t i = 0; i < above.inputs; ++i) {
    OrderedSum sum(model, 0);
    for (std::size_t k = 0; k < above.outputs; ++k) {
      const std::size_t j = ordered_index(model, k, above.outputs);
      sum.add(weights_above[j * above.inputs + i], delta_above[j]);
    }
    delta[i] = times_ordered_derivative(sum.value(), activation, a[i], model);
  }
}

/// Weight after the update with `input` (SPEC 6.2.5); `rate_delta` is fl(learning_rate * delta).
inline float ordered_updated_weight(float weight, float learning_rate, float delta,
                                    float rate_delta, float input, const ArithmeticModel& model) {
  OrderedSum updated(model, weight);
  if (model.update_product == UpdateProduct::learning_rate_times_delta)
    updated.add(-rate_delta, input);
  else
    updated.add(-learning_rate, delta * input);
  return updated.value();
}

/// Bias after the update (SPEC 6.2.5): the product is fused only where it has no other use.
inline float ordered_updated_bias(float bias, float learning_rate, float delta, float rate_delta,
                                  const ArithmeticModel& model) {
  if (model.update_product == UpdateProduct::learning_rate_times_delta) return bias - rate_delta;
  OrderedSum updated(model, bias);
  updated.add(-learning_rate, delta);
  return updated.value();
}

/// Updates one layer in place from its deltas [outputs] and inputs [inputs].
inline void ordered_update(const Layer& layer, const std::vector<float>& delta,
                           const std::vector<float>& input, float learning_rate,
                           const ArithmeticModel& model, LayerParameters<float>& parameters) {
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    const float rate_delta = learning_rate * delta[j];
    float* row = parameters.weights.data() + j * layer.inputs;
    for (std::size_t i = 0; i < layer.inputs; ++i)
      row[i] = ordered_updated_weight(row[i], learning_rate, delta[j], rate_delta, input[i], model);
    parameters.biases[j] =
        ordered_updated_bias(parameters.biases[j], learning_rate, delta[j], rate_delta, model);
  }
}

/// Forward pass in the declared order; fills z and activations of `trace`.
/// @param activation_function float(Activation, float z), e.g. correctly_rounded_activation
/// @throws std::invalid_argument if `model` declares no order
template <class ActivationFunction>
void ordered_forward(const Network& network, const Parameters<float>& parameters,
                     const std::vector<float>& inputs, const ArithmeticModel& model,
                     ActivationFunction&& activation_function, OrderedTrace& trace) {
  require_declared_order(model);
  trace.z.resize(network.layers.size());
  trace.activations.resize(network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    const std::vector<float>& input = l == 0 ? inputs : trace.activations[l - 1];
    ordered_dense(layer, parameters[l], input, model, trace.z[l]);
    trace.activations[l].resize(layer.outputs);
    for (std::size_t j = 0; j < layer.outputs; ++j)
      trace.activations[l][j] = activation_function(layer.activation, trace.z[l][j]);
  }
}

/// Deltas of every layer from given activations (the device's own, or ordered_forward's).
/// @param activations a_1..a_L
/// @throws std::invalid_argument if `model` declares no order
inline void ordered_deltas(const Network& network, const Parameters<float>& parameters,
                           const std::vector<std::vector<float>>& activations,
                           const std::vector<float>& target, const ArithmeticModel& model,
                           std::vector<std::vector<float>>& deltas) {
  require_declared_order(model);
  deltas.resize(network.layers.size());
  ordered_output_delta(network, activations.back(), target, model, deltas.back());
  for (std::size_t l = network.layers.size() - 1; l-- > 0;)
    ordered_hidden_delta(network.layers[l + 1], parameters[l + 1].weights, deltas[l + 1],
                         network.layers[l].activation, activations[l], model, deltas[l]);
}

/// Backward pass and update from given activations taken as they are: the bits a device of the
/// declared order must have after the step if it showed these activations (SPEC 6.2).
/// @param parameters before the step on entry, after it on return
/// @param activations a_1..a_L
/// @param deltas filled, per layer [outputs]
/// @throws std::invalid_argument if `model` declares no order
inline void ordered_backward_from_activations(const Network& network, Parameters<float>& parameters,
                                              const std::vector<std::vector<float>>& activations,
                                              const Sample& sample, float learning_rate,
                                              const ArithmeticModel& model,
                                              std::vector<std::vector<float>>& deltas) {
  ordered_deltas(network, parameters, activations, sample.target, model, deltas);
  for (std::size_t l = network.layers.size(); l-- > 0;)
    ordered_update(network.layers[l], deltas[l], l == 0 ? sample.inputs : activations[l - 1],
                   learning_rate, model, parameters[l]);
}

/// One whole float32 training step in the declared order, in place (SPEC 2.4 to 2.6, 6.2).
/// @param activation_function float(Activation, float z)
/// @throws std::invalid_argument if `model` declares no order
template <class ActivationFunction>
void ordered_step(const Network& network, Parameters<float>& parameters, const Sample& sample,
                  float learning_rate, const ArithmeticModel& model,
                  ActivationFunction&& activation_function, OrderedTrace& trace) {
  ordered_forward(network, parameters, sample.inputs, model, activation_function, trace);
  ordered_backward_from_activations(network, parameters, trace.activations, sample, learning_rate,
                                    model, trace.deltas);
}

/// Whether a device's value is the simulated one: the same bits, the sign of a zero excepted, which
/// depends on how a sum starts and is judged at level 0 only (SPEC 6.2).
inline bool same_value(float simulated, float device) {
  return simulated == device || (std::isnan(simulated) && std::isnan(device));
}

}  // namespace lsgd
