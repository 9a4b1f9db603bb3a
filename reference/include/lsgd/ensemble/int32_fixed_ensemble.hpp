// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include <lsgd/ensemble/lane_random.hpp>
#include <lsgd/ensemble/reproducible_functions.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>
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
    for (const Layer& layer : network.layers) {
      parameters_.push_back(
          {std::vector<Lanes>(layer.weight_count()), std::vector<Lanes>(layer.outputs)});
      z_.emplace_back(layer.outputs);
      activations_.emplace_back(layer.outputs);
    }
    constant_part_ = random_.uniform();
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      const FixedMemberArithmetic& member = members[lane];
      if (member.is_exact) continue;
      stores_[lane] = ~std::uint64_t{0};
      activation_error_.set(lane, fixed_activation_error(model) - detail::quantum(30));
      forward_.set(lane, member.forward);
      deltas_.set(lane, member.deltas);
      update_.set(lane, member.update);
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
    quantize(sample.inputs, inputs_);
    quantize(sample.target, target_);
    forward<true>();
    output_delta();
    for (std::size_t l = network_.layers.size(); l-- > 0;) {
      if (l > 0) hidden_delta(l);
      update(l, learning_rate);
      std::swap(delta_, delta_below_);
    }
  }

  /// Forward pass of every member without any rounding but that of the inputs. The results are
  /// outputs() and output_preactivations().
  void evaluate(const std::vector<float>& inputs) {
    quantize(inputs, inputs_);
    forward<false>();
  }

  const std::vector<Lanes>& outputs() const { return activations_.back(); }
  const std::vector<Lanes>& output_preactivations() const { return z_.back(); }

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

  static void quantize(const std::vector<float>& values, std::vector<Lanes>& quantized) {
    quantized.clear();
    for (const float value : values)
      quantized.emplace_back(
          fixed_value(quantize_int32(value, fixed_delta_bits), fixed_delta_bits));
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

  const std::vector<Lanes>& input(std::size_t l) const {
    return l == 0 ? inputs_ : activations_[l - 1];
  }

  template <bool rounded>
  void forward() {
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const Layer& layer = network_.layers[l];
      const int unit_bits = fixed_parameter_bits + input_bits(l) - 32;
      for (std::size_t j = 0; j < layer.outputs; ++j) {
        const Lanes* row = parameters_[l].weights.data() + j * layer.inputs;
        Lanes sum = parameters_[l].biases[j];
        for (std::size_t i = 0; i < layer.inputs; ++i) {
          const Lanes term = row[i] * input(l)[i];
          sum = sum + (rounded ? product(term, unit_bits, forward_) : term);
        }
        z_[l][j] = rounded ? stored(sum, fixed_preactivation_bits)
                           : saturated(sum, fixed_preactivation_bits);
        activations_[l][j] = activate<rounded>(layer.activation, z_[l][j]);
      }
    }
  }

  template <bool rounded>
  Lanes activate(Activation activation, const Lanes& z) {
    const Lanes a = reproducible_activation(activation, z);
    if (!is_approximated(activation)) return saturated(a, fixed_activation_bits(activation));
    if constexpr (!rounded) return a;
    // Every implementation has errors of its own, always the same: a constant part of what is
    // declared and a varying one.
    const Lanes varying = (1 - magnitude(constant_part_)) * random_.uniform();
    return stored(a + (constant_part_ + varying) * activation_error_,
                  fixed_activation_bits(activation));
  }

  /// f'(z), expressed by a = f(z).
  Lanes slope(Activation activation, const Lanes& a) {
    return activation_slope(activation, SlopeOperations{*this}, a);
  }

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

  void output_delta() {
    const std::vector<Lanes>& a = activations_.back();
    const Activation activation = network_.layers.back().activation;
    delta_.resize(a.size());
    for (std::size_t j = 0; j < a.size(); ++j) {
      delta_[j] = stored(product(a[j], fixed_delta_bits, deltas_) - target_[j], fixed_delta_bits);
      if (multiplies_derivative(network_.loss))
        delta_[j] = delta_product(delta_[j] * slope(activation, a[j]));
    }
  }

  Lanes delta_product(const Lanes& x) {
    return stored(product(x, fixed_delta_bits, deltas_), fixed_delta_bits);
  }

  /// Deltas of layer l - 1 (from 0) from those of layer l, before its update.
  void hidden_delta(std::size_t l) {
    const Layer& above = network_.layers[l];
    delta_below_.assign(above.inputs, Lanes());
    for (std::size_t j = 0; j < above.outputs; ++j) {
      const Lanes* row = parameters_[l].weights.data() + j * above.inputs;
      for (std::size_t i = 0; i < above.inputs; ++i)
        delta_below_[i] =
            delta_below_[i] + product(row[i] * delta_[j], detail::fixed_delta_sum_bits, deltas_);
    }
    const Activation activation = network_.layers[l - 1].activation;
    for (std::size_t i = 0; i < above.inputs; ++i)
      delta_below_[i] = delta_product(saturated(delta_below_[i], detail::fixed_delta_sum_bits) *
                                      slope(activation, activations_[l - 1][i]));
  }

  void update(std::size_t l, float learning_rate) {
    const Layer& layer = network_.layers[l];
    const int step_bits = fixed_step_bits(input_bits(l));
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      Lanes* row = parameters_[l].weights.data() + j * layer.inputs;
      const Lanes step = stored(product(delta_[j] * learning_rate, step_bits, update_), step_bits);
      for (std::size_t i = 0; i < layer.inputs; ++i)
        row[i] = stored(row[i] - product(step * input(l)[i], fixed_parameter_bits, update_),
                        fixed_parameter_bits);
      Lanes& bias = parameters_[l].biases[j];
      bias = stored(bias - product(step, fixed_parameter_bits, update_), fixed_parameter_bits);
    }
  }

  Network network_;
  LaneRandom random_;
  Rounding forward_, deltas_, update_;
  LaneBits stores_{};
  Lanes activation_error_, constant_part_;
  std::vector<LayerParameters<Lanes>> parameters_;
  std::vector<Lanes> inputs_, target_;
  std::vector<std::vector<Lanes>> z_, activations_;
  std::vector<Lanes> delta_, delta_below_;
};

}  // namespace lsgd
