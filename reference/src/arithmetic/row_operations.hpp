// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lsgd/network/training_step.hpp>

#include "arithmetic/declared_operations.hpp"
#include "arithmetic/quick_engine.hpp"

namespace lsgd {

/// DeclaredOperations in doubles with the loops over a row of weights in binary32, in doubles or in
/// integers, where the plan says that all their numbers are such (QuickDot, QuickUpdate). Results
/// are the same; what does not fit there throws DoesNotFit.
class RowOperations : public DeclaredOperations<QuickEngine> {
 public:
  using DeclaredOperations::DeclaredOperations;

  double pre_activation(std::size_t l, std::size_t j, const std::vector<double>& below) {
    const QuickDot& dot = plan_of(l).forward;
    if (dot.kind == RowKind::general) return DeclaredOperations::pre_activation(l, j, below);
    if (j == 0) read_operands(dot, below);
    const double* const weights = seen_weights(l) + j * below.size();
    const double start = rounded(l, Point::bias_aligned, bias(l, j));
    if (dot.kind == RowKind::binary32) return clamped(l, j, single_dot(weights, start));
    const std::int64_t sum = sum_of_row(dot, weights, start, below);
    if (dot.finished) return finished(dot, sum);
    return clamped(l, j, exact_double(sum) / dot.sum_units);
  }

  double hidden_error(std::size_t l, std::size_t i, const std::vector<double>& delta_above,
                      double a) {
    const QuickDot& dot = plan_of(l).backward;
    if (dot.kind == RowKind::general) return DeclaredOperations::hidden_error(l, i, delta_above, a);
    // All sums grow together, row by row of the weights: each by ascending terms.
    if (i == 0) add_rows(l, dot, delta_above);
    if (dot.kind == RowKind::binary32)
      return rounded(l, Point::hidden_error, finite(single_sums_[i]));
    if (dot.finished) return finished(dot, sums_[i]);
    return rounded(l, Point::hidden_error, exact_double(sums_[i]) / dot.sum_units);
  }

  /// The update of a layer as update_neurons makes it.
  void update_layer(std::size_t l, const std::vector<double>& deltas,
                    const std::vector<double>& below) {
    const QuickUpdate& update = plan_of(l).update;
    read_operands(update, below);
    for (std::size_t j = 0; j < deltas.size(); ++j) {
      if (keeps_neuron(deltas[j])) continue;
      const double step = learning_rate_times_delta(l, deltas[j]);
      if (updates_bias_first()) update_bias(l, j, step, deltas[j]);
      double* const weights = &weight(l, j * below.size());
      if (update.kind == RowKind::integers)
        update_fixed(update, step, weights, below);
      else if (!update.weights || !update_singles(*update.weights, step, weights))
        update_one_by_one(l, j, step);
      if (!updates_bias_first()) update_bias(l, j, step, deltas[j]);
    }
    finish_update(l);
  }

  bool updates_rows(std::size_t l) const { return plan_of(l).update.kind != RowKind::general; }

 private:
  /// Integers beyond this are no doubles.
  static constexpr std::int64_t most_of_double = std::int64_t{1} << 53;

  static double exact_double(std::int64_t x) {
    if (x > most_of_double || x < -most_of_double) throw DoesNotFit{};
    return static_cast<double>(x);
  }
  static double finite(float x) {
    if (!std::isfinite(x)) throw DoesNotFit{};
    return static_cast<double>(x);
  }
  static std::int64_t code(double x, double units) { return static_cast<std::int64_t>(x * units); }
  static std::int64_t checked_code(double x, double units) {
    if (!(std::abs(x * units) < 0x1p62)) throw DoesNotFit{};
    return code(x, units);
  }

