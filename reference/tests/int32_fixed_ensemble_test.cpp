// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <vector>

#include <lsgd/ensemble/int32_fixed_ensemble.hpp>
#include <lsgd/step/int32_fixed_step.hpp>

#include "random_network.hpp"

namespace lsgd {
namespace {

constexpr auto every_rounding = {ProductRounding::kept, ProductRounding::nearest,
                                 ProductRounding::down, ProductRounding::toward_zero,
                                 ProductRounding::random};

Int32FixedEnsemble::Members all(const FixedMemberArithmetic& arithmetic) {
  Int32FixedEnsemble::Members members;
  members.fill(arithmetic);
  return members;
}

void start_from(Int32FixedEnsemble& training, const Int32Parameters& parameters) {
  for (std::size_t lane = 0; lane < lane_count; ++lane) training.set_parameters(lane, parameters);
}

Int32Parameters rounded(const Parameters<float>& parameters) {
  const auto tensor = [](const std::vector<float>& values) {
    std::vector<std::int32_t> numbers;
    for (const float value : values) numbers.push_back(quantize_int32(value, fixed_parameter_bits));
    return numbers;
  };
  Int32Parameters result;
  for (const LayerParameters<float>& layer : parameters)
    result.push_back({tensor(layer.weights), tensor(layer.biases)});
  return result;
}

/// Calls check(value of a lane, exact value, bound) for every parameter after one step.
template <class Check>
void after_one_step(const TrainingCase& c, const FixedMemberArithmetic& arithmetic,
                    const Check& check) {
  const Int32Parameters start = rounded(c.parameters);
  Int32FixedEnsemble training(c.network, {}, all(arithmetic), 7);
  start_from(training, start);
  training.step(c.sample, c.learning_rate);
  StepTrace<Exact> trace;
  int32_fixed_step(c.network, start, c.sample, c.learning_rate, {}, trace);
  const auto compare = [&](const std::vector<Lanes>& values, const BoundedTensor<Exact>& exact) {
    for (std::size_t k = 0; k < values.size(); ++k)
      for (std::size_t lane = 0; lane < lane_count; ++lane)
        check(values[k][lane], static_cast<double>(exact.exact[k]), exact.bound[k]);
  };
  for (std::size_t l = 0; l < trace.size(); ++l) {
    compare(training.parameters()[l].weights, trace[l].weights);
    compare(training.parameters()[l].biases, trace[l].biases);
  }
}

TEST(Int32FixedEnsemble, ExactMembersTakeTheStepOfTheReference) {
  Draw draw(1);
  for (int i = 0; i < 100; ++i)
    after_one_step(random_case(draw), {},
                   [](double value, double exact, double) { EXPECT_NEAR(value, exact, 1e-12); });
}

TEST(Int32FixedEnsemble, EveryMemberTakesALegalStep) {
  Draw draw(2);
  for (int i = 0; i < 60; ++i) {
    const TrainingCase c = random_case(draw);
    for (const ProductRounding forward : every_rounding)
      for (const ProductRounding backward : every_rounding)
        after_one_step(c, {false, forward, backward, backward},
                       [](double value, double exact, double bound) {
                         EXPECT_EQ(value, fixed_value(quantize_int32(value, fixed_parameter_bits),
                                                      fixed_parameter_bits));
                         EXPECT_LE(std::abs(value - exact), bound);
                       });
  }
}

TEST(Int32FixedEnsemble, ProductsOfUpdatesAreCutAsDeclared) {
  // The output is off by 1/2, so that the weights' change, 2^-28 of an odd number, is half a unit.
  const Network network{{{2, 1, Activation::identity}}, Loss::mse};
  const Sample sample{{1, -1}, {0.5f}};
  const float rate = 0x1p-27f;
  const auto changes = [&](ProductRounding update) {
    Int32FixedEnsemble training(
        network, {}, all({false, ProductRounding::kept, ProductRounding::kept, update}), 1);
    start_from(training, {{{0, 0}, {0}}});
    double first = 0, second = 0;
    constexpr int steps = 400;
    for (int i = 0; i < steps; ++i) {
      start_from(training, {{{0, 0}, {0}}});
      training.step(sample, rate);
      for (std::size_t lane = 0; lane < lane_count; ++lane) {
        first += std::ldexp(training.parameters()[0].weights[0][lane], fixed_parameter_bits);
        second += std::ldexp(training.parameters()[0].weights[1][lane], fixed_parameter_bits);
      }
    }
    return std::pair{first / (steps * lane_count), second / (steps * lane_count)};
  };
  EXPECT_EQ(changes(ProductRounding::down), (std::pair{1.0, 0.0}));
  EXPECT_EQ(changes(ProductRounding::toward_zero), (std::pair{0.0, 0.0}));
  const auto [first, second] = changes(ProductRounding::random);
  EXPECT_NEAR(first, 0.5, 0.05);
  EXPECT_NEAR(second, -0.5, 0.05);
}

TEST(Int32FixedEnsemble, MembersDifferAndSeedsRepeat) {
  Draw draw(6);
  const Network network{{{6, 8, Activation::tanh}, {8, 4, Activation::sigmoid}}, Loss::bce};
  const Int32Parameters start = rounded(
      {random_layer(network.layers[0], draw, 2, 0), random_layer(network.layers[1], draw, 2, 0)});
  const FixedMemberArithmetic random{false, ProductRounding::random, ProductRounding::random,
                                     ProductRounding::random};
  const auto after_steps = [&](std::uint64_t seed) {
    Int32FixedEnsemble training(network, {}, all(random), seed);
    start_from(training, start);
    for (int step = 0; step < 50; ++step)
      training.step({{0, 0.25f, 1, 0.5f, 0.75f, 1}, {0, 1, 0, 0}}, 0.1f);
    std::vector<double> weights;
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      weights.push_back(training.parameters()[0].weights[3][lane]);
    return weights;
  };
  const std::vector<double> weights = after_steps(1);
  EXPECT_EQ(after_steps(1), weights);
  EXPECT_NE(after_steps(2), weights);
  EXPECT_NE(weights[0], weights[1]);
}

TEST(Int32FixedEnsemble, EvaluatesWithoutRounding) {
  Draw draw(5);
  StepTrace<Exact> trace;
  for (int i = 0; i < 100; ++i) {
    const TrainingCase c = random_case(draw);
    const Int32Parameters parameters = rounded(c.parameters);
    Int32FixedEnsemble training(c.network, {},
                                all({false, ProductRounding::down, ProductRounding::down}), 1);
    start_from(training, parameters);
    training.evaluate(c.sample.inputs);
    int32_fixed_step(c.network, parameters, c.sample, 0, {}, trace);
    for (std::size_t j = 0; j < training.outputs().size(); ++j)
      EXPECT_NEAR(training.outputs()[j][5], static_cast<double>(trace.back().a.exact[j]), 1e-12);
  }
}

}  // namespace
}  // namespace lsgd
