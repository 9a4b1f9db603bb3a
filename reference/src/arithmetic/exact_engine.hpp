// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/random_stream.hpp>
#include <lsgd/arithmetic/rounding_watch.hpp>

#include "arithmetic/declared_shape.hpp"

namespace lsgd {

/// An engine of DeclaredOperations on exact binary numbers of any size: every declaration that is
/// computed at all.
class ExactEngine {
 public:
  using Number = BinaryNumber;

  /// @param watch is told of every rounding; may be null
  ExactEngine(DeclaredShape& shape, DeclaredState& state, float learning_rate,
              RoundingWatch* watch = nullptr);

  /// Writes the random state back.
  void finish();

  void round_inputs(std::span<const float> inputs, std::vector<Number>& input,
                    std::vector<Number>& update_input);
  /// Fixes what both passes see of a layer's weights (Point::effective_weight).
  void begin_layer(std::size_t l);
  /// Chooses new scales and rounds to them, or widens the range of what saturated.
  void finish_update(std::size_t l);

 protected:
  const Arithmetic& arithmetic() const { return shape_.arithmetic; }
  const Network& network() const { return shape_.network; }

  Number rounded(std::size_t l, Point point, Number x, std::size_t index = 0);
  Number product(std::size_t l, Point point, const Number& x, const Number& y,
                 std::size_t index = 0) {
    return rounded(l, point, x * y, index);
  }
  Number sum(std::size_t l, Point point, const Number& x, const Number& y) {
    return rounded(l, point, x + y);
  }
  Number difference(std::size_t l, Point point, const Number& x, const Number& y) {
    return rounded(l, point, x - y);
  }
  static Number exact_product(std::size_t, Point, const Number& x, const Number& y) {
    return x * y;
  }
  static Number exact_sum(std::size_t, Point, const Number& x, const Number& y) { return x + y; }
  Number updated(std::size_t l, Point point, const Number& x, const Number& change,
                 std::size_t index);
  Number operand(std::size_t l, Point point, Number x);

  static Number one() { return BinaryNumber::of(1); }
  static Number zero_like(Number x) {
    x.kind = BinaryNumber::Kind::finite;
    x.magnitude = 0;
    x.is_negative = false;
    return x;
  }
  static bool is_zero(const Number& x) { return x.is_zero(); }
  static bool is_negative(const Number& x) {
    return x.is_negative && (x.is_finite() || x.kind == BinaryNumber::Kind::infinite);
  }
  static Number where_positive(const Number& a, const Number& x) {
    if (a.kind == BinaryNumber::Kind::outside_domain) return a;
    const bool is_positive = !a.is_finite() || (!a.is_zero() && !a.is_negative);
    return is_positive ? x : zero_like(x);
  }
  static Number x_or_part(const Number& a, const Number& x, int exponent) {
    if (a.kind == BinaryNumber::Kind::outside_domain) return a;
    return a.is_zero() || is_negative(a) ? x * BinaryNumber::of(1, exponent) : x;
  }

  const Number* seen_weights(std::size_t l) const { return layers_[l].weights.numbers.data(); }
  Number& weight(std::size_t l, std::size_t index) {
    return state_.layers[l].weights.numbers[index];
  }
  Number& bias(std::size_t l, std::size_t index) { return state_.layers[l].biases.numbers[index]; }
  const Number& learning_rate() const { return learning_rate_; }
  const Number& loss_factor() const { return shape_.loss_factor; }
  Number target(std::size_t l, float t);
  void begin_sum(std::size_t l, Point point, std::size_t j, const Number& x, const Number& y);
  Number clamped(std::size_t l, std::size_t j, Number x);
  bool is_clamped(std::size_t l, std::size_t j) const {
    return arithmetic().training.clamp_mask && layers_[l].clamped.at(j);
  }
  Number gradient_factor(std::size_t l, Point point, std::size_t index) const;
  const Number& projection(std::size_t l, std::size_t i, std::size_t k) const {
    return shape_.projections.at(l).at(i * network().outputs() + k);
  }
  Number function_value(std::size_t l, const Number& z);
  void softmax(std::size_t l, const std::vector<Number>& z, std::vector<Number>& a);

 private:
  struct LayerState {
    DeclaredTensor weights;  ///< as both passes see them
    int operand_bits = 0;    ///< fraction bits of the products of the sum at hand
    std::size_t row = 0;     ///< of the forward sum at hand
    bool weight_saturated = false;
    std::vector<bool> clamped;  ///< by neuron: its pre-activation left its range
    /// By point: for each of its roundings the codec of each scale of the tensor.
    std::array<std::vector<std::vector<NumberCodec>>, point_count> codecs;
  };

  std::size_t inputs(std::size_t l) const { return shape_.network.layers[l].inputs; }
  RandomStream* random() { return random_ ? &*random_ : nullptr; }
  const std::vector<std::vector<NumberCodec>>& codecs_of(std::size_t l, Point point,
                                                         int operand_bits);
  std::vector<TensorScale> scales_of(std::size_t l, Point point, const NumberFormat& format,
                                     int operand_bits) const;
  Number requantized_sum(std::size_t l, const Number& x, const NumberCodec& codec,
                         const Rounding& rounding, bool* overflowed);
  Number rounded_once(std::size_t l, const Number& x, const NumberCodec& codec,
                      const Rounding& rounding, bool& overflowed);
  Number rounded_by(std::size_t count, std::size_t l, Point point, Number x, std::size_t index,
                    bool* overflowed);
  void watch_rounding(std::size_t l, const Number& x, const NumberCodec& codec,
                      const Number& result, bool overflowed,
                      std::vector<RoundingWatch::ChangedRounding>& changes);
  void give_up_watching(Point point) {
    if (watch_ != nullptr) watch_->give_up(point);
  }
  void finish_tensor(Point point, std::size_t columns, DeclaredTensor& tensor);

  DeclaredShape& shape_;
  DeclaredState& state_;
  RoundingWatch* watch_;
  std::vector<LayerState> layers_;
  std::optional<RandomStream> random_;
  Number learning_rate_;
};

}  // namespace lsgd
