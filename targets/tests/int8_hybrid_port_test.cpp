// SPDX-License-Identifier: Apache-2.0

// The int8_hybrid port against the profile written plainly: wide integers forward, doubles that
// carry an error bound backward.
#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>

#include "bounded.hpp"
#include "port_network.hpp"

namespace lsgd {
namespace {

std::int8_t saturated(double value) {
  return static_cast<std::int8_t>(std::clamp(value, -128.0, 127.0));
}

/// floor(value / 2^shift), for shifts of either sign.
std::int64_t shifted_right(std::int64_t value, int shift) {
  return static_cast<std::int64_t>(std::floor(std::ldexp(static_cast<double>(value), -shift)));
}

int fraction_bits_of(double maximum) {
  int bits = 7;
  while (bits > 0 && maximum > std::ldexp(1, 7 - bits)) --bits;
  return bits;
}

struct PlainTensor {
  std::vector<std::int8_t> values;
  int fraction_bits = 7;

  Bounded real(std::size_t i) const { return {std::ldexp(values[i], -fraction_bits), 0}; }
};

struct PlainNetwork {
  std::vector<lsgd_layer> layers;
  lsgd_loss loss;
  std::vector<PlainTensor> weights, biases, activations;  // activations[0] is the quantized input

  lsgd_activation activation(std::size_t l) const {
    return static_cast<lsgd_activation>(layers[l].activation);
  }

  void forward(const std::vector<float>& input) {
    activations.assign(1, {{}, 7});
    for (const float x : input)
      activations[0].values.push_back(saturated(std::round(static_cast<double>(x) * 128)));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const bool bounded = activation(l) >= LSGD_ACTIVATION_SIGMOID;
      PlainTensor output{{}, bounded ? 7 : 4};
      const int product_bits = weights[l].fraction_bits + activations[l].fraction_bits;
      for (std::size_t j = 0; j < layers[l].outputs; ++j) {
        std::int64_t sum =
            shifted_right(biases[l].values[j], biases[l].fraction_bits - product_bits);
        for (std::size_t i = 0; i < layers[l].inputs; ++i)
          sum += weights[l].values[j * layers[l].inputs + i] * activations[l].values[i];
        const int shift = product_bits - 4;
        if (shift > 0) sum += std::int64_t{1} << (shift - 1);
        output.values.push_back(activated_int8(
            activation(l), saturated(static_cast<double>(shifted_right(sum, shift)))));
      }
      activations.push_back(output);
    }
  }

  static std::int8_t activated_int8(lsgd_activation activation, std::int8_t z) {
    if (activation == LSGD_ACTIVATION_IDENTITY) return z;
    if (activation == LSGD_ACTIVATION_RELU) return std::max(z, std::int8_t{0});
    return saturated(std::round(128 * activated(activation, {z / 16.0, 0}).value));
  }
};

/// The new value of one parameter before it is quantized.
using Updated = std::vector<Bounded>;

/// Updated weights and biases of one layer.
struct UpdatedLayer {
  Updated weights, biases;
};

std::vector<UpdatedLayer> updated(const PlainNetwork& network, const std::vector<float>& input,
                                  const std::vector<float>& target, float learning_rate) {
  const std::size_t last = network.layers.size() - 1;
  std::vector<Bounded> delta;
  for (std::size_t j = 0; j < target.size(); ++j) {
    const Bounded a = network.activations[last + 1].real(j);
    delta.push_back(a - Bounded{static_cast<double>(target[j]), 0});
    if (network.loss == LSGD_LOSS_MSE)
      delta[j] = times_derivative(delta[j], network.activation(last), a);
  }
  std::vector<UpdatedLayer> result(network.layers.size());
  const Bounded rate{static_cast<double>(learning_rate), 0};
  for (std::size_t l = last + 1; l-- > 0;) {
    const std::size_t inputs = network.layers[l].inputs;
    std::vector<Bounded> previous;
    for (std::size_t i = 0; l > 0 && i < inputs; ++i) {
      Bounded sum;
      for (std::size_t j = 0; j < delta.size(); ++j)
        sum = sum + network.weights[l].real(j * inputs + i) * delta[j];
      previous.push_back(
          times_derivative(sum, network.activation(l - 1), network.activations[l].real(i)));
    }
    for (std::size_t j = 0; j < delta.size(); ++j) {
      const Bounded step = rate * delta[j];
      for (std::size_t i = 0; i < inputs; ++i) {
        const Bounded a =
            l == 0 ? Bounded{static_cast<double>(input[i]), 0} : network.activations[l].real(i);
        result[l].weights.push_back(network.weights[l].real(j * inputs + i) - step * a);
      }
      result[l].biases.push_back(network.biases[l].real(j) - step);
    }
    delta = previous;
  }
  return result;
}

PlainTensor stored(lsgd_tensor tensor, lsgd_tensor fraction_bits, std::size_t layer,
                   std::size_t count) {
  return {stored_tensor<std::int8_t>(tensor, layer, count),
          stored_tensor<std::uint8_t>(fraction_bits, layer, 1)[0]};
}

/// The port's tensor must be a rounding of some values within the bounds, its range of their
/// maximum.
void expect_requantized(const PlainTensor& tensor, const Updated& values) {
  double lowest_maximum = 0;
  double highest_maximum = 0;
  for (const Bounded& value : values) {
    lowest_maximum = std::max(lowest_maximum, std::abs(value.value) - value.error);
    highest_maximum = std::max(highest_maximum, std::abs(value.value) + value.error);
  }
  ASSERT_GE(tensor.fraction_bits, fraction_bits_of(highest_maximum));
  ASSERT_LE(tensor.fraction_bits, fraction_bits_of(lowest_maximum));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double scale = std::ldexp(1, tensor.fraction_bits);
    const auto [value, error] = values[i];
    ASSERT_GE(tensor.values[i], saturated(std::round((value - error) * scale))) << i;
    ASSERT_LE(tensor.values[i], saturated(std::round((value + error) * scale))) << i;
  }
}

