// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <lsgd/ensemble/monte_carlo_rounding.hpp>
#include <lsgd/ensemble/reproducible_functions.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/activation_table.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>
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
    with_widest_vectors([&] {
      Numbers<true> numbers(*this, learning_rate);
      forward_pass(network_, sample.inputs, numbers, trace_);
      backward_pass(network_, sample.target, numbers, trace_);
    });
  }

  /// Forward pass of every member without any rounding of its own (int8: bit-exact). The results
  /// are outputs() and output_preactivations().
  void evaluate(const std::vector<float>& inputs) {
    with_widest_vectors([&] {
      Numbers<false> numbers(*this, 0);
      forward_pass(network_, inputs, numbers, trace_);
    });
  }

  const std::vector<Lanes>& outputs() const { return trace_.layers.back().a; }
  const std::vector<Lanes>& output_preactivations() const { return trace_.layers.back().z; }

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

  /// The operations of a training step; without `rounded` the members do not round.
  template <bool rounded>
  class Numbers {
   public:
    Numbers(EnsembleTraining& training, double learning_rate)
        : training_(training), learning_rate_(learning_rate) {}

    void round_inputs(std::span<const float> inputs, std::vector<Lanes>& input,
                      std::vector<Lanes>& update_input) const {
      update_input.assign(inputs.begin(), inputs.end());
      input = update_input;
      if (!is_int8()) return;
      for (std::size_t i = 0; i < inputs.size(); ++i)
        input[i] = dequantize(quantize(inputs[i], input_fraction_bits), input_fraction_bits);
    }

    static void begin_layer(std::size_t) {}

    Lanes pre_activation(std::size_t l, std::size_t j, const std::vector<Lanes>& below) {
      const Lanes* const row = parameters(l).weights.data() + j * below.size();
      if (is_int8()) return training_.int8_pre_activation(l, j, below);
      Lanes sum = parameters(l).biases[j];
      for (std::size_t i = 0; i < below.size(); ++i) sum = inner(sum + inner(row[i] * below[i]));
      return sum;
    }

    Lanes activation(std::size_t l, const Lanes& z) {
      const Activation function = activation_of(l);
      if (is_int8()) return int8_activation(function, z);
      const Lanes a = reproducible_activation(function, z);
      if constexpr (rounded)
        if (is_approximated(function)) return rounding().stored(with_function_error(a));
      return a;
    }

    void activations(std::size_t, const std::vector<Lanes>& z, std::vector<Lanes>& a) {
      SoftmaxFunction::values(SoftmaxOperations{*this}, z, a);
    }

    static const Lanes& stored_activation(std::size_t, const Lanes& a) { return a; }

    Lanes output_error(std::size_t, const Lanes& a, float target) {
      return inner(a - Lanes(target));
    }

    /// Neuron by neuron of the layer above.
    const std::vector<Lanes>& hidden_errors(std::size_t l, const std::vector<Lanes>& delta_above) {
      const std::size_t inputs = training_.network_.layers[l + 1].inputs;
      std::vector<Lanes>& errors = training_.hidden_errors_;
      errors.assign(inputs, Lanes());
      for (std::size_t j = 0; j < delta_above.size(); ++j) {
        const Lanes* const row = parameters(l + 1).weights.data() + j * inputs;
        for (std::size_t i = 0; i < inputs; ++i)
          errors[i] = inner(errors[i] + inner(row[i] * delta_above[j]));
      }
      return errors;
    }

    static const Lanes& delta(std::size_t, const Lanes& error) { return error; }
    Lanes delta(std::size_t l, const Lanes& error, const Lanes& a) {
      return inner(error * activation_slope(activation_of(l), SlopeOperations{rounding()}, a));
    }

    static bool trains(std::size_t) { return true; }
    static bool keeps_neuron(const Lanes&) { return false; }
    static bool updates_bias_first() { return false; }

    Lanes learning_rate_times_delta(std::size_t, const Lanes& delta) {
      return inner(delta * learning_rate_);
    }

    void update_weight(std::size_t l, std::size_t j, std::size_t i, const Lanes& rate_delta,
                       const Lanes&, const Lanes& below) {
      Lanes& weight = parameters(l).weights[j * training_.network_.layers[l].inputs + i];
      weight = rounding().stored(weight - inner(rate_delta * below));
    }

    void update_bias(std::size_t l, std::size_t j, const Lanes& rate_delta, const Lanes&) {
      Lanes& bias = parameters(l).biases[j];
      bias = rounding().stored(bias - rate_delta);
    }

    void finish_update(std::size_t l) {
      if (!is_int8()) return;
      requantize_tensor(parameters(l).weights, training_.formats_[l].weights);
      requantize_tensor(parameters(l).biases, training_.formats_[l].biases);
    }

   private:
    struct SoftmaxOperations {
      Numbers& numbers;

      static Lanes larger(const Lanes& x, const Lanes& y) { return lsgd::larger(x, y); }
      Lanes difference(const Lanes& x, const Lanes& y) const { return numbers.inner(x - y); }
      Lanes exponential(const Lanes& x) const {
        const Lanes e = reproducible_exponential(x);
        if constexpr (rounded)
          return numbers.inner(lsgd::larger(numbers.with_function_error(e), Lanes(0)));
        else
          return e;
      }
      Lanes sum(const Lanes& x, const Lanes& y) const { return numbers.inner(x + y); }
      Lanes quotient(const Lanes& x, const Lanes& y) const {
        if constexpr (rounded)
          return numbers.rounding().stored(x / y);
        else
          return x / y;
      }
    };

    /// A function's value with the error of each member's library.
    Lanes with_function_error(const Lanes& value) {
      const Lanes varying = (1 - magnitude(training_.constant_part_)) * rounding().uniform();
      return value + (training_.constant_part_ + varying) *
                         (training_.relative_error_ * magnitude(value) + training_.absolute_error_);
    }

    bool is_int8() const { return training_.stored_ == StoredParameters::int8; }
    LayerParameters<Lanes>& parameters(std::size_t l) { return training_.parameters_[l]; }
    MonteCarloRounding& rounding() { return training_.rounding_; }
    Activation activation_of(std::size_t l) const {
      return training_.network_.layers[l].activation;
    }

    Lanes inner(const Lanes& x) {
      if constexpr (rounded)
        return rounding().inner(x);
      else
        return x;
    }

    EnsembleTraining& training_;
    double learning_rate_;
  };

  struct SlopeOperations {
    MonteCarloRounding& rounding;

    Lanes one() const { return 1; }
    Lanes one_where_positive(const Lanes& a) const {
      return select(less(Lanes(0), a), Lanes(1), Lanes(0));
    }
    Lanes one_or_part(const Lanes& a, int exponent) const {
      return select(less(Lanes(0), a), Lanes(1), Lanes(std::ldexp(1.0, exponent)));
    }
    Lanes times_complement(const Lanes& a) const {
      return rounding.inner(a * rounding.inner(1 - a));
    }
    Lanes complement_of_square(const Lanes& a) const {
      return rounding.inner(1 - rounding.inner(a * a));
    }
  };

  /// SPEC 4.4 in binary64, which holds every integer that occurs.
  Lanes int8_pre_activation(std::size_t l, std::size_t j, const std::vector<Lanes>& below) const {
    const int bits_below =
        l == 0 ? input_fraction_bits : output_fraction_bits(network_.layers[l - 1].activation);
    const Lanes product_scale = formats_[l].weights * std::ldexp(1.0, bits_below);
    const Lanes* const row = parameters_[l].weights.data() + j * below.size();
    Lanes sum = floor_of(parameters_[l].biases[j] * product_scale) / product_scale;
    for (std::size_t i = 0; i < below.size(); ++i) sum = sum + row[i] * below[i];
    return smaller(larger(floor_of(sum * 16 + 0.5), Lanes(-128)), Lanes(127)) * 0.0625;
  }

  /// SPEC 4.5.
  static Lanes int8_activation(Activation activation, const Lanes& z) {
    const ActivationTable& table = cached_activation_table(activation);
    const double unit = std::ldexp(1.0, -output_fraction_bits(activation));
    Lanes a;
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      a.set(lane, unit * table[table_index(static_cast<std::int8_t>(z[lane] * 16))]);
    return a;
  }

  /// SPEC 4.2 and 4.3.
  static void requantize_tensor(std::vector<Lanes>& values, Lanes& scale) {
    Lanes maximum;
    for (const Lanes& value : values) maximum = larger(maximum, magnitude(value));
    scale = 128;
    for (double power = 1; power < 128; power *= 2)
      scale = select(less(Lanes(power), maximum), scale * 0.5, scale);
    const Lanes unit = 1 / scale;  // exact: powers of two
    for (Lanes& value : values) {
      const Lanes scaled = value * scale;
      const Lanes rounded = floor_of(magnitude(scaled) + 0.5);
      const Lanes q = smaller(
          select(less(scaled, Lanes(0)), smaller(rounded, Lanes(128)) * -1, rounded), Lanes(127));
      value = q * unit;
    }
  }

  Network network_;
  StoredParameters stored_;
  MonteCarloRounding rounding_;
  std::vector<LayerParameters<Lanes>> parameters_;
  std::vector<Formats> formats_;
  Lanes relative_error_, absolute_error_, constant_part_;
  StepNumbers<Lanes> trace_;
  std::vector<Lanes> hidden_errors_;
};

}  // namespace lsgd
