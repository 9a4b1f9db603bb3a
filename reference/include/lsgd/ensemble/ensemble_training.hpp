// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include <lsgd/ensemble/monte_carlo_rounding.hpp>
#include <lsgd/ensemble/reproducible_functions.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/activation_table.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

namespace lsgd {

/// What the parameters of an ensemble are stored as.
enum class StoredParameters : std::uint8_t {
  binary32,
  int8  ///< the integer forward pass and requantization of profile int8_hybrid (SPEC 4)
};

/// Eight free-running trainings of one network on the same samples in the same order, from the same
/// parameters, each with its own legal rounding errors (SPEC 12.3). The numbers do not depend on
/// machine, compiler or library. Shapes are those of Network; nothing is checked.
class EnsembleTraining {
 public:
  using Members = MonteCarloRounding::Members;

  EnsembleTraining(const Network& network, StoredParameters stored, const ArithmeticModel& model,
                   const Members& members, std::uint64_t seed)
      : network_(network), stored_(stored), rounding_(members, model, seed) {
    for (const Layer& layer : network.layers) {
      parameters_.push_back(
          {std::vector<Lanes>(layer.weight_count()), std::vector<Lanes>(layer.outputs)});
      formats_.push_back({});
      z_.emplace_back(layer.outputs);
      activations_.emplace_back(layer.outputs);
    }
    draw_activation_errors(members, model);
  }

  /// Gives one member its parameters: binary32 numbers, or q / 2^n with the fraction bits below.
  void set_parameters(std::size_t lane, const Parameters<float>& parameters) {
    for (std::size_t l = 0; l < parameters.size(); ++l) {
      for (std::size_t i = 0; i < parameters[l].weights.size(); ++i)
        parameters_[l].weights[i].set(lane, parameters[l].weights[i]);
      for (std::size_t i = 0; i < parameters[l].biases.size(); ++i)
        parameters_[l].biases[i].set(lane, parameters[l].biases[i]);
    }
  }

  void set_parameters(std::size_t lane, const Int8Parameters& parameters) {
    for (std::size_t l = 0; l < parameters.size(); ++l) {
      set_tensor(lane, parameters[l].weights, parameters_[l].weights, formats_[l].weights);
      set_tensor(lane, parameters[l].biases, parameters_[l].biases, formats_[l].biases);
    }
  }

  /// All members' parameters.
  const std::vector<LayerParameters<Lanes>>& parameters() const { return parameters_; }

  StoredParameters stored() const { return stored_; }

  /// Fraction bits of a layer's weights, for int8 parameters.
  int weight_fraction_bits(std::size_t layer, std::size_t lane) const {
    return fraction_bits_of_scale(formats_[layer].weights[lane]);
  }

  /// One training step of every member, in place (SPEC 2.4 to 2.7).
  void step(const Sample& sample, float learning_rate) {
    set_inputs(sample.inputs);
    forward<true>();
    output_delta(sample.target);
    for (std::size_t l = network_.layers.size(); l-- > 0;) {
      if (l > 0) hidden_delta(l);
      update(l, learning_rate);
      std::swap(delta_, delta_below_);
    }
  }

  /// Forward pass of every member without any rounding of its own (int8: bit-exact). The results
  /// are outputs() and output_preactivations().
  void evaluate(const std::vector<float>& inputs) {
    set_inputs(inputs);
    forward<false>();
  }

  const std::vector<Lanes>& outputs() const { return activations_.back(); }
  const std::vector<Lanes>& output_preactivations() const { return z_.back(); }

 private:
  /// 2^n of the tensors of a layer.
  struct Formats {
    Lanes weights = 128;
    Lanes biases = 128;
  };

  static int fraction_bits_of_scale(double scale) { return std::ilogb(scale); }

  static void set_tensor(std::size_t lane, const Int8Tensor& tensor, std::vector<Lanes>& values,
                         Lanes& scale) {
    scale.set(lane, std::ldexp(1.0, tensor.fraction_bits));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i].set(lane, tensor.values[i] / scale[lane]);
  }

