// SPDX-License-Identifier: Apache-2.0
#include "explanation/operation_change.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/int16_fixed.hpp>

#include "explanation/wrapped.hpp"

namespace lsgd {

// Short names, which others have as well.
namespace operations {
namespace {

using Shown = const ShownOperation&;
using Function = std::uint32_t (*)(std::uint32_t a, std::uint32_t b);

template <Function function>
bool is(Shown shown, const Changes&, const ArithmeticModel&) {
  return shown.result == function(shown.a, shown.b);
}

std::uint32_t pattern_of(std::int64_t value) { return static_cast<std::uint32_t>(value); }
std::int32_t integer_of(std::uint32_t bits) { return static_cast<std::int32_t>(bits); }

std::int64_t saturated(std::int64_t value, int bits) {
  const std::int64_t end = std::int64_t{1} << (bits - 1);
  return std::clamp(value, -end, end - 1);
}

// A real number as an integer of so many bits.

std::int64_t cut(double x) { return static_cast<std::int64_t>(std::trunc(x)); }
std::int64_t to_nearest(double x) { return static_cast<std::int64_t>(std::round(x)); }
std::int64_t ties_up(double x) { return static_cast<std::int64_t>(std::floor(x + 0.5)); }
std::int64_t ties_to_even(double x) { return static_cast<std::int64_t>(std::nearbyint(x)); }
std::int64_t ties_to_zero(double x) {
  return static_cast<std::int64_t>(std::copysign(std::ceil(std::abs(x) - 0.5), x));
}
/// With one half added in binary32, which rounds.
std::int64_t half_added(double x) {
  const float sum = static_cast<float>(std::abs(x)) + 0.5f;
  return static_cast<std::int64_t>(std::copysign(std::trunc(double{sum}), x));
}

double scaled_operand(std::uint32_t a, std::uint32_t b) {
  constexpr double beyond_every_range = 0x1p40;
  return std::clamp(std::ldexp(double{from_bits(a)}, integer_of(b)), -beyond_every_range,
                    beyond_every_range);
}

template <std::int64_t (*rounded)(double), int bits>
std::uint32_t saturating(std::uint32_t a, std::uint32_t b) {
  return pattern_of(saturated(rounded(scaled_operand(a, b)), bits));
}

template <int bits>
std::uint32_t wrapping(std::uint32_t a, std::uint32_t b) {
  return pattern_of(wrapped(to_nearest(scaled_operand(a, b)), bits));
}

template <int bits>
std::uint32_t symmetric(std::uint32_t a, std::uint32_t b) {
  const std::int64_t end = (std::int64_t{1} << (bits - 1)) - 1;
  return pattern_of(std::clamp(to_nearest(scaled_operand(a, b)), -end, end));
}

template <int bits>
std::uint32_t of_the_magnitude_beyond(std::uint32_t a, std::uint32_t b) {
  const std::int64_t end = (std::int64_t{1} << (bits - 1)) - 1;
  const double x = scaled_operand(a, b);
  return pattern_of(std::abs(x) >= static_cast<double>(end) ? end : to_nearest(x));
}

// Fraction bits of a maximum.

int unlimited_fraction_bits(std::uint32_t a) {
  int exponent = 0;
  const bool is_power = std::frexp(from_bits(a), &exponent) == 0.5f;
  return 7 - (is_power ? exponent - 1 : exponent);
}
std::uint32_t seven(std::uint32_t, std::uint32_t) { return 7; }
std::uint32_t more_than_seven(std::uint32_t a, std::uint32_t) {
  return from_bits(a) == 0 ? 7 : pattern_of(std::max(0, unlimited_fraction_bits(a)));
}
std::uint32_t none_of_zero(std::uint32_t a, std::uint32_t b) {
  return from_bits(a) == 0 ? 0 : arithmetic_result(LSGD_OPERATION_FRACTION_BITS, a, b);
}
std::uint32_t one_less_of_powers(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t right = arithmetic_result(LSGD_OPERATION_FRACTION_BITS, a, b);
  int exponent = 0;
  const float largest = from_bits(a);
  return largest >= 1 && std::frexp(largest, &exponent) == 0.5f && right > 0 ? right - 1 : right;
}

// An accumulator a, shifted right by b bits.

std::int64_t half_unit(std::uint32_t b) { return b == 0 ? 0 : std::int64_t{1} << (b - 1); }
std::int64_t shifted_sum(std::uint32_t a, std::uint32_t b) {
  return (std::int64_t{integer_of(a)} + half_unit(b)) >> b;
}
std::uint32_t unrounded(std::uint32_t a, std::uint32_t b) {
  return pattern_of(saturated(std::int64_t{integer_of(a)} >> b, 8));
}
std::uint32_t rounded_by_a_unit(std::uint32_t a, std::uint32_t b) {
  return pattern_of(saturated((std::int64_t{integer_of(a)} + 2 * half_unit(b)) >> b, 8));
}
std::uint32_t wrapping_shift(std::uint32_t a, std::uint32_t b) {
  return pattern_of(wrapped(shifted_sum(a, b), 8));
}
std::uint32_t saturating_above(std::uint32_t a, std::uint32_t b) {
  const std::int64_t z = shifted_sum(a, b);
  return pattern_of(z < -128 ? wrapped(z, 8) : saturated(z, 8));
}
std::uint32_t saturating_below(std::uint32_t a, std::uint32_t b) {
  const std::int64_t z = shifted_sum(a, b);
  return pattern_of(z > 127 ? wrapped(z, 8) : saturated(z, 8));
}
std::uint32_t symmetric_shift(std::uint32_t a, std::uint32_t b) {
  return pattern_of(std::clamp<std::int64_t>(shifted_sum(a, b), -127, 127));
}
std::uint32_t logical_shift(std::uint32_t a, std::uint32_t b) {
  const auto sum = pattern_of(integer_of(a) + half_unit(b));
  return pattern_of(saturated(integer_of(sum >> b), 8));
}
std::uint32_t division(std::uint32_t a, std::uint32_t b) {
  return pattern_of(saturated((integer_of(a) + half_unit(b)) / (std::int64_t{1} << b), 8));
}
std::uint32_t ties_away(std::uint32_t a, std::uint32_t b) {
  const std::int64_t sum = integer_of(a), half = half_unit(b);
  return pattern_of(saturated(sum < 0 ? -((-sum + half) >> b) : (sum + half) >> b, 8));
}
std::uint32_t of_16_bits(std::uint32_t a, std::uint32_t b) {
  return pattern_of(saturated(wrapped(integer_of(a) + half_unit(b), 16) >> b, 8));
}

// A bias a, shifted left by b bits, or right where b is negative.

std::int64_t aligned(std::uint32_t a, std::uint32_t b) {
  const int shift = integer_of(b);
  const std::int64_t bias = integer_of(a);
  return shift < 0 ? bias >> -shift : bias * (std::int64_t{1} << shift);
}
std::uint32_t never_right(std::uint32_t a, std::uint32_t b) {
  return integer_of(b) < 0 ? a : pattern_of(aligned(a, b));
}
std::uint32_t divided(std::uint32_t a, std::uint32_t b) {
  const int shift = integer_of(b);
  return shift < 0 ? pattern_of(integer_of(a) / (std::int64_t{1} << -shift))
                   : pattern_of(aligned(a, b));
}
template <int bits>
std::uint32_t aligned_in(std::uint32_t a, std::uint32_t b) {
  return pattern_of(integer_of(b) < 0 ? aligned(a, b) : wrapped(aligned(a, b), bits));
}

std::uint32_t magnitude_of_8_bits(std::uint32_t a, std::uint32_t b) {
  return integer_of(a) == -128 ? bits_of(static_cast<float>(std::ldexp(128.0, -integer_of(b))))
                               : arithmetic_result(LSGD_OPERATION_FLOAT_FROM_INT8, a, b);
}

// Learning rates, and random bits.

int exponent_below(std::uint32_t a) { return -std::ilogb(from_bits(a)); }
std::uint32_t twice_the_rate(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t k = arithmetic_result(LSGD_OPERATION_RATE_EXPONENT, a, b);
  return k == 0 ? 0 : k - 1;
}
/// Up to a limit of its own.
bool is_rate_beyond_the_limit(Shown shown, const Changes&, const ArithmeticModel&) {
  const std::int32_t k = integer_of(shown.result), own = std::max(0, exponent_below(shown.a));
  return k <= own &&
         k >= std::min(own, integer_of(arithmetic_result(shown.operation, shown.a, shown.b)));
}
std::uint32_t rate_limited_early(std::uint32_t a, std::uint32_t b) {
  return std::min(arithmetic_result(LSGD_OPERATION_RATE_EXPONENT, a, b), 10U);
}
std::uint32_t rate_to_nearest(std::uint32_t a, std::uint32_t) {
  const double significand = std::ldexp(double{from_bits(a)}, exponent_below(a));
  return pattern_of(std::clamp(exponent_below(a) - (significand >= 1.5 ? 1 : 0), 0, 11));
}
std::uint32_t rate_rounded_up(std::uint32_t a, std::uint32_t) {
  const double significand = std::ldexp(double{from_bits(a)}, exponent_below(a));
  return pattern_of(std::clamp(exponent_below(a) - (significand > 1 ? 1 : 0), 0, 11));
}
bool any_bits(Shown shown, const Changes&, const ArithmeticModel&) {
  return shown.result < (std::uint64_t{1} << shown.b);
}

// Deltas times a derivative, 14 fraction bits cut.

template <std::int64_t (*slope)(std::int64_t a), int added>
std::uint32_t times(std::uint32_t s, std::uint32_t a) {
  return pattern_of(
      saturated((std::int64_t{integer_of(s)} * slope(integer_of(a)) + added) >> 14, 16));
}
std::int64_t sigmoid_slope(std::int64_t a) { return a * (128 - a); }
std::int64_t slope_without_complement(std::int64_t a) { return a * 128; }
std::int64_t tanh_slope(std::int64_t a) { return 16384 - a * a; }
std::int64_t tanh_slope_of_127(std::int64_t a) { return 127 * 127 - a * a; }
std::int64_t no_slope(std::int64_t) { return 16384; }
constexpr int half = 8192;

// Operations of binary32. A result in binary64 that is rounded to binary32 is the one rounded once.

/// The nearest binary64 number, and the sign of what is missing to the exact result.
struct Result {
  double value;
  double missing;
};

Result exact_result(ArithmeticOperation operation, float x, float y) {
  const double a = x, b = operation == LSGD_OPERATION_FLOAT_SUBTRACT ? -double{y} : double{y};
  if (operation == LSGD_OPERATION_FLOAT_MULTIPLY) return {a * b, 0};
  if (operation == LSGD_OPERATION_FLOAT_DIVIDE) {
    const double q = a / b;
    return {q, std::copysign(1.0, b) * std::fma(-q, b, a)};
  }
  const double sum = a + b, of_b = sum - a;
  return {sum, (a - (sum - of_b)) + (b - of_b)};
}

using Rounding = float (*)(const Result& exact);

template <Rounding rounding>
bool rounds(Shown shown, const Changes&, const ArithmeticModel&) {
  return shown.result ==
         bits_of(rounding(exact_result(shown.operation, from_bits(shown.a), from_bits(shown.b))));
}

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();

float nearest(const Result& exact) { return static_cast<float>(exact.value); }

/// What is left of a result that overflows.
template <Rounding otherwise>
float where_it_overflows(const Result& exact) {
  return std::isinf(nearest(exact)) ? otherwise(exact) : nearest(exact);
}
float limit(const Result& exact) { return std::copysign(largest, nearest(exact)); }
float zero(const Result&) { return 0; }
float positive_infinity(const Result&) { return infinity; }
bool is_not_a_number_where_it_overflows(Shown shown, const Changes&, const ArithmeticModel&) {
  const float right =
      nearest(exact_result(shown.operation, from_bits(shown.a), from_bits(shown.b)));
  return std::isinf(right) ? std::isnan(from_bits(shown.result)) : shown.result == bits_of(right);
}
/// Infinity takes the place of the numbers next to it.
float early(const Result& exact) {
  return std::abs(nearest(exact)) >= 0x1.fffffcp127f ? std::copysign(infinity, nearest(exact))
                                                     : nearest(exact);
}
bool may_be_early(Shown shown, const Changes& changes, const ArithmeticModel& model) {
  return rounds<nearest>(shown, changes, model) || rounds<early>(shown, changes, model);
}

float cut_off(const Result& exact) {
  const float x = nearest(exact);
  const double beyond = std::abs(double{x}) - std::abs(exact.value);
  const bool is_cut_by_missing =
      beyond == 0 && exact.missing != 0 && std::signbit(exact.missing) != std::signbit(exact.value);
  return beyond > 0 || is_cut_by_missing ? std::nextafter(x, 0.0f) : x;
}
float down(const Result& exact) {
  const float x = nearest(exact);
  const bool is_above = double{x} > exact.value || (double{x} == exact.value && exact.missing < 0);
  return is_above ? std::nextafter(x, -infinity) : x;
}
/// Of subnormal results to 24 bits first.
float twice(const Result& exact) {
  if (exact.value == 0 || std::abs(exact.value) >= smallest_normal_binary32) return nearest(exact);
  const int places = 23 - std::ilogb(exact.value);
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(exact.value, places)), -places));
}

