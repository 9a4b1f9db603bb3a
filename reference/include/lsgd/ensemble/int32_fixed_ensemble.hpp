// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <lsgd/ensemble/lane_random.hpp>
#include <lsgd/ensemble/reproducible_functions.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/step/int32_fixed.hpp>
#include <lsgd/step/int32_fixed_step.hpp>

namespace lsgd {

/// What a member makes of a product that is not a multiple of its unit (SPEC 13.7).
enum class ProductRounding : std::uint8_t {
  kept,     ///< nothing: its sum is rounded to nearest when it is finished
  nearest,  ///< also what cutting gives whose sums start with half a unit for each product
  down,
  toward_zero,
  random  ///< up or down with the probabilities that make it exact in the mean
};

/// How one member of a training ensemble of profile int32_fixed computes.
struct FixedMemberArithmetic {
  bool is_exact = true;  ///< binary64 throughout; the rest does not matter then
  ProductRounding forward = ProductRounding::kept;
  ProductRounding deltas = ProductRounding::kept;
  ProductRounding update = ProductRounding::kept;
};

/// Eight free-running trainings of profile int32_fixed on the same samples in the same order, from
/// the same parameters, each with its own legal rounding errors (SPEC 12.3, 13). Computed in
/// binary64, which holds the numbers of clause 13 and their sums. The numbers do not depend on
/// machine, compiler or library. Shapes are those of Network; nothing is checked.
class Int32FixedEnsemble {
 public:
  using Members = std::array<FixedMemberArithmetic, lane_count>;

  Int32FixedEnsemble(const Network& network, const ArithmeticModel& model, const Members& members,
                     std::uint64_t seed)
      : network_(network), random_(seed) {
    for (const Layer& layer : network.layers)
      parameters_.push_back(
          {std::vector<Lanes>(layer.weight_count()), std::vector<Lanes>(layer.outputs)});
    constant_part_ = random_.uniform();
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      const FixedMemberArithmetic& member = members[lane];
      if (member.is_exact) continue;
      stores_[lane] = ~std::uint64_t{0};
      activation_error_.set(lane, fixed_activation_error(model) - detail::quantum(30));
      forward_.set(lane, member.forward);
      deltas_.set(lane, member.deltas);
      update_.set(lane, member.update);
      const auto start = [&](ProductRounding rounding) {
        return model.zero_cuts_from_half && rounding == ProductRounding::toward_zero ? 0.5 : 0;
      };
      forward_start_.set(lane, start(member.forward));
      deltas_start_.set(lane, start(member.deltas));
    }
  }

  /// Gives one member its parameters.
  void set_parameters(std::size_t lane, const Int32Parameters& parameters) {
    for (std::size_t l = 0; l < parameters.size(); ++l) {
      set_tensor(lane, parameters[l].weights, parameters_[l].weights);
      set_tensor(lane, parameters[l].biases, parameters_[l].biases);
    }
  }

  /// All members' parameters.
  const std::vector<LayerParameters<Lanes>>& parameters() const { return parameters_; }

  /// One training step of every member, in place (SPEC 13.3 to 13.6).
  void step(const Sample& sample, float learning_rate) {
    with_widest_vectors([&] {
      Numbers<true> numbers(*this, learning_rate);
      forward_pass(network_, sample.inputs, numbers, trace_);
      backward_pass(network_, sample.target, numbers, trace_);
    });
  }

  /// Forward pass of every member without any rounding but that of the inputs. The results are
  /// outputs() and output_preactivations().
  void evaluate(const std::vector<float>& inputs) {
    with_widest_vectors([&] {
      Numbers<false> numbers(*this, 0);
      forward_pass(network_, inputs, numbers, trace_);
    });
  }

  const std::vector<Lanes>& outputs() const { return trace_.layers.back().a; }
  const std::vector<Lanes>& output_preactivations() const { return trace_.layers.back().z; }

 private:
  /// floor(x + offset + spread * draw) for the lanes that round, in units; of |x|, with the sign of
  /// x, where signs are split off.
  struct Rounding {
    Lanes offset;
    Lanes spread;
    LaneBits rounds{};
    LaneBits split_sign{};