  /// Every library's sigmoid and tanh have errors of their own, always the same: each member gets a
  /// constant part of the declared error and a varying one.
  void draw_activation_errors(const Members& members, const ArithmeticModel& model) {
    // The result's own rounding is within the declared units in the last place.
    relative_error_ = Lanes(0);
    absolute_error_ = Lanes(0);
    constant_part_ = rounding_.uniform();
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      if (!members[lane].rounds_results && !members[lane].rounds_parameters) continue;
      const double unit = std::ldexp(1.0, -model.significand_bits - members[lane].more_bits);
      relative_error_.set(lane, std::max(0.0, model.activation_ulps - 0.5) * unit);
      absolute_error_.set(lane, model.activation_absolute_error);
    }
  }

  void set_inputs(const std::vector<float>& inputs) {
    inputs_.resize(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs_[i] = Lanes(inputs[i]);
    if (stored_ != StoredParameters::int8) return;
    quantized_inputs_.resize(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i)
      quantized_inputs_[i] =
          Lanes(dequantize(quantize(inputs[i], input_fraction_bits), input_fraction_bits));
  }

  template <bool rounded>
  Lanes inner(const Lanes& x) {
    if constexpr (rounded)
      return rounding_.inner(x);
    else
      return x;
  }

  template <bool rounded>
  void forward() {
    for (std::size_t l = 0; l < network_.layers.size(); ++l)
      if (stored_ == StoredParameters::int8)
        forward_int8(l, l == 0 ? quantized_inputs_ : activations_[l - 1]);
      else
        forward_binary32<rounded>(l, l == 0 ? inputs_ : activations_[l - 1]);
  }

  template <bool rounded>
  void forward_binary32(std::size_t l, const std::vector<Lanes>& input) {
    const Layer& layer = network_.layers[l];
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const Lanes* row = parameters_[l].weights.data() + j * layer.inputs;
      Lanes sum = parameters_[l].biases[j];
      for (std::size_t i = 0; i < layer.inputs; ++i)
        sum = inner<rounded>(sum + inner<rounded>(row[i] * input[i]));
      z_[l][j] = sum;
      activations_[l][j] = activate<rounded>(layer.activation, sum);
    }
  }

  template <bool rounded>
  Lanes activate(Activation activation, const Lanes& z) {
    Lanes a = reproducible_activation(activation, z);
    if (!is_approximated(activation)) return a;
    if constexpr (rounded) {
      const Lanes varying = (1 - magnitude(constant_part_)) * rounding_.uniform();
      a = rounding_.stored(a + (constant_part_ + varying) *
                                   (relative_error_ * magnitude(a) + absolute_error_));
    }
    return a;
  }

  /// SPEC 4.4 and 4.5 in binary64, which holds every integer that occurs.
  void forward_int8(std::size_t l, const std::vector<Lanes>& input) {
    const Layer& layer = network_.layers[l];
    const int input_bits =
        l == 0 ? input_fraction_bits : output_fraction_bits(network_.layers[l - 1].activation);
    const Lanes product_scale = formats_[l].weights * std::ldexp(1.0, input_bits);
    const ActivationTable& table = cached_activation_table(layer.activation);
    const double unit = std::ldexp(1.0, -output_fraction_bits(layer.activation));
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const Lanes* row = parameters_[l].weights.data() + j * layer.inputs;
      Lanes sum = floor_of(parameters_[l].biases[j] * product_scale) / product_scale;
      for (std::size_t i = 0; i < layer.inputs; ++i) sum = sum + row[i] * input[i];
      const Lanes q = smaller(larger(floor_of(sum * 16 + 0.5), Lanes(-128)), Lanes(127));
      z_[l][j] = q * 0.0625;
      for (std::size_t lane = 0; lane < lane_count; ++lane)
        activations_[l][j].set(lane, unit * table[table_index(static_cast<std::int8_t>(q[lane]))]);
    }
  }

  /// f'(z), expressed by a = f(z).
  Lanes slope(Activation activation, const Lanes& a) {
    return activation_slope(activation, SlopeOperations{rounding_}, a);
  }

  struct SlopeOperations {
    MonteCarloRounding& rounding;

    Lanes one() const { return 1; }
    Lanes one_where_positive(const Lanes& a) const {
      return select(less(Lanes(0), a), Lanes(1), Lanes(0));
    }
    Lanes times_complement(const Lanes& a) const {
      return rounding.inner(a * rounding.inner(1 - a));
    }
    Lanes complement_of_square(const Lanes& a) const {
      return rounding.inner(1 - rounding.inner(a * a));
    }
  };

  void output_delta(const std::vector<float>& target) {
    const std::vector<Lanes>& a = activations_.back();
    delta_.resize(a.size());
    for (std::size_t j = 0; j < a.size(); ++j) {
      delta_[j] = rounding_.inner(a[j] - Lanes(target[j]));
      if (multiplies_derivative(network_.loss))
        delta_[j] = rounding_.inner(delta_[j] * slope(network_.layers.back().activation, a[j]));
    }
  }

  /// Deltas of layer l - 1 (from 0) from those of layer l, before its update.
  void hidden_delta(std::size_t l) {
    const Layer& above = network_.layers[l];
    delta_below_.assign(above.inputs, Lanes());
    for (std::size_t j = 0; j < above.outputs; ++j) {
      const Lanes* row = parameters_[l].weights.data() + j * above.inputs;
      for (std::size_t i = 0; i < above.inputs; ++i)
        delta_below_[i] = rounding_.inner(delta_below_[i] + rounding_.inner(row[i] * delta_[j]));
    }
    const Activation activation = network_.layers[l - 1].activation;
    for (std::size_t i = 0; i < above.inputs; ++i)
      delta_below_[i] =
          rounding_.inner(delta_below_[i] * slope(activation, activations_[l - 1][i]));
  }

  void update(std::size_t l, float learning_rate) {
    const Layer& layer = network_.layers[l];
    const std::vector<Lanes>& input = l == 0 ? inputs_ : activations_[l - 1];
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      Lanes* row = parameters_[l].weights.data() + j * layer.inputs;
      const Lanes rate_delta = rounding_.inner(delta_[j] * learning_rate);
      for (std::size_t i = 0; i < layer.inputs; ++i)
        row[i] = rounding_.stored(row[i] - rounding_.inner(rate_delta * input[i]));
      Lanes& bias = parameters_[l].biases[j];
      bias = rounding_.stored(bias - rate_delta);
    }
    if (stored_ != StoredParameters::int8) return;
    requantize_tensor(parameters_[l].weights, formats_[l].weights);
    requantize_tensor(parameters_[l].biases, formats_[l].biases);
  }

  /// SPEC 4.2 and 4.3.
  static void requantize_tensor(std::vector<Lanes>& values, Lanes& scale) {
    Lanes maximum;
    for (const Lanes& value : values) maximum = larger(maximum, magnitude(value));
    scale = 128;
    for (double power = 1; power < 128; power *= 2)
      scale = select(less(Lanes(power), maximum), scale * 0.5, scale);
    for (Lanes& value : values) {
      const Lanes scaled = value * scale;
      const Lanes rounded = floor_of(magnitude(scaled) + 0.5);
      const Lanes q = smaller(
          select(less(scaled, Lanes(0)), smaller(rounded, Lanes(128)) * -1, rounded), Lanes(127));
      value = q / scale;
    }
  }

  Network network_;
  StoredParameters stored_;
  MonteCarloRounding rounding_;
  std::vector<LayerParameters<Lanes>> parameters_;
  std::vector<Formats> formats_;
  Lanes relative_error_, absolute_error_, constant_part_;
  std::vector<Lanes> inputs_, quantized_inputs_;
  std::vector<std::vector<Lanes>> z_, activations_;
  std::vector<Lanes> delta_, delta_below_;
};

}  // namespace lsgd
