// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/numbers/draw_below.hpp>

namespace lsgd {

/// Members that round every operation to nearest, each in an order of its own; their
/// root-mean-square error is the legal one (SPEC 6.3.3).
inline constexpr std::size_t legal_nearest_count = 40;

/// Members after those that keep some intermediate results in binary64, and store what follows with
/// 24 bits whatever is declared: every combination of the four operation groups.
inline constexpr std::size_t legal_wide_count = 16;

/// All members of the declared significand; the last ones round intermediate results stochastically
/// (Monte Carlo arithmetic).
inline constexpr std::size_t legal_member_count = 64;

/// Of the members that keep more bits than are declared those after so many round the factors of
/// products.
inline constexpr std::size_t longer_result_count = 64;

/// Members that keep more bits than are declared, where that is possible (SPEC 6.3.3).
inline std::size_t longer_member_count(const ArithmeticModel& model) {
  return model.significand_bits < 24 ? longer_result_count + 32 : 0;
}

/// f(z) in binary64, of which the statistics need about 40 bits.
inline double binary64_activation(Activation activation, double z) {
  return activation_value(activation, Binary64Functions(), z);
}

/// Significand bits that a number needs in formats with binary32's exponents; 1 for a zero.
inline int needed_significand_bits(float value) {
  const std::uint32_t fraction = std::bit_cast<std::uint32_t>(value) & 0x7fffff;
  return fraction == 0 ? 1 : 24 - std::countr_zero(fraction);
}

/// How one member rounds: results are float32 values with at most significand_bits bits, subnormal
/// ones multiples of the smallest number of such a format. What it stores has as many bits as the
/// device shows there, since a device may store more than is declared. Some round to binary32
/// first.
class LegalRounding {
 public:
  /// What becomes of a result that is used once more.
  enum class Intermediate : std::uint8_t { nearest, wide, stochastic };

  /// @param factor_bits of the factors of products
  /// @param declared_bits the fewest that a device stores
  /// @param twice to binary32 before fewer bits
  LegalRounding(int significand_bits, int factor_bits, int declared_bits, bool twice, bool flush,
                Intermediate intermediate, std::uint64_t key)
      : significand_bits_(significand_bits),
        factor_bits_(factor_bits),
        declared_bits_(declared_bits),
        twice_(twice),
        flush_(flush),
        intermediate_(intermediate),
        key_(key) {}

  /// Whether every rounding is the plain conversion to binary32.
  bool is_plain() const {
    return declared_bits_ == 24 && !flush_ && intermediate_ == Intermediate::nearest;
  }

  /// Round to nearest, ties to even.
  double nearest(double x) const { return rounded_to(significand_bits_, x); }

  /// A result that the device stores and shows.
  double stored(double x, float shown) const {
    return rounded_to(std::max(declared_bits_, needed_significand_bits(shown)), x);
  }

  /// What a multiplication takes of a factor.
  double factor(double x) const { return factor_bits_ < 24 ? rounded_to(factor_bits_, x) : x; }

  double inner(double x) const {
    switch (intermediate_) {
      case Intermediate::wide:
        return x;
      case Intermediate::stochastic:
        if (std::abs(x) >= 0x1p-126 && std::isfinite(x)) return stochastic(x);
        break;
      case Intermediate::nearest:
        break;
    }
    return nearest(x);
  }

 private:
  static double chopped(std::uint64_t bits, int dropped_bits) {
    return std::bit_cast<double>(bits >> dropped_bits << dropped_bits);
  }

  double rounded_to(int significand_bits, double x) const {
    if (significand_bits < 24 && std::isfinite(x)) {
      if (twice_) x = static_cast<float>(x);
      if (std::abs(x) < 0x1p-126) {
        const double units = std::ldexp(1, 125 + significand_bits);
        x = std::nearbyint(x * units) / units;
      } else {
        const int dropped_bits = 53 - significand_bits;
        const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
        const std::uint64_t half = std::uint64_t{1} << (dropped_bits - 1);
        x = chopped(bits + (half - 1) + (bits >> dropped_bits & 1), dropped_bits);
      }
    }
    return flushed(static_cast<float>(x));
  }

