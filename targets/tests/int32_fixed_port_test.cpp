// SPDX-License-Identifier: Apache-2.0

// The int32_fixed port against the reference's bounds, where sums and parameters fit and where they
// do not.
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <utility>
#include <vector>

#include <lsgd/step/int32_fixed_step.hpp>

#include "drawn_network.hpp"

namespace lsgd {
namespace {

ArithmeticModel declared() {
  ArithmeticModel model;
  model.activation_ulps = 0.125;
  return model;
}

/// A random network in the port, and the reference of each of its steps.
class PortAndReference {
 public:
  /// @param range  of the weights, at most 16
  PortAndReference(std::uint64_t seed, float range)
      : random_(seed), network_(drawn_network(random_)), port_(port_network(network_)) {
    EXPECT_EQ(port_.configure(), LSGD_OK);
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const Layer& layer = network_.layers[l];
      const auto drawn = [&](std::size_t count) {
        std::vector<std::int32_t> values;
        for (const float value : random_.reals(count, range))
          values.push_back(quantize_int32(value, fixed_parameter_bits));
        return values;
      };
      load_tensor(LSGD_TENSOR_WEIGHTS, l + 1, drawn(layer.weight_count()));
      load_tensor(LSGD_TENSOR_BIASES, l + 1, drawn(layer.outputs));
    }
  }

  void step(float input_range, float target_range, float rate) {
    const Int32Parameters before = stored_parameters();
    const Sample sample{random_.reals(network_.inputs(), input_range),
                        random_.reals(network_.outputs(), target_range)};
    StepTrace<Exact> trace;
    int32_fixed_step(network_, before, sample, rate, declared(), trace);
    ASSERT_EQ(lsgd_port_train_step(sample.inputs.data(), sample.target.data(), rate), LSGD_OK);
    const Int32Parameters after = stored_parameters();
    std::vector<std::vector<std::int32_t>> shown;
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const Layer& layer = network_.layers[l];
      shown.push_back(stored_tensor<std::int32_t>(LSGD_TENSOR_ACTIVATIONS, l + 1, layer.outputs));
      compare(trace[l].a, shown.back(), fixed_activation_bits(layer.activation));
    }
    compare(trace, after);
    int32_fixed_backward_from_activations(network_, before, shown, sample, rate, declared(), trace);
    compare(trace, after);
  }

 private:
  Int32Parameters stored_parameters() const {
    Int32Parameters parameters;
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const Layer& layer = network_.layers[l];
      parameters.push_back(
          {stored_tensor<std::int32_t>(LSGD_TENSOR_WEIGHTS, l + 1, layer.weight_count()),
           stored_tensor<std::int32_t>(LSGD_TENSOR_BIASES, l + 1, layer.outputs)});
    }
    return parameters;
  }

  static void compare(const BoundedTensor<Exact>& exact, const std::vector<std::int32_t>& device,
                      int fraction_bits) {
    for (std::size_t i = 0; i < device.size(); ++i) {
      const Exact error = exact.exact[i] - fixed_value(device[i], fraction_bits);
      ASSERT_LE(magnitude_above(error), exact.bound[i]) << "element " << i;
    }
  }

  void compare(const StepTrace<Exact>& trace, const Int32Parameters& after) const {
    for (std::size_t l = 0; l < trace.size(); ++l) {
      compare(trace[l].weights, after[l].weights, fixed_parameter_bits);
      compare(trace[l].biases, after[l].biases, fixed_parameter_bits);
    }
  }

  Random random_;
  Network network_;
  PortNetwork port_;
};

struct Ranges {
  float weights, inputs, targets, rate;
};

TEST(Int32FixedPort, TrainsWithinTheBounds) {
  for (const Ranges& ranges : {Ranges{1, 1, 1, 0.01f}, Ranges{4, 1, 1, 0.1f},
                               Ranges{7.9f, 1.9f, 8, 0.5f}, Ranges{16, 8, 20, 0.25f},
                               Ranges{16, 10, 8, 3}, Ranges{2, 1, 8, 64}, Ranges{1, 4, 1, 1e-5f}})
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      PortAndReference networks(seed, ranges.weights);
      for (int step = 0; step < 4; ++step) {
        networks.step(ranges.inputs, ranges.targets, ranges.rate);
        ASSERT_FALSE(testing::Test::HasFailure())
            << "seed " << seed << ", step " << step << ", weights of " << ranges.weights;
      }
    }
}

/// The weights grow past 8 from one step to the next, without being loaded again.
TEST(Int32FixedPort, NoticesWeightsThatHaveGrown) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    PortAndReference networks(seed, 6);
    for (int step = 0; step < 20; ++step) {
      networks.step(1, 8, 0.5f);
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << ", step " << step;
    }
  }
}

std::int32_t function_of(lsgd_operation operation, std::int32_t z) {
  std::uint32_t result = 0;
  EXPECT_EQ(lsgd_port_arithmetic(operation, static_cast<std::uint32_t>(z), 0, &result), LSGD_OK);
  return static_cast<std::int32_t>(result);
}

TEST(Int32FixedPort, ComputesFunctionsWithinTheDeclaredError) {
  constexpr double declared_error = 0x1p-27;
  double largest = 0;
  // Steps that are prime to powers of two, finer where the functions bend.
  for (std::int64_t z = std::numeric_limits<std::int32_t>::min();
       z <= std::numeric_limits<std::int32_t>::max(); z += std::abs(z) < (1 << 29) ? 997 : 99991) {
    const double x = std::ldexp(static_cast<double>(z), -fixed_preactivation_bits);
    const auto value = static_cast<std::int32_t>(z);
    const double sigmoid = fixed_value(function_of(LSGD_OPERATION_FIXED_SIGMOID, value), 30);
    const double hyperbolic = fixed_value(function_of(LSGD_OPERATION_FIXED_TANH, value), 30);
    largest = std::max(
        {largest, std::abs(sigmoid - 1 / (1 + std::exp(-x))), std::abs(hyperbolic - std::tanh(x))});
  }
  EXPECT_LE(largest, declared_error);
  EXPECT_GE(largest, declared_error / 4);
}

TEST(Int32FixedPort, TanhIsOddAndFunctionsStayInTheirRange) {
  constexpr std::int32_t one = 1 << 30;
  for (std::int64_t z = 0; z <= std::numeric_limits<std::int32_t>::max(); z += 1234567) {
    const auto value = static_cast<std::int32_t>(z);
    const std::int32_t hyperbolic = function_of(LSGD_OPERATION_FIXED_TANH, value);
    EXPECT_EQ(function_of(LSGD_OPERATION_FIXED_TANH, -value), -hyperbolic);
    EXPECT_GE(hyperbolic, 0);
    EXPECT_LE(hyperbolic, one);
    EXPECT_GE(function_of(LSGD_OPERATION_FIXED_SIGMOID, -value), 0);
    EXPECT_LE(function_of(LSGD_OPERATION_FIXED_SIGMOID, value), one);
  }
  EXPECT_EQ(function_of(LSGD_OPERATION_FIXED_TANH, 0), 0);
}

}  // namespace
}  // namespace lsgd
