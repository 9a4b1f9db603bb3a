// SPDX-License-Identifier: Apache-2.0
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include <lsgd/step/int8_integer_step.hpp>

namespace lsgd {
namespace {

using Integer = boost::multiprecision::cpp_int;
using Rational = boost::multiprecision::cpp_rational;

Integer floor_of(const Rational& value) {
  const Integer& numerator = boost::multiprecision::numerator(value);
  const Integer& denominator = boost::multiprecision::denominator(value);
  const Integer quotient = numerator / denominator;
  return numerator < 0 && quotient * denominator != numerator ? quotient - 1 : quotient;
}

Rational power_of_two(int exponent) {
  const Integer power = Integer(1) << std::abs(exponent);
  return exponent >= 0 ? Rational(power) : Rational(1, power);
}

Integer round_half_up(const Rational& value) { return floor_of(value + Rational(1, 2)); }

Integer round_half_away(const Rational& value) {
  return value < 0 ? -round_half_up(-value) : round_half_up(value);
}

Integer limited(const Integer& value, int bits) {
  const Integer end = Integer(1) << (bits - 1);
  return value < -end ? -end : value >= end ? end - 1 : value;
}

/// Clause 11 as written, with rational numbers and integers of any size: a second implementation,
/// which shares nothing with the first but the tables of activations.
class RationalLearner {
 public:
  RationalLearner(const Network& network, const Int8IntegerParameters& parameters)
      : network_(network), state_(parameters.random_bits.state) {
    for (const auto& [weights, biases] : parameters.layers)
      layers_.push_back({{weights.values.begin(), weights.values.end()},
                         {biases.begin(), biases.end()},
                         weights.fraction_bits,
                         {},
                         {}});
  }

  void step(const Sample& sample, int k) {
    std::vector<Integer> x;
    for (const float value : sample.inputs)
      x.push_back(limited(round_half_away(Rational(value) * 128), 8));
    forward(x);
    output_delta(sample);
    for (std::size_t l = layers_.size(); l-- > 0;) {
      if (l > 0) hidden_delta(l);
      update(l, l == 0 ? x : layers_[l - 1].a, k);
    }
  }

  Int8IntegerParameters parameters() const {
    Int8IntegerParameters result;
    for (const State& layer : layers_) {
      Int8IntegerLayerParameters& out = result.layers.emplace_back();
      out.weights.fraction_bits = layer.n;
      for (const Integer& w : layer.weights)
        out.weights.values.push_back(static_cast<std::int8_t>(static_cast<int>(w)));
      for (const Integer& b : layer.biases)
        out.biases.push_back(static_cast<std::int16_t>(static_cast<int>(b)));
    }
    result.random_bits.state = static_cast<std::uint32_t>(state_);
    return result;
  }

  std::vector<Integer> activations(std::size_t l) const { return layers_[l].a; }
  std::vector<Integer> deltas(std::size_t l) const { return layers_[l].delta; }

 private:
  struct State {
    std::vector<Integer> weights, biases;
    int n;
    std::vector<Integer> a, delta;
  };

  int fraction_bits_below(std::size_t l) const {
    if (l == 0) return 7;
    const Activation below = network_.layers[l - 1].activation;
    return below == Activation::tanh || below == Activation::sigmoid ? 7 : 4;
  }

  void forward(const std::vector<Integer>& x) {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      State& layer = layers_[l];
      const std::vector<Integer>& below = l == 0 ? x : layers_[l - 1].a;
      const int p = layer.n + fraction_bits_below(l);
      layer.a.clear();
      for (std::size_t j = 0; j < layer.biases.size(); ++j) {
        Integer sum = floor_of(Rational(layer.biases[j]) * power_of_two(p - 12));
        for (std::size_t i = 0; i < below.size(); ++i)
          sum += layer.weights[j * below.size() + i] * below[i];
        const Integer z = limited(round_half_up(Rational(sum) * power_of_two(4 - p)), 8);
        layer.a.emplace_back(activation_table(
            network_.layers[l].activation)[static_cast<std::uint8_t>(static_cast<int>(z))]);
      }
    }
  }

  /// f' at a, whose units are 2^-7 for tanh and sigmoid.
  static Rational derivative(Activation activation, const Integer& a) {
    const Rational value(a, 128);
    switch (activation) {
      case Activation::tanh:
        return 1 - value * value;
      case Activation::sigmoid:
        return value * (1 - value);
      case Activation::relu:
        return a > 0 ? 1 : 0;
      default:
        return 1;
    }
  }

  void output_delta(const Sample& sample) {
    State& last = layers_.back();
    const Activation activation = network_.layers.back().activation;
    const int n = fraction_bits_below(layers_.size());
    last.delta.clear();
    for (std::size_t j = 0; j < last.a.size(); ++j) {
      const Integer t = limited(round_half_away(Rational(sample.target[j]) * 128), 16);
      const Rational difference = Rational(last.a[j]) * power_of_two(-n) - Rational(t, 128);
      const Integer delta = limited(floor_of(difference * 4096), 16);
      last.delta.push_back(network_.loss == Loss::bce
                               ? delta
                               : round_half_up(delta * derivative(activation, last.a[j])));
    }
  }