  double flushed(double x) const { return flush_ && std::abs(x) < 0x1p-126 ? 0 : x; }

  /// Up or down with probabilities that make it exact in the mean. The draw is a function of the
  /// operand, so that, as on a device, an operation repeated has its error repeated.
  double stochastic(double x) const {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
    std::uint64_t hash = (bits ^ key_) * 0x9E3779B97F4A7C15;
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93;
    const int dropped_bits = 53 - significand_bits_;
    return flushed(chopped(bits + (hash >> (64 - dropped_bits)), dropped_bits));
  }

  int significand_bits_;
  int factor_bits_;
  int declared_bits_;
  bool twice_;
  bool flush_;
  Intermediate intermediate_;
  std::uint64_t key_;
};

/// LegalRounding where is_plain(), without its decisions.
struct PlainRounding {
  static double nearest(double x) { return static_cast<float>(x); }
  static double factor(double x) { return x; }
  static double inner(double x) { return static_cast<float>(x); }
  static double stored(double x, float) { return static_cast<float>(x); }
};

/// One legal computation of training steps: a device with an evaluation order and rounding of its
/// own, the same in every step (SPEC 6.3.3). Results that a device stores are rounded to nearest.
class LegalMember {
 public:
  /// @param index 0 sums ascending, 1 descending, the others in random orders
  LegalMember(const Network& network, const ArithmeticModel& model, std::size_t index,
              std::mt19937_64& engine)
      : fused_sum_(draw_fused(model, engine)),
        fused_derivative_(draw_fused(model, engine)),
        fused_update_(draw_fused(model, engine)),
        expanded_derivative_(draw_below(engine, 2) == 1),
        quotient_output_delta_(draw_below(engine, 4) == 1),
        distributed_derivative_(draw_below(engine, 4) == 1),
        bias_first_(draw_below(engine, 2) == 1),
        product_(static_cast<Product>(draw_below(engine, 3))) {
    const bool flush = model.flush_to_zero && draw_below(engine, 2) == 1;
    const std::uint64_t key = engine();
    const bool twice = index >= legal_member_count && rounds_twice(model, index, engine);
    for (std::size_t group = 0; group < operation_groups; ++group) {
      const LegalRounding::Intermediate intermediate = intermediate_of(index, group);
      roundings_.emplace_back(draw_significand_bits(model, index, intermediate, engine),
                              factor_bits(model, index), model.significand_bits, twice, flush,
                              intermediate, key);
    }
    if (model.summation_order == SummationOrder::by_sign)
      split_ = draw_below(engine, 2) == 1 ? Split::two_sums : Split::one_sum;
    keeps_activations_ = model.kept_wider != KeptWider::nothing;
    for (const Layer& layer : network.layers) {
      forward_order_.push_back(draw_order(layer.inputs, index, engine));
      backward_order_.push_back(draw_order(layer.outputs, index, engine));
    }
  }

  /// Activations [outputs] of layer `l` (from 0) from the given input [inputs]; sigmoid and tanh
  /// are correctly rounded.
  /// @param shown the device's
  template <class Value>
  void forward(const Layer& layer, std::size_t l, const LayerParameters<float>& parameters,
               const std::vector<Value>& input, const std::vector<float>& shown,
               std::vector<float>& a) {
    with_rounding(sums, [&](const auto& rounding) {
      forward_rounded(rounding, layer, forward_order_[l], parameters, input, shown, a);
      if (is_of_layer(layer.activation)) softmax(rounding, backward_order_[l], shown, a);
    });
  }

  /// The activations of the last forward(), before they were rounded to be shown.
  const std::vector<double>& unrounded_activations() const { return unrounded_; }

