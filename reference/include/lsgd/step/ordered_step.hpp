// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

// Every expression below is one rounding: wider intermediates or reassociation would make this the
// simulation of another device. lsgd_warnings adds -ffp-contract=off for the same reason.
static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated in binary32");
#ifdef __FAST_MATH__
#error "the ordered step cannot be compiled with -ffast-math"
#endif

namespace lsgd {

/// What one training step computes in binary32; index 0 is layer 1.
using OrderedTrace = StepNumbers<float>;

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

/// z of neuron j = W input + b, summed in the declared order (SPEC 6.2.1).
inline float ordered_pre_activation(const Layer& layer, const LayerParameters<float>& parameters,
                                    std::size_t j, const std::vector<float>& input,
                                    const ArithmeticModel& model) {
  const bool bias_first = model.bias_position == BiasPosition::first;
  const float* row = parameters.weights.data() + j * layer.inputs;
  OrderedSum sum(model, bias_first ? parameters.biases[j] : 0.0f);
  for (std::size_t k = 0; k < layer.inputs; ++k) {
    const std::size_t i = ordered_index(model, k, layer.inputs);
    sum.add(row[i], input[i]);
  }
  return bias_first ? sum.value() : sum.value() + parameters.biases[j];
}

/// Products of `value` with the derivatives of SPEC 6.2.2.
struct OrderedSlopeProduct {
  float value;
  const ArithmeticModel& model;

  float one() const { return value; }
  float one_where_positive(float a) const { return a > 0 ? value : 0.0f; }
  float one_or_part(float a, int exponent) const {
    return a > 0 ? value : std::ldexp(value, exponent);
  }
  float times_complement(float a) const { return value * (a * (1 - a)); }
  float complement_of_square(float a) const {
    OrderedSum derivative(model, 1);
    derivative.add(-a, a);
    return value * derivative.value();
  }
};

/// The operations of a training step in binary32 and a declared order, each rounded once
/// (SPEC 6.2).
/// @tparam OwnParameters Parameters<float>, const where only a forward pass is made
/// @tparam ActivationFunction float(Activation, float z); nullptr_t where no forward pass is made
template <class OwnParameters, class ActivationFunction>
class OrderedNumbers {
 public:
  /// @throws std::invalid_argument if `model` declares no order
  OrderedNumbers(const Network& network, OwnParameters& parameters, float learning_rate,
                 const ArithmeticModel& model, const ActivationFunction& activation_function)
      : network_(network),
        parameters_(parameters),
        learning_rate_(learning_rate),
        model_(model),
        activation_function_(activation_function) {
    require_declared_order(model);
  }

  static void round_inputs(std::span<const float> inputs, std::vector<float>& input,
                           std::vector<float>& update_input) {
    input.assign(inputs.begin(), inputs.end());
    update_input = input;
  }

  static void begin_layer(std::size_t) {}

  float pre_activation(std::size_t l, std::size_t j, const std::vector<float>& below) const {
    return ordered_pre_activation(network_.layers[l], parameters_[l], j, below, model_);
  }

  float activation(std::size_t l, float z) const {
    return activation_function_(network_.layers[l].activation, z);
  }

  /// Of softmax, correctly rounded.
  static void activations(std::size_t, const std::vector<float>& z, std::vector<float>& a) {
    a = correctly_rounded_softmax(z);
  }

  static float stored_activation(std::size_t, float a) { return a; }

  /// SPEC 6.2.3.
  static float output_error(std::size_t, float a, float target) { return a - target; }

  /// SPEC 6.2.4: the sum over W^T delta first, then times f'.
  float hidden_error(std::size_t l, std::size_t i, const std::vector<float>& delta_above) const {
    const std::vector<float>& weights = parameters_[l + 1].weights;
    const std::size_t inputs = network_.layers[l + 1].inputs;
    OrderedSum sum(model_, 0);
    for (std::size_t k = 0; k < delta_above.size(); ++k) {
      const std::size_t j = ordered_index(model_, k, delta_above.size());
      sum.add(weights[j * inputs + i], delta_above[j]);
    }
    return sum.value();
  }

  static float delta(std::size_t, float error) { return error; }