  void read_operands(const QuickDot& dot, const std::vector<double>& operands) {
    codes_.clear();
    if (dot.kind == RowKind::binary32)
      singles_.assign(operands.begin(), operands.end());
    else if (dot.doubles.limit() != 0)
      scale_operands(dot.doubles_factor, operands);
  }
  void read_operands(const QuickUpdate& update, const std::vector<double>& operands) {
    codes_.clear();
    if (update.kind == RowKind::binary32)
      singles_.assign(operands.begin(), operands.end());
    else if (update.doubles.limit() != 0)
      scale_operands(update.weight_units, operands);
  }

  void scale_operands(double factor, const std::vector<double>& operands) {
    scaled_.resize(operands.size());
    double largest = 0;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const double scaled = operands[i] * factor;
      scaled_[i] = scaled;
      largest = std::max(largest, std::abs(scaled));
    }
    largest_scaled_ = largest;
  }

  /// Operands of the layer at hand as integers, which a row may need or not.
  void need_codes(double units, const std::vector<double>& operands) {
    if (!codes_.empty()) return;
    for (const double operand : operands) codes_.push_back(code(operand, units));
  }

  /// An infinity, or NaN, on the way stays one.
  double single_dot(const double* weights, double start) const {
    auto sum = static_cast<float>(start);
    for (std::size_t i = 0; i < singles_.size(); ++i)
      sum += static_cast<float>(weights[i]) * singles_[i];
    return finite(sum);
  }

  static std::int64_t added(const QuickDot& dot, std::int64_t sum, std::int64_t product) {
    if (dot.products)
      product = dot.products->limited((product + dot.product_half) >> dot.product_shift);
    return dot.sums.limited(sum + product);
  }

  std::int64_t sum_of_row(const QuickDot& dot, const double* weights, double start,
                          const std::vector<double>& operands) {
    double total = 0;
    if (dot.doubles.limit() != 0 &&
        dot.doubles.add_products(start * dot.sum_units, weights, scaled_.data(), operands.size(),
                                 total))
      return static_cast<std::int64_t>(total);
    need_codes(dot.operand_units, operands);
    std::int64_t sum = checked_code(start, dot.sum_units);
    for (std::size_t i = 0; i < codes_.size(); ++i)
      sum = added(dot, sum, code(weights[i], dot.weight_units) * codes_[i]);
    return sum;
  }

  static double finished(const QuickDot& dot, std::int64_t sum) {
    return static_cast<double>(dot.finished->limited((sum + dot.finish_half) >> dot.finish_shift)) /
           dot.finished_units;
  }

  void add_rows(std::size_t l, const QuickDot& dot, const std::vector<double>& delta_above) {
    const std::size_t columns = network().layers[l].outputs;
    const double* weights = seen_weights(l + 1);
    if (dot.kind == RowKind::binary32) {
      single_sums_.assign(columns, 0.0f);
      for (const double delta : delta_above) {
        const auto factor = static_cast<float>(delta);
        for (std::size_t i = 0; i < columns; ++i)
          single_sums_[i] += static_cast<float>(weights[i]) * factor;
        weights += columns;
      }
      return;
    }
    sums_.assign(columns, 0);
    if (dot.doubles.limit() != 0) {
      scale_operands(dot.doubles_factor, delta_above);
      row_.resize(columns);
      if (dot.doubles.add_columns(weights, scaled_.data(), delta_above.size(), columns,
                                  row_.data())) {
        std::ranges::transform(row_, sums_.begin(),
                               [](double sum) { return static_cast<std::int64_t>(sum); });
        return;
      }
    }
    for (const double delta : delta_above) {
      const std::int64_t factor = code(delta, dot.operand_units);
      for (std::size_t i = 0; i < columns; ++i)
        sums_[i] = added(dot, sums_[i], code(weights[i], dot.weight_units) * factor);
      weights += columns;
    }
  }