  void hidden_delta(std::size_t l) {
    const State& layer = layers_[l];
    State& below = layers_[l - 1];
    below.delta.clear();
    for (std::size_t i = 0; i < below.a.size(); ++i) {
      Integer sum = 0;
      for (std::size_t j = 0; j < layer.delta.size(); ++j)
        sum += layer.delta[j] * layer.weights[j * below.a.size() + i];
      const Integer s = limited(floor_of(Rational(sum) * power_of_two(-layer.n)), 16);
      below.delta.push_back(
          round_half_up(s * derivative(network_.layers[l - 1].activation, below.a[i])));
    }
  }

  Integer draw(int count) {
    state_ = (state_ * 1664525 + 1013904223) % (Integer(1) << 32);
    return floor_of(Rational(state_) * power_of_two(count - 32));
  }

  void update(std::size_t l, const std::vector<Integer>& below, int k) {
    State& layer = layers_[l];
    const int s = 12 + fraction_bits_below(l) - layer.n + k;
    bool left = false;
    for (std::size_t j = 0; j < layer.delta.size(); ++j) {
      if (layer.delta[j] == 0) continue;
      for (std::size_t i = 0; i < below.size(); ++i) {
        Integer& weight = layer.weights[j * below.size() + i];
        const Integer product = layer.delta[j] * below[i];
        const Integer updated = weight - floor_of(Rational(product + draw(s)) * power_of_two(-s));
        weight = limited(updated, 8);
        left = left || weight != updated;
      }
      const Integer change = floor_of(Rational(layer.delta[j] + draw(k)) * power_of_two(-k));
      layer.biases[j] = limited(layer.biases[j] - change, 16);
    }
    if (!left || layer.n <= 5) return;
    --layer.n;
    for (Integer& weight : layer.weights) weight = floor_of(Rational(weight + draw(1), 2));
  }

  const Network& network_;
  Integer state_;
  std::vector<State> layers_;
};

class RandomCase {
 public:
  explicit RandomCase(std::uint64_t seed) : engine_(seed) {
    const std::size_t layers = 1 + below(3);
    std::uint32_t inputs = 1 + below(9);
    for (std::size_t l = 0; l < layers; ++l) {
      const std::uint32_t outputs = 1 + below(9);
      network.layers.push_back({inputs, outputs, static_cast<Activation>(below(4))});
      inputs = outputs;
    }
    network.loss = network.layers.back().activation == Activation::sigmoid && below(2) == 0
                       ? Loss::bce
                       : Loss::mse;
    for (const Layer& layer : network.layers) {
      Int8IntegerLayerParameters drawn;
      drawn.weights.fraction_bits = static_cast<int>(below(8));
      for (std::size_t i = 0; i < layer.weight_count(); ++i)
        drawn.weights.values.push_back(static_cast<std::int8_t>(engine_()));
      for (std::size_t j = 0; j < layer.outputs; ++j)
        drawn.biases.push_back(static_cast<std::int16_t>(engine_()));
      parameters.layers.push_back(std::move(drawn));
    }
    parameters.random_bits.state = static_cast<std::uint32_t>(engine_());
  }

  /// Samples within +-1.5 and targets within +-12: some of everything saturates.
  Sample sample() {
    Sample drawn;
    for (std::uint32_t i = 0; i < network.inputs(); ++i) drawn.inputs.push_back(number(1.5f));
    for (std::uint32_t j = 0; j < network.outputs(); ++j) drawn.target.push_back(number(12));
    return drawn;
  }

  std::uint32_t below(std::uint32_t count) { return static_cast<std::uint32_t>(engine_() % count); }

  Network network;
  Int8IntegerParameters parameters;

 private:
  float number(float scale) {
    return std::ldexp(static_cast<float>(static_cast<std::int32_t>(engine_())) * scale, -31);
  }

  std::mt19937_64 engine_;
};

std::vector<Integer> integers(const auto& values) { return {values.begin(), values.end()}; }

TEST(Int8IntegerStep, AgreesWithRationalArithmetic) {
  std::size_t halvings = 0, saturated_biases = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomCase random(seed);
    RationalLearner learner(random.network, random.parameters);
    Int8IntegerTrace trace;
    for (int step = 0; step < 4; ++step) {
      const Sample sample = random.sample();
      const int k = static_cast<int>(random.below(12));
      const Int8IntegerParameters before = random.parameters;
      int8_integer_step(random.network, random.parameters, sample, std::ldexp(1.0f, -k), trace);
      learner.step(sample, k);
      for (std::size_t l = 0; l < random.network.layers.size(); ++l) {
        ASSERT_EQ(integers(trace.layers[l].a), learner.activations(l)) << "seed " << seed;
        ASSERT_EQ(integers(trace.layers[l].delta), learner.deltas(l)) << "seed " << seed;
        halvings += random.parameters.layers[l].weights.fraction_bits <
                    before.layers[l].weights.fraction_bits;
        for (const std::int16_t bias : random.parameters.layers[l].biases)
          saturated_biases += bias == 32767 || bias == -32768;
      }
      ASSERT_EQ(random.parameters, learner.parameters()) << "seed " << seed << ", step " << step;
    }
  }
  EXPECT_GT(halvings, 10U);
  EXPECT_GT(saturated_biases, 10U);
}

