// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lsgd {

/// Activation function of a layer (SPEC 2.2), in the order of their numbers on the interface
/// (targets/include/lsgd/port.h); network/activation.hpp has the definition of each.
enum class Activation : std::uint8_t { identity, relu, sigmoid, tanh, leaky_relu, softmax };

inline constexpr std::array all_activations{Activation::identity,   Activation::relu,
                                            Activation::sigmoid,    Activation::tanh,
                                            Activation::leaky_relu, Activation::softmax};

/// Loss of a network (SPEC 2.3). mse is half the sum of squared differences, bce the sum of the
/// outputs' binary cross-entropies and requires a sigmoid output layer, cross_entropy that of a
/// probability vector and requires a softmax output layer.
enum class Loss : std::uint8_t { mse, bce, cross_entropy };

inline constexpr std::array all_losses{Loss::mse, Loss::bce, Loss::cross_entropy};

/// Shape of one dense layer: weights are row-major [outputs][inputs], biases [outputs].
struct Layer {
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 0;
  Activation activation = Activation::identity;

  std::size_t weight_count() const { return std::size_t{inputs} * outputs; }
  bool operator==(const Layer&) const = default;
};

/// Shape of a fully connected network: layers[0] is layer 1 of the specification, and
/// layers[l].inputs == layers[l - 1].outputs.
struct Network {
  std::vector<Layer> layers;
  Loss loss = Loss::mse;

  std::uint32_t inputs() const { return layers.front().inputs; }
  std::uint32_t outputs() const { return layers.back().outputs; }
  bool operator==(const Network&) const = default;
};

/// Trainable parameters of one layer; T is float, or a high-precision real.
template <class T>
struct LayerParameters {
  std::vector<T> weights;  ///< row-major [outputs][inputs]
  std::vector<T> biases;   ///< [outputs]

  bool operator==(const LayerParameters&) const = default;
};

/// Parameters of a whole network, one entry per layer.
template <class T>
using Parameters = std::vector<LayerParameters<T>>;

/// An int8 tensor of profile int8_hybrid: value = values[i] / 2^fraction_bits (SPEC 4).
struct Int8Tensor {
  std::vector<std::int8_t> values;
  int fraction_bits = 7;  ///< 0 to 7

  bool operator==(const Int8Tensor&) const = default;
};

struct Int8LayerParameters {
  Int8Tensor weights;  ///< row-major [outputs][inputs]
  Int8Tensor biases;   ///< [outputs]

  bool operator==(const Int8LayerParameters&) const = default;
};

using Int8Parameters = std::vector<Int8LayerParameters>;

/// One training sample: inputs [d_0], target [d_L].
struct Sample {
  std::vector<float> inputs;
  std::vector<float> target;
};

}  // namespace lsgd
