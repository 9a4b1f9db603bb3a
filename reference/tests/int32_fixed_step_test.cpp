// SPDX-License-Identifier: Apache-2.0

// The reference of profile int32_fixed: exact values against textbook SGD, bounds against a second
// implementation in integers that makes every choice SPEC 13 leaves at random.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <vector>

#include <lsgd/step/int32_fixed_step.hpp>

#include "random_network.hpp"
#include "textbook_sgd.hpp"

namespace lsgd {
namespace {

constexpr double activation_ulps = 0.5;

using Integers = std::vector<std::int64_t>;
__extension__ using Wide = __int128;

/// How one legal device rounds.
enum class Rounding : std::uint8_t { down, up, nearest, random, toward_zero };

/// One device of profile int32_fixed: integers of any width, saturated where the clause says so.
class LegalFixedDevice {
 public:
  struct LayerResult {
    Integers z, a, delta, weights, biases;
  };

  explicit LegalFixedDevice(Draw& draw)
      : draw_(draw),
        products_(static_cast<Rounding>(draw.below(4))),
        keeps_sums_wide_(draw.below(3) == 0),
        activation_bias_(draw.signed_unit()) {}

  /// Cuts products towards zero and starts sums with half a unit for each of them.
  LegalFixedDevice& cut_towards_zero_from_half() {
    products_ = Rounding::toward_zero;
    starts_with_half_ = true;
    keeps_sums_wide_ = false;
    return *this;
  }

  std::vector<LayerResult> step(const Network& network, const Int32Parameters& parameters,
                                const Sample& sample, float learning_rate) {
    std::vector<LayerResult> layers(network.layers.size());
    const Integers x = quantized(sample.inputs);
    const Integers t = quantized(sample.target);
    const auto inputs_of = [&](std::size_t l) -> const Integers& {
      return l == 0 ? x : layers[l - 1].a;
    };
    const auto input_bits = [&](std::size_t l) {
      return l == 0 ? 28 : bits_of(network.layers[l - 1].activation);
    };
    for (std::size_t l = 0; l < layers.size(); ++l)
      forward(network.layers[l], parameters[l], inputs_of(l), input_bits(l), layers[l]);
    output_delta(network, t, layers.back());
    for (std::size_t l = layers.size(); l-- > 0;) {
      if (l > 0)
        hidden_delta(network.layers[l - 1], network.layers[l], parameters[l], layers[l].delta,
                     layers[l - 1]);
      update(network.layers[l], parameters[l], inputs_of(l), input_bits(l), learning_rate,
             layers[l]);
    }
    return layers;
  }

 private:
  static int bits_of(Activation activation) {
    return activation == Activation::tanh || activation == Activation::sigmoid ? 30 : 28;
  }

  static std::int64_t saturated(std::int64_t value) {
    return std::clamp<std::int64_t>(value, INT32_MIN, INT32_MAX);
  }

  static Integers quantized(const std::vector<float>& values) {
    Integers result;
    for (const float value : values)
      result.push_back(saturated(std::llround(std::ldexp(static_cast<double>(value), 28))));
    return result;
  }

  std::int64_t shifted(std::int64_t value, int shift, Rounding rounding) {
    if (shift <= 0) return value << -shift;
    const std::int64_t unit = std::int64_t{1} << shift;
    switch (rounding) {
      case Rounding::down:
        return value >> shift;
      case Rounding::up:
        return (value + unit - 1) >> shift;
      case Rounding::nearest:
        return (value + unit / 2) >> shift;
      case Rounding::toward_zero:
        return value / unit;
      default:
        return (value + static_cast<std::int64_t>(draw_.generator()() &
                                                  static_cast<std::uint64_t>(unit - 1))) >>
               shift;
    }
  }

  /// A sum of products in units of the high halves, from the last term on or from the first. What
  /// is kept wide has 16 bits more.
  template <class Weight, class Input>
  std::int64_t sum_of_products(std::size_t count, const Weight& weight, const Input& input,
                               int unit_bits, int result_bits, std::int64_t bias, int bias_bits) {
    const int kept = keeps_sums_wide_ ? 16 : 0;
    std::int64_t sum = shifted(bias, bias_bits - unit_bits - kept, products_);
    std::int64_t halves = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t i = draw_order_ ? count - 1 - k : k;
      halves += starts_with_half_ && input(i) != 0 ? 1 : 0;
      sum += shifted(weight(i) * input(i), 32 - kept, products_);
    }
    sum += (halves << kept) / 2;
    return shifted(sum, unit_bits + kept - result_bits, Rounding::nearest);
  }

