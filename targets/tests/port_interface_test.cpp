// SPDX-License-Identifier: Apache-2.0

// What port.h promises of every port, whatever its arithmetic.
#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include <lsgd/arithmetics.h>

#include "port_network.hpp"

namespace lsgd {
namespace {

struct TensorShape {
  lsgd_tensor tensor;
  std::uint16_t layer;
  std::uint32_t bytes;
};

class PortInterface : public testing::Test {
 protected:
  const lsgd_port_description& description_ = *lsgd_port_describe();
  const PortNetwork network_{5,
                             {7, 3, 1},
                             {LSGD_ACTIVATION_TANH, LSGD_ACTIVATION_RELU, LSGD_ACTIVATION_SIGMOID},
                             LSGD_LOSS_BCE};

  /// The codes of a tensor in a layer; 0 where the port's arithmetic has none there.
  std::uint32_t codes_in(int tensor, std::uint16_t layer) const {
    const lsgd_codes& codes = description_.arithmetic.tensors[tensor];
    if (codes.bytes == 0 || (layer == 0) != (codes.extent == LSGD_PER_NETWORK)) return 0;
    if (codes.extent <= LSGD_PER_LAYER) return 1;
    const lsgd_layer& shape = network_.layers()[layer - 1U];
    return codes.extent == LSGD_PER_WEIGHT ? std::uint32_t{shape.inputs} * shape.outputs
                                           : shape.outputs;
  }

  std::uint8_t bytes_of_code(lsgd_tensor tensor) const {
    return description_.arithmetic.tensors[tensor].bytes;
  }

  std::vector<TensorShape> parameters() const {
    std::vector<TensorShape> shapes;
    for (std::uint16_t l = 0; l <= network_.layers().size(); ++l)
      for (int t = 0; t < LSGD_TENSORS; ++t)
        if (const std::uint32_t count = codes_in(t, l); count > 0 && t != LSGD_TENSOR_ACTIVATIONS) {
          const auto tensor = static_cast<lsgd_tensor>(t);
          shapes.push_back({tensor, l, count * bytes_of_code(tensor)});
        }
    return shapes;
  }

  static bool is_fraction_bits(const TensorShape& shape) {
    return shape.tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS ||
           shape.tensor == LSGD_TENSOR_BIAS_FRACTION_BITS;
  }

  static bool is_scale(const TensorShape& shape) {
    return shape.tensor == LSGD_TENSOR_WEIGHT_SCALES ||
           shape.tensor == LSGD_TENSOR_ACTIVATION_SCALES || shape.tensor == LSGD_TENSOR_INPUT_SCALE;
  }

  /// Bytes of binary32 ones.
  static std::vector<std::uint8_t> ones(std::uint32_t bytes) {
    std::vector<std::uint8_t> codes(bytes);
    for (std::size_t i = 0; i + 3 < codes.size(); i += 4) {
      codes[i + 2] = 0x80;
      codes[i + 3] = 0x3f;
    }
    return codes;
  }

  bool is_float32() const {
    const lsgd_arithmetic float32 = LSGD_ARITHMETIC_FLOAT32;
    return std::ranges::equal(description_.arithmetic.digest, float32.digest);
  }

  std::vector<std::vector<std::uint8_t>> stored_parameters() const {
    std::vector<std::vector<std::uint8_t>> contents;
    for (const TensorShape& shape : parameters())
      contents.push_back(stored_tensor<std::uint8_t>(shape.tensor, shape.layer, shape.bytes));
    return contents;
  }

  /// Random bytes, which as fraction bits are 0 to 7 and as binary32 between 2^-7 and 2 in
  /// magnitude; positive as scales.
  void load_random_parameters(std::uint64_t seed) const {
    Random random(seed);
    for (const TensorShape& shape : parameters()) {
      std::vector<std::uint8_t> bytes(shape.bytes);
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.integer(0, 255));
      if (is_fraction_bits(shape))
        bytes[0] &= 7;
      else if (is_scale(shape))
        for (std::size_t i = 3; i < bytes.size(); i += 4)
          bytes[i] = static_cast<std::uint8_t>((bytes[i] & 0x03) | 0x3c);
      else if (is_float32())
        for (std::size_t i = 3; i < bytes.size(); i += 4)
          bytes[i] = static_cast<std::uint8_t>((bytes[i] & 0x83) | 0x3c);
      load_tensor(shape.tensor, shape.layer, bytes);
    }
  }

