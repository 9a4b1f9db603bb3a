// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include <lsgd/arithmetic/acceptance_set.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/step/int8_hybrid_step.hpp>

#include "declared_arithmetics.hpp"
#include "random_network.hpp"

namespace lsgd {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Numbers on the border of another n, on ties, at 0, anywhere, with bounds of all sizes.
std::vector<BoundedNumber> random_numbers(Draw& draw) {
  std::vector<BoundedNumber> numbers(1 + draw.below(6));
  const int scale = static_cast<int>(draw.below(10)) - 3;
  for (BoundedNumber& number : numbers) {
    const int grid = static_cast<int>(draw.below(12));
    const double x = std::ldexp(std::round(std::ldexp(draw.signed_unit(), grid)), scale - grid);
    number.exact = draw.coin() ? x : std::ldexp(draw.signed_unit(), scale);
    number.bound = draw.coin() ? std::ldexp(1.0, -static_cast<int>(draw.below(40))) : 0;
  }
  return numbers;
}

TEST(AcceptanceSet, IsThatOfInt8HybridForItsDeclaration) {
  const Arithmetic arithmetic = read_arithmetic("int8_hybrid");
  Draw draw(1);
  int several = 0;
  for (int repetition = 0; repetition < 3000 && !::testing::Test::HasFailure(); ++repetition) {
    const std::vector<BoundedNumber> numbers = random_numbers(draw);
    BoundedTensor<Exact> tensor;
    for (const BoundedNumber& number : numbers) {
      tensor.exact.push_back(number.exact);
      tensor.bound.push_back(number.bound);
    }
    const FractionBitsRange range = fraction_bits_range(tensor);
    const AcceptanceSet set(arithmetic, Point::weight, numbers, numbers.size());
    EXPECT_EQ(set.lowest_fraction_bits(), range.lowest);
    EXPECT_EQ(set.highest_fraction_bits(), range.highest);
    for (int n = 0; n <= 7; ++n) {
      EXPECT_EQ(set.accepts_scale(0, {.fraction_bits = n}), range.contains(n));
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const Int8Range codes = acceptable(tensor.exact[i], tensor.bound[i], n);
        const NumberInterval accepted = set.accepted(i, {.fraction_bits = n});
        EXPECT_TRUE(same_number(accepted.low, BinaryNumber::of(codes.low, -n)));
        EXPECT_TRUE(same_number(accepted.high, BinaryNumber::of(codes.high, -n)));
        several += codes.high > codes.low ? 1 : 0;
      }
    }
  }
  EXPECT_GT(several, 1000);
}

TEST(AcceptanceSet, AcceptsStepsOfTheDeclarationAndNothingFarFromThem) {
  const Arithmetic arithmetic = read_arithmetic("int8_hybrid");
  Draw draw(2);
  int refused = 0, elements = 0;
  for (int repetition = 0; repetition < 200 && !::testing::Test::HasFailure(); ++repetition) {
    const TrainingCase start = random_case(draw);
    DeclaredState state = initial_state(arithmetic, start.network, start.parameters, 0);
    const DeclaredState before = state;
    StepNumbers<BinaryNumber> trace;
    DeclaredStep(arithmetic, start.network).train(state, start.sample, start.learning_rate, trace);
    std::vector<std::vector<BinaryNumber>> activations;
    for (const auto& layer : trace.layers) activations.push_back(layer.a);
    StepNumbers<BoundedNumber> bounds;
    std::vector<BoundedLayer> after;
    BoundedStep(arithmetic, start.network)
        .train_from_activations(before, activations, start.sample, start.learning_rate, bounds,
                                after);
    for (std::size_t l = 0; l < after.size(); ++l) {
      const DeclaredTensor& got = state.layers[l].weights;
      const AcceptanceSet set(arithmetic, Point::weight, after[l].weights,
                              start.network.layers[l].inputs);
      EXPECT_TRUE(set.accepts_scale(0, got.scales.front()));
      const BinaryNumber unit = BinaryNumber::of(1, -got.scales.front().fraction_bits);
      for (std::size_t i = 0; i < got.numbers.size(); ++i) {
        const NumberInterval accepted = set.accepted(i, got.scales.front());
        EXPECT_TRUE(accepted.contains(got.numbers[i])) << l << " " << i;
        ++elements;
        refused += accepted.contains(got.numbers[i] + unit) ? 0 : 1;
      }
    }
  }
  EXPECT_GT(refused, elements * 9 / 10);
}

TEST(AcceptanceSet, AcceptsScalesBetweenThoseOfTheLeastAndTheGreatestNumbers) {
  const Arithmetic arithmetic = declaration(
      "scaled",
      "[formats.weight]\nkind = \"affine\"\nbits = 8\nsymmetric = true\nscale = \"row\"\n" +
          rounded_at({"weight"}, "format = \"weight\"\nrounding = \"nearest_even\"") +
          rounded_at({"input", "activation", "bias", "delta"}, "format = \"binary32\"") +
          plain_order + exact_functions + "[scale.weight]\nrule = \"max_abs\"\n");
  // Two rows: 127 +- 1 and zeros.
  std::vector<BoundedNumber> numbers(4);
  numbers[0] = {127, 1};
  numbers[1] = {-1, 0};
  const AcceptanceSet set(arithmetic, Point::weight, numbers, 2);
  const auto scale = [](int numerator, int exponent) {
    return TensorScale{.scale = BinaryNumber::of(numerator, exponent)};
  };
  EXPECT_TRUE(set.accepts_scale(0, scale(1, 0)));
  EXPECT_TRUE(set.accepts_scale(0, scale(1023, -10)));
  EXPECT_TRUE(set.accepts_scale(0, scale(1025, -10)));
  EXPECT_FALSE(set.accepts_scale(0, scale(1013, -10))) << "126 / 127 is more";
  EXPECT_FALSE(set.accepts_scale(0, scale(1035, -10))) << "128 / 127 is less";
  EXPECT_TRUE(set.accepts_scale(1, scale(1, 0))) << "the scale of zeros";
  EXPECT_FALSE(set.accepts_scale(1, scale(1, -1)));
  const NumberInterval accepted = set.accepted(0, scale(1, 0));
  EXPECT_TRUE(accepted.contains(BinaryNumber::of(126)));
  EXPECT_TRUE(accepted.contains(BinaryNumber::of(127)));
  EXPECT_FALSE(accepted.contains(BinaryNumber::of(125)));
}

TEST(AcceptanceSet, AcceptsEverythingBesideANumberThatIsNotJudged) {
  const Arithmetic arithmetic = read_arithmetic("int8_hybrid");
  const AcceptanceSet set(arithmetic, Point::weight, {{Exact(1), infinite}, {Exact(0.5), 0}}, 2);
  for (int n = 0; n <= 7; ++n) EXPECT_TRUE(set.accepts_scale(0, {.fraction_bits = n}));
  EXPECT_TRUE(set.accepted(0, {.fraction_bits = 7}).contains(BinaryNumber::of(-1)));
  EXPECT_FALSE(set.accepted(1, {.fraction_bits = 7}).contains(BinaryNumber::of(-1)));
}

TEST(AcceptanceSet, IsForTensorsWhoseScaleIsChosen) {
  EXPECT_THROW(AcceptanceSet(read_arithmetic("float32"), Point::weight, {{Exact(1), 0}}, 1),
               std::invalid_argument);
}

}  // namespace
}  // namespace lsgd
