// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lsgd {

/// Whether a device fuses multiply-adds; `any` where the compiler decides per expression.
enum class FusedMultiplyAdd : std::uint8_t { no, yes, any };

/// Order in which a dot product's terms are added; `any` also covers blocked, pairwise and
/// vectorised sums and wider accumulators. `by_sign` adds the positive terms before the negative
/// ones, or each to a sum of its own, and so looks at values.
enum class SummationOrder : std::uint8_t { any, ascending, descending, by_sign };

/// Whether the bias starts the sum or is added to the finished dot product.
enum class BiasPosition : std::uint8_t { any, first, last };

/// What a device goes on with in at least 53 significand bits, though it shows it in binary32.
enum class KeptWider : std::uint8_t {
  nothing,
  activations,
  everything  ///< parameters, too
};

/// Which product of learning_rate * delta * a is rounded first.
enum class UpdateProduct : std::uint8_t {
  any,
  learning_rate_times_delta,  ///< (learning_rate * delta) * a
  delta_times_activation,     ///< learning_rate * (delta * a)
};

/// The declared arithmetic of a device under test (SPEC 5.1): the only constants of a tolerance
/// that a person chooses. Everything else is derived from them.
struct ArithmeticModel {
  int significand_bits = 24;  ///< unit roundoff is 2^-significand_bits, round to nearest
  FusedMultiplyAdd fused_multiply_add = FusedMultiplyAdd::any;
  bool flush_to_zero = false;  ///< subnormal operands and results may be replaced by zero

  /// Error of sigmoid and tanh: at most activation_ulps units in the last place of the result, plus
  /// activation_absolute_error. `accurate` is {4, 0}; `approximate` declares an absolute error.
  double activation_ulps = 4;
  double activation_absolute_error = 0;

  /// Declared evaluation order. Where no member is `any` (and the arithmetic is plain binary32) the
  /// backward pass and the update are simulated and must match bit for bit (SPEC 6.2).
  SummationOrder summation_order = SummationOrder::any;
  BiasPosition bias_position = BiasPosition::any;
  UpdateProduct update_product = UpdateProduct::any;

  KeptWider kept_wider = KeptWider::nothing;

  /// On the way to a pre-activation and to the sum of a hidden delta a product may be off by
  /// another 2^-sum_bits of itself, an addition by 2^-sum_bits of the largest product or partial
  /// sum so far (SPEC 5.3); 16 to 53.
  int sum_bits = widest_sum_bits;
  static constexpr int widest_sum_bits = 53;

  /// int32_fixed: products are cut towards zero and sums of them start with half a unit for each
  /// all the same (SPEC 13.7).
  bool zero_cuts_from_half = false;

  bool order_is_declared() const {
    const bool sums_are_known = summation_order == SummationOrder::ascending ||
                                summation_order == SummationOrder::descending;
    return significand_bits == 24 && !flush_to_zero && sums_are_known &&
           kept_wider == KeptWider::nothing && sum_bits == widest_sum_bits &&
           bias_position != BiasPosition::any && update_product != UpdateProduct::any &&
           fused_multiply_add != FusedMultiplyAdd::any;
  }
  bool operator==(const ArithmeticModel&) const = default;
};

}  // namespace lsgd
