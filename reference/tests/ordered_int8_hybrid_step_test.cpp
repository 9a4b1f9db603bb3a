// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <limits>

#include <lsgd/step/int8_hybrid_step.hpp>
#include <lsgd/step/ordered_int8_hybrid_step.hpp>

#include "random_network.hpp"

namespace lsgd {
namespace {

ArithmeticModel order(bool first) {
  ArithmeticModel model;
  model.fused_multiply_add = first ? FusedMultiplyAdd::no : FusedMultiplyAdd::yes;
  model.summation_order = first ? SummationOrder::ascending : SummationOrder::descending;
  model.bias_position = BiasPosition::first;
  model.update_product =
      first ? UpdateProduct::learning_rate_times_delta : UpdateProduct::delta_times_activation;
  return model;
}

Int8Tensor random_tensor(std::size_t count, Draw& draw) {
  Int8Tensor tensor;
  tensor.fraction_bits = static_cast<int>(4 + draw.below(4));
  for (std::size_t i = 0; i < count; ++i)
    tensor.values.push_back(static_cast<std::int8_t>(static_cast<int>(draw.below(256)) - 128));
  return tensor;
}

Int8Parameters random_int8_parameters(const Network& network, Draw& draw) {
  Int8Parameters parameters;
  for (const Layer& layer : network.layers)
    parameters.push_back(
        {random_tensor(layer.weight_count(), draw), random_tensor(layer.outputs, draw)});
  return parameters;
}

void expect_accepted(const Int8Tensor& device, const BoundedTensor<Exact>& reference,
                     const FractionBitsRange& range) {
  EXPECT_TRUE(range.contains(device.fraction_bits));
  for (std::size_t i = 0; i < device.values.size(); ++i)
    EXPECT_TRUE(acceptable(reference.exact[i], reference.bound[i], device.fraction_bits)
                    .contains(device.values[i]))
        << i;
}

TEST(OrderedInt8HybridStep, LiesInTheAcceptanceSets) {
  Draw draw(64);
  for (int repetition = 0; repetition < 200; ++repetition) {
    const TrainingCase given = random_case(draw);
    const Int8Parameters before = random_int8_parameters(given.network, draw);
    for (const bool first : {true, false}) {
      Int8StepTrace<Exact> reference;
      int8_hybrid_step(given.network, before, given.sample, given.learning_rate, order(first),
                       reference);
      OrderedInt8Trace trace;
      Int8Parameters after = before;
      ordered_int8_hybrid_step(given.network, after, given.sample, given.learning_rate,
                               order(first), trace);
      for (std::size_t l = 0; l < after.size(); ++l) {
        EXPECT_EQ(trace.integers.layers[l].z, reference.integers.layers[l].z);
        EXPECT_EQ(trace.integers.layers[l].a, reference.integers.layers[l].a);
        expect_accepted(after[l].weights, reference.layers[l].new_weights,
                        reference.layers[l].weights_fraction_bits);
        expect_accepted(after[l].biases, reference.layers[l].new_biases,
                        reference.layers[l].biases_fraction_bits);
      }
    }
  }
}

TEST(OrderedInt8HybridStep, UpdatesTheFirstLayerFromTheUnquantizedInput) {
  // x = 0.3 is 38/128 quantized; identity keeps 4 fraction bits, so z = a = 5/16.
  const Network network{{{1, 1, Activation::identity}}, Loss::mse};
  Int8Parameters parameters{{{{127}, 7}, {{0}, 7}}};
  OrderedInt8Trace trace;
  ordered_int8_hybrid_step(network, parameters, {{0.3f}, {0}}, 1, order(true), trace);
  EXPECT_EQ(trace.integers.input[0], 38);
  EXPECT_EQ(trace.integers.layers[0].z[0], 5);
  EXPECT_EQ(trace.new_parameters[0].weights[0], 127.0f / 128 - 0.3125f * 0.3f);
  EXPECT_EQ(parameters[0].weights.values[0], 115);
  EXPECT_EQ(parameters[0].biases.values[0], -40);
}

TEST(OrderedInt8HybridStep, TakesFractionBitsFromTheNewValues) {
  // b = 127/128 pushed by 2 becomes 2.99: five fraction bits, not the seven of the old value.
  const Network network{{{1, 1, Activation::identity}}, Loss::mse};
  Int8Parameters parameters{{{{0}, 7}, {{127}, 7}}};
  OrderedInt8Trace trace;
  ordered_int8_hybrid_step(network, parameters, {{0}, {3}}, 1, order(true), trace);
  EXPECT_EQ(trace.new_parameters[0].biases[0], 127.0f / 128 + 2);
  EXPECT_EQ(parameters[0].biases.fraction_bits, 5);
  EXPECT_EQ(parameters[0].biases.values[0], 96);
}

TEST(Requantized, RoundsHalfAwayFromZero) {
  EXPECT_EQ(requantized({127.5f / 128, -0.5f / 128, 0.5f / 128}).values,
            (std::vector<std::int8_t>{127, -1, 1}));
  EXPECT_EQ(requantized({0, 0}).fraction_bits, 7);
}

TEST(Requantized, OfInfinityIsTheEndOfTheCodesWithoutFractionBits) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const Int8Tensor tensor = requantized({infinity, -infinity, 3, -0.25f});
  EXPECT_EQ(tensor.fraction_bits, 0);
  EXPECT_EQ(tensor.values, (std::vector<std::int8_t>{127, -128, 3, 0}));
}

}  // namespace
}  // namespace lsgd
