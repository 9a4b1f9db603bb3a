// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "cases/golden_set.hpp"
#include "defective_integer_step.hpp"
#include "defective_step.hpp"
#include "steps/typed_parameters.hpp"

// Names of its own: the tests that are compiled together with it have short ones, too.
namespace lsgd::golden_defect {
namespace {

/// Whether a shown pattern is accepted, by the rule a reader of the files would use.
bool accepts(const ExpectedElement& expected, const ExpectedTensor& tensor, std::uint32_t shown) {
  if (shown == expected.bits) return true;
  if (std::ranges::find(expected.also, shown) != expected.also.end()) return true;
  if (!expected.bound || tensor.element_bits != 32) return false;
  if (std::isinf(*expected.bound)) return true;
  double exact = 0;
  std::from_chars(expected.exact.data(), expected.exact.data() + expected.exact.size(), exact);
  const double value = tensor.fraction_bits
                           ? std::ldexp(static_cast<double>(static_cast<std::int32_t>(shown)),
                                        -*tensor.fraction_bits)
                           : double{std::bit_cast<float>(shown)};
  return std::abs(value - exact) <= *expected.bound + std::abs(exact) * 0x1p-52;
}

/// The first element of a case that is not accepted, as text.
std::optional<std::string> rejected(const GoldenCase& golden_case, const ShownTensors& shown) {
  for (const ExpectedTensor& tensor : golden_case.expected) {
    const auto found = shown.find(tensor.name);
    if (found == shown.end()) continue;
    for (std::size_t i = 0; i < tensor.elements.size(); ++i) {
      if (accepts(tensor.elements[i], tensor, found->second.at(i))) continue;
      return golden_case.name + " " + tensor.name + "[" + std::to_string(i) + "] " +
             tensor.elements[i].value;
    }
  }
  return std::nullopt;
}

const GoldenSet& golden_set(const std::string& profile) {
  static std::map<std::string, GoldenSet> sets;
  if (!sets.contains(profile))
    sets.emplace(profile, read_golden_set(std::filesystem::path(LSGD_GOLDEN_DIRECTORY) /
                                          ("level1_" + profile)));
  return sets.at(profile);
}

ShownTensors shown_by(const GoldenCase& golden_case, const std::string& profile, Defect defect) {
  DefectiveStep step(golden_case, defect);
  if (profile == "float32") return step.float32();
  if (profile == "int8_hybrid") return step.int8_hybrid();
  if (profile == "int8_integer") return DefectiveInt8IntegerStep(golden_case, defect).shown();
  if (profile == "int32_fixed") return DefectiveInt32FixedStep(golden_case, defect).shown();
  throw std::invalid_argument("a profile with a defective step");
}

/// A flag, and a mistake that at least one case with this flag must reject.
struct Caught {
  const char* flag;
  Defect defect;
  const char* profile;
};

class GoldenDefect : public testing::TestWithParam<Caught> {};

TEST_P(GoldenDefect, IsRejectedByACaseWithItsFlag) {
  const auto& [flag, defect, profile] = GetParam();
  const GoldenSet& set = golden_set(profile);
  ASSERT_TRUE(set.manifest.flags.contains(flag));
  bool is_rejected = false;
  for (const GoldenCase& golden_case : set.cases) {
    if (std::ranges::find(golden_case.flags, flag) == golden_case.flags.end()) continue;
    is_rejected |= rejected(golden_case, shown_by(golden_case, profile, defect)).has_value();
  }
  EXPECT_TRUE(is_rejected);
}

constexpr const char* f = "float32";
constexpr const char* i = "int8_hybrid";
constexpr const char* n = "int8_integer";
constexpr const char* x = "int32_fixed";

const std::vector<Caught> all_caught{
    {"odd_length", Defect::last_term_dropped_of_odd_lengths, f},
    {"odd_length", Defect::last_term_dropped_of_odd_lengths, i},
    {"odd_neuron_count", Defect::last_neuron_dropped_of_odd_counts, f},
    {"odd_neuron_count", Defect::last_neuron_dropped_of_odd_counts, i},
    {"odd_neuron_count", Defect::first_bias_for_last_neuron, f},
    {"odd_neuron_count", Defect::first_bias_for_last_neuron, i},
    {"hidden_size", Defect::last_neuron_dropped_of_odd_counts, f},
    {"hidden_size", Defect::last_neuron_dropped_of_odd_counts, i},
    {"long_input", Defect::dimensions_in_8_bits, f},
    {"long_input", Defect::dimensions_in_8_bits, i},
    {"layer_count", Defect::two_layers_at_most, f},
    {"layer_count", Defect::two_layers_at_most, i},
    {"delta_observable", Defect::delta_sign_reversed, f},
    {"delta_observable", Defect::delta_sign_reversed, i},
    {"delta_observable", Defect::bias_not_updated, f},
    {"delta_observable", Defect::bias_not_updated, i},
    {"learning_rate_scale", Defect::learning_rate_off_by_a_thousandth, f},
    {"learning_rate_scale", Defect::learning_rate_off_by_a_thousandth, i},
    {"update_order", Defect::learning_rate_twice, f},
    {"update_order", Defect::learning_rate_twice, i},
    {"update_order", Defect::weights_updated_before_delta, f},
    {"update_order", Defect::weights_updated_before_delta, i},
    {"transposed_weights", Defect::weights_transposed, f},
    {"transposed_weights", Defect::weights_transposed, i},
    {"bias", Defect::bias_missing, f},
    {"bias", Defect::bias_missing, i},
    {"derivative", Defect::derivative_missing, f},
    {"derivative", Defect::derivative_missing, i},
    {"derivative", Defect::derivative_of_z, f},
    {"derivative", Defect::derivative_of_z, i},
    {"stale_delta", Defect::delta_buffer_not_swapped, f},
    {"stale_delta", Defect::delta_buffer_not_swapped, i},
    {"saturated_output", Defect::delta_zero_where_saturated, f},
    {"saturated_output", Defect::delta_zero_where_saturated, i},
    {"large_argument", Defect::tanh_as_ratio_of_exponentials, f},
    {"small_argument", Defect::tanh_as_ratio_of_exponentials, f},
    {"relu_at_zero", Defect::relu_derivative_one_at_zero, f},
    {"leaky_relu", Defect::leaky_relu_slope_of_a_hundredth, f},
    {"leaky_relu", Defect::leaky_relu_derivative_one_at_zero, f},
    {"softmax", Defect::softmax_largest_not_subtracted, f},
    {"softmax", Defect::softmax_sum_without_the_last, f},
    {"one_hot", Defect::class_off_by_one, f},
    {"one_hot", Defect::class_off_by_one, i},
    {"single_output", Defect::single_target_ignored, f},
    {"single_output", Defect::single_target_ignored, i},
    {"subnormal", Defect::subnormals_flushed, f},
    {"subnormal_operand", Defect::subnormal_operands_flushed, f},
    {"subnormal_operand", Defect::subnormal_operands_flushed, i},
    {"large_magnitude", Defect::overflow_in_between, f},
    {"overflow", Defect::overflow_saturates, f},
    {"soft_target", Defect::targets_read_as_0_or_1, f},
    {"soft_target", Defect::targets_read_as_0_or_1, i},
    {"power_of_two", Defect::weights_transposed, f},
    {"far_exponents", Defect::exponent_differences_in_8_bits, f},
    {"far_exponents", Defect::sum_aligned_to_zero_products, f},
    {"wide_weights", Defect::fraction_bits_fixed_at_7, i},
    {"zero_layer", Defect::zero_layer_without_fraction_bits, i},
    {"zero_gradient", Defect::shifts_stale, i},
    {"stale_shifts", Defect::shifts_stale, i},
    {"shifts", Defect::negative_left_shift_ignored, i},
    {"output_format", Defect::output_format_hard_coded, i},
    {"new_range", Defect::fraction_bits_of_old_values, i},
    {"power_of_two", Defect::fraction_bits_of_exponent, i},
    {"new_range", Defect::fraction_bits_of_floor, i},
    {"tiny_maximum", Defect::fraction_bits_not_clamped, i},
    {"large_maximum", Defect::requantization_wraps, i},
    {"stagnation", Defect::small_updates_forced, i},
    {"saturated_table", Defect::delta_zero_where_saturated, i},
    {"z_tie", Defect::rounding_term_missing, i},
    {"z_tie", Defect::rounding_half_away, i},
    {"negative_accumulator", Defect::logical_right_shift, i},
    {"wide_accumulator", Defect::accumulator_of_16_bits, i},
    {"z_saturation", Defect::z_wraps, i},
    {"table_entry", Defect::table_off_by_one, i},
    {"table_entry", Defect::table_of_unsigned_index, i},
    {"unquantized_input", Defect::update_from_quantized_input, i},
    {"input_quantization", Defect::update_from_quantized_input, i},
    {"requantization", Defect::requantization_truncates, i},
    {"requantization", Defect::requantization_wraps, i},
    {"rounding", Defect::products_truncated, f},
    {"rounding", Defect::products_truncated, i},
    {"odd_length", Defect::last_term_dropped_of_odd_lengths, n},
    {"odd_length", Defect::last_term_dropped_of_odd_lengths, x},
    {"odd_neuron_count", Defect::last_neuron_dropped_of_odd_counts, n},
    {"odd_neuron_count", Defect::last_neuron_dropped_of_odd_counts, x},
    {"odd_neuron_count", Defect::first_bias_for_last_neuron, n},
    {"odd_neuron_count", Defect::first_bias_for_last_neuron, x},
    {"hidden_size", Defect::last_neuron_dropped_of_odd_counts, n},
    {"hidden_size", Defect::last_neuron_dropped_of_odd_counts, x},
    {"long_input", Defect::dimensions_in_8_bits, n},
    {"long_input", Defect::dimensions_in_8_bits, x},
    {"layer_count", Defect::two_layers_at_most, n},
    {"layer_count", Defect::two_layers_at_most, x},
    {"delta_observable", Defect::delta_sign_reversed, n},
    {"delta_observable", Defect::delta_sign_reversed, x},
    {"delta_observable", Defect::bias_not_updated, n},
    {"delta_observable", Defect::bias_not_updated, x},
    {"learning_rate_scale", Defect::learning_rate_off_by_a_thousandth, n},
    {"update_order", Defect::weights_updated_before_delta, n},
    {"update_order", Defect::weights_updated_before_delta, x},
    {"transposed_weights", Defect::weights_transposed, n},
    {"transposed_weights", Defect::weights_transposed, x},
    {"bias", Defect::bias_missing, n},
    {"bias", Defect::bias_missing, x},
    {"derivative", Defect::derivative_missing, n},
    {"derivative", Defect::derivative_missing, x},
    {"derivative", Defect::derivative_of_z, n},
    {"derivative", Defect::derivative_of_z, x},
    {"stale_delta", Defect::delta_buffer_not_swapped, n},
    {"stale_delta", Defect::delta_buffer_not_swapped, x},
    {"saturated_output", Defect::delta_zero_where_saturated, n},
    {"saturated_output", Defect::delta_zero_where_saturated, x},
    {"one_hot", Defect::class_off_by_one, n},
    {"one_hot", Defect::class_off_by_one, x},
    {"single_output", Defect::single_target_ignored, n},
    {"single_output", Defect::single_target_ignored, x},
    {"soft_target", Defect::targets_read_as_0_or_1, n},
    {"soft_target", Defect::targets_read_as_0_or_1, x},
    {"delta_saturation", Defect::deltas_wrap, n},
    {"delta_saturation", Defect::deltas_wrap, x},
    {"input_quantization", Defect::inputs_wrap, n},
    {"input_quantization", Defect::inputs_wrap, x},
    {"target_rounding", Defect::targets_truncated, n},
    {"weight_saturation", Defect::parameters_wrap, n},
    {"bias_saturation", Defect::biases_wrap, n},
    {"draws", Defect::draws_for_zero_deltas, n},
    {"draws", Defect::updates_rounded_to_nearest, n},
    {"zero_gradient", Defect::draws_for_zero_deltas, n},
    {"random_state", Defect::random_state_signed, n},
    {"learning_rate", Defect::rate_exponent_rounded, n},
    {"learning_rate", Defect::rate_exponent_not_limited, n},
    {"fraction_bits_floor", Defect::halved_below_the_floor, n},
    {"halving", Defect::halving_truncates, n},
    {"halving", Defect::shifts_stale, n},
    {"hidden_sum", Defect::accumulator_of_16_bits, n},
    {"shifts", Defect::fraction_bits_fixed_at_7, n},
    {"shifts", Defect::negative_left_shift_ignored, n},
    {"wide_weights", Defect::fraction_bits_fixed_at_7, n},
    {"zero_layer", Defect::zero_layer_without_fraction_bits, n},
    {"learning_rate_scale", Defect::learning_rate_off_by_a_thousandth, x},
    {"parameter_saturation", Defect::parameters_wrap, x},
    {"hidden_sum", Defect::hidden_sums_wrap, x},
    {"step_saturation", Defect::steps_wrap, x},
    {"z_saturation", Defect::z_wraps, x},
    {"partial_sums", Defect::partial_sums_saturate, x},
    {"large_argument", Defect::tanh_as_ratio_of_exponentials, x},
    {"small_argument", Defect::small_arguments_taken_for_zero, x},
    {"relu_at_zero", Defect::derivative_missing, x},
    {"learning_rate", Defect::rate_shift_of_5_bits, x},
    {"wide_weights", Defect::weights_limited_to_1, x},
    {"zero_gradient", Defect::small_updates_forced, x},
};

INSTANTIATE_TEST_SUITE_P(Level1, GoldenDefect, testing::ValuesIn(all_caught),
                         [](const auto& param_info) {
                           return std::string(param_info.param.flag) + "_" +
                                  std::string(param_info.param.profile) + "_" +
                                  std::to_string(param_info.index);
                         });

class GoldenSetOfProfile : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(EveryProfile, GoldenSetOfProfile,
                         testing::Values("float32", "int8_hybrid", "int8_integer", "int32_fixed"),
                         [](const auto& param_info) { return param_info.param; });

TEST_P(GoldenSetOfProfile, AcceptsAPortWithoutDefect) {
  for (const GoldenCase& golden_case : golden_set(GetParam()).cases) {
    const auto element = rejected(golden_case, shown_by(golden_case, GetParam(), Defect::none));
    EXPECT_FALSE(element) << *element;
  }
}

/// To 24 bits, however small, and then to a multiple of 2^-149.
float rounded_twice(double product) {
  return static_cast<float>(std::ldexp(double{static_cast<float>(std::ldexp(product, 100))}, -100));
}

/// Every order of evaluation that can be declared.
std::vector<ArithmeticModel> declared_orders() {
  std::vector<ArithmeticModel> orders;
  for (const FusedMultiplyAdd fused : {FusedMultiplyAdd::no, FusedMultiplyAdd::yes})
    for (const SummationOrder sum : {SummationOrder::ascending, SummationOrder::descending})
      for (const BiasPosition bias : {BiasPosition::first, BiasPosition::last})
        for (const UpdateProduct update :
             {UpdateProduct::learning_rate_times_delta, UpdateProduct::delta_times_activation}) {
          ArithmeticModel& order = orders.emplace_back();
          order.fused_multiply_add = fused;
          order.summation_order = sum;
          order.bias_position = bias;
          order.update_product = update;
        }
  return orders;
}

// Products that are rounded twice are within the bounds of the files. Where a target declares its
// order they are refused (SPEC 6.2), those of the forward pass at level 0.
TEST(ProductsRoundedTwice, AreTheResultOfNoDeclaredOrder) {
  std::size_t compared = 0;
  for (const GoldenCase& golden_case : golden_set("float32").cases) {
    if (std::ranges::find(golden_case.flags, "rounded_twice") == golden_case.flags.end()) continue;
    const Sample& sample = golden_case.sample;
    const auto before = parameters_of<Parameters<float>>(golden_case.parameters);
    const bool is_update = golden_case.network.layers.size() == 1;
    if (is_update && sample.target[0] == 0) continue;  // the forward pass
    // Rates, targets or weights are 1 or -1 but for the two factors of these products.
    const float factor = is_update ? sample.inputs[0] : sample.target[0];
    const std::vector<float>& others = is_update ? sample.target : before[1].weights;
    for (const ArithmeticModel& order : declared_orders()) {
      Parameters<float> after = before;
      OrderedTrace trace;
      ordered_step(golden_case.network, after, sample, golden_case.learning_rate, order,
                   correctly_rounded_activation, trace);
      const std::vector<float>& results = is_update ? after[0].weights : after[0].biases;
      for (std::size_t j = 0; j < others.size(); ++j, ++compared) {
        const double product = double{factor} * double{others[j]};
        EXPECT_EQ(results[j], static_cast<float>(product)) << golden_case.name << j;
        EXPECT_NE(results[j], rounded_twice(product)) << golden_case.name << j;
      }
    }
  }
  EXPECT_EQ(compared, 2u * 16u * 6u);
}

// The others describe a property (cancellation, signs of zero, ties) that a legal port may not
// stumble over, but which no single mistake stands for; "rounded_twice" has the test above.
TEST_P(GoldenSetOfProfile, FlagsThatNameADefectAreShownToCatchIt) {
  std::set<std::string> untested;
  for (const auto& [name, flag] : golden_set(GetParam()).manifest.flags) untested.insert(name);
  for (const Caught& caught : all_caught)
    if (caught.profile == GetParam()) untested.erase(caught.flag);
  const std::map<std::string, std::set<std::string>> properties{
      {"float32",
       {"cancellation", "rounded_twice", "signed_zero", "wide_weights", "zero_gradient",
        "zero_layer"}},
      {"int8_hybrid", {"acceptance_set"}},
      {"int8_integer", {}},
      {"int32_fixed", {"cancellation", "signed_zero", "zero_layer"}}};
  EXPECT_EQ(untested, properties.at(GetParam()));
}

}  // namespace
}  // namespace lsgd::golden_defect
