// SPDX-License-Identifier: Apache-2.0

// The int8_integer port against the reference, which a second implementation checks: every bit.
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

#include <lsgd/step/int8_integer_step.hpp>

#include "drawn_network.hpp"

namespace lsgd {
namespace {

/// A random network with parameters in the port and in the reference.
class PortAndReference {
 public:
  explicit PortAndReference(std::uint64_t seed)
      : random_(seed), network_(drawn_network(random_)), port_(port_network(network_)) {
    EXPECT_EQ(port_.configure(), LSGD_OK);
    for (const Layer& layer : network_.layers) {
      Int8IntegerLayerParameters drawn;
      drawn.weights = {random_.bytes(layer.weight_count()), random_.integer(0, 7)};
      for (std::uint32_t j = 0; j < layer.outputs; ++j)
        drawn.biases.push_back(static_cast<std::int16_t>(random_.integer(-32768, 32767)));
      parameters_.layers.push_back(std::move(drawn));
    }
    parameters_.random_bits.state = static_cast<std::uint32_t>(random_.integer(0, 1 << 30));
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const auto& [weights, biases] = parameters_.layers[l];
      load_tensor(LSGD_TENSOR_WEIGHTS, l + 1, weights.values);
      load_tensor(LSGD_TENSOR_BIASES, l + 1, biases);
      load_tensor(LSGD_TENSOR_WEIGHT_FRACTION_BITS, l + 1,
                  std::vector{static_cast<std::uint8_t>(weights.fraction_bits)});
    }
    load_tensor(LSGD_TENSOR_RANDOM_STATE, 0, std::vector{parameters_.random_bits.state});
  }

  void step() {
    const Sample sample{random_.reals(network_.inputs(), 1.25f),
                        random_.reals(network_.outputs(), 12)};
    const float rate = std::ldexp(1.5f, -random_.integer(0, 12));
    int8_integer_step(network_, parameters_, sample, rate, trace_);
    ASSERT_EQ(lsgd_port_train_step(sample.inputs.data(), sample.target.data(), rate), LSGD_OK);
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const Layer& layer = network_.layers[l];
      const auto& [weights, biases] = parameters_.layers[l];
      EXPECT_EQ(stored_tensor<std::int8_t>(LSGD_TENSOR_ACTIVATIONS, l + 1, layer.outputs),
                trace_.layers[l].a);
      EXPECT_EQ(stored_tensor<std::uint8_t>(LSGD_TENSOR_WEIGHT_FRACTION_BITS, l + 1, 1)[0],
                weights.fraction_bits);
      EXPECT_EQ(stored_tensor<std::int8_t>(LSGD_TENSOR_WEIGHTS, l + 1, layer.weight_count()),
                weights.values);
      EXPECT_EQ(stored_tensor<std::int16_t>(LSGD_TENSOR_BIASES, l + 1, layer.outputs), biases);
    }
    EXPECT_EQ(stored_tensor<std::uint32_t>(LSGD_TENSOR_RANDOM_STATE, 0, 1)[0],
              parameters_.random_bits.state);
  }

 private:
  Random random_;
  Network network_;
  PortNetwork port_;
  Int8IntegerParameters parameters_;
  Int8IntegerTrace trace_;
};

TEST(Int8IntegerPort, TrainsAsTheReferenceDoes) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    PortAndReference networks(seed);
    for (int step = 0; step < 5; ++step) networks.step();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(Int8IntegerPort, RefusesSumsBeyond32Bits) {
  const PortNetwork wide(1, {1, 512}, {LSGD_ACTIVATION_RELU, LSGD_ACTIVATION_RELU}, LSGD_LOSS_MSE);
  EXPECT_EQ(wide.configure(), LSGD_UNSUPPORTED);
}

TEST(Int8IntegerPort, RefusesMoreThanSevenFractionBits) {
  const PortNetwork network(1, {1}, {LSGD_ACTIVATION_RELU}, LSGD_LOSS_MSE);
  ASSERT_EQ(network.configure(), LSGD_OK);
  const std::uint8_t eight = 8;
  EXPECT_EQ(lsgd_port_load(LSGD_TENSOR_WEIGHT_FRACTION_BITS, 1, 0, &eight, 1), LSGD_OUT_OF_RANGE);
  EXPECT_EQ(stored_tensor<std::uint8_t>(LSGD_TENSOR_WEIGHT_FRACTION_BITS, 1, 1)[0], 7);
}

}  // namespace
}  // namespace lsgd