    void set(std::size_t lane, ProductRounding rounding) {
      rounds[lane] = rounding == ProductRounding::kept ? 0 : ~std::uint64_t{0};
      split_sign[lane] = rounding == ProductRounding::toward_zero ? std::uint64_t{1} << 63 : 0;
      offset.set(lane, rounding == ProductRounding::nearest ? 0.5 : 0);
      spread.set(lane, rounding == ProductRounding::random ? 1 : 0);
    }
  };

  static void set_tensor(std::size_t lane, const std::vector<std::int32_t>& numbers,
                         std::vector<Lanes>& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i].set(lane, fixed_value(numbers[i], fixed_parameter_bits));
  }

  static double quantized(float x) {
    return fixed_value(quantize_int32(x, fixed_delta_bits), fixed_delta_bits);
  }

  /// A product with so many fraction bits.
  Lanes product(const Lanes& x, int fraction_bits, const Rounding& rounding) {
    const LaneBits sign = x.bits() & rounding.split_sign;
    const Lanes scaled = Lanes(x.bits() ^ sign) * std::ldexp(1.0, fraction_bits);
    const Lanes dither = (random_.uniform() + 1) * 0.5;
    const Lanes rounded = floor_of(scaled + rounding.offset + rounding.spread * dither);
    const Lanes signed_again((rounded * detail::quantum(fraction_bits)).bits() ^ sign);
    return select(rounding.rounds, signed_again, x);
  }

  /// What a member stores: to nearest, saturated.
  Lanes stored(const Lanes& x, int fraction_bits) const {
    const Lanes rounded =
        floor_of(x * std::ldexp(1.0, fraction_bits) + 0.5) * detail::quantum(fraction_bits);
    return saturated(select(stores_, rounded, x), fraction_bits);
  }

  static Lanes saturated(const Lanes& x, int fraction_bits) {
    const double end = std::ldexp(1.0, 31 - fraction_bits);
    return smaller(larger(x, Lanes(-end)), Lanes(end - detail::quantum(fraction_bits)));
  }

  int input_bits(std::size_t l) const {
    return l == 0 ? fixed_delta_bits : fixed_activation_bits(network_.layers[l - 1].activation);
  }

  Lanes delta_product(const Lanes& x) {
    return stored(product(x, fixed_delta_bits, deltas_), fixed_delta_bits);
  }

  /// The operations of a training step; without `rounded` the members do not round.
  template <bool rounded>
  class Numbers {
   public:
    Numbers(Int32FixedEnsemble& members, double learning_rate)
        : members_(members), learning_rate_(learning_rate) {}

    static void round_inputs(std::span<const float> inputs, std::vector<Lanes>& input,
                             std::vector<Lanes>& update_input) {
      input.clear();
      for (const float x : inputs) input.emplace_back(quantized(x));
      update_input = input;
    }

    static void begin_layer(std::size_t) {}

    Lanes pre_activation(std::size_t l, std::size_t j, const std::vector<Lanes>& below) {
      const int unit_bits = fixed_parameter_bits + members_.input_bits(l) - 32;
      const Lanes* const row = parameters(l).weights.data() + j * below.size();
      Lanes sum = parameters(l).biases[j];
      if (rounded)
        sum = sum + members_.forward_start_ *
                        (static_cast<double>(below.size()) * detail::quantum(unit_bits));
      for (std::size_t i = 0; i < below.size(); ++i) {
        const Lanes term = row[i] * below[i];
        sum = sum + (rounded ? members_.product(term, unit_bits, members_.forward_) : term);
      }
      return rounded ? members_.stored(sum, fixed_preactivation_bits)
                     : saturated(sum, fixed_preactivation_bits);
    }

    Lanes activation(std::size_t l, const Lanes& z) {
      const Activation function = activation_of(l);
      const Lanes a = reproducible_activation(function, z);
      if (!is_approximated(function)) return saturated(a, fixed_activation_bits(function));
      if constexpr (!rounded) return a;
      // Every implementation has errors of its own, always the same: a constant part of what is
      // declared and a varying one.
      const Lanes varying = (1 - magnitude(members_.constant_part_)) * members_.random_.uniform();
      return members_.stored(a + (members_.constant_part_ + varying) * members_.activation_error_,
                             fixed_activation_bits(function));
    }

    static const Lanes& stored_activation(std::size_t, const Lanes& a) { return a; }

    Lanes output_error(std::size_t, const Lanes& a, float target) {
      return members_.stored(
          members_.product(a, fixed_delta_bits, members_.deltas_) - Lanes(quantized(target)),
          fixed_delta_bits);
    }

    /// Neuron by neuron of the layer above.
    const std::vector<Lanes>& hidden_errors(std::size_t l, const std::vector<Lanes>& delta_above) {
      const std::size_t inputs = members_.network_.layers[l + 1].inputs;
      std::vector<Lanes>& errors = members_.hidden_errors_;
      const double unit = detail::quantum(detail::fixed_delta_sum_bits);
      errors.assign(inputs,
                    members_.deltas_start_ * (static_cast<double>(delta_above.size()) * unit));
      for (std::size_t j = 0; j < delta_above.size(); ++j) {
        const Lanes* const row = parameters(l + 1).weights.data() + j * inputs;
        for (std::size_t i = 0; i < inputs; ++i)
          errors[i] = errors[i] + members_.product(row[i] * delta_above[j],
                                                   detail::fixed_delta_sum_bits, members_.deltas_);
      }
      for (Lanes& error : errors) error = saturated(error, detail::fixed_delta_sum_bits);
      return errors;
    }

    static const Lanes& delta(std::size_t, const Lanes& error) { return error; }
    Lanes delta(std::size_t l, const Lanes& error, const Lanes& a) {
      return members_.delta_product(
          error * activation_slope(activation_of(l), SlopeOperations{members_}, a));
    }

    static bool trains(std::size_t) { return true; }
    static bool keeps_neuron(const Lanes&) { return false; }
    static bool updates_bias_first() { return false; }

    Lanes learning_rate_times_delta(std::size_t l, const Lanes& delta) {
      const int step_bits = fixed_step_bits(members_.input_bits(l));
      return members_.stored(members_.product(delta * learning_rate_, step_bits, members_.update_),
                             step_bits);
    }

    void update_weight(std::size_t l, std::size_t j, std::size_t i, const Lanes& step, const Lanes&,
                       const Lanes& below) {
      update(parameters(l).weights[j * members_.network_.layers[l].inputs + i], step * below);
    }

    void update_bias(std::size_t l, std::size_t j, const Lanes& step, const Lanes&) {
      update(parameters(l).biases[j], step);
    }

    static void finish_update(std::size_t) {}

   private:
    LayerParameters<Lanes>& parameters(std::size_t l) { return members_.parameters_[l]; }
    Activation activation_of(std::size_t l) const { return members_.network_.layers[l].activation; }

    void update(Lanes& parameter, const Lanes& change) {
      parameter = members_.stored(
          parameter - members_.product(change, fixed_parameter_bits, members_.update_),
          fixed_parameter_bits);
    }

    Int32FixedEnsemble& members_;
    double learning_rate_;
  };

  struct SlopeOperations {
    Int32FixedEnsemble& members;

    Lanes one() const { return 1; }
    Lanes one_where_positive(const Lanes& a) const {
      return select(less(Lanes(0), a), Lanes(1), Lanes(0));
    }
    Lanes times_complement(const Lanes& a) const { return members.delta_product(a * (1 - a)); }
    Lanes complement_of_square(const Lanes& a) const {
      return members.stored(1 - members.product(a * a, fixed_delta_bits, members.deltas_),
                            fixed_delta_bits);
    }
  };

  Network network_;
  LaneRandom random_;
  Rounding forward_, deltas_, update_;
  Lanes forward_start_, deltas_start_;  ///< units that a sum starts with for each product
  LaneBits stores_{};
  Lanes activation_error_, constant_part_;
  std::vector<LayerParameters<Lanes>> parameters_;
  StepNumbers<Lanes> trace_;
  std::vector<Lanes> hidden_errors_;
};

}  // namespace lsgd