  void forward(const Layer& layer, const LayerParameters<std::int32_t>& parameters,
               const Integers& inputs, int input_bits, LayerResult& out) {
    draw_order_ = draw_.coin();
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const auto weight = [&](std::size_t i) {
        return std::int64_t{parameters.weights[j * layer.inputs + i]};
      };
      const auto input = [&](std::size_t i) { return inputs[i]; };
      out.z.push_back(saturated(sum_of_products(layer.inputs, weight, input, input_bits - 5, 25,
                                                parameters.biases[j], 27)));
      out.a.push_back(activate(layer.activation, out.z.back()));
    }
  }

  std::int64_t activate(Activation activation, std::int64_t z) {
    const double value = std::ldexp(static_cast<double>(z), -25);
    const double error = std::ldexp(activation_ulps, -24) *
                         std::clamp(activation_bias_ + 0.5 * draw_.signed_unit(), -1.0, 1.0);
    switch (activation) {
      case Activation::identity:
        return saturated(z * 8);
      case Activation::relu:
        return saturated(std::max<std::int64_t>(z, 0) * 8);
      case Activation::sigmoid:
        return std::llround(std::ldexp(1 / (1 + std::exp(-value)) + error, 30));
      default:
        return std::llround(std::ldexp(std::tanh(value) + error, 30));
    }
  }

  /// With 28 fraction bits.
  std::int64_t derivative(Activation activation, std::int64_t a) {
    constexpr std::int64_t one = std::int64_t{1} << 30;
    switch (activation) {
      case Activation::identity:
        return one / 4;
      case Activation::relu:
        return a > 0 ? one / 4 : 0;
      case Activation::sigmoid:
        return draw_.coin() ? shifted(a * (one - a), 32, products_)
                            : shifted(a, 2, products_) - shifted(a * a, 32, products_);
      default:
        return draw_.coin() ? one / 4 - shifted(a * a, 32, products_)
                            : shifted((one - a) * (one + a), 32, products_);
    }
  }

  void output_delta(const Network& network, const Integers& target, LayerResult& out) {
    const Activation activation = network.layers.back().activation;
    for (std::size_t j = 0; j < target.size(); ++j) {
      const std::int64_t a = shifted(out.a[j], bits_of(activation) - 28, products_);
      std::int64_t delta = saturated(a - target[j]);
      if (network.loss == Loss::mse)
        delta = shifted(delta * derivative(activation, out.a[j]), 28, products_);
      out.delta.push_back(delta);
    }
  }

  void hidden_delta(const Layer& layer, const Layer& above,
                    const LayerParameters<std::int32_t>& parameters, const Integers& delta_above,
                    LayerResult& out) {
    for (std::size_t i = 0; i < layer.outputs; ++i) {
      const auto weight = [&](std::size_t j) {
        return std::int64_t{parameters.weights[j * above.inputs + i]};
      };
      const auto delta = [&](std::size_t j) { return delta_above[j]; };
      // 28 fraction bits, of which at least 23 count, and which saturate as 23 do.
      const std::int64_t sum =
          std::clamp(sum_of_products(above.outputs, weight, delta, 23, 28, 0, 27),
                     std::int64_t{INT32_MIN} * 32, std::int64_t{INT32_MAX} * 32);
      const auto product = static_cast<Wide>(sum) * derivative(layer.activation, out.a[i]);
      out.delta.push_back(saturated(static_cast<std::int64_t>((product + (1 << 27)) >> 28)));
    }
  }

  void update(const Layer& layer, const LayerParameters<std::int32_t>& before,
              const Integers& inputs, int input_bits, float learning_rate, LayerResult& out) {
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const double exact =
          std::ldexp(static_cast<double>(learning_rate) * static_cast<double>(out.delta[j]),
                     59 - input_bits - 28);
      const std::int64_t step = saturated(static_cast<std::int64_t>(
          products_ == Rounding::down ? std::floor(exact) : std::round(exact)));
      out.biases.push_back(saturated(before.biases[j] - shifted(step, 32 - input_bits, products_)));
      for (std::size_t i = 0; i < layer.inputs; ++i)
        out.weights.push_back(saturated(before.weights[j * layer.inputs + i] -
                                        shifted(step * inputs[i], 32, products_)));
    }
  }

  Draw& draw_;
  Rounding products_;
  bool keeps_sums_wide_;
  bool draw_order_ = false;
  bool starts_with_half_ = false;
  double activation_bias_;
};

Int32Parameters rounded(const Parameters<float>& parameters) {
  Int32Parameters result;
  for (const LayerParameters<float>& layer : parameters) {
    LayerParameters<std::int32_t>& added = result.emplace_back();
    for (const float weight : layer.weights)
      added.weights.push_back(quantize_int32(weight, fixed_parameter_bits));
    for (const float bias : layer.biases)
      added.biases.push_back(quantize_int32(bias, fixed_parameter_bits));
  }
  return result;
}

ArithmeticModel declared() {
  ArithmeticModel model;
  model.activation_ulps = activation_ulps;
  return model;
}

