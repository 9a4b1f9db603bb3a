// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// The operations of a step in a declared arithmetic, each result rounded as its point says, in the
/// declared order. What a number is and how it is rounded is the engine's:
///
///   Number, arithmetic(), network()
///   rounded(l, point, x)           x rounded as the point says
///   product(l, point, x, y), sum(l, point, x, y), difference(l, point, x, y)
///                                  the exact result, rounded as the point says
///   exact_product, exact_sum       the same without rounding
///   updated(l, point, x, change, index)
///                                  x - change, as far as it is rounded before a scale is chosen
///   operand(l, point, x)           what an operation reads of a number that ended at a point
///   one(), zero_like(x), is_zero(x), is_negative(x): not of NaN
///   where_positive(a, x)           x where a is above 0, else a zero
///   x_or_part(a, x, k)             x where a is above 0, else 2^k x
///   seen_weights(l), weight(l, index), bias(l, index), learning_rate(), target(l, t),
///   loss_factor()                  c of LossScale
///   begin_sum(l, point, j, x, y)   fixes the format of a sum of products like x y, of row j
///   clamped(l, j, x)               pre-activation j, rounded; is_clamped(l, j): whether it left
///                                  its range and the declaration minds
///   gradient_factor(l, point, index)
///                                  what a gradient is multiplied with (GradientScale)
///   projection(l, i, k)            element of the matrix of target_projection
///   function_value(l, z)           sigmoid or tanh of the layer, rounded
///   softmax(l, z, a)               all a of the layer, each rounded
///   begin_layer, round_inputs, finish_update: see forward_pass
template <class Engine>
class DeclaredOperations : public Engine {
 public:
  using Number = typename Engine::Number;
  using Engine::Engine;

  Number pre_activation(std::size_t l, std::size_t j, const std::vector<Number>& below) {
    const Number* const weights = this->seen_weights(l) + j * columns(l);
    const Point input_point = l == 0 ? Point::input : Point::activation;
    const std::size_t input_layer = l == 0 ? 0 : l - 1;
    this->begin_sum(l, Point::forward_sum, j, weights[0], below[0]);
    const Number bias =
        this->rounded(l, Point::bias_aligned, this->operand(l, Point::bias, this->bias(l, j)), j);
    const auto product = [&](std::size_t i) {
      return product_in_sum(l, Point::forward_product, weights[i],
                            this->operand(input_layer, input_point, below[i]));
    };
    const bool is_last = order().bias == BiasPosition::last;
    const Number total = sum_of_terms(l, Point::forward_sum, below.size(), product,
                                      is_last ? nullptr : &bias, is_last ? &bias : nullptr);
    return this->clamped(l, j, total);
  }

  Number activation(std::size_t l, const Number& shown_z) {
    const Number z = this->operand(l, Point::pre_activation, shown_z);
    return with_neuron_activation(this->network().layers[l].activation, [&](auto function) {
      if constexpr (function.is_approximated)
        return this->function_value(l, z);
      else
        return this->rounded(l, Point::activation, function.value(*this, z));
    });
  }

  void activations(std::size_t l, const std::vector<Number>& shown_z, std::vector<Number>& a) {
    std::vector<Number> z;
    for (const Number& each : shown_z) z.push_back(this->operand(l, Point::pre_activation, each));
    this->softmax(l, z, a);
  }

  Number positive_part(const Number& z) const {
    return this->is_negative(z) ? this->zero_like(z) : z;
  }
  Number z_or_part(const Number& z, int exponent) const { return this->x_or_part(z, z, exponent); }

  Number stored_activation(std::size_t l, const Number& a) {
    return this->rounded(l, Point::stored_activation, a);
  }

  /// Of the next output.
  Number output_error(std::size_t l, const Number& a, float target) {
    neuron_ = targets_.size();
    targets_.push_back(target);
    const Number error = this->difference(
        l, Point::output_error, this->operand(l, Point::activation, a), this->target(l, target));
    if (this->arithmetic().training.loss_scale == LossScale::half_sum) return error;
    return this->product(l, Point::scaled_error, this->loss_factor(),
                         this->operand(l, Point::output_error, error));
  }

