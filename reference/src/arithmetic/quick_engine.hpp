// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <lsgd/arithmetic/random_stream.hpp>

#include "arithmetic/declared_shape.hpp"
#include "arithmetic/quick_plan.hpp"

namespace lsgd {

/// Weights and biases of a layer as doubles.
struct QuickLayer {
  std::vector<double> weights;
  std::vector<double> biases;
  int weight_fraction_bits = 0;
  int bias_fraction_bits = 0;
};

struct QuickState {
  std::vector<QuickLayer> layers;
  std::uint32_t random_state = 0;
};

/// What is kept from step to step beside the state.
struct QuickMemory {
  /// By layer: weights as both passes see them, where these are no state.
  std::vector<std::vector<double>> seen_weights;
  /// By layer: a by code of z, NaN where it did not come up yet.
  std::vector<std::vector<double>> known_activations;
};

/// An engine of DeclaredOperations on doubles that are equal to the exact numbers, or, between an
/// operation and its rounding, rounded to odd (see QuickRounding). Throws DoesNotFit from anywhere;
/// the state is then of no use.
class QuickEngine {
 public:
  using Number = double;

  QuickEngine(const DeclaredShape& shape, const QuickPlan& plan, QuickMemory& memory,
              QuickState& state);

  void finish() {
    if (random_) state_.random_state = random_->state();
  }

  void round_inputs(std::span<const float> inputs, std::vector<double>& input,
                    std::vector<double>& update_input);
  void begin_layer(std::size_t l);
  void finish_update(std::size_t l);

 protected:
  const Arithmetic& arithmetic() const { return shape_.arithmetic; }
  const Network& network() const { return shape_.network; }

  const QuickLayerPlan& plan_of(std::size_t l) const { return plan_.layers[l]; }

  double rounded(std::size_t l, Point point, double x, std::size_t = 0) {
    return rounded_at(site(l, point), x, false);
  }

  double product(std::size_t l, Point point, double x, double y, std::size_t = 0) {
    const QuickSite& own = site(l, point);
    bool is_cut = false;
    const double exact = multiplied(own, x, y, is_cut);
    return rounded_at(own, exact, is_cut);
  }

  double exact_product(std::size_t l, Point point, double x, double y) {
    bool is_cut = false;
    const double exact = multiplied(site(l, point), x, y, is_cut);
    if (is_cut) throw DoesNotFit{};
    return exact;
  }

  double sum(std::size_t l, Point point, double x, double y) {
    const QuickSite& own = site(l, point);
    bool is_cut = false;
    const double exact = added(own.rounded_sum, own.sum_limit, x, y, is_cut);
    return rounded_at(own, exact, is_cut);
  }

  double difference(std::size_t l, Point point, double x, double y) { return sum(l, point, x, -y); }

  double exact_sum(std::size_t l, Point point, double x, double y) {
    const QuickSite& own = site(l, point);
    bool is_cut = false;
    const double exact = added(own.exact_sum, own.sum_limit, x, y, is_cut);
    if (is_cut) throw DoesNotFit{};
    return exact;
  }

  double updated(std::size_t l, Point point, double x, double change, std::size_t) {
    const QuickSite& own = site(l, point);
    bool is_cut = false;
    double result = added(own.rounded_sum, own.sum_limit, x, -change, is_cut);
    if (own.roundings.empty() && is_cut) throw DoesNotFit{};
    bool overflowed = false;
    for (const QuickRounding& rounding : own.roundings) {
      result = rounding(result, is_cut, random(), overflowed);
      is_cut = false;
    }
    if (overflowed && point == Point::weight) weight_saturated_[l] = true;
    return result;
  }

  double operand(std::size_t, Point point, double x) const {
    if (!plan_.flushes_operands) return x;
    const double limit = plan_.flush_below[static_cast<std::size_t>(point)];
    return std::abs(x) < limit ? std::copysign(0.0, x) : x;
  }

  static double one() { return 1; }
  static double zero_like(double) { return 0; }
  static bool is_zero(double x) { return x == 0; }
  static bool is_negative(double x) { return std::signbit(x); }
  static double where_positive(double a, double x) { return a > 0 ? x : 0; }
  static double x_or_part(double a, double x, int exponent) {
    return a > 0 ? x : std::ldexp(x, exponent);
  }

