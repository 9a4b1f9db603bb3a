// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <vector>

#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/arithmetic/rounding_watch.hpp>

#include "declared_arithmetics.hpp"
#include "random_network.hpp"

namespace lsgd {
namespace {

void expect_equal_numbers(const std::vector<BinaryNumber>& numbers,
                          const std::vector<BinaryNumber>& others) {
  ASSERT_EQ(numbers.size(), others.size());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    EXPECT_TRUE(same_number(numbers[i], others[i]))
        << i << ": " << numbers[i].to_double() << ", " << others[i].to_double();
}

void expect_same_step(const StepNumbers<BinaryNumber>& step, const DeclaredState& state,
                      const StepNumbers<BinaryNumber>& other, const DeclaredState& other_state) {
  for (std::size_t l = 0; l < state.layers.size(); ++l) {
    expect_equal_numbers(step.layers[l].z, other.layers[l].z);
    expect_equal_numbers(step.layers[l].a, other.layers[l].a);
    expect_equal_numbers(step.layers[l].delta, other.layers[l].delta);
    expect_equal_numbers(state.layers[l].weights.numbers, other_state.layers[l].weights.numbers);
    expect_equal_numbers(state.layers[l].biases.numbers, other_state.layers[l].biases.numbers);
  }
  EXPECT_EQ(state.random_state, other_state.random_state);
}

/// Two steps from the same state.
struct TwoSteps {
  std::array<StepNumbers<BinaryNumber>, 2> numbers;
  std::array<DeclaredState, 2> states;
};

DeclaredState start_of(const Arithmetic& arithmetic, const TrainingCase& start) {
  return initial_state(arithmetic, start.network, start.parameters, 12345);
}

TwoSteps trained(const Arithmetic& arithmetic, const TrainingCase& start) {
  TwoSteps steps;
  DeclaredStep step(arithmetic, start.network);
  DeclaredState state = start_of(arithmetic, start);
  for (std::size_t i = 0; i < 2; ++i) {
    step.train(state, start.sample, start.learning_rate, steps.numbers[i]);
    steps.states[i] = state;
  }
  return steps;
}

TwoSteps watched(const Arithmetic& arithmetic, const TrainingCase& start, RoundingWatch& watch) {
  TwoSteps steps;
  DeclaredState state = start_of(arithmetic, start);
  for (std::size_t i = 0; i < 2; ++i) {
    train_watched(arithmetic, start.network, start.sample, start.learning_rate, watch, state,
                  steps.numbers[i]);
    steps.states[i] = state;
  }
  return steps;
}

void expect_same_steps(const TwoSteps& steps, const TwoSteps& others) {
  for (std::size_t i = 0; i < 2; ++i)
    expect_same_step(steps.numbers[i], steps.states[i], others.numbers[i], others.states[i]);
}

/// Numbers far beyond the range of narrow formats in every other case: sums that overflow, and
/// infinities where there are some.
TrainingCase watched_case(int i, Draw& draw, const std::vector<Activation>& functions) {
  TrainingCase start = random_case(draw, functions);
  if (i % 2 == 0) return start;
  for (LayerParameters<float>& layer : start.parameters)
    for (float& weight : layer.weights) weight *= 0x1p100f;
  for (float& x : start.sample.inputs) x *= 0x1p30f;
  return start;
}

class RoundingWatches : public testing::TestWithParam<std::string> {};

/// Whatever the watch says to be without effect is computed, as what it is: another declaration.
TEST_P(RoundingWatches, SayOfStepsThatAreTheSameThatTheyAre) {
  const Arithmetic original = read_arithmetic(GetParam());
  std::vector<ChangedArithmetic> changes = changed_arithmetics(original);
  std::erase_if(changes, [](const ChangedArithmetic& change) {
    return DeclaredStep::unsupported(change.arithmetic).has_value();
  });
  std::vector<std::size_t> all(changes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  RoundingWatch watch(original, changes);
  Draw draw(16);
  std::size_t without_effect = 0;
  constexpr int cases = 4;
  for (int i = 0; i < cases && !HasFailure(); ++i) {
    const TrainingCase start = watched_case(i, draw, functions_of(original));
    watch.begin(all);
    const TwoSteps steps = watched(original, start, watch);
    {
      SCOPED_TRACE("watched");
      expect_same_steps(steps, trained(original, start));
    }
    for (const std::size_t k : all) {
      if (!watch.is_without_effect(k)) continue;
      SCOPED_TRACE(changes[k].name + " in case " + std::to_string(i));
      ++without_effect;
      expect_same_steps(steps, trained(changes[k].arithmetic, start));
    }
  }
  // Most changes concern a tie, an overflow or a subnormal that few steps have.
  EXPECT_GE(3 * without_effect, cases * changes.size());
}

INSTANTIATE_TEST_SUITE_P(Arithmetic, RoundingWatches,
                         testing::Values("accumulator16_saturate_lane", "bfloat16_throughout",
                                         "binary16_throughout", "float32_flushed", "fp8_stochastic",
                                         "int16_moving", "int8_affine_masked", "int8_integer",
                                         "power_of_two_pair", "q8_8_stochastic"),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace lsgd