/// Errors in units of their bounds.
class ErrorsInBounds {
 public:
  void compare(const BoundedTensor<Exact>& exact, const Integers& device, int fraction_bits) {
    ASSERT_EQ(exact.size(), device.size());
    for (std::size_t i = 0; i < device.size(); ++i) {
      const double value = std::ldexp(static_cast<double>(device[i]), -fraction_bits);
      const double error = magnitude_above(Exact(exact.exact[i] - value));
      ASSERT_LE(error, exact.bound[i]);
      if (exact.bound[i] == 0) continue;
      largest = std::max(largest, error / exact.bound[i]);
      sum += error / exact.bound[i];
      ++count;
    }
  }

  double largest = 0;
  double sum = 0;
  std::size_t count = 0;
};

TEST(Int32FixedStep, BoundsHoldForRandomLegalDevices) {
  Draw draw(13);
  std::array<ErrorsInBounds, 5> errors;
  for (int i = 0; i < 4000; ++i) {
    const TrainingCase random = random_case(draw);
    const Int32Parameters parameters = rounded(random.parameters);
    const float rate = std::ldexp(random.learning_rate, static_cast<int>(draw.below(8)) - 3);
    StepTrace<Exact> trace;
    int32_fixed_step(random.network, parameters, random.sample, rate, declared(), trace);
    const auto layers =
        LegalFixedDevice(draw).step(random.network, parameters, random.sample, rate);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const Activation activation = random.network.layers[l].activation;
      errors[0].compare(trace[l].z, layers[l].z, fixed_preactivation_bits);
      errors[1].compare(trace[l].a, layers[l].a, fixed_activation_bits(activation));
      errors[2].compare(trace[l].delta, layers[l].delta, fixed_delta_bits);
      errors[3].compare(trace[l].weights, layers[l].weights, fixed_parameter_bits);
      errors[4].compare(trace[l].biases, layers[l].biases, fixed_parameter_bits);
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << "network " << i << ", layer " << l + 1;
    }
  }
  // Reached, so not loose: z, a, delta, W, b.
  for (const ErrorsInBounds& quantity : errors) {
    EXPECT_GT(quantity.largest, 0.5);
    EXPECT_GT(quantity.sum / static_cast<double>(quantity.count), 0.05);
  }
}

TEST(Int32FixedStep, BoundsOfZeroCutsFromHalfHoldAndAreNeeded) {
  ArithmeticModel from_half = declared();
  from_half.zero_cuts_from_half = true;
  Draw draw(16);
  ErrorsInBounds errors;
  double largest_in_bounds_of_one_unit = 0;
  for (int i = 0; i < 2000; ++i) {
    TrainingCase random = random_case(draw);
    // Sums of negative products, which are cut upwards.
    for (LayerParameters<float>& layer : random.parameters)
      for (float& weight : layer.weights) weight = -std::abs(weight);
    for (float& x : random.sample.inputs) x = std::abs(x);
    const Int32Parameters parameters = rounded(random.parameters);
    const auto layers = LegalFixedDevice(draw).cut_towards_zero_from_half().step(
        random.network, parameters, random.sample, random.learning_rate);
    StepTrace<Exact> trace, of_one_unit;
    int32_fixed_step(random.network, parameters, random.sample, random.learning_rate, from_half,
                     trace);
    int32_fixed_step(random.network, parameters, random.sample, random.learning_rate, declared(),
                     of_one_unit);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      errors.compare(trace[l].z, layers[l].z, fixed_preactivation_bits);
      errors.compare(trace[l].weights, layers[l].weights, fixed_parameter_bits);
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << "network " << i << ", layer " << l + 1;
    }
    for (std::size_t j = 0; j < layers[0].z.size(); ++j) {
      const double z = std::ldexp(static_cast<double>(layers[0].z[j]), -fixed_preactivation_bits);
      const double error = magnitude_above(Exact(of_one_unit[0].z.exact[j] - z));
      largest_in_bounds_of_one_unit =
          std::max(largest_in_bounds_of_one_unit, error / of_one_unit[0].z.bound[j]);
    }
  }
  EXPECT_GT(errors.largest, 0.5);
  EXPECT_GT(largest_in_bounds_of_one_unit, 1);
}