  void update_fixed(const QuickUpdate& update, double step, double* weights,
                    const std::vector<double>& operands) {
    if (update.doubles.limit() != 0) {
      row_.resize(operands.size());
      if (update.doubles.subtract_products(step, scaled_.data(), largest_scaled_, operands.size(),
                                           update.unit, update.most_weight, weights, row_.data())) {
        std::ranges::copy(row_, weights);
        return;
      }
    }
    need_codes(update.operand_units, operands);
    const std::int64_t factor = code(step, update.step_units);
    for (std::size_t i = 0; i < codes_.size(); ++i) {
      const std::int64_t change =
          update.changes.limited((factor * codes_[i] + update.half) >> update.shift);
      const std::int64_t updated =
          update.codes.limited(code(weights[i], update.weight_units) - change);
      weights[i] = static_cast<double>(updated) * update.unit;
    }
  }

  /// False, and nothing changed, where a weight of the row needs more than this.
  ///
  /// The difference W - c is taken in doubles. It need not be exact where |c| <= |W|: W has at most
  /// the p <= 24 bits of a result and c has 24, so that the difference is exact unless
  /// |c| < 2^-27 |W|. The nearest middles of two results are 2^-26 |W| and more away from W, and
  /// the rounded difference is on the same side of them. Where |c| > |W| its error is computed
  /// (Dekker's sum).
  bool update_singles(const PatternRounding& rounding, double step, double* weights) {
    const auto factor = static_cast<float>(step);
    const std::size_t count = singles_.size();
    row_.resize(count);
    constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
    const int discarded_bits = rounding.discarded_bits;
    const std::uint64_t unit = std::uint64_t{1} << discarded_bits;
    const auto smallest = std::bit_cast<std::uint64_t>(rounding.smallest_normal);
    const auto largest = std::bit_cast<std::uint64_t>(rounding.largest);
    const float* const operands = singles_.data();
    double* const results = row_.data();
    // Its sign is set by any weight that needs more. Patterns of magnitudes are in their order, so
    // that the sign of a difference compares them; this loop has no branch.
    std::uint64_t signs = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double before = weights[i];
      const auto change = static_cast<double>(factor * operands[i]);
      const double after = before - change;
      const double error = before - (after + change);
      const auto pattern = std::bit_cast<std::uint64_t>(after);
      const std::uint64_t magnitude = pattern & ~sign_bit;
      const std::uint64_t rounded =
          (magnitude + (unit / 2 - 1) + (magnitude >> discarded_bits & 1)) & ~(unit - 1);
      const std::uint64_t is_smaller = (std::bit_cast<std::uint64_t>(before) & ~sign_bit) -
                                       (std::bit_cast<std::uint64_t>(change) & ~sign_bit);
      const std::uint64_t is_inexact = 0 - (std::bit_cast<std::uint64_t>(error) & ~sign_bit);
      signs |= (is_smaller & is_inexact) | (magnitude - smallest) | (largest - rounded);
      results[i] = std::bit_cast<double>(rounded | (pattern & sign_bit));
    }
    if ((signs & sign_bit) != 0) return false;
    std::copy(row_.begin(), row_.end(), weights);
    return true;
  }

  void update_one_by_one(std::size_t l, std::size_t j, double step) {
    const auto factor = static_cast<float>(step);
    for (std::size_t i = 0; i < singles_.size(); ++i) {
      const std::size_t index = j * singles_.size() + i;
      weight(l, index) =
          updated(l, Point::weight, weight(l, index), finite(factor * singles_[i]), index);
    }
  }

  std::vector<float> singles_, single_sums_;
  std::vector<std::int64_t> codes_, sums_;
  std::vector<double> row_, scaled_;
  double largest_scaled_ = 0;
};

/// Found by backward_pass before the one for all numbers.
inline void update_neurons(std::size_t l, const std::vector<double>& deltas,
                           const std::vector<double>& below, RowOperations& numbers) {
  if (numbers.updates_rows(l))
    numbers.update_layer(l, deltas, below);
  else
    update_neurons<RowOperations, std::vector<double>, std::vector<double>>(l, deltas, below,
                                                                            numbers);
}

}  // namespace lsgd