  const std::vector<float> input_ = {0.5f, -0.25f, 0.75f, 0, 1};
  const std::vector<float> target_ = {1};
};

TEST_F(PortInterface, DescribesItself) {
  EXPECT_EQ(description_.interface_version, LSGD_PORT_INTERFACE);
  EXPECT_EQ(description_.layers, LSGD_CAPACITY_LAYERS);
  EXPECT_EQ(description_.inputs, LSGD_CAPACITY_INPUTS);
  EXPECT_EQ(description_.width, LSGD_CAPACITY_WIDTH);
  EXPECT_EQ(description_.activations, std::uint32_t{LSGD_CAPACITY_ACTIVATIONS});
  EXPECT_EQ(description_.parameters, std::uint32_t{LSGD_CAPACITY_PARAMETERS});
  EXPECT_FALSE(std::string(description_.name).empty());
}

TEST_F(PortInterface, StoresWhatWasLoadedByteForByte) {
  ASSERT_EQ(network_.configure(), LSGD_OK);
  load_random_parameters(1);
  const auto loaded = stored_parameters();
  load_random_parameters(2);
  EXPECT_NE(stored_parameters(), loaded);
  load_random_parameters(1);
  EXPECT_EQ(stored_parameters(), loaded);
}

TEST_F(PortInterface, LoadsAndStoresElementByElement) {
  ASSERT_EQ(network_.configure(), LSGD_OK);
  load_random_parameters(3);
  const std::uint32_t element = bytes_of_code(LSGD_TENSOR_WEIGHTS);
  auto expected = stored_tensor<std::uint8_t>(LSGD_TENSOR_WEIGHTS, 2, 21 * element);
  std::vector<std::uint8_t> replaced(element, 0x3d);
  lsgd_port_load(LSGD_TENSOR_WEIGHTS, 2, 20 * element, replaced.data(), element);
  std::copy(replaced.begin(), replaced.end(), expected.begin() + 20 * element);
  for (std::uint32_t i = 0; i < 21; ++i) {
    std::vector<std::uint8_t> stored(element);
    lsgd_port_store(LSGD_TENSOR_WEIGHTS, 2, i * element, stored.data(), element);
    EXPECT_TRUE(std::equal(stored.begin(), stored.end(), expected.begin() + i * element)) << i;
  }
}

TEST_F(PortInterface, KeepsWhatAStepLearnedThroughForwardPasses) {
  std::vector<std::vector<std::uint8_t>> learned[2];
  for (const int passes : {0, 2}) {
    ASSERT_EQ(network_.configure(), LSGD_OK);
    load_random_parameters(6);
    lsgd_port_train_step(input_.data(), target_.data(), 0.5f);
    for (int i = 0; i < passes; ++i) lsgd_port_forward(input_.data());
    learned[passes != 0] = stored_parameters();
  }
  EXPECT_EQ(learned[0], learned[1]);
}

TEST_F(PortInterface, AddsNothingOfAStepToWhatIsLoadedBehindIt) {
  ASSERT_EQ(network_.configure(), LSGD_OK);
  load_random_parameters(7);
  const auto loaded = stored_parameters();
  lsgd_port_train_step(input_.data(), target_.data(), 0.5f);
  load_random_parameters(7);
  lsgd_port_forward(input_.data());
  EXPECT_EQ(stored_parameters(), loaded);
}

TEST_F(PortInterface, StartsFromZeroWhenConfigured) {
  ASSERT_EQ(network_.configure(), LSGD_OK);
  const auto initial = stored_parameters();
  load_random_parameters(4);
  lsgd_port_train_step(input_.data(), target_.data(), 0.5f);
  ASSERT_EQ(network_.configure(), LSGD_OK);
  EXPECT_EQ(stored_parameters(), initial);
  for (const TensorShape& shape : parameters()) {
    const auto bytes = stored_tensor<std::uint8_t>(shape.tensor, shape.layer, shape.bytes);
    const std::vector<std::uint8_t> zeros(shape.bytes, is_fraction_bits(shape) ? 7 : 0);
    EXPECT_EQ(bytes, is_scale(shape) ? ones(shape.bytes) : zeros);
  }
}

TEST_F(PortInterface, RemembersNothingBetweenConfigurations) {
  const auto trained = [&] {
    load_random_parameters(5);
    for (int step = 0; step < 3; ++step)
      lsgd_port_train_step(input_.data(), target_.data(), 0.125f);
    return stored_parameters();
  };
  network_.configure();
  const auto first = trained();
  const PortNetwork wide(300, {300, 2}, {LSGD_ACTIVATION_RELU, LSGD_ACTIVATION_IDENTITY},
                         LSGD_LOSS_MSE);
  wide.configure();
  const std::vector<float> ones(300, 1);
  lsgd_port_train_step(ones.data(), ones.data(), 1);
  network_.configure();
  EXPECT_EQ(trained(), first);
}

TEST_F(PortInterface, KeepsParametersInAForwardPass) {
  network_.configure();
  load_random_parameters(6);
  const auto loaded = stored_parameters();
  lsgd_port_forward(input_.data());
  EXPECT_EQ(stored_parameters(), loaded);
}

TEST_F(PortInterface, ShowsTheActivationsOfTheForwardPassOfATrainingStep) {
  network_.configure();
  load_random_parameters(7);
  const auto activations = [&] {
    return stored_tensor<std::uint8_t>(LSGD_TENSOR_ACTIVATIONS, 2,
                                       3U * bytes_of_code(LSGD_TENSOR_ACTIVATIONS));
  };
  lsgd_port_forward(input_.data());
  const auto before = activations();
  lsgd_port_train_step(input_.data(), target_.data(), 1);
  EXPECT_EQ(activations(), before);
}

TEST_F(PortInterface, RefusesAnUnknownOperation) {
  std::uint32_t result;
  EXPECT_EQ(lsgd_port_arithmetic(static_cast<lsgd_operation>(31), 0, 0, &result), LSGD_UNSUPPORTED);
}

}  // namespace
}  // namespace lsgd