  /// The sum of weights times deltas that reaches neuron i of layer l, or how far its activation is
  /// from the projected target.
  Number hidden_error(std::size_t l, std::size_t i, const std::vector<Number>& delta_above,
                      const Number& a) {
    neuron_ = i;
    if (this->arithmetic().training.algorithm == TrainingAlgorithm::target_projection)
      return this->difference(l, Point::hidden_error, this->operand(l, Point::activation, a),
                              projected_target(l, i));
    const Number* const weights = this->seen_weights(l + 1) + i;
    const std::size_t stride = columns(l + 1);
    this->begin_sum(l, Point::backward_sum, 0, weights[0], delta_above[0]);
    const auto product = [&](std::size_t j) {
      return product_in_sum(l, Point::backward_product, weights[j * stride],
                            this->operand(l + 1, Point::delta, delta_above[j]));
    };
    const Number total =
        sum_of_terms(l, Point::backward_sum, delta_above.size(), product, nullptr, nullptr);
    return this->rounded(l, Point::hidden_error, total);
  }

  /// delta of the neuron at hand where the error has no factor.
  Number delta(std::size_t l, const Number& error) {
    return this->rounded(l, Point::delta,
                         this->is_clamped(l, neuron_) ? this->zero_like(error) : error);
  }

  /// delta = e f', f' from the stored activation (SPEC 6.2.2).
  Number delta(std::size_t l, const Number& error, const Number& stored) {
    if (this->is_clamped(l, neuron_)) return this->rounded(l, Point::delta, this->zero_like(error));
    return activation_slope(this->network().layers[l].activation, SlopeProduct{*this, l, error},
                            this->operand(l, stored_point(), stored));
  }

  bool trains(std::size_t l) const {
    const std::vector<std::uint32_t>& trained = this->arithmetic().training.trained_layers;
    return trained.empty() || std::ranges::find(trained, l + 1) != trained.end();
  }

  bool keeps_neuron(const Number& delta) const {
    return this->arithmetic().random.skip_zero && this->is_zero(delta);
  }

  bool updates_bias_first() const {
    return this->arithmetic().random.order == DrawOrder::neuron_bias_input;
  }

  Number learning_rate_times_delta(std::size_t l, const Number& shown_delta) {
    if (multiplies_activation_first()) return {};
    return this->product(l, Point::learning_rate_times_delta, this->learning_rate(),
                         this->operand(l, Point::delta, shown_delta));
  }

  void update_weight(std::size_t l, std::size_t j, std::size_t i, const Number& step,
                     const Number& delta, const Number& shown_below) {
    const Number below = l == 0 ? this->operand(0, Point::input, shown_below)
                                : this->operand(l - 1, stored_point(), shown_below);
    const std::size_t index = j * columns(l) + i;
    Number change;
    if (multiplies_activation_first()) {
      const Number gradient = this->product(l, Point::delta_times_activation,
                                            this->operand(l, Point::delta, delta), below);
      change =
          product_in_sum(l, Point::change, scaled(this->learning_rate(), l, Point::weight, index),
                         gradient, index);
    } else {
      change =
          product_in_sum(l, Point::change, scaled(step, l, Point::weight, index), below, index);
    }
    Number& weight = this->weight(l, index);
    weight =
        this->updated(l, Point::weight, this->operand(l, Point::weight, weight), change, index);
  }

  void update_bias(std::size_t l, std::size_t j, const Number& step, const Number& delta) {
    Number change;
    if (multiplies_activation_first())
      change =
          product_in_sum(l, Point::bias_change, scaled(this->learning_rate(), l, Point::bias, j),
                         this->operand(l, Point::delta, delta), j);
    else
      change = this->rounded(l, Point::bias_change, scaled(step, l, Point::bias, j), j);
    Number& bias = this->bias(l, j);
    bias = this->updated(l, Point::bias, this->operand(l, Point::bias, bias), change, j);
  }

 private:
  /// Products of an error with the derivatives, each rounded as its point says.
  struct SlopeProduct {
    DeclaredOperations& step;
    std::size_t l;
    const Number& error;

    Number one() const { return step.rounded(l, Point::delta, error); }
    Number one_where_positive(const Number& a) const {
      return step.rounded(l, Point::delta, step.where_positive(a, error));
    }
    Number one_or_part(const Number& a, int exponent) const {
      return step.rounded(l, Point::delta, step.x_or_part(a, error, exponent));
    }
    Number times_complement(const Number& a) const {
      const Number rest = step.difference(l, Point::derivative_term, step.one(), a);
      return times(step.product(l, Point::derivative, a, rest));
    }
    Number complement_of_square(const Number& a) const {
      const Number square = step.product_in_sum(l, Point::derivative_term, a, a);
      return times(step.difference(l, Point::derivative, step.one(), square));
    }
    Number times(const Number& slope) const { return step.product(l, Point::delta, error, slope); }
  };