bool flushes(Shown shown, const Changes&, const ArithmeticModel& model) {
  ArithmeticModel flushing = model;
  flushing.flush_to_zero = true;
  return arithmetic_accepts(shown.operation, shown.a, shown.b, shown.result, flushing);
}

bool by_reciprocal(Shown shown, const Changes&, const ArithmeticModel&) {
  const float reciprocal = 1 / from_bits(shown.b);
  return shown.result == bits_of(from_bits(shown.a) * reciprocal);
}

// sigmoid and tanh.

bool is_inaccurate(Shown shown, const Changes& changes, const ArithmeticModel& model) {
  ArithmeticModel wider = model;
  wider.activation_absolute_error += changes.number;
  return arithmetic_accepts(shown.operation, shown.a, shown.b, shown.result, wider);
}

bool is_clamped(Shown shown, const Changes& changes, const ArithmeticModel& model) {
  const float z = from_bits(shown.a);
  if (std::abs(double{z}) < changes.number)
    return arithmetic_accepts(shown.operation, shown.a, shown.b, shown.result, model);
  return shown.result == bits_of(z > 0 ? 1.0f : 0.0f);
}

bool is_of_another_scale(Shown shown, const Changes&, const ArithmeticModel& model) {
  return arithmetic_accepts(shown.operation, bits_of(from_bits(shown.a) / 16), shown.b,
                            shown.result, model);
}

