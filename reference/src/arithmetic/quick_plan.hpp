// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <lsgd/arithmetic/number_codec.hpp>

#include "arithmetic/declared_shape.hpp"
#include "arithmetic/double_row.hpp"
#include "arithmetic/quick_rounding.hpp"

namespace lsgd {

/// How a result in doubles is known to be exact, or rounded to odd.
enum class Exactness : std::uint8_t {
  always,   ///< exact, rounded twice without harm: to 53 bits and to at most 25 (see
            ///< quick_plan.cpp), or rounded once to binary64
  limited,  ///< exact below a limit
  checked,  ///< its error is computed
};

/// What happens at one point of one layer.
struct QuickSite {
  Exactness product = Exactness::checked;
  double product_limit = 0;
  Exactness rounded_sum = Exactness::checked;  ///< of a sum that is rounded at once
  Exactness exact_sum = Exactness::checked;    ///< of one that is not
  double sum_limit = 0;
  std::vector<QuickRounding> roundings;
};

/// sigmoid or tanh of a layer.
struct QuickFunction {
  std::optional<NumberCodec> codec;  ///< of the first rounding of `activation`
  Rounding rounding;
  std::vector<double> table;  ///< by code of z from the lowest on, where the declaration has one
  bool is_kept = false;       ///< values that come again are kept, by code of z
  double codes_of_one = 1;    ///< z in units of its format
  std::int64_t lowest_code = 0;
  std::size_t code_count = 0;
};

/// How a loop over a row of weights is computed; results are the same.
enum class RowKind : std::uint8_t {
  general,   ///< operation by operation
  binary32,  ///< by the processor's single precision
  integers,  ///< on codes
};

/// A sum of products, from the first term to the last, each addition limited to a range.
struct QuickDot {
  RowKind kind = RowKind::general;
  // Of integers. Units of an operand are how many make one.
  double weight_units = 1, operand_units = 1, sum_units = 1;
  int product_shift = 0;
  std::int64_t product_half = 0;
  std::optional<CodeRange> products;  ///< where they are rounded
  CodeRange sums;
  /// What the finished sum is rounded to, where that is known beforehand.
  std::optional<CodeRange> finished;
  int finish_shift = 0;
  std::int64_t finish_half = 0;
  double finished_units = 1;
  DoubleRow doubles;          ///< the same on doubles, where they serve
  double doubles_factor = 1;  ///< what operands are multiplied with for them
};

/// The update of a row of weights.
struct QuickUpdate {
  RowKind kind = RowKind::general;
  std::optional<PatternRounding>
      weights;  ///< of binary32, where these go to the nearest even float
  // Of integers.
  double step_units = 1, operand_units = 1, weight_units = 1;
  double unit = 1;  ///< of a weight
  int shift = 0;
  std::int64_t half = 0;
  CodeRange changes, codes;
  DoubleRow doubles;  ///< the same on doubles, where they serve
  double most_weight = 0;
};

struct QuickLayerPlan {
  std::array<QuickSite, point_count> sites;
  QuickFunction function;
  QuickDot forward;   ///< the sums of this layer
  QuickDot backward;  ///< the sums that reach this layer from the one above
  QuickUpdate update;
  Digits weights, biases;      ///< state before a step
  Digits activations, stored;  ///< results of the forward pass
  Digits pre_activations, deltas;
  Digits widened;  ///< operands of weight_widened
};

/// What a plan depends on beside declaration and network: fraction bits that are kept with tensors
/// and the learning rate.
struct QuickPlanKey {
  std::vector<int> fraction_bits;  ///< of W1, b1, W2, ...
  float learning_rate = 0;

  bool operator==(const QuickPlanKey&) const = default;
};

/// All roundings of a step resolved to QuickRounding, and how each operation stays exact in
/// doubles.
struct QuickPlan {
  QuickPlanKey key;
  std::vector<QuickLayerPlan> layers;
  Digits inputs, update_inputs;
  double learning_rate = 0;  ///< as an operation reads it
  double loss_factor = 1;
  bool rounds_seen_weights = false;
  std::optional<ScaleRule> seen_weight_rule;  ///< where their scale depends on the tensor
  /// By point: operands below in magnitude are read as zeros.
  std::array<double, point_count> flush_below{};
  bool flushes_operands = false;

  /// Nothing where a declaration is computed exactly throughout.
  /// @param scales the state whose scales and zero points numbers have; its numbers do not matter
  static std::optional<QuickPlan> of(const DeclaredShape& shape, const QuickPlanKey& key,
                                     const DeclaredState& scales);
};

}  // namespace lsgd
