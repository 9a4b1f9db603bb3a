// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <lsgd/arithmetic/bounded_step.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "declared_arithmetics.hpp"
#include "random_network.hpp"

namespace lsgd {
namespace {

/// How far computed numbers were from exact ones.
struct Distances {
  std::size_t judged = 0;    ///< elements with a finite bound
  std::size_t unjudged = 0;  ///< elements that may overflow
  double largest = 0;        ///< error in units of the bound

  void add(const std::vector<BinaryNumber>& computed, const std::vector<BoundedNumber>& bounded) {
    ASSERT_EQ(computed.size(), bounded.size());
    for (std::size_t i = 0; i < computed.size(); ++i) {
      if (std::isinf(bounded[i].bound)) {
        ++unjudged;
        continue;
      }
      ++judged;
      Exact error;
      computed[i].to_mpfr(mpfr_of(error));
      error -= bounded[i].exact;
      const double distance = magnitude_above(error);
      // The exact numbers are themselves within 2^-200 of their magnitude.
      const double slack = std::ldexp(magnitude_above(bounded[i].exact), -200);
      EXPECT_LE(distance, bounded[i].bound + slack)
          << "element " << i << ": " << computed[i].to_double();
      if (bounded[i].bound > 0) largest = std::max(largest, distance / bounded[i].bound);
    }
  }
};

/// Steps of `ordered`, a device of the arithmetic `declared`, against the bounds of the latter.
Distances distances(const Arithmetic& declared, const Arithmetic& ordered, std::uint64_t seed) {
  Draw draw(seed);
  Distances result;
  for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(ordered.name + " case " + std::to_string(i));
    const TrainingCase start = random_case(draw, functions_of(declared));
    DeclaredState state = initial_state(ordered, start.network, start.parameters, 99);
    StepNumbers<BoundedNumber> bounds;
    std::vector<BoundedLayer> after;
    BoundedStep(declared, start.network)
        .train(state, start.sample, start.learning_rate, bounds, after);
    StepNumbers<BinaryNumber> trace;
    DeclaredStep(ordered, start.network).train(state, start.sample, start.learning_rate, trace);
    for (std::size_t l = 0; l < after.size(); ++l) {
      result.add(trace.layers[l].z, bounds.layers[l].z);
      result.add(trace.layers[l].a, bounds.layers[l].a);
      result.add(trace.layers[l].delta, bounds.layers[l].delta);
      result.add(state.layers[l].weights.numbers, after[l].weights);
      result.add(state.layers[l].biases.numbers, after[l].biases);
    }
  }
  return result;
}

/// A bound that every device keeps and one of them comes near.
void expect_bounds(const Arithmetic& declared, const std::vector<Arithmetic>& devices) {
  double largest = 0;
  std::uint64_t seed = 1;
  for (const Arithmetic& device : devices) {
    const Distances found = distances(declared, device, ++seed);
    EXPECT_GT(found.judged, 3 * found.unjudged) << device.name;
    largest = std::max(largest, found.largest);
  }
  EXPECT_GT(largest, 0.25) << declared.name;
  EXPECT_LE(largest, 1) << declared.name;
}

const std::string any_order = "[order]\nsum = \"any\"\nbias = \"any\"\nfused = \"any\"\n";

std::string some_order(const std::string& sum, const std::string& bias, const std::string& fused) {
  return order(sum, "bias = \"" + bias + "\"\nfused = " + fused +
                        "\nupdate = \"learning_rate_times_delta\"");
}

const std::vector<std::string> orders{
    some_order("ascending", "first", "false"), some_order("descending", "last", "false"),
    some_order("lanes:4", "first", "false"),   some_order("tree:2", "last", "false"),
    some_order("ascending", "last", "true"),   some_order("lanes:3", "first", "true")};

TEST(BoundedStep, HoldsFloatsWithNarrowWeightsInEveryOrder) {
  const Arithmetic declared = bfloat16_weights(
      any_order + "update = \"learning_rate_times_delta\"\nderivative = \"any\"\n");
  std::vector<Arithmetic> devices;
  for (const std::string& order : orders) devices.push_back(bfloat16_weights(order));
  expect_bounds(declared, devices);
}

/// Results of 53 bits are rounded like others: no narrower format hides what a bound forgets.
TEST(BoundedStep, HoldsBinary64InEveryOrder) {
  const Arithmetic ascending = read_arithmetic("float64");
  const auto in_order = [&](const std::string& order) {
    Arithmetic arithmetic = ascending;
    arithmetic.order = bfloat16_weights(order).order;
    return arithmetic;
  };
  std::vector<Arithmetic> devices;
  for (const std::string& order : orders) devices.push_back(in_order(order));
  expect_bounds(
      in_order(any_order + "update = \"learning_rate_times_delta\"\nderivative = \"any\"\n"),
      devices);
}

TEST(BoundedStep, HoldsEightBitFloatsThatAreRoundedAtRandom) {
  for (const std::string mapping : {"truncate", "midpoint", "nearest"})
    expect_bounds(eight_bit_floats(mapping), {eight_bit_floats(mapping)});
}

TEST(BoundedStep, HoldsErrorsTimesTheFactorOfTheLoss) {
  for (const std::string scale : {"sum", "half_mean", "mean"})
    for (const std::string rounding : {"", "[at.scaled_error]\nformat = \"e5m2\"\n"}) {
      const Arithmetic arithmetic = eight_bit_floats(
          "truncate", "lcg32/1", "[training]\nloss_scale = \"" + scale + "\"\n" + rounding);
      expect_bounds(arithmetic, {arithmetic});
    }
}

TEST(BoundedStep, HoldsFixedPointThatCutsOnceForEachSum) {
  std::vector<Arithmetic> devices;
  for (const std::string& order : orders) devices.push_back(q16_16(order));
  expect_bounds(devices.front(), devices);
}

TEST(BoundedStep, HoldsNarrowAccumulators) {
  const std::string rest =
      "bias = \"first\"\nfused = false\nupdate = \"learning_rate_times_delta\"\nsaturate = ";
  const Arithmetic arithmetic = saturating_accumulators(order("ascending", rest + "\"end\""));
  expect_bounds(arithmetic, {arithmetic});
}

TEST(BoundedStep, HoldsTheIntegersOfInt8IntegerAsIfTheyWereRounded) {
  expect_bounds(read_arithmetic("int8_integer"), {read_arithmetic("int8_integer")});
}

TEST(BoundedStep, HoldsWrappingFixedPointWhereNothingWraps) { expect_bounds(q6_10(), {q6_10()}); }

}  // namespace
}  // namespace lsgd