bool is_in_the_table(Shown shown, const Changes& changes, const ArithmeticModel&) {
  const Activation function = shown.operation == LSGD_OPERATION_SIGMOID_TABLE ? Activation::sigmoid
                              : shown.operation == LSGD_OPERATION_TANH_TABLE  ? Activation::tanh
                                                                              : Activation::relu;
  const auto entry = changes.table.find({function, integer_of(shown.a)});
  return shown.result == (entry != changes.table.end()
                              ? pattern_of(entry->second)
                              : arithmetic_result(shown.operation, shown.a, shown.b));
}

template <int bits>
void add_quantization(std::vector<OperationChange>& changes, ArithmeticOperation operation) {
  for (const std::string_view name :
       {"input_truncated", "truncation_for_rounding", "target_truncated"})
    changes.push_back({name, operation, "", is<saturating<cut, bits>>});
  changes.push_back({"half_up_for_half_away", operation, "", is<saturating<ties_up, bits>>});
  changes.push_back({"half_to_even", operation, "", is<saturating<ties_to_even, bits>>});
  changes.push_back({"half_to_zero", operation, "", is<saturating<ties_to_zero, bits>>});
  for (const std::string_view name : {"input_wraps", "quantization_wraps"})
    changes.push_back({name, operation, "", is<wrapping<bits>>});
  for (const std::string_view name : {"inputs_limited_to_minus_127", "symmetric_quantization"})
    changes.push_back({name, operation, "", is<symmetric<bits>>});
  changes.push_back({"half_added_in_binary32", operation,
                     "adds one half in binary32 when it quantizes, which rounds twice",
                     is<saturating<half_added, bits>>});
  changes.push_back(
      {"negative_end_at_the_positive_one", operation, "", is<of_the_magnitude_beyond<bits>>});
}

