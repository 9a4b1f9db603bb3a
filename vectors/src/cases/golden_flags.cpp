// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "cases/golden_set.hpp"

namespace lsgd {
namespace {

using Flags = std::map<std::string, VectorFlag>;

const Flags& arithmetic_flags_int8_hybrid() {
  static const Flags flags{
      {"tie",
       {"exactly between two integers: rounding half up, half to even or half towards zero "
        "instead of half away from zero",
        {},
        "SPEC 4.3"}},
      {"near_tie",
       {"just beside a tie: truncation, or rounding twice, as adding 0.5 in binary32 does",
        {},
        "SPEC 4.3"}},
      {"truncation", {"truncation, or a missing rounding term, for rounding", {}, "SPEC 4.3"}},
      {"saturation",
       {"wrapping, or clamping to a symmetric range, for saturation to -128 and 127",
        {2},
        "SPEC 4.3"}},
      {"huge_value",
       {"a float to integer conversion that overflows before it saturates", {}, "SPEC 4.3"}},
      {"signed_zero",
       {"a sign of zero that leaks into an integer, or that of a zero result", {}, "SPEC 4.3"}},
      {"subnormal",
       {"a subnormal maximum or value: flushed, or its exponent field taken for its "
        "logarithm",
        {5},
        "SPEC 4.2"}},
      {"power_of_two",
       {"at and beside powers of two: floor for ceil, or a rounded logarithm", {5}, "SPEC 4.2"}},
      {"small_maximum",
       {"fraction bits above 7: a maximum of one half and below is not clamped", {5}, "SPEC 4.2"}},
      {"zero_maximum", {"the logarithm of zero converted to an integer", {6}, "SPEC 4.2"}},
      {"large_maximum",
       {"fraction bits below 0: a maximum above 128 is not clamped", {}, "SPEC 4.2"}},
      {"zero_shift",
       {"a shift of zero has no rounding term: 1 << -1 is undefined", {}, "SPEC 4.4"}},
      {"negative_value",
       {"a logical shift, or a division, for an arithmetic right shift", {}, "SPEC 4.4"}},
      {"wide_accumulator", {"an accumulator of 16 bits", {}, "SPEC 4.4"}},
      {"negative_shift",
       {"a left shift by a negative count, which is an arithmetic right shift", {17}, "SPEC 4.4"}},
      {"wide_shift", {"a shifted bias kept in 8 or 16 bits", {5}, "SPEC 4.4"}},
      {"table_entry", {"a wrong, shifted or copied table entry", {}, "SPEC 4.5"}},
      {"signed_index", {"a table indexed with a negative number", {}, "SPEC 4.5"}},
      {"saturated_entry",
       {"128 * f rounds to 128, which does not fit: the entry is 127", {10}, "SPEC 4.5"}},
      {"exact_conversion",
       {"a conversion of an integer pattern to binary32 that is not exact", {}, "SPEC 4.7"}},
  };
  return flags;
}

/// Those of the operations shared with int8_hybrid, and its own.
Flags arithmetic_flags_int8_integer() {
  Flags flags{
      {"learning_rate",
       {"k of 2^-k: rounded instead of floored, or not limited to 0..11", {}, "SPEC 11.2"}},
      {"random_bits",
       {"low bits drawn for high ones, the state before the step for the one after it, or a shift "
        "by "
        "32 for a draw of no bits",
        {},
        "SPEC 11.3"}},
      {"derivative",
       {"truncation for rounding half up, a logical shift, or 16 bits for the product",
        {},
        "SPEC 11.6"}},
  };
  for (const char* shared :
       {"tie", "near_tie", "truncation", "saturation", "huge_value", "signed_zero", "subnormal",
        "zero_shift", "negative_value", "wide_accumulator", "negative_shift", "wide_shift",
        "table_entry", "signed_index", "saturated_entry"})
    flags.insert({shared, arithmetic_flags_int8_hybrid().at(shared)});
  return flags;
}

const Flags& arithmetic_flags_float32() {
  static const Flags flags{
      {"tie_to_even",
       {"exactly between two binary32 numbers: rounding half up or away from zero",
        {},
        "SPEC 3.1"}},
      {"near_tie",
       {"just beside a tie: truncation, a missing sticky bit or rounding twice", {}, "SPEC 3.1"}},
      {"subnormal",
       {"a subnormal operand or result: flushed to zero without being declared", {}, "SPEC 3.1"}},
      {"signed_zero", {"the sign of a zero result", {}, "SPEC 3.1"}},
      {"cancellation", {"nearly equal operands: guard bits missing", {}, "SPEC 3.1"}},
      {"largest_finite", {"near the overflow limit: an infinity too early", {}, "SPEC 3.1"}},
      {"far_apart",
       {"operands of very different magnitude: a shift count that wraps", {}, "SPEC 3.1"}},
      {"random", {"operands drawn from a seeded generator", {}, "SPEC 3.1"}},
      {"saturated_output",
       {"large |z|, where the result is 0, 1 or close to it: clamped, overflowing "
        "to infinity or NaN",
        {9, 16},
        "SPEC 2.2"}},
      {"small_argument", {"small |z|: tanh as a ratio of exponentials cancels", {16}, "SPEC 2.2"}},
      {"activation", {"sigmoid and tanh within the declared error", {19}, "SPEC 2.2"}},
  };
  return flags;
}

Flags arithmetic_flags_int32_fixed() {
  Flags flags{
      {"reduction",
       {"beside a multiple of half the logarithm of two: an exponent or a fraction off by one",
        {},
        "SPEC 13.4"}},
  };
  for (const char* shared : {"tie", "near_tie", "truncation", "saturation", "signed_zero"})
    flags.insert({shared, arithmetic_flags_int8_hybrid().at(shared)});
  for (const char* shared : {"subnormal", "saturated_output", "small_argument", "activation"})
    flags.insert({shared, arithmetic_flags_float32().at(shared)});
  return flags;
}

const Flags& step_flags_common() {
  static const Flags flags{
      {"odd_length",
       {"an input length not divisible by the unrolling: the last terms dropped, or one "
        "element beyond the row read",
        {12},
        "SPEC 2.4"}},
      {"odd_neuron_count",
       {"a leftover neuron on its own path: stale pointers, the first neuron's "
        "bias, or no update",
        {11},
        "SPEC 2.4"}},
      {"hidden_size",
       {"a hidden layer of this many neurons: delta buffers, loop bounds, strides",
        {11, 14},
        "SPEC 2.5"}},
      {"long_input", {"300 elements: dimensions kept in 8 bits", {15}, "SPEC 2.4"}},
      {"layer_count",
       {"three layers: loops bounded by a fixed layer count or fixed buffers", {14}, "SPEC 2.5"}},
      {"delta_observable",
       {"b = 0 and learning rate 1, so the new bias is -delta: a wrong output "
        "delta, a wrong sign, a missing bias update",
        {17},
        "SPEC 2.5"}},
      {"learning_rate_scale",
       {"a learning rate off by one part in a thousand, or applied twice", {}, "SPEC 2.7"}},
      {"transposed_weights",
       {"weights of no symmetry: W transposed in the hidden delta or the "
        "forward pass",
        {},
        "SPEC 2.5"}},
      {"update_order",
       {"a large step: weights updated before the hidden delta is taken from them",
        {},
        "SPEC 2.5"}},
      {"bias",
       {"a bias that decides the result: missing in the forward pass or in the update",
        {},
        "SPEC 2.4"}},
      {"derivative", {"the derivative taken from z instead of a, or left out", {}, "SPEC 2.5"}},
      {"stale_delta",
       {"layers that widen and narrow: delta buffers not swapped or too short", {14}, "SPEC 2.5"}},
      {"saturated_output",
       {"a saturated output with the opposite target: delta is -1 or 1, not 0", {9}, "SPEC 2.5"}},
      {"wide_weights", {"weights beyond 1: clamped by fixed fraction bits", {2}, "SPEC 2.4"}},
      {"zero_layer", {"a layer of zeros: the logarithm of zero, or a division", {6}, "SPEC 4.2"}},
      {"zero_gradient", {"a step without gradient changes no value", {1}, "SPEC 2.7"}},
      {"one_hot", {"a one-hot target: an off-by-one class", {13}, "SPEC 2.1"}},
      {"single_output", {"one output with target 0 or 1", {}, "SPEC 2.1"}},
  };
  return flags;
}

const Flags& step_flags_float32() {
  static const Flags flags{
      {"large_argument",
       {"tanh and sigmoid at large |z|: infinity over infinity", {16}, "SPEC 2.2"}},
      {"small_argument",
       {"tanh at small |z|: cancellation in a ratio of exponentials", {16}, "SPEC 2.2"}},
      {"relu_at_zero", {"relu at z = 0, where its derivative is 0, and beside it", {}, "SPEC 2.2"}},
      {"cancellation",
       {"sums whose terms cancel: still inside the bound in every order", {}, "SPEC 5.4"}},
      {"subnormal", {"subnormal values: flushed without being declared", {}, "SPEC 5.1"}},
      {"signed_zero", {"zeros of either sign", {}, "SPEC 3.1"}},
      {"large_magnitude",
       {"values near the overflow limit: an infinity in between", {}, "SPEC 5.8"}},
      {"power_of_two",
       {"powers of two: every product is exact, so every rounding shows", {}, "SPEC 3.1"}},
      {"far_exponents",
       {"operands far apart: the difference of their exponents kept in 8 bits, or a sum aligned to "
        "a product that is zero",
        {},
        "SPEC 5.3"}},
  };
  return flags;
}

const Flags& step_flags_int8_hybrid() {
  static const Flags flags{
      {"stale_shifts",
       {"fraction bits change in the update and next.* is computed with the old shifts",
        {1},
        "SPEC 4.4"}},
      {"shifts",
       {"every weight and bias format against both input formats: shifts of 0, negative "
        "left shifts, hard-coded formats",
        {7, 8},
        "SPEC 4.4"}},
      {"new_range",
       {"the range taken from the old weights, or requantized with the old fraction bits",
        {4},
        "SPEC 4.8"}},
      {"power_of_two", {"a maximum of exactly a power of two, or just above it", {5}, "SPEC 4.2"}},
      {"tiny_maximum", {"a maximum far below one half: fraction bits above 7", {5}, "SPEC 4.2"}},
      {"large_maximum", {"a maximum above 128: fraction bits below 0", {}, "SPEC 4.2"}},
      {"stagnation",
       {"an update below half a unit in the last place, which is lost by definition",
        {3},
        "SPEC 4.8"}},
      {"output_format",
       {"inputs, outputs and biases of different formats: an output format that is "
        "left unset or hard-coded",
        {7, 8},
        "SPEC 4.4"}},
      {"saturated_table",
       {"a saturated output of 127/128, whose delta is -1/128 and not 0", {10}, "SPEC 4.5"}},
      {"z_tie",
       {"accumulators exactly between two results: truncation, a missing rounding term, "
        "rounding half away from zero or to even",
        {},
        "SPEC 4.4"}},
      {"negative_accumulator", {"a logical shift for an arithmetic one", {}, "SPEC 4.4"}},
      {"wide_accumulator", {"an accumulator of 16 bits", {}, "SPEC 4.4"}},
      {"z_saturation", {"z wraps instead of saturating", {}, "SPEC 4.4"}},
      {"table_entry",
       {"z of the whole range through a layer: a table off by one or indexed with a "
        "negative number",
        {},
        "SPEC 4.5"}},
      {"unquantized_input",
       {"the first layer updated from the quantized input instead of x", {}, "SPEC 4.7"}},
      {"input_quantization", {"inputs at ties and beyond the int8 range", {}, "SPEC 4.3"}},
      {"requantization",
       {"truncation for rounding, or a wrap for saturation, in the new parameters",
        {2},
        "SPEC 4.8"}},
      {"acceptance_set",
       {"a new parameter on a tie, where both neighbours are acceptable, or just so far from it "
        "that one is",
        {},
        "SPEC 4.8"}},
      {"rounding",
       {"products of the backward pass truncated, or the carry of their rounding lost",
        {},
        "SPEC 4.7"}},
  };
  return flags;
}

const Flags& step_flags_int8_integer() {
  static const Flags flags{
      {"shifts",
       {"every weight format against both input formats: shifts that do not follow n_W, negative "
        "left shifts",
        {1, 8, 17},
        "SPEC 11.4"}},
      {"delta_saturation", {"a delta beyond 8 wraps instead of saturating", {17}, "SPEC 11.5"}},
      {"hidden_sum", {"a sum of deltas times weights kept in 16 bits", {}, "SPEC 11.6"}},
      {"weight_saturation",
       {"a weight beyond its format wraps, or the format changes where it must not",
        {2},
        "SPEC 11.7"}},
      {"bias_saturation", {"a bias beyond 8 wraps instead of saturating", {}, "SPEC 11.7"}},
      {"halving",
       {"a weight leaves the format: the layer is halved at random, once, after its last neuron; "
        "next.* shows shifts that do not follow",
        {1},
        "SPEC 11.8"}},
      {"fraction_bits_floor", {"5 fraction bits and fewer are never given up", {}, "SPEC 11.8"}},
      {"draws",
       {"other draws than the defined ones: for a delta of zero, of other widths, in another "
        "order, or rounding that is not random",
        {3},
        "SPEC 11.7"}},
      {"learning_rate",
       {"every k of 2^-k, and rates between: rounded, or not limited", {}, "SPEC 11.2"}},
      {"target_rounding", {"a target that is no multiple of 1/128", {}, "SPEC 11.5"}},
      {"random_state", {"states at the ends of their range", {}, "SPEC 11.3"}},
      {"input_quantization",
       {"inputs beyond the int8 range; the first layer learns from the quantized ones",
        {},
        "SPEC 11.4"}},
  };
  return flags;
}

const Flags& step_flags_int32_fixed() {
  static const Flags flags = [] {
    Flags all{
        {"z_saturation",
         {"a sum beyond 64 wraps instead of saturating, or weights beyond 8 overflow in between",
          {},
          "SPEC 13.3"}},
        {"partial_sums",
         {"terms that leave int32 together and whose sum does not", {}, "SPEC 13.3"}},
        {"parameter_saturation",
         {"an updated weight or bias beyond 16 wraps instead of saturating", {2}, "SPEC 13.6"}},
        {"delta_saturation", {"a delta beyond 8 wraps instead of saturating", {17}, "SPEC 13.5"}},
        {"hidden_sum", {"a sum of weights times deltas beyond its format wraps", {}, "SPEC 13.5"}},
        {"learning_rate",
         {"rates of every size: a shift the wrong way, or by more than 31", {}, "SPEC 13.6"}},
        {"step_saturation", {"learning rate times delta beyond its format wraps", {}, "SPEC 13.6"}},
        {"input_quantization",
         {"inputs at ties, too small, or beyond 8; targets beyond 8", {}, "SPEC 13.2"}},
    };
    for (const char* shared :
         {"large_argument", "small_argument", "relu_at_zero", "cancellation", "signed_zero"})
      all.insert({shared, step_flags_float32().at(shared)});
    return all;
  }();
  return flags;
}

const Flags& step_flags_of(Profile profile) {
  switch (profile) {
    case Profile::float32:
      return step_flags_float32();
    case Profile::int8_hybrid:
      return step_flags_int8_hybrid();
    case Profile::int8_integer:
      return step_flags_int8_integer();
    case Profile::int32_fixed:
      return step_flags_int32_fixed();
  }
  throw std::invalid_argument("unknown profile");
}

Flags arithmetic_flags_of(Profile profile) {
  switch (profile) {
    case Profile::float32:
      return arithmetic_flags_float32();
    case Profile::int8_hybrid: {
      Flags flags = arithmetic_flags_int8_hybrid();
      Flags binary32 = arithmetic_flags_float32();
      // The backward pass is in binary32 as well, but without its functions.
      for (const char* of_functions : {"saturated_output", "small_argument", "activation"})
        binary32.erase(of_functions);
      flags.merge(binary32);
      return flags;
    }
    case Profile::int8_integer:
      return arithmetic_flags_int8_integer();
    case Profile::int32_fixed:
      return arithmetic_flags_int32_fixed();
  }
  throw std::invalid_argument("unknown profile");
}

}  // namespace

std::map<std::string, VectorFlag> golden_flags(int level, Profile profile) {
  if (level == 0) return arithmetic_flags_of(profile);
  Flags flags = step_flags_common();
  const Flags& own = step_flags_of(profile);
  flags.insert(own.begin(), own.end());
  return flags;
}

}  // namespace lsgd