PlainNetwork random_network(const PortNetwork& network, Random& random) {
  PlainNetwork plain{network.layers(), network.loss(), {}, {}, {}};
  EXPECT_EQ(network.configure(), LSGD_OK);
  for (std::size_t l = 0; l < plain.layers.size(); ++l) {
    const std::size_t outputs = plain.layers[l].outputs;
    plain.weights.push_back({random.bytes(outputs * plain.layers[l].inputs), random.integer(0, 7)});
    plain.biases.push_back({random.bytes(outputs), random.integer(0, 7)});
    const auto byte = [](int value) {
      return std::vector<std::uint8_t>{static_cast<std::uint8_t>(value)};
    };
    // Fraction bits before or after the bytes: the interface leaves the order open.
    if (l % 2 == 0) load_tensor(LSGD_TENSOR_WEIGHTS, l + 1, plain.weights[l].values);
    load_tensor(LSGD_TENSOR_WEIGHT_FRACTION_BITS, l + 1, byte(plain.weights[l].fraction_bits));
    if (l % 2 == 1) load_tensor(LSGD_TENSOR_WEIGHTS, l + 1, plain.weights[l].values);
    load_tensor(LSGD_TENSOR_BIASES, l + 1, plain.biases[l].values);
    load_tensor(LSGD_TENSOR_BIAS_FRACTION_BITS, l + 1, byte(plain.biases[l].fraction_bits));
  }
  return plain;
}

/// Several steps, each judged from the port's own parameters before it.
void expect_training(PlainNetwork plain, Random& random, int steps) {
  for (int step = 0; step < steps; ++step) {
    const auto input = random.reals(plain.layers.front().inputs, 1.25f);
    const auto target = random.reals(plain.layers.back().outputs, 1);
    plain.forward(input);
    const auto expected = updated(plain, input, target, 0.3f);
    lsgd_port_train_step(input.data(), target.data(), 0.3f);
    for (std::size_t l = 0; l < plain.layers.size(); ++l) {
      ASSERT_EQ(stored_tensor<std::int8_t>(LSGD_TENSOR_ACTIVATIONS, l + 1, plain.layers[l].outputs),
                plain.activations[l + 1].values)
          << "step " << step << ", layer " << l + 1;
      plain.weights[l] = stored(LSGD_TENSOR_WEIGHTS, LSGD_TENSOR_WEIGHT_FRACTION_BITS, l + 1,
                                expected[l].weights.size());
      plain.biases[l] = stored(LSGD_TENSOR_BIASES, LSGD_TENSOR_BIAS_FRACTION_BITS, l + 1,
                               expected[l].biases.size());
      expect_requantized(plain.weights[l], expected[l].weights);
      expect_requantized(plain.biases[l], expected[l].biases);
    }
  }
}

constexpr lsgd_activation all_activations[] = {LSGD_ACTIVATION_IDENTITY, LSGD_ACTIVATION_RELU,
                                               LSGD_ACTIVATION_SIGMOID, LSGD_ACTIVATION_TANH};

TEST(Int8HybridPort, TrainsEverySizeActivationAndFormat) {
  Random random(30);
  for (int size = 1; size <= 17; ++size) {
    for (const lsgd_activation hidden : all_activations) {
      for (const lsgd_activation output : all_activations) {
        const auto width = static_cast<std::uint16_t>(random.integer(1, 17));
        const auto outputs = static_cast<std::uint16_t>(random.integer(1, 17));
        const bool bce = output == LSGD_ACTIVATION_SIGMOID && size % 2 == 0;
        const PortNetwork network(static_cast<std::uint16_t>(size), {width, outputs},
                                  {hidden, output}, bce ? LSGD_LOSS_BCE : LSGD_LOSS_MSE);
        expect_training(random_network(network, random), random, 3);
      }
    }
  }
}

