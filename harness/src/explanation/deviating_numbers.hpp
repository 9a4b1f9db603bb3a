// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

#include "explanation/deviation.hpp"

namespace lsgd {

/// A number that a device computes: the exact one, how far any legal computation may be from it,
/// and what the device has if it computes in the order at hand; NaN where that is not known.
struct Computed {
  double value = 0;
  double error = 0;
  float bits = 0;

  static Computed exactly(double value) { return {value, 0, static_cast<float>(value)}; }
  bool is_zero() const { return value == 0 && error == 0; }
};

/// What a device remembers of earlier steps, where it should remember nothing (SPEC 2.8).
struct DeviceMemory {
  std::vector<std::vector<double>> activations;       ///< shown last; empty since the configuration
  std::vector<std::vector<Computed>> deltas;          ///< of the last step
  std::vector<std::vector<Computed>> changes;         ///< of the weights in the last step, as shown
  std::vector<std::vector<Computed>> gradients;       ///< what they should have been
  std::vector<std::vector<Computed>> bias_gradients;  ///< likewise of the biases
  std::vector<std::vector<Computed>> bias_changes;    ///< in the last step, as shown
  std::vector<std::vector<Computed>> computed;        ///< activations, whatever was gone on with
  std::vector<std::vector<double>> biases;            ///< before the last step; empty behind a load
  std::vector<float> target;
  std::optional<float> learning_rate;  ///< of the first step
  bool is_input_elsewhere = false;     ///< than where an address that is kept leads
};

/// Fraction bits of int32_fixed limit errors by units; float32 has relative ones.
enum class NumberKind : unsigned char { binary32, fixed };

using ComputedTrace = StepNumbers<Computed>;

/// The operations of a training step in real numbers with their errors (SPEC 5, 13), and with the
/// changes of a hypothesis: the policy of forward_pass and backward_pass. Errors are bounds for any
/// order of sums, wider than those of SPEC 5 by a small factor.
class DeviatingNumbers {
 public:
  /// @param before parameters; the network, both models and the memory outlive the object
  DeviatingNumbers(const Network& network, std::span<const LayerParameters<double>> before,
                   const Sample& sample, float learning_rate, const ArithmeticModel& model,
                   NumberKind kind, const Changes& changes, DeviceMemory& memory);

  /// Goes on with the activations that the device shows, as SPEC 6.1 judges it.
  void go_on_with(std::vector<std::vector<double>> shown) { shown_ = std::move(shown); }

  /// Takes the activations of layer l, from 0, and what they are functions of, in place of those of
  /// a forward pass.
  void use(std::size_t l, std::vector<Computed> activations, std::vector<double> z);
  /// Another activation in the update of the layer above.
  void use_in_update(std::size_t l, std::size_t j, double activation);
  /// Takes weights of layer l in the hidden delta for so many powers of two more.
  void scale_weights_of_hidden_delta(std::size_t l, int exponent);
  /// Other weights of layer l in the hidden delta.
  void take_for_the_hidden_delta(std::size_t l, std::vector<double> weights);

  // The policy, see <lsgd/network/training_step.hpp>.
  void round_inputs(std::span<const float> inputs, std::vector<Computed>& input,
                    std::vector<Computed>& update_input);
  void begin_layer(std::size_t l);
  Computed pre_activation(std::size_t l, std::size_t j, const std::vector<Computed>& below);
  Computed activation(std::size_t l, const Computed& z);
  void activations(std::size_t l, const std::vector<Computed>& z, std::vector<Computed>& a);
  static Computed stored_activation(std::size_t, const Computed& a) { return a; }
  Computed output_error(std::size_t l, const Computed& a, float target);
  Computed hidden_error(std::size_t l, std::size_t i, const std::vector<Computed>& above);
  Computed delta(std::size_t l, const Computed& error);
  Computed delta(std::size_t l, const Computed& error, const Computed& a);
  static bool trains(std::size_t) { return true; }
  static bool keeps_neuron(const Computed&) { return false; }
  static bool updates_bias_first() { return false; }
  Computed learning_rate_times_delta(std::size_t l, const Computed& delta);
  void update_weight(std::size_t l, std::size_t j, std::size_t i, const Computed& step,
                     const Computed& delta, const Computed& below);
  void update_bias(std::size_t l, std::size_t j, const Computed& step, const Computed& delta);
  void finish_update(std::size_t l);