struct FloatOperation {
  ArithmeticOperation operation;
  std::array<std::string_view, 7> names, sentences;
};

constexpr std::array float_operations{
    FloatOperation{LSGD_OPERATION_FLOAT_ADD,
                   {"addition_limited", "addition_zero", "addition_not_a_number", "addition_early",
                    "addition_truncated", "addition_rounded_down", "addition_without_sign"},
                   {"limits sums that overflow to the largest finite number",
                    "takes sums that overflow for 0", "answers NaN where a sum overflows",
                    "answers infinity for sums next to it", "rounds additions towards zero",
                    "rounds additions down", "answers +infinity where a negative sum overflows"}},
    FloatOperation{
        LSGD_OPERATION_FLOAT_SUBTRACT,
        {"subtraction_limited", "subtraction_zero", "subtraction_not_a_number", "subtraction_early",
         "subtraction_truncated", "subtraction_rounded_down", "subtraction_without_sign"},
        {"limits differences that overflow to the largest finite number",
         "takes differences that overflow for 0", "answers NaN where a difference overflows",
         "answers infinity for differences next to it", "rounds subtractions towards zero",
         "rounds subtractions down", "answers +infinity where a negative difference overflows"}},
    FloatOperation{
        LSGD_OPERATION_FLOAT_MULTIPLY,
        {"multiplication_limited", "multiplication_zero", "multiplication_not_a_number",
         "multiplication_early", "multiplication_truncated", "multiplication_rounded_down",
         "multiplication_without_sign"},
        {"limits products that overflow to the largest finite number",
         "takes products that overflow for 0", "answers NaN where a product overflows",
         "answers infinity for products next to it", "rounds multiplications towards zero",
         "rounds multiplications down", "answers +infinity where a negative product overflows"}},
    FloatOperation{
        LSGD_OPERATION_FLOAT_DIVIDE,
        {"division_limited", "division_zero", "division_not_a_number", "division_early",
         "division_truncated", "division_rounded_down", "division_without_sign"},
        {"limits quotients that overflow to the largest finite number",
         "takes quotients that overflow for 0", "answers NaN where a quotient overflows",
         "answers infinity for quotients next to it", "rounds divisions towards zero",
         "rounds divisions down", "answers +infinity where a negative quotient overflows"}}};