  /// The derivative expressed by the activation a = f(z) (SPEC 6.2.2): tanh 1 - a * a, sigmoid
  /// a * (1 - a), relu 1 where a > 0 and 0 elsewhere, identity 1.
  float delta(std::size_t l, float error, float a) const {
    return activation_slope(network_.layers[l].activation, OrderedSlopeProduct{error, model_}, a);
  }

  static bool trains(std::size_t) { return true; }
  static bool keeps_neuron(float) { return false; }
  static bool updates_bias_first() { return false; }

  float learning_rate_times_delta(std::size_t, float delta) const { return learning_rate_ * delta; }

  /// SPEC 6.2.5.
  void update_weight(std::size_t l, std::size_t j, std::size_t i, float rate_delta, float delta,
                     float below) {
    float& weight = parameters_[l].weights[j * network_.layers[l].inputs + i];
    OrderedSum updated(model_, weight);
    if (model_.update_product == UpdateProduct::learning_rate_times_delta)
      updated.add(-rate_delta, below);
    else
      updated.add(-learning_rate_, delta * below);
    weight = updated.value();
  }

  /// SPEC 6.2.5: the product is fused only where it has no other use.
  void update_bias(std::size_t l, std::size_t j, float rate_delta, float delta) {
    float& bias = parameters_[l].biases[j];
    if (model_.update_product == UpdateProduct::learning_rate_times_delta) {
      bias = bias - rate_delta;
      return;
    }
    OrderedSum updated(model_, bias);
    updated.add(-learning_rate_, delta);
    bias = updated.value();
  }

  static void finish_update(std::size_t) {}

 private:
  const Network& network_;
  OwnParameters& parameters_;
  float learning_rate_;
  const ArithmeticModel& model_;
  const ActivationFunction& activation_function_;
};

/// Forward pass in the declared order; fills all of `trace` but the deltas.
/// @param activation_function float(Activation, float z), e.g. correctly_rounded_activation
/// @throws std::invalid_argument if `model` declares no order
template <class ActivationFunction>
void ordered_forward(const Network& network, const Parameters<float>& parameters,
                     const std::vector<float>& inputs, const ArithmeticModel& model,
                     const ActivationFunction& activation_function, OrderedTrace& trace) {
  OrderedNumbers numbers(network, parameters, 0, model, activation_function);
  forward_pass(network, inputs, numbers, trace);
}

/// Backward pass and update from given activations taken as they are: the bits a device of the
/// declared order must have after the step if it showed these activations (SPEC 6.2).
/// @param parameters before the step on entry, after it on return
/// @param activations a_1..a_L
/// @param trace its z are left alone
/// @throws std::invalid_argument if `model` declares no order
inline void ordered_backward_from_activations(const Network& network, Parameters<float>& parameters,
                                              const std::vector<std::vector<float>>& activations,
                                              const Sample& sample, float learning_rate,
                                              const ArithmeticModel& model, OrderedTrace& trace) {
  trace.update_input = sample.inputs;
  trace.layers.resize(network.layers.size());
  for (std::size_t l = 0; l < activations.size(); ++l)
    trace.layers[l].a = trace.layers[l].stored = activations[l];
  OrderedNumbers numbers(network, parameters, learning_rate, model, nullptr);
  backward_pass(network, sample.target, numbers, trace);
}

/// One whole float32 training step in the declared order, in place (SPEC 2.4 to 2.6, 6.2).
/// @param activation_function float(Activation, float z)
/// @throws std::invalid_argument if `model` declares no order
template <class ActivationFunction>
void ordered_step(const Network& network, Parameters<float>& parameters, const Sample& sample,
                  float learning_rate, const ArithmeticModel& model,
                  const ActivationFunction& activation_function, OrderedTrace& trace) {
  OrderedNumbers numbers(network, parameters, learning_rate, model, activation_function);
  forward_pass(network, sample.inputs, numbers, trace);
  backward_pass(network, sample.target, numbers, trace);
}

/// Whether a device's value is the simulated one: the same bits, the sign of a zero excepted, which
/// depends on how a sum starts and is judged at level 0 only (SPEC 6.2).
inline bool same_value(float simulated, float device) {
  return simulated == device || (std::isnan(simulated) && std::isnan(device));
}

}  // namespace lsgd
