// SPDX-License-Identifier: Apache-2.0

// The float32 ports against the algorithm written plainly, in doubles that carry an error bound.
#include <bit>
#include <gtest/gtest.h>

#include "bounded.hpp"
#include "port_network.hpp"

namespace lsgd {
namespace {

using Vector = std::vector<Bounded>;

Vector bounded(const std::vector<float>& values) {
  Vector vector;
  for (const float value : values) vector.push_back({static_cast<double>(value), 0});
  return vector;
}

/// Section 2 of the specification, with one vector per tensor.
struct PlainNetwork {
  std::vector<lsgd_layer> layers;
  lsgd_loss loss;
  std::vector<Vector> weights, biases, activations;  // activations[0] is the input

  lsgd_activation activation(std::size_t l) const {
    return static_cast<lsgd_activation>(layers[l].activation);
  }

  void forward(const std::vector<float>& input) {
    activations.assign(1, bounded(input));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      activations.emplace_back();
      for (std::size_t j = 0; j < layers[l].outputs; ++j) {
        Bounded z = biases[l][j];
        for (std::size_t i = 0; i < layers[l].inputs; ++i)
          z = z + weights[l][j * layers[l].inputs + i] * activations[l][i];
        activations[l + 1].push_back(activated(activation(l), z));
      }
    }
  }

  void train_step(const std::vector<float>& input, const std::vector<float>& target,
                  float learning_rate) {
    forward(input);
    const std::size_t last = layers.size() - 1;
    Vector delta;
    for (std::size_t j = 0; j < target.size(); ++j) {
      const Bounded a = activations[last + 1][j];
      delta.push_back(a - Bounded{static_cast<double>(target[j]), 0});
      if (loss == LSGD_LOSS_MSE) delta[j] = times_derivative(delta[j], activation(last), a);
    }
    for (std::size_t l = last + 1; l-- > 0;) {
      Vector previous;
      for (std::size_t i = 0; l > 0 && i < layers[l].inputs; ++i) {
        Bounded sum;
        for (std::size_t j = 0; j < layers[l].outputs; ++j)
          sum = sum + weights[l][j * layers[l].inputs + i] * delta[j];
        previous.push_back(times_derivative(sum, activation(l - 1), activations[l][i]));
      }
      update(l, delta, {static_cast<double>(learning_rate), 0});
      delta = previous;
    }
  }