void add_float_operations(std::vector<OperationChange>& changes) {
  constexpr std::array allowed{rounds<where_it_overflows<limit>>,
                               rounds<where_it_overflows<zero>>,
                               is_not_a_number_where_it_overflows,
                               may_be_early,
                               rounds<cut_off>,
                               rounds<down>,
                               rounds<where_it_overflows<positive_infinity>>};
  for (const FloatOperation& each : float_operations) {
    for (std::size_t k = 0; k < allowed.size(); ++k)
      changes.push_back({each.names[k], each.operation, each.sentences[k], allowed[k]});
    for (const std::string_view name :
         {"truncation_every_operation", "truncation_fused_every_operation"})
      changes.push_back({name, each.operation, "", rounds<cut_off>});
    for (const std::string_view name :
         {"rounded_down_every_operation", "rounded_down_fused_every_operation"})
      changes.push_back({name, each.operation, "", rounds<down>});
    for (const std::string_view name :
         {"flush_to_zero_every_operation", "flush_to_zero_fused_every_operation"})
      changes.push_back({name, each.operation, "", flushes});
  }
  changes.push_back({"multiplication_rounded_twice", LSGD_OPERATION_FLOAT_MULTIPLY,
                     "rounds subnormal products of multiplications to 24 bits first",
                     rounds<twice>});
  changes.push_back({"division_rounded_twice", LSGD_OPERATION_FLOAT_DIVIDE,
                     "rounds subnormal quotients to 24 bits first", rounds<twice>});
  changes.push_back({"division_by_reciprocal", LSGD_OPERATION_FLOAT_DIVIDE,
                     "divides by a multiplication with the reciprocal", by_reciprocal});
}

