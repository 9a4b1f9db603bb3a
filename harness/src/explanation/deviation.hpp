// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <lsgd/network/network.hpp>

#include "explanation/placed_change.hpp"

namespace lsgd {

class Profile;

/// What a device may do otherwise than SPEC says, one thing at a time. The table in deviation.cpp
/// says what each means; the steps in this directory do it.
enum class Deviation : std::uint16_t {
  // Forward pass.
  bias_not_added,
  bias_of_the_next_neuron,
  bias_of_the_first_layer,
  weights_transposed_in_forward_pass,
  last_input_dropped,
  remainder_dropped,
  last_neuron_not_computed,
  two_layers_only,
  four_layers_only,
  activations_of_the_last_forward_pass,
  function_inaccurate,
  sigmoid_clamped,
  sigmoid_of_the_table_scale,
  slope_below_zero,
  relu_limited,
  softmax_largest_not_subtracted,
  softmax_first_subtracted,
  softmax_sum_without_the_last,
  softmax_sum_without_its_own,
  softmax_not_normalized,
  softmax_mean_for_the_sum,
  softmax_of_powers_of_two,
  softmax_as_sigmoids,
  softmax_left_out,
  input_of_the_first_step,
  input_of_the_previous_step,
  sample_of_an_earlier_step,
  last_negative_term_dropped,
  one_input_too_many,
  activations_computed_one_pass_before,
  bias_from_before_the_last_step,
  output_deltas_over_outputs,
  inputs_of_12_fraction_bits,
  sums_start_with_units,
  // Derivatives.
  relu_derivative_one_at_zero,
  relu_derivative_missing,
  derivative_missing,
  sigmoid_derivative_without_complement,
  derivative_of_z,
  derivative_at_a,
  derivative_of_the_layer_above,
  derivative_never_zero,
  slope_below_zero_twice,
  // Output delta.
  output_delta_sign,
  delta_averaged_over_outputs,
  loss_without_half,
  mse_without_derivative,
  bce_with_derivative,
  target_of_the_next_output,
  target_of_the_previous_step,
  delta_limited,
  loss_derivative_clamped,
  targets_rounded_to_labels,
  targets_from_a_half_are_one,
  targets_other_than_zero_are_one,
  targets_of_3_fraction_bits,
  targets_limited,
  saturated_output_taken_as_1,
  softmax_derivative_in_the_delta,
  softmax_jacobian_in_the_delta,
  softmax_delta_of_the_target_alone,
  softmax_delta_of_binary_cross_entropy,
  target_of_the_first_step,
  // Hidden delta.
  weights_transposed,
  update_before_delta,
  hidden_delta_without_derivative,
  delta_buffer_stale,
  hidden_delta_not_cleared,
  delta_stride,
  last_neuron_left_out_of_the_hidden_delta,
  // Update.
  nothing_updated,
  bias_not_updated,
  weights_not_updated,
  bias_added,
  gradient_ascent,
  learning_rate_scaled,
  changes_scaled,
  learning_rate_twice,
  learning_rate_latched,
  learning_rate_fixed,
  learning_rate_of_8_fraction_bits,
  bias_updated_for_every_input,
  network_input_in_every_update,
  last_neuron_not_updated,
  last_input_not_updated,
  dimension_of_8_bits,
  small_deltas_skipped,
  update_lost,
  weights_limited_to_1,
  weight_decay,
  gradients_accumulate,
  gradients_of_the_step_before,
  gradients_transposed,
  first_layer_from_its_own_output,
  input_overwritten,
  target_overwritten,
  // Of int8 and fixed point.
  hidden_delta_rounded,
  hidden_delta_rounded_to_zero,
  weights_rounded_down,
  draw_of_a_change_only,
  bias_drawn_before_its_weights,
  halving_rounds_up,
  negative_overflow_keeps_the_format,
  positive_overflow_keeps_the_format,
  floor_of_4,
  floor_of_6,
  weights_limited_to_minus_127,
  bias_update_of_11_bits,
  target_truncated,
  target_of_8_bits,
  output_delta_in_the_format_of_z,
  derivative_of_tanh_for_all,
  tanh_derivative_of_127,
  rounding_term_missing,
  wraps_for_saturates,
  accumulator_of_16_bits,
  bias_shift_ignored_where_negative,
  ties_up_for_away,
  ties_to_even,
  inputs_truncated,
  inputs_wrap,
  new_weights_truncated,
  fraction_bits_forced_to_7,
  fraction_bits_stale_in_shifts,
  range_of_old_weights,
  fraction_bits_never_grow,
  requantized_with_old_fraction_bits,
  quantized_twice,
  update_in_int8,
  at_least_one_unit,
  first_layer_from_quantized_input,
  deltas_in_int8,
  bias_added_after_the_shift,
  parameters_wrap,
  updates_rounded_to_nearest,
  draws_for_zero_deltas,
  bias_rounded_down,
  derivative_truncated,
  state_lost_between_layers,
  halving_truncates,
  format_kept_after_halving,
  halving_below_the_floor,
  output_format_fixed_at_3,
  input_format_of_the_layer_itself,
  symmetric_saturation,
  saturates_at_127_only,
  saturates_at_minus_128_only,
  logical_shift,
  division_for_shift,
  accumulator_ties_away,
  rounding_term_of_a_whole_unit,
  aligned_bias_of_16_bits,
  aligned_bias_of_8_bits,
  accumulator_saturates_at_16_bits,
  inputs_unsigned,
  bias_of_the_first_neuron_for_the_last,
  leftover_neurons_not_computed,
  inputs_symmetric,
  quantization_symmetric,
  quantization_truncates,
  quantization_wraps,
  table_entries,
  shifts_stale_after_load,
  bias_fraction_bits_of_the_weights,
  maximum_of_positive_weights,
  maximum_of_the_last_row,
  power_of_two_costs_a_bit,
  fraction_bits_unclamped,
  derivative_in_int8,
  hidden_delta_with_bias_fraction_bits,
  activations_of_7_fraction_bits,
  new_biases_symmetric,
  error_feedback,
  weights_wrap,
  biases_wrap,
  output_delta_wraps,
  hidden_sum_of_16_bits,
  hidden_delta_wraps,
  bias_draw_reused,
  rate_exponent_off_by_one,
  leftover_columns_dropped,
  leftover_weights_not_updated,
  step_wraps,
  ties_to_zero,
  other_random_bits,
  minus_128_negated,
  rate_exponent_limited_to_10,
  negative_end_at_the_positive_one,
  bias_shifted_towards_zero,
  no_fraction_bits_of_zero,
  // Of overflow in float32, and of saturation in fixed point.
  overflow_limited,
  overflow_as_zero,
  overflow_as_not_a_number,
  overflow_without_sign,
  overflow_early,
  overflowing_updates_skipped,
  infinity_as_not_a_number,
  function_of_infinity_wrong,
  hidden_sum_wraps,
  hidden_sum_kept_wide,
  output_error_kept_wide,
  activations_wrap,
  sums_wrap_below,
  parameters_at_the_other_end,
  negative_hidden_deltas_at_the_positive_end,
  tanh_derivative_of_half_the_square,
  fourth_neuron_left_out_of_the_hidden_delta,
  leftover_neurons_left_out_of_the_hidden_delta,
  bias_updated_without_rate,
  targets_modulo_32,
  deltas_modulo_32,
  delta_buffers_the_same,
  output_delta_limited_to,
  hidden_delta_limited_to,
  hidden_delta_scaled,
  targets_limited_to,
  learning_rate_never_rises,
  learning_rate_of_16_significant_bits,
  momentum_of_biases,
  rows_of_the_update_displaced,
  gradients_displaced,
  halving_bit_reused,
  deltas_below_4_units_skipped,
  random_state_not_loaded,
  shifts_unset_at_7_fraction_bits,
  rows_below_a_quantum_kept,
  halving_within_the_layer,
  halving_of_the_last_neuron_alone,
  halving_without_the_last_weight,
  halving_of_every_layer,
  random_bits_of_twice,
  format_of_the_first_layer,
  update_format_of_the_layer_itself,
  update_format_of_7_bits,
  all_updates_to_the_first_bias,
  low_sums_at_the_positive_end,
  pairs_of_products_of_16_bits,
  accumulator_of_24_bits,
  maximum_too_low,
  new_weights_rounded_down,
  biases_not_loaded,
  fraction_bits_not_loaded,
  bias_fraction_bits_not_loaded,
  load_offset_of_8_bits,
  slope_below_zero_not_differentiated,
  learning_rate_of_its_own,
  fraction_bits_kept,
  small_changes_lost,
  half_added_in_binary32,
  minus_128_as_minus_127_in_the_hidden_delta,
  minus_128_not_updated,
  format_of_zeros_kept,
  hidden_sum_limited_to,
  inputs_limited_to,
  forward_pass_lost,
  learning_rate_limited_to,
  overflow_wraps,
  address_of_the_input_kept,
  new_parameters_rounded_down,
  products_wrap,
};

inline constexpr std::size_t deviations = static_cast<std::size_t>(Deviation::products_wrap) + 1;

/// How a number is found that a deviation leaves open, from what the device showed.
enum class Fit : std::uint8_t {
  none,
  function_error,        ///< largest error of sigmoid and tanh
  saturation_start,      ///< smallest |z| of an output of exactly 0 or 1
  slope_below_zero,      ///< of relu
  limit_above,           ///< of relu
  rate_factor,           ///< actual change over that of the reference
  rate_factor_of_wrong,  ///< the same where it is wrong
  table_entries,         ///< those of the tables of sigmoid and tanh that differ
  rate,                  ///< the learning rate of steps whose changes are wrong
  output_delta_limit,    ///< what output deltas are that are too small
  hidden_delta_limit,    ///< likewise of hidden deltas
  hidden_delta_factor,   ///< actual hidden delta over that of the reference
  target_limit,          ///< what targets are that are too small
  hidden_sum_limit,      ///< likewise of sums of hidden deltas
  input_limit,           ///< likewise of inputs of the network
  overflow_start,        ///< least of what is infinite and should not be
  lost_change,           ///< the largest change of a weight that stays
  rate_limit,            ///< what learning rates are that are too small
};

/// A row of the table.
struct DeviationEntry {
  Deviation deviation;
  std::string_view name;      ///< as the self-test's mutants are called where one repeats it
  std::string_view sentence;  ///< goes on from "as one that "; {} is the fitted number
  std::string_view clause;
  std::optional<int> erratum;  ///< row of SPEC 10
  std::string_view profiles;   ///< a letter for each: f float32, h int8_hybrid, i int8_integer, x
                               ///< int32_fixed, d every declared arithmetic
  Fit fit = Fit::none;
};

std::span<const DeviationEntry> deviation_entries();
const DeviationEntry& entry_of(Deviation deviation);

/// An operation of float32 that may round otherwise than to nearest (SPEC 5.3).
enum class RoundedOperation : std::uint8_t {
  forward_product,
  forward_sum,
  bias_sum,
  activation_argument,
  output_delta,
  delta_product,
  delta_sum,
  derivative_square,
  derivative_difference,
  sigmoid_derivative,
  delta_derivative,
  delta_derivative_of_tanh,
  delta_derivative_of_sigmoid,
  rate_product,
  update_product,
  update_sum,
  every,
};
inline constexpr std::size_t rounded_operations = 17;

/// An operand of float32 that may be taken for zero below 2^-126.
enum class FlushedOperand : std::uint8_t {
  weight_of_the_forward_pass,
  input_of_the_forward_pass,
  activation_of_the_forward_pass,
  bias,
  argument,
  output,
  target,
  weight_of_the_hidden_delta,
  delta_of_the_hidden_delta,
  activation_of_the_derivative,
  learning_rate,
  delta_of_the_update,
  step,
  step_of_the_weights,
  output_delta,
  input_of_the_update,
  activation_of_the_update,
  weight_of_the_update,
  bias_of_the_update,
};
inline constexpr std::size_t flushed_operands = 19;

enum class RoundingChange : std::uint8_t {
  truncation,
  ties_up,
  rounded_down,
  flush_to_zero,
  rounded_twice,  ///< subnormal results, to 24 significant bits first
  subnormals_cut,
  none,        ///< to nearest, as it should be: a sum that is fused alone
  fewer_bits,  ///< behind the rounding to binary32, to nearest
  fewer_bits_cut,
};
inline constexpr std::size_t rounding_changes = 6;  ///< before none

/// What one hypothesis changes of the step.
struct Changes {
  std::bitset<deviations> deviations_made;
  /// Where not null, the arithmetic that a device of a declared one computes in; outlives this.
  const Profile* declaration = nullptr;
  double number = 0;                                ///< of the one deviation that has a fit
  std::map<std::pair<Activation, int>, int> table;  ///< other entries by function and z
  std::optional<RoundedOperation> operation;
  /// Where not empty, of a port whose other operations are not fused.
  bool fuses_this_operation_only = false;
  std::optional<FlushedOperand> flushed;
  RoundingChange rounding = RoundingChange::truncation;
  int bits_of_operation = 24;  ///< of the results that are rounded to fewer bits
  /// Significand bits of what is multiplied in sums, where not 0, and whether others are cut.
  int bits_of_factors = 0;
  bool cuts_factors = false;
  int bits_of_weights = 24;  ///< significand bits that stored weights keep
  int bits_of_biases = 24;
  bool truncates_weights = false;
  /// Of the sums of integer products, where not 0; what is beyond wraps or is limited.
  int bits_of_sums = 0;
  bool are_sums_limited = false;
  int bits_lost_of_products = 0;  ///< of fixed-point numbers, beyond those of their format
  std::optional<PlacedChange> placed;

  /// Where the element `index` of `count` at a place is taken from.
  std::size_t index_of(Place place, std::size_t index, std::size_t count) const {
    return placed && placed->place == place ? placed->index_of(index, count) : index;
  }
  /// What a number at a place is multiplied by: 0, or a power of two with a sign.
  double factor_of(Place place) const {
    return placed && placed->place == place ? placed->factor() : 1;
  }

  /// How far what is kept of a number at a place may be from it.
  double coarseness_of(Place place, double magnitude, bool is_fixed) const {
    if (!placed || placed->place != place || placed->kept_bits == 0) return 0;
    return std::ldexp(is_fixed ? 1 : std::abs(magnitude), -placed->kept_bits);
  }

  bool makes(Deviation deviation) const {
    return deviations_made[static_cast<std::size_t>(deviation)];
  }
};

}  // namespace lsgd