  /// Parameters after the step, computed from activations a_1..a_L taken as they are.
  /// @param shown the device's parameters after the step
  template <class Value>
  void backward(const Network& network, const Parameters<float>& before,
                const std::vector<std::vector<Value>>& activations, const Sample& sample,
                float learning_rate, const Parameters<float>& shown, Parameters<float>& after) {
    after.resize(network.layers.size());
    compute_output_delta(network, activations.back(), sample.target);
    for (std::size_t l = network.layers.size(); l-- > 0;) {
      with_rounding(products, [&](const auto& rounding) {
        if (l == 0)
          update(rounding, network.layers[0], before[0], sample.inputs, learning_rate, shown[0],
                 after[0]);
        else
          update(rounding, network.layers[l], before[l], activations[l - 1], learning_rate,
                 shown[l], after[l]);
      });
      if (l == 0) return;
      const Activation activation = network.layers[l - 1].activation;
      slope_.clear();
      for (const Value a : activations[l - 1]) slope_.push_back(slope(activation, a));
      with_rounding(sums, [&](const auto& rounding) {
        sum_deltas(rounding, network.layers[l], backward_order_[l], before[l].weights);
      });
    }
  }

 private:
  enum class Product : std::uint8_t { rate_delta, delta_activation, rate_activation };

  /// How terms of either sign are added (SummationOrder::by_sign).
  enum class Split : std::uint8_t { no, one_sum, two_sums };

  enum OperationGroup : std::uint8_t { sums, output_delta, derivative, products };
  static constexpr std::size_t operation_groups = 4;

  static LegalRounding::Intermediate intermediate_of(std::size_t index, std::size_t group) {
    if (index < legal_nearest_count) return LegalRounding::Intermediate::nearest;
    const std::size_t combination = index - legal_nearest_count;
    if (index >= legal_member_count) return LegalRounding::Intermediate::nearest;
    if (combination >= legal_wide_count) return LegalRounding::Intermediate::stochastic;
    return (combination >> group & 1) == 1 ? LegalRounding::Intermediate::wide
                                           : LegalRounding::Intermediate::nearest;
  }

  /// Factors of one bit more than is declared, or of more, each number of bits in turn: what a
  /// product loses by both is no more than one of the declared bits would.
  static int factor_bits(const ArithmeticModel& model, std::size_t index) {
    if (index < legal_member_count + longer_result_count) return 24;
    const std::uint64_t turn = index - legal_member_count - longer_result_count;
    return model.significand_bits + 1 + static_cast<int>(turn % (numbers_of_bits(model) - 1));
  }

  /// Of the members that keep more than is declared every other one has one significand for all
  /// operations, each number of bits in turn; the others draw one for each group. Those that round
  /// factors keep the rest in binary32.
  static int draw_significand_bits(const ArithmeticModel& model, std::size_t index,
                                   LegalRounding::Intermediate intermediate,
                                   std::mt19937_64& engine) {
    if (intermediate == LegalRounding::Intermediate::wide) return 24;
    if (index < legal_member_count) return model.significand_bits;
    const std::size_t longer = index - legal_member_count;
    if (longer >= longer_result_count) return 24;
    const std::uint64_t more = longer % 2 == 0 ? longer / 2 % numbers_of_bits(model)
                                               : draw_below(engine, numbers_of_bits(model));
    return model.significand_bits + static_cast<int>(more);
  }

  /// Of the first ones of each number of bits, and of half the others.
  static bool rounds_twice(const ArithmeticModel& model, std::size_t index,
                           std::mt19937_64& engine) {
    const std::size_t longer = index - legal_member_count;
    return longer % 2 == 0 ? longer / 2 < numbers_of_bits(model) : draw_below(engine, 2) == 1;
  }

