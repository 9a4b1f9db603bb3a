// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <gtest/gtest.h>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/step/int8_hybrid_step.hpp>

#include "random_network.hpp"

namespace lsgd {
namespace {

struct Int8Case {
  Network network;
  Int8Parameters parameters;
  Sample sample;
  float learning_rate = 0.01f;
};

Int8Case random_int8_case(Draw& draw) {
  const TrainingCase real = random_case(draw);
  Int8Case result{real.network, {}, real.sample, real.learning_rate};
  const auto tensor = [&](std::size_t count) {
    Int8Tensor drawn;
    drawn.fraction_bits = 3 + static_cast<int>(draw.below(5));
    for (std::size_t i = 0; i < count; ++i)
      drawn.values.push_back(static_cast<std::int8_t>(draw.below(256)));
    return drawn;
  };
  for (const Layer& layer : real.network.layers)
    result.parameters.push_back({tensor(layer.weight_count()), tensor(layer.outputs)});
  return result;
}

/// A port in plain float, evaluation order and all, written from the specification's formulas.
Int8Parameters plain_float_port(const Int8Case& given) {
  const auto& layers = given.network.layers;
  std::vector<std::vector<int>> activations(1);
  std::vector<int> fraction_bits{7};
  for (const float x : given.sample.inputs)
    activations[0].push_back(
        static_cast<int>(std::max(-128.0f, std::min(127.0f, std::round(x * 128)))));
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Int8LayerParameters& p = given.parameters[l];
    const int products = p.weights.fraction_bits + fraction_bits[l];
    auto& outputs = activations.emplace_back();
    for (std::uint32_t j = 0; j < layers[l].outputs; ++j) {
      double sum = std::floor(std::ldexp(p.biases.values[j], products - p.biases.fraction_bits));
      for (std::uint32_t i = 0; i < layers[l].inputs; ++i)
        sum += p.weights.values[j * layers[l].inputs + i] * activations[l][i];
      const double z =
          std::min(127.0, std::max(-128.0, std::floor(std::ldexp(sum, 4 - products) + 0.5)));
      double a = z;
      if (layers[l].activation == Activation::relu) a = std::max(z, 0.0);
      if (layers[l].activation == Activation::tanh) a = std::round(128 * std::tanh(z / 16));
      if (layers[l].activation == Activation::sigmoid)
        a = std::round(128 / (1 + std::exp(-z / 16)));
      outputs.push_back(static_cast<int>(std::min(127.0, a)));
    }
    fraction_bits.push_back(output_fraction_bits(layers[l].activation));
  }

