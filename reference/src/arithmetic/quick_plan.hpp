// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <lsgd/arithmetic/number_codec.hpp>

#include "arithmetic/declared_shape.hpp"
#include "arithmetic/quick_rounding.hpp"

namespace lsgd {

/// How a result in doubles is known to be exact, or rounded to odd.
enum class Exactness : std::uint8_t {
  always,   ///< exact, or rounded twice without harm: to 53 bits and to at most 25 (see
            ///< quick_plan.cpp)
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

struct QuickLayerPlan {
  std::array<QuickSite, point_count> sites;
  QuickFunction function;
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
  bool rounds_seen_weights = false;
  std::optional<ScaleRule> seen_weight_rule;  ///< where their scale depends on the tensor
  /// By point: operands below in magnitude are read as zeros.
  std::array<double, point_count> flush_below{};
  bool flushes_operands = false;

  /// Nothing where a declaration is computed exactly throughout.
  static std::optional<QuickPlan> of(const DeclaredShape& shape, const QuickPlanKey& key);
};

}  // namespace lsgd