TEST(Int32FixedStep, BoundsHoldFromTheActivationsThatAreShown) {
  Draw draw(14);
  ErrorsInBounds errors;
  for (int i = 0; i < 1000; ++i) {
    const TrainingCase random = random_case(draw);
    const Int32Parameters parameters = rounded(random.parameters);
    const auto layers = LegalFixedDevice(draw).step(random.network, parameters, random.sample,
                                                    random.learning_rate);
    std::vector<std::vector<std::int32_t>> shown;
    for (const auto& layer : layers) shown.emplace_back(layer.a.begin(), layer.a.end());
    StepTrace<Exact> trace;
    int32_fixed_backward_from_activations(random.network, parameters, shown, random.sample,
                                          random.learning_rate, declared(), trace);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      errors.compare(trace[l].weights, layers[l].weights, fixed_parameter_bits);
      errors.compare(trace[l].biases, layers[l].biases, fixed_parameter_bits);
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << "network " << i << ", layer " << l + 1;
    }
  }
  EXPECT_GT(errors.largest, 0.5);
}

TEST(Int32FixedStep, ExactValuesAreThoseOfTextbookSgd) {
  Draw draw(15);
  for (int i = 0; i < 300; ++i) {
    TrainingCase random = random_case(draw);
    random.learning_rate = 0.01f;
    // Binary32 numbers that int32 holds exactly, and nothing that saturates.
    for (LayerParameters<float>& layer : random.parameters)
      for (std::vector<float>* values : {&layer.weights, &layer.biases})
        for (float& value : *values) value = std::ldexp(std::round(std::ldexp(value, 18)), -20);
    for (float& value : random.sample.inputs)
      value = std::ldexp(std::round(std::ldexp(value, 20)), -20);
    StepTrace<Exact> trace;
    int32_fixed_step(random.network, rounded(random.parameters), random.sample,
                     random.learning_rate, declared(), trace);
    const auto expected = TextbookSgd<Exact>::step(random.network, random.parameters, random.sample,
                                                   random.learning_rate);
    const auto near = [](const Exact& x, const Exact& y) { return abs(x - y) < 1e-40; };
    for (std::size_t l = 0; l < trace.size(); ++l)
      for (std::size_t j = 0; j < random.network.layers[l].outputs; ++j) {
        ASSERT_TRUE(near(trace[l].z.exact[j], expected[l].z[j]));
        ASSERT_TRUE(near(trace[l].a.exact[j], expected[l].a[j]));
        ASSERT_TRUE(near(trace[l].delta.exact[j], expected[l].delta[j]));
        ASSERT_TRUE(near(trace[l].biases.exact[j], expected[l].biases[j]));
        for (std::size_t k = 0; k < random.network.layers[l].inputs; ++k)
          ASSERT_TRUE(near(trace[l].weights.exact[j * random.network.layers[l].inputs + k],
                           expected[l].weights[j][k]));
      }
  }
}

TEST(Int32FixedStep, EverythingStoredSaturates) {
  constexpr std::int32_t end = INT32_MAX;
  const Network network{{{2, 1, Activation::identity}}, Loss::mse};
  const Int32Parameters parameters{{{end, end}, {end}}};
  StepTrace<Exact> trace;
  int32_fixed_step(network, parameters, {{100, 7}, {-100}}, 64, declared(), trace);
  EXPECT_EQ(trace[0].z.exact[0], fixed_value(end, fixed_preactivation_bits));
  EXPECT_EQ(trace[0].a.exact[0], fixed_value(end, fixed_delta_bits));
  EXPECT_EQ(trace[0].delta.exact[0], fixed_value(end, fixed_delta_bits));
  // Learning rate times delta is just below 1 here, and inputs are 8 and 7.
  const double start = fixed_value(end, fixed_parameter_bits);
  EXPECT_EQ(trace[0].weights.exact[1], start - 7 * (1 - 0x1p-31));
  EXPECT_EQ(trace[0].biases.exact[0], start - (1 - 0x1p-31));
  int32_fixed_step(network, parameters, {{-8, -7}, {100}}, 64, declared(), trace);
  EXPECT_EQ(trace[0].weights.exact[1], start - 7);
  EXPECT_EQ(trace[0].biases.exact[0], start);
}

TEST(Int32FixedStep, WhatHasNoGradientKeepsItsValue) {
  const Network network{{{2, 2, Activation::relu}, {2, 1, Activation::identity}}, Loss::mse};
  const Int32Parameters parameters{{{1000, -2000, -3000, -4000}, {1 << 20, -(1 << 27)}},
                                   {{5000, 6000}, {0}}};
  StepTrace<Exact> trace;
  int32_fixed_step(network, parameters, {{0, 1}, {1}}, 0.5f, declared(), trace);
  EXPECT_EQ(trace[0].weights.bound[0], 0);  // its input is 0
  EXPECT_GT(trace[0].weights.bound[1], 0);
  EXPECT_EQ(trace[0].delta.bound[1], 0);  // its neuron is off
  EXPECT_EQ(trace[0].weights.bound[3], 0);
  EXPECT_EQ(trace[0].weights.exact[3], fixed_value(-4000, fixed_parameter_bits));
  EXPECT_EQ(trace[1].weights.bound[1], 0);  // its input is 0
}

}  // namespace
}  // namespace lsgd