  static std::uint64_t numbers_of_bits(const ArithmeticModel& model) {
    return static_cast<std::uint64_t>(25 - model.significand_bits);
  }

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
  void with_rounding(OperationGroup group, Computation&& computation) const {
    if (roundings_[group].is_plain())
      computation(PlainRounding{});
    else
      computation(roundings_[group]);
  }

  template <class Rounding>
  static double product(const Rounding& rounding, bool fused, double x, double y) {
    const double exact = rounding.factor(x) * rounding.factor(y);
    return fused ? exact : rounding.inner(exact);
  }

  /// What a sum has to be rounded from once more to be z: its terms but the last, and the last.
  struct UnfinishedSum {
    double sum = 0;
    double last = 0;
  };

  template <class Rounding>
  UnfinishedSum sum_in_order(const Rounding& rounding, const std::vector<std::uint32_t>& order,
                             const float* row, double bias) const {
    double sum = bias_first_ ? bias : 0;
    const std::size_t inner_terms = bias_first_ ? order.size() - 1 : order.size();
    for (std::size_t k = 0; k < inner_terms; ++k)
      sum = rounding.inner(sum + product(rounding, fused_sum_, row[order[k]], ordered_input_[k]));
    const double last =
        bias_first_ ? product(rounding, fused_sum_, row[order.back()], ordered_input_.back())
                    : bias;
    return {sum, last};
  }

  /// The positive terms, then the negative ones, onto the same sum or to be added to it.
  template <class Rounding>
  UnfinishedSum sum_by_sign(const Rounding& rounding, const std::vector<std::uint32_t>& order,
                            const float* row, double bias) const {
    double sum = bias_first_ ? bias : 0;
    double other = 0;
    for (const bool is_negative : {false, true}) {
      double& target = is_negative && split_ == Split::two_sums ? other : sum;
      for (std::size_t k = 0; k < order.size(); ++k) {
        const double term = product(rounding, fused_sum_, row[order[k]], ordered_input_[k]);
        if (std::signbit(term) == is_negative) target = rounding.inner(target + term);
      }
    }
    if (bias_first_) return {sum, other};
    return {rounding.inner(sum + other), bias};
  }

  template <class Rounding, class Value>
  void forward_rounded(const Rounding& rounding, const Layer& layer,
                       const std::vector<std::uint32_t>& order,
                       const LayerParameters<float>& parameters, const std::vector<Value>& input,
                       const std::vector<float>& shown, std::vector<float>& a) {
    ordered_input_.resize(layer.inputs);
    for (std::size_t k = 0; k < layer.inputs; ++k) ordered_input_[k] = input[order[k]];
    a.resize(layer.outputs);
    unrounded_.resize(layer.outputs);
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const float* row = parameters.weights.data() + j * layer.inputs;
      const auto [sum, last] = split_ == Split::no
                                   ? sum_in_order(rounding, order, row, parameters.biases[j])
                                   : sum_by_sign(rounding, order, row, parameters.biases[j]);
      const double z =
          keeps_activations_ ? rounding.inner(sum + last) : rounding.nearest(sum + last);
      // Of a whole layer once all z are known.
      unrounded_[j] = is_of_layer(layer.activation) ? z : binary64_activation(layer.activation, z);
      a[j] = static_cast<float>(rounding.stored(unrounded_[j], shown[j]));
    }
  }

  /// The operations of a softmax; a quotient is a product with the reciprocal in some members.
  template <class Rounding>
  struct SoftmaxOperations {
    const Rounding& rounding;
    bool multiplies_reciprocal;

    static double larger(double x, double y) { return std::max(x, y); }
    double difference(double x, double y) const { return rounding.inner(x - y); }
    double exponential(double x) const { return rounding.inner(std::exp(x)); }
    double sum(double x, double y) const { return rounding.inner(x + y); }
    double quotient(double x, double y) const {
      return multiplies_reciprocal ? x * rounding.inner(1 / y) : x / y;
    }
  };

