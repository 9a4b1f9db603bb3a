// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "lsgd/arithmetic_model.hpp"
#include "lsgd/network.hpp"

namespace lsgd {

/// Members that round every operation to nearest, each in an order of its own; their
/// root-mean-square error is the legal one (SPEC 6.3.3).
inline constexpr std::size_t legal_nearest_count = 40;

/// All members; the others round inner operations stochastically (Monte Carlo arithmetic).
inline constexpr std::size_t legal_member_count = 64;

/// f(z) in binary64, of which the statistics need about 40 bits.
inline double binary64_activation(Activation activation, double z) {
  switch (activation) {
    case Activation::identity:
      return z;
    case Activation::relu:
      return z > 0 ? z : 0;
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-z));
    case Activation::tanh:
      return std::tanh(z);
  }
  throw std::invalid_argument("unknown activation");
}

/// Bounded draw by rejection: the same numbers on every standard library.
inline std::size_t draw_below(std::mt19937_64& engine, std::size_t limit) {
  const std::uint64_t largest_multiple = engine.max() - engine.max() % limit;
  std::uint64_t drawn = engine();
  while (drawn >= largest_multiple) drawn = engine();
  return drawn % limit;
}

/// How one member rounds: results are float32 values with at most significand_bits bits.
class LegalRounding {
 public:
  LegalRounding(int significand_bits, bool flush, bool stochastic, std::uint64_t key)
      : dropped_bits_(53 - significand_bits), flush_(flush), stochastic_(stochastic), key_(key) {}

  /// Whether `nearest` is the plain conversion to binary32 for every operation.
  bool is_plain() const { return dropped_bits_ == 29 && !flush_ && !stochastic_; }

  /// Round to nearest, ties to even.
  double nearest(double x) const {
    if (dropped_bits_ > 29 && std::isfinite(x)) {
      const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
      const std::uint64_t odd = bits >> dropped_bits_ & 1;
      x = chopped(bits + (kept_unit() / 2 - 1) + odd);
    }
    return flushed(static_cast<float>(x));
  }

  /// Rounding of an operation whose result is used once more: up or down with probabilities that
  /// make it exact in the mean. The draw is a function of the operand, so that, as on a device, the
  /// same operation has the same error every time it is repeated.
  double inner(double x) const {
    if (!stochastic_ || dropped_bits_ <= 0 || !(std::abs(x) >= 0x1p-126) || !std::isfinite(x))
      return dropped_bits_ < 29 ? x : nearest(x);
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
    std::uint64_t hash = (bits ^ key_) * 0x9E3779B97F4A7C15;
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93;
    return flushed(chopped(bits + (hash >> (64 - dropped_bits_))));
  }

 private:
  std::uint64_t kept_unit() const { return std::uint64_t{1} << dropped_bits_; }
  double chopped(std::uint64_t bits) const {
    return std::bit_cast<double>(bits & ~(kept_unit() - 1));
  }
  double flushed(double x) const { return flush_ && std::abs(x) < 0x1p-126 ? 0 : x; }

  int dropped_bits_;
  bool flush_;
  bool stochastic_;
  std::uint64_t key_;
};

/// LegalRounding where is_plain(), without its decisions.
struct PlainRounding {
  static double nearest(double x) { return static_cast<float>(x); }
  static double inner(double x) { return static_cast<float>(x); }
};

/// One legal computation of training steps: a device with an evaluation order and rounding of its
/// own, the same in every step (SPEC 6.3.3). Results that a device stores are rounded to nearest.
class LegalMember {
 public:
  /// @param index 0 sums ascending, 1 descending, the others in random orders
  LegalMember(const Network& network, const ArithmeticModel& model, std::size_t index,
              std::mt19937_64& engine)
      : rounding_(model.significand_bits, model.flush_to_zero && draw_below(engine, 2) == 1,
                  index >= legal_nearest_count, engine()),
        fused_sum_(draw_fused(model, engine)),
        fused_derivative_(draw_fused(model, engine)),
        fused_update_(draw_fused(model, engine)),
        bias_first_(draw_below(engine, 2) == 1),
        product_(static_cast<Product>(draw_below(engine, 3))) {
    for (const Layer& layer : network.layers) {
      forward_order_.push_back(draw_order(layer.inputs, index, engine));
      backward_order_.push_back(draw_order(layer.outputs, index, engine));
    }
  }