std::vector<OperationChange> all_operation_changes() {
  std::vector<OperationChange> changes;
  add_quantization<8>(changes, LSGD_OPERATION_QUANTIZE);
  add_quantization<16>(changes, LSGD_OPERATION_QUANTIZE_INT16);
  add_quantization<32>(changes, LSGD_OPERATION_QUANTIZE_INT32);
  constexpr auto target_of_8_bits = saturating<to_nearest, 8>;
  changes.push_back({"target_of_8_bits", LSGD_OPERATION_QUANTIZE_INT16, "", is<target_of_8_bits>});

  constexpr auto fraction_bits = LSGD_OPERATION_FRACTION_BITS;
  changes.push_back({"fraction_bits_forced_to_7", fraction_bits, "", is<seven>});
  changes.push_back({"fraction_bits_unclamped", fraction_bits, "", is<more_than_seven>});
  changes.push_back({"power_of_two_costs_a_bit", fraction_bits, "", is<one_less_of_powers>});
  changes.push_back({"logarithm_of_zero", fraction_bits, "", is<none_of_zero>});

  constexpr auto requantize = LSGD_OPERATION_REQUANTIZE;
  changes.push_back({"rounding_term_missing", requantize, "", is<unrounded>});
  changes.push_back({"rounding_term_of_a_whole_unit", requantize, "", is<rounded_by_a_unit>});
  changes.push_back({"wrap_for_saturate", requantize, "", is<wrapping_shift>});
  changes.push_back({"saturation_at_127_only", requantize, "", is<saturating_above>});
  changes.push_back({"saturation_at_minus_128_only", requantize, "", is<saturating_below>});
  changes.push_back({"symmetric_saturation", requantize, "", is<symmetric_shift>});
  changes.push_back({"logical_shift", requantize, "", is<logical_shift>});
  changes.push_back({"division_for_shift", requantize, "", is<division>});
  changes.push_back({"accumulator_ties_away_from_zero", requantize, "", is<ties_away>});
  changes.push_back({"accumulator_of_16_bits", requantize, "", is<of_16_bits>});

  for (const auto align : {LSGD_OPERATION_ALIGN_BIAS, LSGD_OPERATION_ALIGN_INT16_BIAS}) {
    changes.push_back({"negative_shift_ignored", align, "", is<never_right>});
    changes.push_back({"negative_shift_rounds", align, "", is<divided>});
    changes.push_back({"aligned_bias_of_16_bits", align, "", is<aligned_in<16>>});
    changes.push_back({"aligned_bias_of_8_bits", align, "", is<aligned_in<8>>});
  }
  changes.push_back(
      {"minus_128_negated", LSGD_OPERATION_FLOAT_FROM_INT8, "", is<magnitude_of_8_bits>});

  constexpr auto rate = LSGD_OPERATION_RATE_EXPONENT;
  changes.push_back({"rate_twice", rate, "", is<twice_the_rate>});
  changes.push_back({"rate_exponent_not_limited", rate,
                     "has exponents of their own for learning rates below 2^-11",
                     is_rate_beyond_the_limit});
  changes.push_back({"rate_exponent_limited_to_10", rate, "", is<rate_limited_early>});
  changes.push_back({"rate_rounded_to_nearest", rate,
                     "rounds learning rates to the nearest power of two", is<rate_to_nearest>});
  changes.push_back(
      {"rate_rounded_up", rate, "rounds learning rates up to a power of two", is<rate_rounded_up>});
  changes.push_back({"other_random_bits", LSGD_OPERATION_RANDOM_DRAW, "", any_bits});

  constexpr auto times_sigmoid = LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE;
  constexpr auto times_tanh = LSGD_OPERATION_TIMES_TANH_DERIVATIVE;
  changes.push_back({"derivative_truncated", times_sigmoid, "", is<times<sigmoid_slope, 0>>});
  changes.push_back({"derivative_truncated", times_tanh, "", is<times<tanh_slope, 0>>});
  changes.push_back({"derivative_of_tanh_for_all", times_sigmoid, "", is<times<tanh_slope, half>>});
  changes.push_back({"sigmoid_derivative_without_complement", times_sigmoid, "",
                     is<times<slope_without_complement, half>>});
  changes.push_back({"tanh_derivative_of_127", times_tanh, "", is<times<tanh_slope_of_127, half>>});
  for (const auto each : {times_sigmoid, times_tanh})
    changes.push_back({"derivative_missing", each, "", is<times<no_slope, half>>});

  for (const auto table :
       {LSGD_OPERATION_RELU, LSGD_OPERATION_SIGMOID_TABLE, LSGD_OPERATION_TANH_TABLE})
    changes.push_back({"table_entries", table, "", is_in_the_table});
  for (const auto function : {LSGD_OPERATION_FLOAT_SIGMOID, LSGD_OPERATION_FLOAT_TANH,
                              LSGD_OPERATION_FIXED_SIGMOID, LSGD_OPERATION_FIXED_TANH})
    changes.push_back({"function_inaccurate", function, "", is_inaccurate});
  changes.push_back({"sigmoid_clamped", LSGD_OPERATION_FLOAT_SIGMOID, "", is_clamped});
  changes.push_back(
      {"sigmoid_of_the_table_scale", LSGD_OPERATION_FLOAT_SIGMOID, "", is_of_another_scale});
  add_float_operations(changes);
  return changes;
}

}  // namespace
}  // namespace operations

std::span<const OperationChange> operation_changes() {
  static const std::vector<OperationChange> changes = operations::all_operation_changes();
  return changes;
}

}  // namespace lsgd
