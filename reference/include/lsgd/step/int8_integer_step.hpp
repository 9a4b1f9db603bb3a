// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/numbers/rate_exponent.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int8_forward.hpp>
#include <lsgd/step/int8_integer_delta.hpp>
#include <lsgd/step/int8_integer_parameters.hpp>

namespace lsgd {

/// Version of the semantics of clause 11.
inline constexpr std::string_view int8_integer_semantics = "int8_integer/1";

/// Everything one step of profile int8_integer computes beside the new parameters: inputs with 7
/// fraction bits, z with 4, a with those of its activation, deltas with 12.
using Int8IntegerTrace = StepNumbers<std::int8_t, std::int16_t>;

namespace detail {

/// Fraction bits of weights that an overflow does not take away (SPEC 11.8): below, the random walk
/// of the rounding outweighs learning.
inline constexpr int fraction_bits_floor = 5;

/// Most neurons of layers 2..L: a sum of products int16 x int8 over them fits into 32 bits.
inline constexpr std::uint32_t int8_integer_neurons_maximum = 511;

inline void require_shapes(const Network& network, const Int8IntegerParameters& parameters) {
  require(!network.layers.empty(), "at least one layer");
  require(parameters.layers.size() == network.layers.size(), "parameters of every layer");
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto& [weights, biases] = parameters.layers[l];
    require(weights.values.size() == network.layers[l].weight_count(), "outputs * inputs weights");
    require(biases.size() == network.layers[l].outputs, "one bias per output");
    require(weights.fraction_bits >= 0 && weights.fraction_bits <= 7, "0 to 7 fraction bits");
    require(l == 0 || network.layers[l].outputs <= int8_integer_neurons_maximum,
            "at most 511 neurons above the first layer");
  }
}

}  // namespace detail

/// The operations of a training step of profile int8_integer (SPEC 11): nothing but integers once
/// the sample is quantized.
class Int8IntegerNumbers : public Int8ForwardNumbers<Int8IntegerLayerParameters> {
 public:
  Int8IntegerNumbers(const Network& network, Int8IntegerParameters& parameters, float learning_rate)
      : Int8ForwardNumbers(network, parameters.layers),
        parameters_(parameters),
        rate_exponent_(rate_exponent(learning_rate)) {}

  /// A difference that saturates in 12 fraction bits (SPEC 11.5). `target` is rounded to 7.
  std::int16_t output_error(std::size_t l, std::int8_t a, float target) const {
    const int fraction_bits = output_fraction_bits(layer(l).activation);
    const std::int32_t difference = shifted(a, 7 - fraction_bits) - quantize_int16(target, 7);
    return saturate_int16(difference * (1 << (delta_fraction_bits - 7)));
  }

  /// SPEC 11.6.
  std::int16_t hidden_error(std::size_t l, std::size_t i,
                            const std::vector<std::int16_t>& delta_above) const {
    const Int8Tensor& weights = parameters_.layers[l + 1].weights;
    const std::size_t inputs = layer(l + 1).inputs;
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < delta_above.size(); ++j)
      sum += std::int32_t{delta_above[j]} * weights.values[j * inputs + i];
    return saturate_int16(sum >> weights.fraction_bits);
  }

  static std::int16_t delta(std::size_t, std::int16_t error) { return error; }
  std::int16_t delta(std::size_t l, std::int16_t error, std::int8_t a) const {
    return times_integer_derivative(error, layer(l).activation, a);
  }

  static bool trains(std::size_t) { return true; }
  /// Such a neuron draws nothing (SPEC 11.7).
  static bool keeps_neuron(std::int16_t delta) { return delta == 0; }
  static bool updates_bias_first() { return false; }
  /// The rate is a power of two: every update shifts for itself.
  static std::int16_t learning_rate_times_delta(std::size_t, std::int16_t delta) { return delta; }

  /// With learning rate 2^-k (SPEC 11.7).
  void update_weight(std::size_t l, std::size_t j, std::size_t i, std::int16_t, std::int16_t delta,
                     std::int8_t below) {
    Int8Tensor& weights = parameters_.layers[l].weights;
    std::int8_t& weight = weights.values[j * layer(l).inputs + i];
    const int shift = delta_fraction_bits + bits_below(l) - weights.fraction_bits + rate_exponent_;
    const std::int32_t updated =
        weight - ((delta * below + parameters_.random_bits.draw(shift)) >> shift);
    weight = saturate_int8(updated);
    overflows_ = overflows_ || weight != updated;
  }

  void update_bias(std::size_t l, std::size_t j, std::int16_t, std::int16_t delta) {
    std::int16_t& bias = parameters_.layers[l].biases[j];
    bias = saturate_int16(
        bias - ((delta + parameters_.random_bits.draw(rate_exponent_)) >> rate_exponent_));
  }

  /// SPEC 11.8.
  void finish_update(std::size_t l) {
    Int8Tensor& weights = parameters_.layers[l].weights;
    if (overflows_ && weights.fraction_bits > detail::fraction_bits_floor) halve(weights);
    overflows_ = false;
  }

 private:
  /// Rounds at random, one draw of one bit for each weight.
  void halve(Int8Tensor& weights) {
    --weights.fraction_bits;
    for (std::int8_t& weight : weights.values)
      weight = static_cast<std::int8_t>((weight + parameters_.random_bits.draw(1)) >> 1);
  }

  Int8IntegerParameters& parameters_;
  int rate_exponent_;       ///< k
  bool overflows_ = false;  ///< whether a weight of the layer at hand saturated
};

/// Forward pass (SPEC 11.4): fills all of `out` but the deltas.
inline void int8_integer_forward(const Network& network, const Int8IntegerParameters& parameters,
                                 std::span<const float> inputs, Int8IntegerTrace& out) {
  detail::require_shapes(network, parameters);
  detail::require(inputs.size() == network.inputs(), "one value per input");
  Int8ForwardNumbers<Int8IntegerLayerParameters> numbers(network, parameters.layers);
  forward_pass(network, inputs, numbers, out);
}

/// One training step of profile int8_integer (SPEC 11), in place, random state included: nothing
/// but integers once the sample is quantized, and the same bits everywhere.
inline void int8_integer_step(const Network& network, Int8IntegerParameters& parameters,
                              const Sample& sample, float learning_rate, Int8IntegerTrace& out) {
  detail::require_shapes(network, parameters);
  detail::require(sample.inputs.size() == network.inputs(), "one value per input");
  detail::require(sample.target.size() == network.outputs(), "one target per output");
  Int8IntegerNumbers numbers(network, parameters, learning_rate);
  forward_pass(network, sample.inputs, numbers, out);
  backward_pass(network, sample.target, numbers, out);
}

}  // namespace lsgd