TEST(Int8HybridPort, TrainsLongAndWideLayers) {
  Random random(31);
  const PortNetwork network(300, {300, 5}, {LSGD_ACTIVATION_TANH, LSGD_ACTIVATION_SIGMOID},
                            LSGD_LOSS_BCE);
  expect_training(random_network(network, random), random, 2);
}

TEST(Int8HybridPort, RefusesFractionBitsAboveSeven) {
  const PortNetwork network(2, {2}, {LSGD_ACTIVATION_IDENTITY}, LSGD_LOSS_MSE);
  network.configure();
  const std::uint8_t eight = 8;
  EXPECT_EQ(lsgd_port_load(LSGD_TENSOR_WEIGHT_FRACTION_BITS, 1, 0, &eight, 1), LSGD_OUT_OF_RANGE);
  EXPECT_EQ(stored_tensor<std::uint8_t>(LSGD_TENSOR_WEIGHT_FRACTION_BITS, 1, 1)[0], 7);
}

TEST(Int8HybridPort, ShowsEachOperation) {
  const auto result = [](lsgd_operation operation, std::uint32_t a, int b) {
    std::uint32_t bits = 0;
    EXPECT_EQ(lsgd_port_arithmetic(operation, a, static_cast<std::uint32_t>(b), &bits), LSGD_OK);
    return static_cast<std::int32_t>(bits);
  };
  const auto bits_of = [](float value) { return std::bit_cast<std::uint32_t>(value); };
  const auto integer = [](int value) { return static_cast<std::uint32_t>(value); };

  for (int n = 0; n <= 7; ++n) {
    for (int halves = -300; halves <= 300; ++halves) {
      const float tie = std::ldexp(static_cast<float>(halves), -1 - n);
      for (const float value : {tie, std::nextafter(tie, -1e9f), std::nextafter(tie, 1e9f)})
        EXPECT_EQ(result(LSGD_OPERATION_QUANTIZE, bits_of(value), n),
                  saturated(std::round(std::ldexp(static_cast<double>(value), n))))
            << std::hexfloat << value << ' ' << n;
    }
    for (const float value : {1e30f, -1e30f, 1e-40f, -0.0f})
      EXPECT_EQ(result(LSGD_OPERATION_QUANTIZE, bits_of(value), n), saturated(std::round(value)));
  }
  for (int power = -10; power <= 10; ++power) {
    const float exact = std::ldexp(1.0f, power);
    for (const float value : {exact, std::nextafter(exact, 0.0f), std::nextafter(exact, 1e9f)})
      EXPECT_EQ(result(LSGD_OPERATION_FRACTION_BITS, bits_of(value), 0),
                fraction_bits_of(static_cast<double>(value)))
          << std::hexfloat << value;
  }
  EXPECT_EQ(result(LSGD_OPERATION_FRACTION_BITS, 0, 0), 7);
  for (int shift = 0; shift <= 16; ++shift) {
    for (int accumulator = -70'000; accumulator <= 70'000; accumulator += 97) {
      const std::int64_t rounding = shift > 0 ? std::int64_t{1} << (shift - 1) : 0;
      EXPECT_EQ(result(LSGD_OPERATION_REQUANTIZE, integer(accumulator), shift),
                saturated(static_cast<double>(shifted_right(accumulator + rounding, shift))));
    }
  }
  for (int bias = -128; bias <= 127; ++bias) {
    for (int shift = -7; shift <= 16; ++shift)
      EXPECT_EQ(result(LSGD_OPERATION_ALIGN_BIAS, integer(bias), shift),
                shifted_right(bias, -shift));
    for (int n = 0; n <= 7; ++n)
      EXPECT_EQ(std::bit_cast<float>(result(LSGD_OPERATION_FLOAT_FROM_INT8, integer(bias), n)),
                std::ldexp(static_cast<float>(bias), -n));
  }
  EXPECT_EQ(result(LSGD_OPERATION_RELU, integer(-5), 0), 0);
  EXPECT_EQ(result(LSGD_OPERATION_SIGMOID_TABLE, integer(127), 0), 127);
  EXPECT_EQ(result(LSGD_OPERATION_TANH_TABLE, integer(-128), 0), -128);
}

TEST(Int8HybridPort, RefusesOperandsOutsideTheirRange) {
  std::uint32_t result;
  EXPECT_EQ(lsgd_port_arithmetic(LSGD_OPERATION_QUANTIZE, 0, 8, &result), LSGD_OUT_OF_RANGE);
  EXPECT_EQ(lsgd_port_arithmetic(LSGD_OPERATION_REQUANTIZE, 0, 17, &result), LSGD_OUT_OF_RANGE);
  EXPECT_EQ(lsgd_port_arithmetic(LSGD_OPERATION_ALIGN_BIAS, 0, 1000, &result), LSGD_OUT_OF_RANGE);
}

}  // namespace
}  // namespace lsgd
