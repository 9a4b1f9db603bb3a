// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// A network with parameters and one sample.
struct TrainingCase {
  Network network;
  Parameters<float> parameters;
  Sample sample;
  float learning_rate = 0.01f;
};

/// Seeded source of bounded integers and binary32 numbers, the same with every standard library.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : generator_(seed) {}

  std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>((generator_() >> 32) * limit >> 32);
  }
  bool coin() { return below(2) == 1; }

  /// Uniform in [-1, 1] on a grid of 2^-24.
  double signed_unit() { return std::ldexp(static_cast<double>(generator_() >> 39), -24) - 1; }

  /// Magnitudes spread over the exponents -range..0.
  float spread(int range) {
    const int exponent = -static_cast<int>(below(static_cast<std::uint32_t>(range) + 1));
    return static_cast<float>(std::ldexp(signed_unit(), exponent));
  }

  std::mt19937_64& generator() { return generator_; }

 private:
  std::mt19937_64 generator_;
};

inline LayerParameters<float> random_layer(const Layer& layer, Draw& draw, int range, int scale) {
  LayerParameters<float> parameters;
  parameters.weights.resize(layer.weight_count());
  parameters.biases.resize(layer.outputs);
  for (float& weight : parameters.weights) weight = std::ldexp(draw.spread(range), scale);
  for (float& bias : parameters.biases) bias = std::ldexp(draw.spread(range), scale);
  return parameters;
}

/// The functions that every arithmetic has.
inline constexpr std::array common_activations{Activation::identity, Activation::relu,
                                               Activation::sigmoid, Activation::tanh};

/// Targets that sum to 1, to within a rounding each.
inline std::vector<float> random_probabilities(Draw& draw, std::size_t count) {
  std::vector<float> targets(count, 0.0f);
  if (draw.coin()) {
    targets[draw.below(static_cast<std::uint32_t>(count))] = 1;
    return targets;
  }
  // Multiples of 2^-8, so that their sum is exact.
  for (int part = 0; part < 256; ++part)
    targets[draw.below(static_cast<std::uint32_t>(count))] += 0x1p-8f;
  return targets;
}

/// One to three layers of 1 to 9 neurons, any of these activations, any loss; softmax where it can
/// be.
inline TrainingCase random_case(Draw& draw,
                                std::span<const Activation> functions = common_activations) {
  TrainingCase result;
  Network& network = result.network;
  std::uint32_t inputs = 1 + draw.below(9);
  const int scale = static_cast<int>(draw.below(4)) - 1;
  const std::uint32_t layers = 1 + draw.below(3);
  for (std::uint32_t l = 0; l < layers; ++l) {
    const std::uint32_t outputs = 1 + draw.below(9);
    Layer layer{inputs, outputs,
                functions[draw.below(static_cast<std::uint32_t>(functions.size()))]};
    const bool is_output = l + 1 == layers;
    if (is_of_layer(layer.activation) && !is_output) layer.activation = Activation::tanh;
    network.layers.push_back(layer);
    result.parameters.push_back(random_layer(layer, draw, 6, scale));
    inputs = layer.outputs;
  }
  if (is_of_layer(network.layers.back().activation)) {
    network.loss = Loss::cross_entropy;
  } else if (draw.coin()) {
    network.loss = Loss::bce;
    network.layers.back().activation = Activation::sigmoid;
  }
  for (std::uint32_t i = 0; i < network.inputs(); ++i)
    result.sample.inputs.push_back(draw.spread(3));
  for (std::uint32_t i = 0; i < network.outputs(); ++i)
    result.sample.target.push_back(draw.coin() ? 1.0f : 0.0f);
  if (network.loss == Loss::cross_entropy)
    result.sample.target = random_probabilities(draw, network.outputs());
  if (draw.coin()) result.learning_rate = 0.5f;
  return result;
}

}  // namespace lsgd