/// One linear neuron without bias, weights `values` with n fraction bits.
struct Neuron {
  Network network;
  Int8IntegerParameters parameters;

  Neuron(std::vector<std::int8_t> values, int n) {
    network = {{{static_cast<std::uint32_t>(values.size()), 1, Activation::identity}}, Loss::mse};
    parameters.layers = {{{std::move(values), n}, {0}}};
  }

  void step(std::vector<float> x, float target, float rate) {
    Int8IntegerTrace trace;
    int8_integer_step(network, parameters, {std::move(x), {target}}, rate, trace);
  }
};

TEST(Int8IntegerStep, RoundsTheUpdateWithoutBias) {
  // delta = -1 (-4096), a = 64 (one half), k = 11: the exact change is 2^-12, 1/32 of a unit.
  constexpr int steps = 20'000;
  std::int64_t change = 0;
  Neuron neuron({0}, 7);
  for (int step = 0; step < steps; ++step) {
    Int8IntegerLayerParameters& layer = neuron.parameters.layers[0];
    layer.weights.values[0] = 0;
    layer.biases[0] = 0;
    neuron.step({0.5f}, 1, 0x1p-11f);
    change += layer.weights.values[0];
  }
  const double expected = steps / 32.0;
  const double deviation = std::sqrt(steps / 32.0 * (31 / 32.0));
  EXPECT_NEAR(static_cast<double>(change), expected, 5 * deviation);
}

TEST(Int8IntegerStep, ReachedTargetChangesNothingAndDrawsNothing) {
  Neuron neuron({100, -50}, 7);
  neuron.parameters.layers[0].biases = {4096};
  neuron.parameters.random_bits.state = 77;
  const Int8IntegerParameters before = neuron.parameters;
  neuron.step({0, 0}, 1, 1);
  EXPECT_EQ(neuron.parameters, before);
}

TEST(Int8IntegerStep, OverflowHalvesTheLayerDownToFiveFractionBits) {
  for (int n = 0; n <= 7; ++n) {
    Neuron neuron({127, 100, -100}, n);
    neuron.parameters.layers[0].biases = {0};
    neuron.step({0.9921875f, 0, 0}, 255, 1);
    const Int8Tensor& weights = neuron.parameters.layers[0].weights;
    if (n > 5) {
      EXPECT_EQ(weights.fraction_bits, n - 1);
      EXPECT_TRUE(weights.values[0] == 63 || weights.values[0] == 64) << "half of 127";
      EXPECT_EQ(weights.values[1], 50);
      EXPECT_EQ(weights.values[2], -50);
    } else {
      EXPECT_EQ(weights.fraction_bits, n);
      EXPECT_EQ(weights.values, (std::vector<std::int8_t>{127, 100, -100})) << n;
    }
  }
}

TEST(Int8IntegerStep, LimitsTheLearningRate) {
  EXPECT_EQ(rate_exponent(64), 0);
  EXPECT_EQ(rate_exponent(1), 0);
  EXPECT_EQ(rate_exponent(std::nextafter(1.0f, 0.0f)), 1);
  EXPECT_EQ(rate_exponent(0.01f), 7);
  EXPECT_EQ(rate_exponent(0x1p-11f), 11);
  EXPECT_EQ(rate_exponent(0x1p-149f), 11);
}

TEST(Int8IntegerStep, RefusesShapesThatDoNotFit) {
  Neuron neuron({1, 2}, 7);
  Int8IntegerTrace trace;
  EXPECT_THROW(int8_integer_step(neuron.network, neuron.parameters, {{1}, {1}}, 1, trace),
               std::invalid_argument);
  neuron.parameters.layers[0].weights.fraction_bits = 8;
  EXPECT_THROW(int8_integer_step(neuron.network, neuron.parameters, {{1, 1}, {1}}, 1, trace),
               std::invalid_argument);
}

TEST(RandomBits, FollowTheRecurrence) {
  // The first terms from seed 0, as tabulated by Press et al. for checking an implementation.
  RandomBits bits;
  for (const std::uint32_t expected :
       {0x3C6EF35FU, 0x47502932U, 0xD1CCF6E9U, 0xAAF95334U, 0x6252E503U, 0x9F2EC686U}) {
    bits.draw(1);
    EXPECT_EQ(bits.state, expected);
  }
  EXPECT_EQ(RandomBits{0}.draw(4), 3);
  EXPECT_EQ(RandomBits{0}.draw(0), 0);
  EXPECT_EQ(RandomBits{0}.draw(30), 0x3C6EF35F >> 2);
}

}  // namespace
}  // namespace lsgd
