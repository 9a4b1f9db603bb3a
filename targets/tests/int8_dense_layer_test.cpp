// SPDX-License-Identifier: Apache-2.0

// A dense layer of int8 against its formula in 64 bits, where nothing can overflow, for every
// remainder of inputs and neurons.
#include "int8_dense_layer.h"

#include <algorithm>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include <lsgd/port.h>

#include "activation_table.h"

namespace {

struct Layer {
  std::size_t inputs, outputs;
  lsgd_activation activation;
  int bias_bytes, bias_shift, output_shift;
  std::vector<std::int8_t> weights, input;
  std::vector<std::int16_t> biases;
  int offset = 0;  ///< bytes that the weights begin behind a word
};

std::int8_t activation_of(lsgd_activation activation, std::int64_t z) {
  switch (activation) {
    case LSGD_ACTIVATION_SIGMOID:
      return lsgd_sigmoid_table[z + 128];
    case LSGD_ACTIVATION_TANH:
      return lsgd_tanh_table[z + 128];
    case LSGD_ACTIVATION_RELU:
      return static_cast<std::int8_t>(std::max<std::int64_t>(z, 0));
    default:
      return static_cast<std::int8_t>(z);
  }
}

std::vector<std::int8_t> expected_output(const Layer& layer) {
  std::vector<std::int8_t> output;
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    const std::int64_t bias = layer.biases[j];
    std::int64_t sum =
        layer.bias_shift >= 0 ? bias * (1 << layer.bias_shift) : bias >> -layer.bias_shift;
    if (layer.output_shift > 0) sum += std::int64_t{1} << (layer.output_shift - 1);
    for (std::size_t i = 0; i < layer.inputs; ++i)
      sum += std::int64_t{layer.weights[j * layer.inputs + i]} * layer.input[i];
    output.push_back(activation_of(layer.activation,
                                   std::clamp<std::int64_t>(sum >> layer.output_shift, -128, 127)));
  }
  return output;
}

/// Numbers that begin `offset` bytes behind a word and have others on either side.
class Placed {
 public:
  Placed(const std::vector<std::int8_t>& numbers, int offset)
      : bytes_((numbers.size() + 11) / 4 * 4, 99), begin_(bytes_.data() + offset) {
    std::copy(numbers.begin(), numbers.end(), begin_);
  }
  const std::int8_t* begin() const { return begin_; }

 private:
  std::vector<std::int8_t> bytes_;
  std::int8_t* begin_;
};

/// The function's output; what follows it in memory must stay.
std::vector<std::int8_t> actual_output(const Layer& layer) {
  std::vector<std::int8_t> narrow(layer.biases.begin(), layer.biases.end());
  const void* const biases = layer.bias_bytes == 1 ? static_cast<const void*>(narrow.data())
                                                   : static_cast<const void*>(layer.biases.data());
  const Placed weights(layer.weights, layer.offset);
  const Placed input(layer.input, layer.offset / 2);
  const lsgd_int8_dense_layer dense = {weights.begin(),
                                       biases,
                                       static_cast<std::uint16_t>(layer.inputs),
                                       static_cast<std::uint16_t>(layer.outputs),
                                       static_cast<std::uint8_t>(layer.activation),
                                       static_cast<std::uint8_t>(layer.bias_bytes),
                                       static_cast<std::int8_t>(layer.bias_shift),
                                       static_cast<std::int8_t>(layer.output_shift)};
  std::vector<std::int8_t> output(layer.outputs + 8, 77);
  lsgd_int8_dense_layer_forward(&dense, input.begin(), output.data());
  for (std::size_t j = layer.outputs; j < layer.outputs + 8; ++j) EXPECT_EQ(output[j], 77);
  output.resize(layer.outputs);
  return output;
}

class Int8DenseLayer : public testing::Test {
 protected:
  std::mt19937 generator{1};

  int draw(int lowest, int highest) {
    return lowest + static_cast<int>(generator() % static_cast<unsigned>(highest - lowest + 1));
  }

  /// Formats of the profile with biases of so many bytes, and numbers of so many bits.
  Layer random_layer(std::size_t inputs, std::size_t outputs, lsgd_activation activation,
                     int bias_bytes) {
    const int weight_fraction_bits = draw(0, 7);
    const int input_fraction_bits = draw(0, 1) ? 7 : 4;
    const int bias_fraction_bits = bias_bytes == 1 ? draw(0, 7) : 12;
    const int product_fraction_bits = weight_fraction_bits + input_fraction_bits;
    Layer layer = {inputs,
                   outputs,
                   activation,
                   bias_bytes,
                   product_fraction_bits - bias_fraction_bits,
                   product_fraction_bits - 4,
                   {},
                   {},
                   {},
                   draw(0, 3)};
    const int bits = draw(0, 7);
    for (std::size_t i = 0; i < inputs * outputs; ++i)
      layer.weights.push_back(static_cast<std::int8_t>(draw(-128, 127) >> bits));
    for (std::size_t i = 0; i < inputs; ++i)
      layer.input.push_back(static_cast<std::int8_t>(draw(-128, 127)));
    for (std::size_t j = 0; j < outputs; ++j)
      layer.biases.push_back(
          static_cast<std::int16_t>(bias_bytes == 1 ? draw(-128, 127) : draw(-32768, 32767)));
    return layer;
  }
};

TEST_F(Int8DenseLayer, IsItsFormulaForEveryShapeFormatAndAddress) {
  for (std::size_t inputs = 1; inputs <= 35; ++inputs)
    for (std::size_t outputs = 1; outputs <= 10; ++outputs)
      for (const auto activation : {LSGD_ACTIVATION_IDENTITY, LSGD_ACTIVATION_RELU,
                                    LSGD_ACTIVATION_SIGMOID, LSGD_ACTIVATION_TANH})
        for (int bias_bytes = 1; bias_bytes <= 2; ++bias_bytes) {
          const Layer layer = random_layer(inputs, outputs, activation, bias_bytes);
          ASSERT_EQ(actual_output(layer), expected_output(layer))
              << inputs << "-" << outputs << " activation " << activation << " shifts "
              << layer.bias_shift << " " << layer.output_shift;
        }
}

TEST_F(Int8DenseLayer, HoldsTheLargestSums) {
  for (const int weight : {-128, 127})
    for (const int input : {-128, 127}) {
      Layer layer = random_layer(65535, 5, LSGD_ACTIVATION_TANH, 1);
      std::fill(layer.weights.begin(), layer.weights.end(), static_cast<std::int8_t>(weight));
      std::fill(layer.input.begin(), layer.input.end(), static_cast<std::int8_t>(input));
      EXPECT_EQ(actual_output(layer), expected_output(layer)) << weight << " " << input;
    }
}

}  // namespace