  /// unrounded_ and a from the pre-activations in unrounded_, summed in an order.
  template <class Rounding>
  void softmax(const Rounding& rounding, const std::vector<std::uint32_t>& order,
               const std::vector<float>& shown, std::vector<float>& a) {
    std::vector<double> z, values;
    for (const std::uint32_t j : order) z.push_back(unrounded_[j]);
    SoftmaxFunction::values(SoftmaxOperations<Rounding>{rounding, expanded_derivative_}, z, values);
    for (std::size_t k = 0; k < order.size(); ++k) {
      unrounded_[order[k]] = values[k];
      a[order[k]] = static_cast<float>(rounding.stored(values[k], shown[order[k]]));
    }
  }

  /// f'(z) by a = f(z).
  double slope(Activation activation, double a) const {
    return activation_slope(activation, SlopeOperations{*this}, a);
  }

  /// p - a^2 in one form and (1 - a) q in the other.
  struct SlopeOperations {
    const LegalMember& member;

    double one() const { return 1; }
    double one_where_positive(double a) const { return a > 0 ? 1 : 0; }
    double one_or_part(double a, int exponent) const {
      return a > 0 ? 1 : std::ldexp(1.0, exponent);
    }
    double times_complement(double a) const { return either(a, a, a); }
    double complement_of_square(double a) const {
      return either(a, 1, member.roundings_[derivative].inner(1 + a));
    }

    double either(double a, double p, double q) const {
      const LegalRounding& rounding = member.roundings_[derivative];
      if (member.expanded_derivative_)
        return rounding.inner(p - product(rounding, member.fused_derivative_, a, a));
      return product(rounding, false, rounding.inner(1 - a), q);
    }
  };

  template <class Value>
  void compute_output_delta(const Network& network, const std::vector<Value>& a,
                            const std::vector<float>& target) {
    delta_.resize(a.size());
    for (std::size_t j = 0; j < a.size(); ++j) {
      delta_[j] = roundings_[output_delta].inner(double{a[j]} - double{target[j]});
      if (multiplies_derivative(network.loss))
        delta_[j] = product(roundings_[derivative], false, delta_[j],
                            slope(network.layers.back().activation, a[j]));
      else if (quotient_output_delta_)
        delta_[j] = through_quotient(delta_[j], a[j]);
    }
  }

  /// The delta of bce as the loss's derivative (a - t) / (a (1 - a)) times the activation's.
  double through_quotient(double difference, double a) const {
    const LegalRounding& rounding = roundings_[output_delta];
    const double slope = rounding.inner(a * rounding.inner(1 - a));
    const double quotient = slope == 0 ? HUGE_VAL : rounding.inner(difference / slope);
    return std::isfinite(quotient) ? rounding.inner(quotient * slope) : difference;
  }

  template <class Rounding>
  void sum_deltas(const Rounding& rounding, const Layer& above,
                  const std::vector<std::uint32_t>& order, const std::vector<float>& weights) {
    delta_below_.assign(above.inputs, 0);
    negative_below_.assign(split_ == Split::no ? 0 : above.inputs, 0);
    // Negative terms are added up apart and, for a single sum, later onto the positive ones.
    std::vector<std::pair<std::size_t, double>> negative_terms;
    for (const std::uint32_t j : order) {
      const float* row = weights.data() + std::size_t{j} * above.inputs;
      const double delta = delta_[j];
      const auto add_terms = [&](const auto& term) {
        if (split_ == Split::no) {
          for (std::size_t i = 0; i < above.inputs; ++i)
            delta_below_[i] = rounding.inner(delta_below_[i] + term(i));
          return;
        }
        for (std::size_t i = 0; i < above.inputs; ++i) {
          const double value = term(i);
          if (!std::signbit(value))
            delta_below_[i] = rounding.inner(delta_below_[i] + value);
          else if (split_ == Split::one_sum)
            negative_terms.emplace_back(i, value);
          else
            negative_below_[i] = rounding.inner(negative_below_[i] + value);
        }
      };
      if (distributed_derivative_)
        add_terms([&](std::size_t i) {
          return product(rounding, fused_sum_, product(rounding, false, row[i], delta), slope_[i]);
        });
      else
        add_terms([&](std::size_t i) { return product(rounding, fused_sum_, row[i], delta); });
    }
    for (const auto& [i, term] : negative_terms)
      delta_below_[i] = rounding.inner(delta_below_[i] + term);
    if (split_ == Split::two_sums)
      for (std::size_t i = 0; i < above.inputs; ++i)
        delta_below_[i] = rounding.inner(delta_below_[i] + negative_below_[i]);
    if (!distributed_derivative_)
      for (std::size_t i = 0; i < above.inputs; ++i)
        delta_below_[i] = product(roundings_[derivative], false, delta_below_[i], slope_[i]);
    delta_.swap(delta_below_);
  }