  /// Before they are replaced by those that the device shows.
  const std::vector<std::vector<Computed>>& activations() const { return predicted_; }
  const std::vector<std::vector<double>>& pre_activations() const { return z_; }
  const std::vector<std::vector<Computed>>& weights() const { return weights_; }
  const std::vector<std::vector<Computed>>& biases() const { return biases_; }
  const std::vector<std::vector<Computed>>& deltas() const { return deltas_; }
  /// Of hidden layers, before they are multiplied by the derivative.
  const std::vector<std::vector<Computed>>& hidden_sums() const { return hidden_sums_; }

  /// What the device will remember of the step.
  /// @param changes of the weights by layer, as far as they are known
  void remember(const std::vector<std::vector<Computed>>& changes);

 private:
  bool makes(Deviation deviation) const { return changes_.makes(deviation); }
  std::size_t last() const { return network_.layers.size() - 1; }
  bool is_fixed() const { return kind_ == NumberKind::fixed; }
  /// Error of one rounding of a number of this magnitude; `fraction_bits` where it is fixed.
  double rounding(double magnitude, int fraction_bits) const;
  /// An operand as the device sees it.
  template <class Number>
  Number seen(FlushedOperand operand, Number number) const;
  Computed seen(FlushedOperand operand, Computed number) const;
  float rounded(RoundedOperation operation, double exact) const;
  float fused_or_not(RoundedOperation product, RoundedOperation sum, float accumulator, float x,
                     float y) const;
  float subtracted(float minuend, float x, float y) const;
  Computed product(const Computed& x, const Computed& y, int fraction_bits) const;
  /// What the device has of a result of binary32 that may overflow (SPEC 5.12).
  /// @param is_decided whether every computation overflows where the exact result does
  Computed in_range(const Computed& number, bool is_decided) const;
  static Computed with_wrapped_exponent(const Computed& number);
  bool alters_overflow() const;
  bool reads_beside_the_inputs() const;
  /// Of a change that may come from an infinite delta: what is certain of it.
  Computed decided_change(const Computed& change, const Computed& delta, double before,
                          const Computed& factor) const;
  Computed derivative(Activation function, const Computed& a, double z) const;
  Computed times_derivative(std::size_t l, const Computed& error, const Computed& a);
  Computed stored_parameter(double before, const Computed& change, float bits, int kept_bits) const;
  Computed function_value(Activation function, const Computed& z) const;
  std::vector<Computed> softmax(const std::vector<Computed>& z) const;
  Computed delta_of_cross_entropy(const Computed& error, std::size_t j) const;
  void take_delta_of_the_update(std::size_t l, std::size_t j, Computed& delta,
                                Computed& step) const;
  double learning_rate() const;
  double quantized(double x) const;
  bool is_cut_factor(FlushedOperand operand) const;
  float factor(double number) const;
  double wrapped_product(double exact, int fraction_bits) const;
  double limited_input(double x) const;
  Computed weight_at(std::size_t l, std::size_t flat) const;
  static std::size_t last_negative_term(std::span<const double> weights, std::size_t row,
                                        const std::vector<Computed>& below);
  Computed beyond_the_inputs(std::size_t l, std::size_t j) const;
  Computed limited_to(Computed number) const;
  void overwrite_deltas(std::size_t l, const std::vector<Computed>& above);
  void displace_gradients(std::size_t l);
  void displace_rows(std::size_t l);
  std::size_t computed_inputs(std::size_t l) const;

  const Network& network_;
  std::span<const LayerParameters<double>> before_;
  const Sample& sample_;
  float learning_rate_;
  const ArithmeticModel& model_;
  NumberKind kind_;
  const Changes& changes_;
  DeviceMemory& memory_;
  double unit_;
  double underflow_;
  std::vector<std::vector<double>> shown_;
  std::vector<std::vector<double>> z_;
  std::vector<std::vector<Computed>> predicted_, used_, deltas_, weights_, biases_, gradients_,
      bias_gradients_, computed_, hidden_sums_;
  std::vector<Computed>
      overwritten_;  ///< deltas above the layer at hand, in one place with its own
  std::vector<std::vector<std::optional<double>>> in_update_;
  std::vector<int> exponents_;
  std::vector<std::vector<double>> weights_of_hidden_delta_;  ///< where not those of the layer
  std::size_t neuron_ = 0;
};

}  // namespace lsgd