  const auto activation_at = [&](std::size_t l, std::size_t i) {
    return std::ldexp(static_cast<float>(activations[l][i]), -fraction_bits[l]);
  };
  const auto derivative = [&](std::size_t l, std::size_t i) {
    const float a = activation_at(l, i);
    switch (layers[l - 1].activation) {
      case Activation::relu:
        return a > 0 ? 1.0f : 0.0f;
      case Activation::sigmoid:
        return a * (1 - a);
      case Activation::tanh:
        return 1 - a * a;
      default:
        return 1.0f;
    }
  };
  Int8Parameters result = given.parameters;
  std::vector<float> delta;
  for (std::size_t j = 0; j < given.sample.target.size(); ++j) {
    const float difference = activation_at(layers.size(), j) - given.sample.target[j];
    delta.push_back(given.network.loss == Loss::bce ? difference
                                                    : difference * derivative(layers.size(), j));
  }
  const auto requantize = [](const std::vector<float>& values, Int8Tensor& tensor) {
    float maximum = 0;
    for (const float value : values) maximum = std::max(maximum, std::abs(value));
    int exponent = 0;
    while (exponent < 7 && maximum > std::ldexp(1.0f, exponent)) ++exponent;
    tensor.fraction_bits = 7 - exponent;
    for (std::size_t k = 0; k < values.size(); ++k)
      tensor.values[k] = static_cast<std::int8_t>(std::max(
          -128.0f, std::min(127.0f, std::round(std::ldexp(values[k], tensor.fraction_bits)))));
  };
  for (std::size_t l = layers.size(); l > 0; --l) {
    const Int8LayerParameters& before = given.parameters[l - 1];
    const auto weight = [&](std::size_t k) {
      return std::ldexp(static_cast<float>(before.weights.values[k]),
                        -before.weights.fraction_bits);
    };
    const std::size_t inputs = layers[l - 1].inputs;
    std::vector<float> below(inputs);
    std::vector<float> weights, biases;
    for (std::size_t j = 0; j < delta.size(); ++j) {
      for (std::size_t i = 0; i < inputs; ++i) {
        below[i] += weight(j * inputs + i) * delta[j];
        const float a = l == 1 ? given.sample.inputs[i] : activation_at(l - 1, i);
        weights.push_back(weight(j * inputs + i) - given.learning_rate * delta[j] * a);
      }
      biases.push_back(
          std::ldexp(static_cast<float>(before.biases.values[j]), -before.biases.fraction_bits) -
          given.learning_rate * delta[j]);
    }
    requantize(weights, result[l - 1].weights);
    requantize(biases, result[l - 1].biases);
    if (l > 1)
      for (std::size_t i = 0; i < inputs; ++i) below[i] *= derivative(l - 1, i);
    delta = below;
  }
  return result;
}

void expect_accepted(const BoundedTensor<Exact>& expected, const FractionBitsRange& fraction_bits,
                     const Int8Tensor& got) {
  EXPECT_TRUE(fraction_bits.contains(got.fraction_bits));
  for (std::size_t i = 0; i < got.values.size(); ++i)
    EXPECT_TRUE(
        acceptable(expected.exact[i], expected.bound[i], got.fraction_bits).contains(got.values[i]))
        << "element " << i;
}

TEST(Int8HybridStep, AcceptsAPlainFloatPort) {
  Draw draw(31);
  Int8StepTrace<Exact> trace;
  for (int repetition = 0; repetition < 500; ++repetition) {
    const Int8Case given = random_int8_case(draw);
    int8_hybrid_step(given.network, given.parameters, given.sample, given.learning_rate, {}, trace);
    const Int8Parameters got = plain_float_port(given);
    for (std::size_t l = 0; l < got.size(); ++l) {
      const auto& layer = trace.layers[l];
      expect_accepted(layer.new_weights, layer.weights_fraction_bits, got[l].weights);
      expect_accepted(layer.new_biases, layer.biases_fraction_bits, got[l].biases);
    }
    ASSERT_FALSE(HasFailure()) << "case " << repetition;
  }
}

TEST(Int8HybridStep, AcceptanceSetsAreAlmostAlwaysSingle) {
  Draw draw(32);
  Int8StepTrace<Exact> trace;
  int elements = 0;
  int alternatives = 0;
  for (int repetition = 0; repetition < 200; ++repetition) {
    const Int8Case given = random_int8_case(draw);
    int8_hybrid_step(given.network, given.parameters, given.sample, given.learning_rate, {}, trace);
    for (const auto& layer : trace.layers) {
      for (std::size_t i = 0; i < layer.new_weights.size(); ++i) {
        const Int8Range range = acceptable(layer.new_weights.exact[i], layer.new_weights.bound[i],
                                           layer.weights_fraction_bits.nominal);
        ++elements;
        alternatives += range.high - range.low;
        ASSERT_TRUE(range.contains(layer.weights.values[i]));
      }
    }
  }
  // Where n drops by one, every odd value that hardly moves sits next to a tie.
  EXPECT_LE(alternatives, elements / 100) << "of " << elements;
}

/// A one-layer network with a zero learning rate requantizes its parameters and nothing else.
Int8LayerTrace<Exact> requantized(const Int8LayerParameters& parameters) {
  const auto inputs = static_cast<std::uint32_t>(parameters.weights.values.size());
  const Network network{{{inputs, 1, Activation::identity}}, Loss::mse};
  Int8StepTrace<Exact> trace;
  int8_hybrid_step(network, {parameters}, {std::vector<float>(inputs, 0), {0}}, 0, {}, trace);
  return trace.layers[0];
}

TEST(Int8HybridStep, FractionBitsFollowTheNewValues) {
  EXPECT_EQ(requantized({{{32, -16}, 6}, {{0}, 3}}).weights.fraction_bits, 7) << "maximum 0.5";
  EXPECT_EQ(requantized({{{32, -16}, 6}, {{0}, 3}}).weights.values[0], 64) << "0.5 stays 0.5";
  EXPECT_EQ(requantized({{{32, -16}, 6}, {{0}, 3}}).biases.fraction_bits, 7) << "all zero";
  EXPECT_EQ(requantized({{{96, 1}, 6}, {{0}, 3}}).weights.fraction_bits, 6) << "1.5 is kept";
  EXPECT_EQ(requantized({{{96, 1}, 6}, {{0}, 3}}).weights.values[0], 96);
}

TEST(Int8HybridStep, FractionBitsUseTheUpdatedMaximum) {
  const Network network{{{1, 1, Activation::identity}}, Loss::mse};
  Int8StepTrace<Exact> trace;
  // z = a = 127/128 becomes 16/16 = 1; delta = 1 - 3 = -2; the weight grows by 2.
  int8_hybrid_step(network, {{{{127}, 7}, {{0}, 7}}}, {{1}, {3}}, 1, {}, trace);
  EXPECT_EQ(trace.layers[0].new_weights.exact[0], 127.0 / 128 + 2);
  EXPECT_EQ(trace.layers[0].weights.fraction_bits, 5);
  EXPECT_EQ(trace.layers[0].weights.values[0], 96);
}

TEST(Int8HybridStep, TwoFractionBitsNextToAPowerOfTwo) {
  BoundedTensor<Exact> values{{Exact(1), Exact("0.25")}, {1e-7, 1e-8}, {}};
  EXPECT_EQ(fraction_bits_range(values), (FractionBitsRange{6, 7, 7}));
  values.bound[0] = 0;
  EXPECT_EQ(fraction_bits_range(values), (FractionBitsRange{7, 7, 7}));
}

TEST(Int8HybridStep, FirstLayerLearnsFromTheUnquantizedSample) {
  const Network network{{{1, 1, Activation::identity}}, Loss::mse};
  Int8StepTrace<Exact> trace;
  const float x = 0.3f;
  int8_hybrid_step(network, {{{{64}, 7}, {{0}, 7}}}, {{x}, {0}}, 0.5f, {}, trace);
  EXPECT_EQ(trace.integers.input[0], 38);
  const double a = trace.integers.layers[0].a[0] / 16.0;
  EXPECT_EQ(trace.layers[0].new_weights.exact[0], 0.5 - 0.5 * a * static_cast<double>(x));
}

}  // namespace
}  // namespace lsgd
