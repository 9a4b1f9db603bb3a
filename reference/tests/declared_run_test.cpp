// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/declared_run.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "declared_arithmetics.hpp"
#include "random_network.hpp"

namespace lsgd {
namespace {

void expect_same_numbers(const std::vector<BinaryNumber>& found,
                         const std::vector<BinaryNumber>& expected, const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_TRUE(same_number(found[i], expected[i]))
        << what << " " << i << ": " << found[i].to_double() << ", exactly "
        << expected[i].to_double();
    ASSERT_EQ(found[i].is_negative, expected[i].is_negative) << what << " " << i;
  }
}

void expect_same_state(const DeclaredState& found, const DeclaredState& expected) {
  EXPECT_EQ(found.random_state, expected.random_state);
  for (std::size_t l = 0; l < expected.layers.size(); ++l) {
    const DeclaredLayer& own = found.layers[l];
    const DeclaredLayer& right = expected.layers[l];
    expect_same_numbers(own.weights.numbers, right.weights.numbers, "weight");
    expect_same_numbers(own.biases.numbers, right.biases.numbers, "bias");
    EXPECT_EQ(own.weights.scales.front().fraction_bits, right.weights.scales.front().fraction_bits);
    EXPECT_EQ(own.biases.scales.front().fraction_bits, right.biases.scales.front().fraction_bits);
  }
}

/// A run and single steps against exact numbers, ten steps for each of many random networks.
/// Returns the part of the steps that doubles held.
double expect_exact_numbers(const Arithmetic& arithmetic, std::uint64_t seed) {
  Draw draw(seed);
  constexpr int cases = 60, steps = 10;
  std::uint64_t exact_steps = 0;
  for (int i = 0; i < cases && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(arithmetic.name + " case " + std::to_string(i));
    const TrainingCase start = random_case(draw, functions_of(arithmetic));
    DeclaredState exact = initial_state(arithmetic, start.network, start.parameters, 12345);
    DeclaredState single = exact;
    DeclaredRun run(arithmetic, start.network, exact);
    DeclaredStep exact_step(arithmetic, start.network, StepNumberKind::exact);
    DeclaredStep step(arithmetic, start.network);
    StepNumbers<BinaryNumber> exact_trace, trace;
    for (int k = 0; k < steps && !::testing::Test::HasFailure(); ++k) {
      SCOPED_TRACE("step " + std::to_string(k));
      exact_step.train(exact, start.sample, start.learning_rate, exact_trace);
      step.train(single, start.sample, start.learning_rate, trace);
      const std::vector<double>& outputs = run.train(start.sample, start.learning_rate);
      for (std::size_t l = 0; l < trace.layers.size(); ++l) {
        expect_same_numbers(trace.layers[l].z, exact_trace.layers[l].z, "z");
        expect_same_numbers(trace.layers[l].a, exact_trace.layers[l].a, "a");
        expect_same_numbers(trace.layers[l].stored, exact_trace.layers[l].stored, "stored a");
        expect_same_numbers(trace.layers[l].delta, exact_trace.layers[l].delta, "delta");
      }
      for (std::size_t j = 0; j < outputs.size(); ++j) {
        const double expected = exact_trace.layers.back().a[j].to_double();
        EXPECT_TRUE(outputs[j] == expected || std::isnan(expected));
      }
      expect_same_state(single, exact);
      // Looking at outputs or at the state changes neither.
      DeclaredState copy = exact;
      exact_step.forward(copy, start.sample.inputs, trace);
      EXPECT_EQ(run.outputs(start.sample.inputs).size(), trace.layers.back().a.size());
      if (k % 3 == 0) expect_same_state(run.state(), exact);
    }
    expect_same_state(run.state(), exact);
    exact_steps += run.exact_steps();
  }
  return 1 - static_cast<double>(exact_steps) / (cases * steps);
}

/// Both passes see the binary32 weights as a few bits times a scale.
Arithmetic seen_as(const std::string& format, const std::string& rule,
                   const std::string& rounding = "nearest_even") {
  return declaration(
      "seen_weights",
      "[formats.seen]\n" + format +
          rounded_at({"input", "forward_product", "forward_sum", "activation", "output_error",
                      "backward_product", "backward_sum", "derivative_term", "derivative", "delta",
                      "learning_rate_times_delta", "change", "bias_change", "weight", "bias"},
                     "format = \"binary32\"") +
          rounded_at({"effective_weight"}, "format = \"seen\"\nrounding = \"" + rounding + "\"") +
          plain_order + exact_functions + "[scale.effective_weight]\nrule = \"" + rule + "\"\n");
}

TEST(DeclaredRun, TrainsToTheLastBitAsExactNumbersDo) {
  const std::string rest = "fused = false\nupdate = \"learning_rate_times_delta\"";
  const std::vector<Arithmetic> arithmetics{
      q6_10(), bfloat16_weights(plain_order),
      bfloat16_weights(order("lanes:4", "bias = \"last\"\n" + rest)),
      bfloat16_weights(order("tree:3", "bias = \"first\"\n" + rest)),
      bfloat16_weights(order("descending",
                             "bias = \"first\"\nfused = true\n"
                             "update = \"delta_times_activation\""),
                       "delta_times_activation"),
      eight_bit_floats("truncate"), eight_bit_floats("midpoint"), eight_bit_floats("nearest"),
      eight_bit_floats("nearest", "philox4x32-10/1"), q16_16(plain_order),
      saturating_accumulators(plain_order),
      saturating_accumulators(order("lanes:2", "bias = \"first\"\nsaturate = \"lane\"\n" + rest)),
      saturating_accumulators(order("ascending", "bias = \"last\"\nsaturate = \"end\"\n" + rest)),
      seen_as("kind = \"affine\"\nbits = 4\nsymmetric = true\nscale = \"row\"\n", "max_abs"),
      seen_as("kind = \"affine\"\nbits = 8\nscale = \"block:3\"\n", "max_abs_power_of_two"),
      seen_as("kind = \"set\"\nvalues = [-1, 0, 1]\nscale = \"row\"\n", "mean_abs", "nearest_away"),
      read_arithmetic("float32"), read_arithmetic("int32_fixed"), read_arithmetic("int8_hybrid"),
      read_arithmetic("int8_integer"),
      read_arithmetic(LSGD_ARITHMETICS_DIRECTORY "/bfloat16_weights.toml"),
      read_arithmetic(LSGD_ARITHMETICS_DIRECTORY "/q16_16_one_shift.toml"),
      read_arithmetic(LSGD_ARITHMETICS_DIRECTORY "/q6_10_wrapping.toml"),
      read_arithmetic(LSGD_ARITHMETICS_DIRECTORY "/ternary.toml"),
      // Rows of weights in binary32 and in integers.
      read_arithmetic("bfloat16_storage"), read_arithmetic("bfloat16_storage_stochastic"),
      read_arithmetic("binary16_storage"), read_arithmetic("fp8_master"),
      read_arithmetic("q16_16_dot"), read_arithmetic("q16_16_product"),
      read_arithmetic("q8_8_nearest"), read_arithmetic("q8_8_cut"),
      read_arithmetic("accumulator16_wrap"), read_arithmetic("accumulator24_saturate_each"),
      // By the processor's own operations on doubles.
      read_arithmetic("float64")};
  std::uint64_t seed = 1;
  for (const Arithmetic& arithmetic : arithmetics)
    EXPECT_GT(expect_exact_numbers(arithmetic, ++seed), 0.8) << arithmetic.name;
}

/// int8_affine_wide with lines exchanged: scales are powers of two.
Arithmetic affine_wide(const std::vector<std::pair<std::string, std::string>>& exchanged) {
  std::string text = declaration_text(read_arithmetic("int8_affine_wide"));
  for (const auto& [line, other] : exchanged) {
    const std::size_t place = text.find(line);
    if (place == std::string::npos) throw std::invalid_argument(line);
    text.replace(place, line.size(), other);
  }
  return parse_arithmetic(text, "int8_affine_wide.toml");
}

TEST(DeclaredRun, TrainsAffineNumbersWhoseScalesArePowersOfTwoInDoubles) {
  const std::pair<std::string, std::string> per_tensor{"scale = \"row\"", "scale = \"tensor\""};
  std::uint64_t seed = 40;
  for (const std::string requantization : {"exact", "double", "single", "float"})
    for (const std::string rounding : {"nearest_away", "nearest_even", "down"})
      EXPECT_EQ(expect_exact_numbers(
                    affine_wide({{"rounding = \"nearest_away\"\noverflow = \"saturate\"\n"
                                  "requantization = \"double\"",
                                  "rounding = \"" + rounding +
                                      "\"\noverflow = \"saturate\"\n"
                                      "requantization = \"" +
                                      requantization + "\""},
                                 per_tensor}),
                    ++seed),
                1)
          << requantization << ", " << rounding;
  EXPECT_EQ(expect_exact_numbers(read_arithmetic("int8_affine_wide"), ++seed), 1);
  // A scale of no power of two on the way to binary32.
  EXPECT_GT(expect_exact_numbers(read_arithmetic("int8_affine_master"), ++seed), 0.8);
}

/// Activations that are kept by the code of z mean others with other scales.
TEST(DeclaredRun, TakesTheScalesOfEachState) {
  const Arithmetic arithmetic = read_arithmetic("int8_affine_wide");
  const Network network{{{1, 2, Activation::tanh}, {2, 1, Activation::tanh}}, Loss::mse};
  const Sample sample{{0.75f}, {0.5f}};
  DeclaredStep exact(arithmetic, network, StepNumberKind::exact), step(arithmetic, network);
  for (const int exponent : {-7, -5, -7}) {
    DeclaredState expected =
        initial_state(arithmetic, network, {{{0.5f, -1.25f}, {0, 0}}, {{1.5f, 0.25f}, {0}}}, 1);
    expected.layers[0].activation_scale.scale = BinaryNumber::of(1, exponent);
    expected.layers[0].activation_scale.zero_point = exponent;
    expected.layers[1].biases.scales = bias_scales(arithmetic, network, 1, expected);
    DeclaredState found = expected;
    StepNumbers<BinaryNumber> right, trace;
    exact.train(expected, sample, 0.125f, right);
    step.train(found, sample, 0.125f, trace);
    expect_same_numbers(trace.layers[0].a, right.layers[0].a, "a");
    expect_same_state(found, expected);
  }
}

/// A change far larger than the weight, next to the middle of two bfloat16 numbers: the weight
/// alone decides where the difference goes, although no double holds it.
TEST(DeclaredRun, RoundsADifferenceThatNoDoubleHolds) {
  const Network network{{{1, 1, Activation::identity}}, Loss::mse};
  const Arithmetic arithmetic = read_arithmetic("bfloat16_storage");
  for (const float weight : {0x1p-60f, -0x1p-60f, 0x1p-27f, 0.0f})
    for (const float target : {1 + 3 * 0x1p-8f, 1 + 0x1p-8f, -1 - 3 * 0x1p-8f, 0x1.010002p0f}) {
      DeclaredState exact = initial_state(arithmetic, network, {{{weight}, {0.0f}}}, 1);
      DeclaredRun run(arithmetic, network, exact);
      StepNumbers<BinaryNumber> trace;
      const Sample sample{{1.0f}, {target}};
      DeclaredStep(arithmetic, network, StepNumberKind::exact).train(exact, sample, 1.0f, trace);
      run.train(sample, 1.0f);
      EXPECT_EQ(run.exact_steps(), 0U);
      expect_same_state(run.state(), exact);
    }
}

/// Doubles that the processor rounds are given to it only where all of their products are far from
/// its subnormal numbers; fused, never.
TEST(DeclaredRun, LeavesNumbersAtTheEndsOfBinary64ToExactNumbers) {
  const Network network{{{1, 1, Activation::identity}}, Loss::mse};
  Arithmetic arithmetic = read_arithmetic("float64");
  for (const bool is_fused : {false, true}) {
    arithmetic.order.fused = is_fused ? FusedMultiplyAdd::yes : FusedMultiplyAdd::no;
    for (const int exponent : {0, -300, -500, -1022, 300, 500, 1000}) {
      SCOPED_TRACE(exponent);
      DeclaredState exact = initial_state(arithmetic, network, {{{1.1f}, {0.3f}}}, 1);
      exact.layers[0].weights.numbers[0].exponent += exponent;
      DeclaredRun run(arithmetic, network, exact);
      StepNumbers<BinaryNumber> trace;
      const Sample sample{{1.7f}, {0.9f}};
      DeclaredStep(arithmetic, network, StepNumberKind::exact).train(exact, sample, 0.1f, trace);
      run.train(sample, 0.1f);
      expect_same_state(run.state(), exact);
      EXPECT_EQ(run.exact_steps(), !is_fused && std::abs(exponent) < 400 ? 0U : 1U);
    }
  }
}

/// A new weight beyond the largest number of its format, and one just below.
TEST(DeclaredRun, LeavesNewWeightsOutOfRangeToExactNumbers) {
  const Network network{{{1, 1, Activation::identity}}, Loss::mse};
  const Arithmetic arithmetic = read_arithmetic("binary16_storage");
  for (const float target : {65502.0f, 65519.0f, 65520.0f, -1e5f}) {
    DeclaredState exact = initial_state(arithmetic, network, {{{1.0f}, {0.0f}}}, 1);
    DeclaredRun run(arithmetic, network, exact);
    StepNumbers<BinaryNumber> trace;
    const Sample sample{{1.0f}, {target}};
    DeclaredStep(arithmetic, network, StepNumberKind::exact).train(exact, sample, 1.0f, trace);
    run.train(sample, 1.0f);
    const BinaryNumber& expected = exact.layers[0].weights.numbers[0];
    const BinaryNumber& found = run.state().layers[0].weights.numbers[0];
    EXPECT_TRUE(same_number(found, expected)) << target;
    EXPECT_EQ(found.is_negative, expected.is_negative);
    EXPECT_EQ(run.exact_steps(), expected.is_finite() ? 0U : 1U) << target;
  }
}

}  // namespace
}  // namespace lsgd