  const double* seen_weights(std::size_t l) const {
    return sees_state_ ? state_.layers[l].weights.data() : memory_.seen_weights[l].data();
  }
  double& weight(std::size_t l, std::size_t index) { return state_.layers[l].weights[index]; }
  double& bias(std::size_t l, std::size_t index) { return state_.layers[l].biases[index]; }
  double learning_rate() const { return plan_.learning_rate; }
  double loss_factor() const { return plan_.loss_factor; }
  double target(std::size_t l, float t) {
    return operand(l, Point::target, rounded(l, Point::target, static_cast<double>(t)));
  }
  static void begin_sum(std::size_t, Point, std::size_t, double, double) {}
  double clamped(std::size_t l, std::size_t, double x) {
    return rounded(l, Point::pre_activation, x);
  }
  // No plan is made for declarations that have these.
  static bool is_clamped(std::size_t, std::size_t) { return false; }
  static double gradient_factor(std::size_t, Point, std::size_t) { throw DoesNotFit{}; }
  static double projection(std::size_t, std::size_t, std::size_t) { throw DoesNotFit{}; }
  double function_value(std::size_t l, double z);
  void softmax(std::size_t l, const std::vector<double>& z, std::vector<double>& a);

 private:
  const QuickSite& site(std::size_t l, Point point) const {
    return plan_.layers[l].sites[static_cast<std::size_t>(point)];
  }
  RandomStream* random() { return random_ ? &*random_ : nullptr; }

  double rounded_at(const QuickSite& own, double x, bool is_cut) {
    if (own.roundings.empty()) {
      if (is_cut) throw DoesNotFit{};
      return x;
    }
    bool overflowed = false;
    for (const QuickRounding& rounding : own.roundings) {
      x = rounding(x, is_cut, random(), overflowed);
      is_cut = false;
    }
    return x;
  }

  /// x rounded to odd, from x rounded to nearest and the error of that.
  static double to_odd(double x, double error, bool& is_cut) {
    if (error == 0) return x;
    is_cut = true;
    const auto pattern = std::bit_cast<std::uint64_t>(x);
    if (pattern % 2 != 0) return x;
    const bool is_larger = (error > 0) == (x > 0);
    return std::bit_cast<double>(is_larger ? pattern + 1 : pattern - 1);
  }

  static double added(Exactness exactness, double limit, double x, double y, bool& is_cut) {
    const double total = x + y;
    switch (exactness) {
      case Exactness::always:
        return total;
      case Exactness::limited:
        if (!(std::abs(total) < limit)) throw DoesNotFit{};
        return total;
      case Exactness::checked:
        break;
    }
    if (!std::isfinite(total)) throw DoesNotFit{};
    // What is lost of x and of y (Knuth's two-sum).
    const double of_y = total - x;
    const double error = (x - (total - of_y)) + (y - of_y);
    return to_odd(total, error, is_cut);
  }

  static double multiplied(const QuickSite& own, double x, double y, bool& is_cut) {
    const double product = x * y;
    if (own.product == Exactness::always) return product;
    if (own.product == Exactness::limited && std::abs(product) < own.product_limit) return product;
    if (!std::isfinite(product)) throw DoesNotFit{};
    // The factors in halves of 26 bits, whose products are exact (Dekker).
    constexpr double splitter = 0x1p27 + 1;
    const double x_scaled = splitter * x, y_scaled = splitter * y;
    const double x_high = x_scaled - (x_scaled - x), y_high = y_scaled - (y_scaled - y);
    const double x_low = x - x_high, y_low = y - y_high;
    const double error =
        ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low;
    return to_odd(product, error, is_cut);
  }

  void finish_tensor(std::size_t l, Point point, const Digits& digits, std::vector<double>& numbers,
                     int& fraction_bits);
  void round_tensor_from(std::size_t first, Point point, Digits digits, int fraction_bits,
                         std::vector<double>& numbers);
  void round_exactly(std::size_t l, std::vector<double>& weights);
  bool round_scaled_weights(std::size_t l, std::vector<double>& weights);
  double computed_function(std::size_t l, double z);
  double finished_function(std::size_t l, double z, double value);

  const DeclaredShape& shape_;
  const QuickPlan& plan_;
  QuickMemory& memory_;
  QuickState& state_;
  std::optional<RandomStream> random_;
  std::vector<bool> weight_saturated_;
  bool sees_state_ = false;
};

}  // namespace lsgd
