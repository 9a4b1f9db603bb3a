// SPDX-License-Identifier: Apache-2.0

// Loops over weights of Q8.8 against the same sums with saturation after each addition, term by
// term, and the functions for every code.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <lsgd/port.h>

#include "port_network.hpp"

extern "C" {
#include "q8_8_activation.h"
#include "q8_8_kernels.h"
}

namespace lsgd {
namespace {

using Codes = std::vector<std::int16_t>;

std::int16_t saturated(std::int64_t value) {
  return static_cast<std::int16_t>(std::clamp<std::int64_t>(value, -32768, 32767));
}

std::int64_t rounded_product(std::int16_t a, std::int16_t b) {
  return saturated(static_cast<std::int64_t>(std::floor(double{1} * a * b / 256 + 0.5)));
}

struct Layer {
  std::uint32_t inputs, outputs;
  Codes weights, biases, input, deltas;

  /// Numbers up to `magnitude`, inputs and deltas up to `factor` of 256.
  Layer(Random& random, int magnitude, int factor)
      : inputs(static_cast<std::uint32_t>(random.integer(1, 40))),
        outputs(static_cast<std::uint32_t>(random.integer(1, 20))),
        weights(inputs * outputs),
        biases(outputs),
        input(inputs),
        deltas(outputs) {
    const auto draw = [&](Codes& codes, int limit) {
      for (std::int16_t& code : codes)
        code = static_cast<std::int16_t>(random.integer(-limit, std::min(limit, 32767)));
    };
    draw(weights, magnitude);
    draw(biases, magnitude);
    draw(input, factor);
    draw(deltas, factor);
    for (std::int16_t& delta : deltas)
      if (random.integer(0, 2) == 0) delta = 0;
  }
};

class Q88Kernels : public testing::TestWithParam<int> {
 protected:
  Random random_{static_cast<std::uint64_t>(GetParam())};
  /// Up to the limits of what the loops are told.
  const bool is_small_ = GetParam() % 2 == 0;
  const Layer layer_{random_,
                     GetParam() % 3 == 0 ? 400
                     : is_small_         ? 4095
                                         : 32768,
                     is_small_ ? 256 : 32768};
};

TEST_P(Q88Kernels, SaturatesAfterEachAdditionGoingForward) {
  Codes z(layer_.outputs);
  lsgd_q8_8_dense(layer_.weights.data(), layer_.biases.data(), layer_.input.data(), layer_.inputs,
                  layer_.outputs, is_small_, z.data());
  for (std::uint32_t j = 0; j < layer_.outputs; ++j) {
    std::int16_t sum = layer_.biases[j];
    for (std::uint32_t i = 0; i < layer_.inputs; ++i)
      sum =
          saturated(sum + rounded_product(layer_.weights[j * layer_.inputs + i], layer_.input[i]));
    EXPECT_EQ(z[j], sum) << j;
  }
}

TEST_P(Q88Kernels, SaturatesAfterEachAdditionGoingBack) {
  Codes errors(layer_.inputs);
  lsgd_q8_8_hidden_errors(layer_.weights.data(), layer_.deltas.data(), layer_.inputs,
                          layer_.outputs, is_small_, errors.data());
  for (std::uint32_t i = 0; i < layer_.inputs; ++i) {
    std::int16_t sum = 0;
    for (std::uint32_t j = 0; j < layer_.outputs; ++j)
      sum =
          saturated(sum + rounded_product(layer_.weights[j * layer_.inputs + i], layer_.deltas[j]));
    EXPECT_EQ(errors[i], sum) << i;
  }
}

TEST_P(Q88Kernels, RoundsChangesByTheHighestEightBitsOfEachDraw) {
  Codes row(layer_.weights.begin(), layer_.weights.begin() + layer_.inputs);
  const Codes before = row;
  const auto step = static_cast<std::int16_t>(is_small_ ? random_.integer(-32767, 32767) : -32768);
  std::uint8_t large = 0;
  const std::uint32_t after = lsgd_q8_8_update_row(row.data(), layer_.input.data(), layer_.inputs,
                                                   step, is_small_, 7, &large);
  std::uint32_t state = 7;
  bool has_large = false;
  for (std::uint32_t i = 0; i < layer_.inputs; ++i) {
    state = state * 1664525 + 1013904223;
    const std::int64_t change = static_cast<std::int64_t>(
        std::floor((double{1} * step * layer_.input[i] + (state >> 24)) / 256));
    EXPECT_EQ(row[i], saturated(before[i] - saturated(change))) << i;
    if (row[i] != before[i] && std::abs(int{row[i]}) >= 4096) has_large = true;
  }
  EXPECT_EQ(after, state);
  EXPECT_GE(large, has_large);
}

INSTANTIATE_TEST_SUITE_P(DrawnLayers, Q88Kernels, testing::Range(0, 200));

/// A value of 256 f is a tie only where it is exact, so that a long double decides.
TEST(Q88Activation, IsCorrectlyRoundedForEveryCode) {
  Codes codes;
  for (int code = -32768; code <= 32767; ++code) codes.push_back(static_cast<std::int16_t>(code));
  const auto activated = [&](lsgd_activation function) {
    Codes values = codes;
    lsgd_q8_8_activate(static_cast<std::uint8_t>(function), values.data(),
                       static_cast<std::uint32_t>(values.size()));
    return values;
  };
  const Codes sigmoid = activated(LSGD_ACTIVATION_SIGMOID), tanh = activated(LSGD_ACTIVATION_TANH),
              relu = activated(LSGD_ACTIVATION_RELU),
              leaky_relu = activated(LSGD_ACTIVATION_LEAKY_RELU);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const long double z = codes[i] / 256.0L;
    EXPECT_EQ(sigmoid[i], std::nearbyint(256 / (1 + std::exp(-z)))) << codes[i];
    EXPECT_EQ(tanh[i], std::nearbyint(256 * std::tanh(z))) << codes[i];
    EXPECT_EQ(relu[i], std::max<std::int16_t>(codes[i], 0));
    EXPECT_EQ(leaky_relu[i], codes[i] > 0 ? codes[i] : std::nearbyint(codes[i] / 8.0)) << codes[i];
  }
  EXPECT_EQ(activated(LSGD_ACTIVATION_IDENTITY), codes);
}

}  // namespace
}  // namespace lsgd