  /// The larger bound of (learning_rate * delta) * a and learning_rate * (delta * a): both are
  /// legal.
  void update(std::size_t l, const Vector& delta, Bounded learning_rate) {
    for (std::size_t j = 0; j < layers[l].outputs; ++j) {
      for (std::size_t i = 0; i < layers[l].inputs; ++i) {
        Bounded& weight = weights[l][j * layers[l].inputs + i];
        const Bounded a = activations[l][i];
        const Bounded hoisted = weight - (learning_rate * delta[j]) * a;
        const Bounded plain = weight - learning_rate * (delta[j] * a);
        weight = hoisted.error > plain.error ? hoisted : plain;
      }
      biases[l][j] = biases[l][j] - learning_rate * delta[j];
    }
  }
};

/// A network with random parameters, the same in the port and plainly.
PlainNetwork random_network(const PortNetwork& network, Random& random) {
  PlainNetwork plain{network.layers(), network.loss(), {}, {}, {}};
  EXPECT_EQ(network.configure(), LSGD_OK);
  for (std::size_t l = 0; l < plain.layers.size(); ++l) {
    const std::size_t outputs = plain.layers[l].outputs;
    const auto weights = random.reals(outputs * plain.layers[l].inputs, 1);
    const auto biases = random.reals(outputs, 0.5f);
    load_tensor(LSGD_TENSOR_WEIGHTS, l + 1, weights);
    load_tensor(LSGD_TENSOR_BIASES, l + 1, biases);
    plain.weights.push_back(bounded(weights));
    plain.biases.push_back(bounded(biases));
  }
  return plain;
}

void expect_near(lsgd_tensor tensor, std::size_t layer, const Vector& expected) {
  const auto stored = stored_tensor<float>(tensor, layer, expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_LE(std::abs(static_cast<double>(stored[i]) - expected[i].value), expected[i].error)
        << "tensor " << tensor << " of layer " << layer << ", element " << i;
}

void expect_same_state(const PlainNetwork& plain) {
  for (std::size_t l = 0; l < plain.layers.size(); ++l) {
    expect_near(LSGD_TENSOR_ACTIVATIONS, l + 1, plain.activations[l + 1]);
    expect_near(LSGD_TENSOR_WEIGHTS, l + 1, plain.weights[l]);
    expect_near(LSGD_TENSOR_BIASES, l + 1, plain.biases[l]);
  }
}

constexpr lsgd_activation all_activations[] = {LSGD_ACTIVATION_IDENTITY, LSGD_ACTIVATION_RELU,
                                               LSGD_ACTIVATION_SIGMOID, LSGD_ACTIVATION_TANH,
                                               LSGD_ACTIVATION_LEAKY_RELU};

TEST(Float32Port, TrainsEverySizeAndActivation) {
  Random random(20);
  for (int size = 1; size <= 17; ++size) {
    for (const lsgd_activation hidden : all_activations) {
      for (const lsgd_activation output : all_activations) {
        const auto inputs = static_cast<std::uint16_t>(size);
        const auto width = static_cast<std::uint16_t>(random.integer(1, 17));
        const auto outputs = static_cast<std::uint16_t>(random.integer(1, 17));
        const bool bce = output == LSGD_ACTIVATION_SIGMOID && size % 2 == 0;
        const PortNetwork network(inputs, {width, outputs}, {hidden, output},
                                  bce ? LSGD_LOSS_BCE : LSGD_LOSS_MSE);
        PlainNetwork plain = random_network(network, random);
        const auto input = random.reals(inputs, 1);
        const auto target = random.reals(outputs, 1);
        lsgd_port_train_step(input.data(), target.data(), 0.1f);
        plain.train_step(input, target, 0.1f);
        expect_same_state(plain);
      }
    }
  }
}

TEST(Float32Port, TrainsDeepNetworks) {
  Random random(21);
  const PortNetwork network(6, {5, 1, 9, 4, 8, 3, 2, 4},
                            {LSGD_ACTIVATION_TANH, LSGD_ACTIVATION_IDENTITY, LSGD_ACTIVATION_RELU,
                             LSGD_ACTIVATION_SIGMOID, LSGD_ACTIVATION_TANH, LSGD_ACTIVATION_SIGMOID,
                             LSGD_ACTIVATION_TANH, LSGD_ACTIVATION_SIGMOID},
                            LSGD_LOSS_BCE);
  PlainNetwork plain = random_network(network, random);
  for (int step = 0; step < 3; ++step) {
    const auto input = random.reals(6, 1);
    const auto target = random.reals(4, 1);
    lsgd_port_train_step(input.data(), target.data(), 0.25f);
    plain.train_step(input, target, 0.25f);
    expect_same_state(plain);
  }
}

TEST(Float32Port, TrainsLongAndWideLayers) {
  Random random(22);
  const PortNetwork network(300, {300, 10}, {LSGD_ACTIVATION_RELU, LSGD_ACTIVATION_SIGMOID},
                            LSGD_LOSS_BCE);
  PlainNetwork plain = random_network(network, random);
  const auto input = random.reals(300, 1);
  const std::vector<float> target = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  lsgd_port_train_step(input.data(), target.data(), 0.01f);
  plain.train_step(input, target, 0.01f);
  expect_same_state(plain);
}

TEST(Float32Port, PerformsEachOperationAsIeeeDoes) {
  // A port that fuses its operations offers none of them alone.
  const auto expect = [](lsgd_operation operation, float a, float b, float expected) {
    std::uint32_t bits = 0;
    const int status = lsgd_port_arithmetic(operation, std::bit_cast<std::uint32_t>(a),
                                            std::bit_cast<std::uint32_t>(b), &bits);
    if (status != LSGD_UNSUPPORTED) {
      EXPECT_EQ(status, LSGD_OK);
      EXPECT_EQ(std::bit_cast<float>(bits), expected);
    }
  };
  expect(LSGD_OPERATION_FLOAT_ADD, 1, 0x1p-24f, 1);  // a tie, to even
  expect(LSGD_OPERATION_FLOAT_SUBTRACT, 1, 0x1p-24f, 1 - 0x1p-24f);
  expect(LSGD_OPERATION_FLOAT_MULTIPLY, 0x1p-100f, 0x1p-49f, 0x1p-149f);
  expect(LSGD_OPERATION_FLOAT_DIVIDE, 1, 3, 0x1.555556p-2f);
  expect(LSGD_OPERATION_FLOAT_SIGMOID, 0, 0, 0.5f);
  expect(LSGD_OPERATION_FLOAT_TANH, -20, 0, -1);
}

}  // namespace
}  // namespace lsgd
