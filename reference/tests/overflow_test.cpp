// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <gtest/gtest.h>
#include <tuple>
#include <utility>

#include <lsgd/step/float32_step.hpp>

#include "legal_computation.hpp"
#include "random_network.hpp"

namespace lsgd {
namespace {

/// How many elements the reference says to be infinite, and of those the ones that were not.
struct OverflowCount {
  std::size_t said = 0;
  std::size_t wrong = 0;
};

void count(const BoundedTensor<Exact>& expected, const std::vector<double>& computed,
           OverflowCount& total) {
  for (std::size_t i = 0; i < computed.size(); ++i) {
    if (!expected.overflows[i]) continue;
    EXPECT_TRUE(std::isinf(expected.bound[i])) << "no operand of anything that is judged";
    ++total.said;
    const double required = round_to_binary32(expected.exact[i]);
    EXPECT_TRUE(std::isinf(required));
    if (computed[i] != required) ++total.wrong;
  }
}

/// A network of linear and rectified layers whose numbers come near the end of binary32 somewhere.
TrainingCase large_case(Draw& draw) {
  TrainingCase given = random_case(draw);
  given.network.loss = Loss::mse;
  for (Layer& layer : given.network.layers)
    layer.activation = draw.coin() ? Activation::identity : Activation::relu;
  const auto enlarge = [&](float& value, std::uint32_t exponent) {
    value = std::ldexp(value, static_cast<int>(exponent));
  };
  const std::uint32_t inputs = draw.below(100);
  for (float& input : given.sample.inputs) enlarge(input, inputs);
  for (auto& layer : given.parameters) {
    const std::uint32_t weights = draw.below(128);
    const std::uint32_t biases = draw.below(128);
    for (float& weight : layer.weights) enlarge(weight, weights);
    for (float& bias : layer.biases) enlarge(bias, biases);
  }
  const std::uint32_t targets = draw.below(128);
  for (float& target : given.sample.target) enlarge(target, targets);
  enlarge(given.learning_rate, draw.below(60));
  return given;
}

TEST(Overflow, EveryLegalComputationIsInfiniteWhereTheReferenceSaysSo) {
  Draw draw(128);
  StepTrace<Exact> expected;
  OverflowCount z, delta, parameters;
  for (int network = 0; network < 10000; ++network) {
    const TrainingCase given = large_case(draw);
    float32_step(given.network, given.parameters, given.sample, given.learning_rate, {}, expected);
    for (int computation = 0; computation < 4; ++computation) {
      const auto computed = LegalComputation({}, draw).step(given);
      for (std::size_t l = 0; l < expected.size(); ++l) {
        count(expected[l].z, computed[l].z, z);
        count(expected[l].a, computed[l].a, z);
        count(expected[l].delta, computed[l].delta, delta);
        count(expected[l].weights, computed[l].weights, parameters);
        count(expected[l].biases, computed[l].biases, parameters);
      }
    }
  }
  for (const OverflowCount& total : {z, delta, parameters}) {
    EXPECT_EQ(total.wrong, 0u);
    EXPECT_GT(total.said, 1000u);
  }
}

TEST(Overflow, IsDecidedFromHalfAnUlpAboveTheLargestNumberOn) {
  const Network network{{{1, 2, Activation::identity}}, Loss::mse};
  // 31 * 1082401 = 2^25 - 1, and once less.
  const Parameters<float> parameters{{{1082401 * 0x1p53f, 1082400 * 0x1p53f}, {0, 0}}};
  StepTrace<Exact> trace;
  const std::vector<float> inputs{31 * 0x1p50f};
  float32_forward(network, parameters, inputs, {}, trace);
  EXPECT_EQ(round_to_binary32(trace[0].z.exact[0]), HUGE_VALF);
  EXPECT_TRUE(std::isinf(trace[0].z.bound[0]));
  EXPECT_FALSE(trace[0].z.overflows[0]) << "a wider accumulator may be just below";
  EXPECT_TRUE(std::isfinite(round_to_binary32(trace[0].z.exact[1])));
  EXPECT_FALSE(trace[0].z.overflows[1]);
}

TEST(Overflow, OfOneProductGivesBoundedFunctionsTheirLimit) {
  for (const auto& [function, lowest, highest] :
       {std::tuple{Activation::sigmoid, 0.0, 1.0}, std::tuple{Activation::tanh, -1.0, 1.0}}) {
    StepTrace<Exact> trace;
    float32_forward({{{1, 2, function}}, Loss::mse}, {{{0x1p127f, -0x1p127f}, {0, 0}}},
                    std::vector<float>{4}, {}, trace);
    for (const auto& [j, limit] : {std::pair{0, highest}, std::pair{1, lowest}}) {
      EXPECT_TRUE(std::isinf(trace[0].z.bound[j]));
      EXPECT_FALSE(trace[0].a.overflows[j]);
      EXPECT_EQ(round_to_binary32(trace[0].a.exact[j]), static_cast<float>(limit));
      EXPECT_LE(trace[0].a.bound[j], 5 * 0x1p-24) << "the 4 ulp of the default declaration";
    }
  }
}

TEST(Overflow, OfAPartialSumLeavesTheElementOpen) {
  const Network network{{{3, 1, Activation::identity}}, Loss::mse};
  StepTrace<Exact> trace;
  float32_forward(network, {{{0x1p127f, 0x1p127f, -0x1p127f}, {0}}}, std::vector<float>{1, 1, 1},
                  {}, trace);
  EXPECT_FALSE(trace[0].z.overflows[0]);
  EXPECT_TRUE(std::isinf(trace[0].z.bound[0]));
  float32_forward(network, {{{0x1p127f, 0x1p127f, 0x1p127f}, {0}}}, std::vector<float>{1, 1, 1}, {},
                  trace);
  EXPECT_FALSE(trace[0].z.overflows[0]) << "compensated summation makes NaN of it";
  float32_forward({{{1, 1, Activation::identity}}, Loss::mse}, {{{0x1p127f}, {-0x1p126f}}},
                  std::vector<float>{4}, {}, trace);
  EXPECT_TRUE(trace[0].z.overflows[0]);
  EXPECT_EQ(trace[0].z.judged_bound(0), 0);
}

}  // namespace
}  // namespace lsgd