  const EvaluationOrder& order() const { return this->arithmetic().order; }
  std::size_t columns(std::size_t l) const { return this->network().layers[l].inputs; }
  bool multiplies_activation_first() const {
    return order().update == UpdateProduct::delta_times_activation;
  }
  Point stored_point() const {
    return this->arithmetic().at(Point::stored_activation).empty() ? Point::activation
                                                                   : Point::stored_activation;
  }

  /// A factor of a change, times what the declaration multiplies gradients with.
  Number scaled(const Number& x, std::size_t l, Point point, std::size_t index) {
    if (this->arithmetic().training.gradient_scale == GradientScale::none) return x;
    return this->exact_product(l, point, x, this->gradient_factor(l, point, index));
  }

  /// f(B t) of neuron i of layer l, every result rounded as in its forward pass.
  Number projected_target(std::size_t l, std::size_t i) {
    const auto product = [&](std::size_t k) {
      return product_in_sum(l, Point::forward_product, this->projection(l, i, k),
                            this->target(l, targets_[k]));
    };
    this->begin_sum(l, Point::forward_sum, i, this->projection(l, i, 0),
                    this->target(l, targets_[0]));
    const Number total =
        sum_of_terms(l, Point::forward_sum, targets_.size(), product, nullptr, nullptr);
    return activation(l, this->rounded(l, Point::pre_activation, total));
  }

  /// A product to which something is added: not rounded where both are one operation.
  Number product_in_sum(std::size_t l, Point point, const Number& x, const Number& y,
                        std::size_t index = 0) {
    if (order().fused == FusedMultiplyAdd::yes) return this->exact_product(l, point, x, y);
    return this->product(l, point, x, y, index);
  }

  /// A sum of `count` products in the declared order. `first` starts it, `last` is added to the
  /// finished sum; either may be null.
  template <class Product>
  Number sum_of_terms(std::size_t l, Point point, std::size_t count, const Product& product,
                      const Number* first, const Number* last) {
    const bool at_the_end = order().saturate == SumSaturation::end;
    const bool by_lane = order().saturate == SumSaturation::lane;
    const auto added = [&](const Number& x, const Number& y) {
      return at_the_end ? this->exact_sum(l, point, x, y) : this->sum(l, point, x, y);
    };
    const auto added_in_lane = [&](const Number& x, const Number& y) {
      return at_the_end || by_lane ? this->exact_sum(l, point, x, y) : this->sum(l, point, x, y);
    };
    const auto finished_lane = [&](const Number& x) {
      return by_lane ? this->rounded(l, point, x) : x;
    };
    Number total = first == nullptr ? Number{} : *first;
    switch (order().sum) {
      case SumOrder::any:
      case SumOrder::ascending:
        for (std::size_t i = 0; i < count; ++i) total = added_in_lane(total, product(i));
        total = finished_lane(total);
        break;
      case SumOrder::descending:
        for (std::size_t i = count; i-- > 0;) total = added_in_lane(total, product(i));
        total = finished_lane(total);
        break;
      case SumOrder::lanes: {
        lanes_.assign(static_cast<std::size_t>(order().width), Number{});
        lanes_.front() = total;
        for (std::size_t i = 0; i < count; ++i) {
          Number& lane = lanes_[i % lanes_.size()];
          lane = added_in_lane(lane, product(i));
        }
        total = finished_lane(lanes_.front());
        for (std::size_t k = 1; k < lanes_.size(); ++k)
          total = added(total, finished_lane(lanes_[k]));
        break;
      }
      case SumOrder::tree: {
        std::vector<Number>& nodes = lanes_;
        nodes.clear();
        if (first != nullptr) nodes.push_back(total);
        for (std::size_t i = 0; i < count; ++i) nodes.push_back(product(i));
        const auto width = static_cast<std::size_t>(order().width);
        do {
          std::size_t parents = 0;
          for (std::size_t i = 0; i < nodes.size(); i += width) {
            Number parent{};
            for (std::size_t k = i; k < std::min(i + width, nodes.size()); ++k)
              parent = added_in_lane(parent, nodes[k]);
            nodes[parents++] = finished_lane(parent);
          }
          nodes.resize(parents);
        } while (nodes.size() > 1);
        total = nodes.front();
        break;
      }
    }
    if (last != nullptr) total = added(total, *last);
    return at_the_end ? this->rounded(l, point, total) : total;
  }

  std::vector<Number> lanes_;  ///< lanes or nodes of the sum at hand
  std::size_t neuron_ = 0;     ///< whose error was computed last
  std::vector<float> targets_;
};

}  // namespace lsgd