  template <class Rounding, class Value>
  void update(const Rounding& rounding, const Layer& layer, const LayerParameters<float>& before,
              const std::vector<Value>& input, double learning_rate,
              const LayerParameters<float>& shown, LayerParameters<float>& after) {
    after.weights.resize(before.weights.size());
    after.biases.resize(before.biases.size());
    rate_input_.resize(layer.inputs);
    for (std::size_t i = 0; i < layer.inputs; ++i)
      rate_input_[i] = product(rounding, false, learning_rate, double{input[i]});
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const double delta = delta_[j];
      const double rate_delta = product(rounding, false, learning_rate, delta);
      const float* old_row = before.weights.data() + j * layer.inputs;
      const float* shown_row = shown.weights.data() + j * layer.inputs;
      float* row = after.weights.data() + j * layer.inputs;
      const auto update_row = [&](const auto& change) {
        for (std::size_t i = 0; i < layer.inputs; ++i)
          row[i] = static_cast<float>(rounding.stored(old_row[i] - change(i), shown_row[i]));
      };
      if (product_ == Product::rate_delta)
        update_row([&](std::size_t i) {
          return product(rounding, fused_update_, rate_delta, double{input[i]});
        });
      else if (product_ == Product::delta_activation)
        update_row([&](std::size_t i) {
          return product(rounding, fused_update_, learning_rate,
                         product(rounding, false, delta, double{input[i]}));
        });
      else
        update_row(
            [&](std::size_t i) { return product(rounding, fused_update_, rate_input_[i], delta); });
      after.biases[j] = static_cast<float>(
          rounding.stored(before.biases[j] - product(rounding, fused_update_, learning_rate, delta),
                          shown.biases[j]));
    }
  }

  std::vector<LegalRounding> roundings_;  // per operation group
  bool fused_sum_;
  bool fused_derivative_;
  bool fused_update_;
  bool expanded_derivative_;     ///< 1 - a * a and a - a * a, or the factored forms
  bool quotient_output_delta_;   ///< of bce
  bool distributed_derivative_;  ///< multiplied into each term of a hidden delta's sum
  bool bias_first_;
  Product product_;
  Split split_ = Split::no;
  bool keeps_activations_ = false;
  std::vector<std::vector<std::uint32_t>> forward_order_;   // per layer, of the inputs
  std::vector<std::vector<std::uint32_t>> backward_order_;  // per layer, of the outputs
  std::vector<double> ordered_input_, unrounded_;
  std::vector<double> delta_, delta_below_, negative_below_, slope_, rate_input_;
};

/// The members for `network` under the declared model; equal seeds give equal members. A declared
/// evaluation order is not used: it is judged by exact simulation (SPEC 6.2).
inline std::vector<LegalMember> legal_ensemble(const Network& network, const ArithmeticModel& model,
                                               std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<LegalMember> members;
  for (std::size_t index = 0; index < legal_member_count + longer_member_count(model); ++index)
    members.emplace_back(network, model, index, engine);
  return members;
}

}  // namespace lsgd