  /// Activations [outputs] of layer `l` (from 0) from the given input [inputs]; sigmoid and tanh
  /// are correctly rounded.
  void forward(const Layer& layer, std::size_t l, const LayerParameters<float>& parameters,
               const std::vector<float>& input, std::vector<float>& a) {
    with_rounding([&](const auto& rounding) {
      forward_rounded(rounding, layer, forward_order_[l], parameters, input, a);
    });
  }

  /// Parameters after the step, computed from activations a_1..a_L taken as they are.
  void backward(const Network& network, const Parameters<float>& before,
                const std::vector<std::vector<float>>& activations, const Sample& sample,
                float learning_rate, Parameters<float>& after) {
    with_rounding([&](const auto& rounding) {
      backward_rounded(rounding, network, before, activations, sample, learning_rate, after);
    });
  }

 private:
  enum class Product : std::uint8_t { rate_delta, delta_activation, rate_activation };

  static bool draw_fused(const ArithmeticModel& model, std::mt19937_64& engine) {
    if (model.fused_multiply_add == FusedMultiplyAdd::any) return draw_below(engine, 2) == 1;
    return model.fused_multiply_add == FusedMultiplyAdd::yes;
  }

  static std::vector<std::uint32_t> draw_order(std::size_t count, std::size_t index,
                                               std::mt19937_64& engine) {
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0u);
    if (index == 1)
      for (std::uint32_t& i : order) i = static_cast<std::uint32_t>(count) - 1 - i;
    if (index > 1)
      for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[draw_below(engine, i)]);
    return order;
  }

  template <class Computation>
  void with_rounding(Computation&& computation) const {
    if (rounding_.is_plain())
      computation(PlainRounding{});
    else
      computation(rounding_);
  }

  template <class Rounding>
  static double product(const Rounding& rounding, bool fused, double x, double y) {
    return fused ? x * y : rounding.inner(x * y);
  }

  template <class Rounding>
  void forward_rounded(const Rounding& rounding, const Layer& layer,
                       const std::vector<std::uint32_t>& order,
                       const LayerParameters<float>& parameters, const std::vector<float>& input,
                       std::vector<float>& a) {
    ordered_input_.resize(layer.inputs);
    for (std::size_t k = 0; k < layer.inputs; ++k) ordered_input_[k] = input[order[k]];
    a.resize(layer.outputs);
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const float* row = parameters.weights.data() + j * layer.inputs;
      const double bias = parameters.biases[j];
      double sum = bias_first_ ? bias : 0;
      const std::size_t inner_terms = bias_first_ ? layer.inputs - 1u : layer.inputs;
      for (std::size_t k = 0; k < inner_terms; ++k)
        sum = rounding.inner(sum + product(rounding, fused_sum_, row[order[k]], ordered_input_[k]));
      const double last =
          bias_first_ ? product(rounding, fused_sum_, row[order.back()], ordered_input_.back())
                      : bias;
      a[j] = static_cast<float>(
          rounding.nearest(binary64_activation(layer.activation, rounding.nearest(sum + last))));
    }
  }

  template <class Rounding>
  double times_derivative(const Rounding& rounding, Activation activation, double value,
                          double a) const {
    switch (activation) {
      case Activation::identity:
        return value;
      case Activation::relu:
        return a > 0 ? value : 0;
      case Activation::sigmoid:
        return rounding.inner(value * rounding.inner(a * rounding.inner(1 - a)));
      case Activation::tanh:
        return rounding.inner(value *
                              rounding.inner(1 - product(rounding, fused_derivative_, a, a)));
    }
    throw std::invalid_argument("unknown activation");
  }

  template <class Rounding>
  void output_delta(const Rounding& rounding, const Network& network, const std::vector<float>& a,
                    const std::vector<float>& target) {
    delta_.resize(a.size());
    for (std::size_t j = 0; j < a.size(); ++j) {
      delta_[j] = rounding.inner(double{a[j]} - double{target[j]});
      if (network.loss == Loss::mse)
        delta_[j] = times_derivative(rounding, network.layers.back().activation, delta_[j], a[j]);
    }
  }

  template <class Rounding>
  void hidden_delta(const Rounding& rounding, const Layer& above,
                    const std::vector<std::uint32_t>& order, const std::vector<float>& weights,
                    Activation activation, const std::vector<float>& a) {
    delta_below_.assign(above.inputs, 0);
    for (const std::uint32_t j : order) {
      const float* row = weights.data() + std::size_t{j} * above.inputs;
      const double delta = delta_[j];
      for (std::size_t i = 0; i < above.inputs; ++i)
        delta_below_[i] =
            rounding.inner(delta_below_[i] + product(rounding, fused_sum_, row[i], delta));
    }
    for (std::size_t i = 0; i < above.inputs; ++i)
      delta_below_[i] = times_derivative(rounding, activation, delta_below_[i], a[i]);
    delta_.swap(delta_below_);
  }

  template <class Rounding>
  void update(const Rounding& rounding, const Layer& layer, const LayerParameters<float>& before,
              const std::vector<float>& input, double learning_rate,
              LayerParameters<float>& after) {
    after.weights.resize(before.weights.size());
    after.biases.resize(before.biases.size());
    rate_input_.resize(layer.inputs);
    for (std::size_t i = 0; i < layer.inputs; ++i)
      rate_input_[i] = rounding.inner(learning_rate * double{input[i]});
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const double delta = delta_[j];
      const double rate_delta = rounding.inner(learning_rate * delta);
      const float* old_row = before.weights.data() + j * layer.inputs;
      float* row = after.weights.data() + j * layer.inputs;
      const auto update_row = [&](const auto& change) {
        for (std::size_t i = 0; i < layer.inputs; ++i)
          row[i] = static_cast<float>(rounding.nearest(
              old_row[i] - (fused_update_ ? change(i) : rounding.inner(change(i)))));
      };
      if (product_ == Product::rate_delta)
        update_row([&](std::size_t i) { return rate_delta * double{input[i]}; });
      else if (product_ == Product::delta_activation)
        update_row([&](std::size_t i) {
          return learning_rate * rounding.inner(delta * double{input[i]});
        });
      else
        update_row([&](std::size_t i) { return rate_input_[i] * delta; });
      after.biases[j] = static_cast<float>(rounding.nearest(
          before.biases[j] - (fused_update_ ? learning_rate * delta : rate_delta)));
    }
  }

  template <class Rounding>
  void backward_rounded(const Rounding& rounding, const Network& network,
                        const Parameters<float>& before,
                        const std::vector<std::vector<float>>& activations, const Sample& sample,
                        float learning_rate, Parameters<float>& after) {
    after.resize(network.layers.size());
    output_delta(rounding, network, activations.back(), sample.target);
    for (std::size_t l = network.layers.size(); l-- > 0;) {
      update(rounding, network.layers[l], before[l], l == 0 ? sample.inputs : activations[l - 1],
             learning_rate, after[l]);
      if (l > 0)
        hidden_delta(rounding, network.layers[l], backward_order_[l], before[l].weights,
                     network.layers[l - 1].activation, activations[l - 1]);
    }
  }

  LegalRounding rounding_;
  bool fused_sum_;
  bool fused_derivative_;
  bool fused_update_;
  bool bias_first_;
  Product product_;
  std::vector<std::vector<std::uint32_t>> forward_order_;   // per layer, of the inputs
  std::vector<std::vector<std::uint32_t>> backward_order_;  // per layer, of the outputs
  std::vector<float> ordered_input_;
  std::vector<double> delta_, delta_below_, rate_input_;
};

/// The members for `network` under the declared model; equal seeds give equal members. A declared
/// evaluation order is not used: it is judged by exact simulation (SPEC 6.2).
inline std::vector<LegalMember> legal_ensemble(const Network& network, const ArithmeticModel& model,
                                               std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<LegalMember> members;
  for (std::size_t index = 0; index < legal_member_count; ++index)
    members.emplace_back(network, model, index, engine);
  return members;
}

}  // namespace lsgd
