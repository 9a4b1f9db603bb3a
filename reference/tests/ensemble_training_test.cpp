// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>

#include <lsgd/ensemble/ensemble_training.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int8_hybrid_step.hpp>

#include "random_network.hpp"
#include "textbook_sgd.hpp"

namespace lsgd {
namespace {

constexpr MemberArithmetic exact_member{};
constexpr MemberArithmetic stochastic{true, true};

EnsembleTraining::Members all(MemberArithmetic arithmetic) {
  EnsembleTraining::Members members;
  members.fill(arithmetic);
  return members;
}

template <class DeviceParameters>
void start_from(EnsembleTraining& training, const DeviceParameters& parameters) {
  for (std::size_t lane = 0; lane < lane_count; ++lane) training.set_parameters(lane, parameters);
}

TEST(ReproducibleFunctions, AgreeWithTheMathematicalLibrary) {
  for (double x = -700; x <= 0; x += 0.37) {
    const double expected = std::exp(x);
    EXPECT_NEAR(reproducible_exponential(x)[0], expected, 0x1p-50 * expected) << x;
  }
  for (double u = 0; u <= 1; u += 0x1p-9)
    EXPECT_NEAR(reproducible_logarithm_of_one_plus(u)[3], std::log1p(u), 0x1p-49 * std::log1p(u));
  for (double z = -40; z <= 40; z += 0.0371) {
    const double sigmoid = 1 / (1 + std::exp(-z));
    EXPECT_NEAR(reproducible_sigmoid(z)[7], sigmoid, 0x1p-48 * sigmoid) << z;
    EXPECT_NEAR(reproducible_tanh(z)[1], std::tanh(z), 0x1p-50) << z;
    EXPECT_NEAR(reproducible_softplus(z)[2], std::log1p(std::exp(-std::abs(z))) + std::max(z, 0.0),
                0x1p-45)
        << z;
  }
  EXPECT_EQ(reproducible_exponential(-1000)[0], 0);
  EXPECT_EQ(reproducible_tanh(0)[0], 0);
}

TEST(Lanes, FloorAndRoundLikeTheMathematicalLibrary) {
  for (const double x : {-2.5, -2.0, -1.75, -0.5, -0x1p-60, 0.0, 0.25, 0.5, 1.5, 127.999, 4e9}) {
    EXPECT_EQ(floor_of(x)[0], std::floor(x)) << x;
    EXPECT_EQ(nearest_integer(x)[0], std::nearbyint(x)) << x;
  }
}

TEST(MonteCarloRounding, GivesTheTwoNeighboursWithTheRightMean) {
  MonteCarloRounding rounding(all(stochastic), {}, 1);
  const double unit = 0x1p-23;  // spacing of binary32 above 1
  const double x = 1 + 0.3 * unit;
  double sum = 0;
  constexpr int draws = 20'000;
  for (int i = 0; i < draws; ++i) {
    const Lanes rounded = rounding.inner(x);
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      ASSERT_TRUE(rounded[lane] == 1 || rounded[lane] == 1 + unit);
      sum += (rounded[lane] - 1) / unit;
    }
  }
  // Binomial: the standard deviation of the mean is 0.0011.
  EXPECT_NEAR(sum / (draws * lane_count), 0.3, 0.006);
  EXPECT_EQ(rounding.inner(-1.5)[0], -1.5) << "a binary32 number stays";
}

TEST(MonteCarloRounding, StoresTheNearestBinary32) {
  const MonteCarloRounding rounding(all(stochastic), {}, 1);
  Draw draw(1);
  for (int i = 0; i < 10'000; ++i) {
    const double x = draw.signed_unit() * (1 + 0x1p-30 * draw.below(1000));
    EXPECT_EQ(rounding.stored(x)[0], static_cast<double>(static_cast<float>(x)));
  }
  EXPECT_EQ(rounding.stored(1 + 0x1p-24)[0], 1) << "tie to even";
  EXPECT_EQ(rounding.stored(1 + 3 * 0x1p-24)[0], 1 + 0x1p-22) << "tie to even";
}

TEST(MonteCarloRounding, KeepsWhatAnExactMemberStores) {
  const MonteCarloRounding rounding(all(exact_member), {}, 1);
  EXPECT_EQ(rounding.stored(1 + 0x1p-52)[0], 1 + 0x1p-52);
  EXPECT_EQ(rounding.stored(-0x1.23456789abcdfp-7)[0], -0x1.23456789abcdfp-7);
}

/// What steps are made of, over and over on eight numbers.
std::vector<Lanes> some_numbers() {
  MonteCarloRounding rounding(all(stochastic), {}, 5);
  std::vector<Lanes> numbers;
  Lanes x = rounding.uniform();
  for (int i = 0; i < 1000; ++i) {
    x = reproducible_activation(Activation::tanh, rounding.inner(x * 1.75) + rounding.uniform());
    x = rounding.stored(x - rounding.inner(x * reproducible_activation(Activation::sigmoid, x)));
    numbers.push_back(floor_of(x * 1024) / 3 + smaller(x, -x));
    numbers.push_back(x);
  }
  return numbers;
}

TEST(Lanes, HaveTheSameNumbersWithWiderVectors) {
  if (!has_512_bits()) GTEST_SKIP() << "no vectors of 512 bits here";
  const std::vector<Lanes> expected = some_numbers();
  std::vector<Lanes> wide;
  with_512_bits([&] { wide = some_numbers(); });
  ASSERT_EQ(wide.size(), expected.size());
  for (std::size_t i = 0; i < wide.size(); ++i)
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      ASSERT_EQ(std::bit_cast<std::uint64_t>(wide[i][lane]),
                std::bit_cast<std::uint64_t>(expected[i][lane]));
}

TEST(EnsembleTraining, ExactMembersTakeTheTextbooksStep) {
  Draw draw(2);
  for (int i = 0; i < 200; ++i) {
    const TrainingCase c = random_case(draw, all_activations);
    EnsembleTraining training(c.network, StoredParameters::binary32, {}, all(exact_member), 1);
    start_from(training, c.parameters);
    training.step(c.sample, c.learning_rate);
    const auto textbook = TextbookSgd<boost::multiprecision::cpp_bin_float_50>::step(
        c.network, c.parameters, c.sample, c.learning_rate);
    for (std::size_t l = 0; l < textbook.size(); ++l)
      for (std::size_t k = 0; k < c.parameters[l].weights.size(); ++k) {
        const std::size_t inputs = c.network.layers[l].inputs;
        const auto expected = static_cast<double>(textbook[l].weights[k / inputs][k % inputs]);
        EXPECT_NEAR(training.parameters()[l].weights[k][4], expected,
                    1e-12 * (1 + std::abs(expected)));
      }
  }
}

TEST(EnsembleTraining, EveryMemberTakesALegalFloat32Step) {
  Draw draw(3);
  StepTrace<Exact> trace;
  for (int i = 0; i < 100; ++i) {
    const TrainingCase c = random_case(draw);
    for (const MemberArithmetic arithmetic : {stochastic, MemberArithmetic{false, true}}) {
      EnsembleTraining training(c.network, StoredParameters::binary32, {}, all(arithmetic), 7);
      start_from(training, c.parameters);
      training.step(c.sample, c.learning_rate);
      // Stochastic rounding errs by up to a whole unit instead of half of one.
      ArithmeticModel model;
      model.significand_bits = arithmetic.rounds_results ? 23 : 24;
      float32_step(c.network, c.parameters, c.sample, c.learning_rate, model, trace);
      for (std::size_t l = 0; l < trace.size(); ++l)
        for (std::size_t k = 0; k < c.parameters[l].weights.size(); ++k)
          for (std::size_t lane = 0; lane < lane_count; ++lane) {
            const double value = training.parameters()[l].weights[k][lane];
            EXPECT_EQ(value, static_cast<double>(static_cast<float>(value)));
            EXPECT_LE(std::abs(value - static_cast<double>(trace[l].weights.exact[k])),
                      trace[l].weights.bound[k]);
          }
    }
  }
}

Int8Parameters quantized(const Parameters<float>& parameters) {
  const auto tensor = [](const std::vector<float>& values) {
    float maximum = 0;
    for (const float value : values) maximum = std::max(maximum, std::abs(value));
    Int8Tensor result{{}, fraction_bits_of(maximum)};
    for (const float value : values) result.values.push_back(quantize(value, result.fraction_bits));
    return result;
  };
  Int8Parameters result;
  for (const LayerParameters<float>& layer : parameters)
    result.push_back({tensor(layer.weights), tensor(layer.biases)});
  return result;
}

TEST(EnsembleTraining, EveryMemberStaysInTheAcceptanceSetsOfInt8) {
  Draw draw(4);
  Int8StepTrace<Exact> trace;
  for (int i = 0; i < 200; ++i) {
    const TrainingCase c = random_case(draw);
    const Int8Parameters before = quantized(c.parameters);
    for (const MemberArithmetic arithmetic :
         {exact_member, stochastic, MemberArithmetic{true, false}}) {
      EnsembleTraining training(c.network, StoredParameters::int8, {}, all(arithmetic), 9);
      start_from(training, before);
      training.step(c.sample, c.learning_rate);
      ArithmeticModel model;
      model.significand_bits = arithmetic.rounds_results ? 23 : 24;
      int8_hybrid_step(c.network, before, c.sample, c.learning_rate, model, trace);
      for (std::size_t l = 0; l < trace.layers.size(); ++l) {
        const int bits = training.weight_fraction_bits(l, 2);
        EXPECT_TRUE(trace.layers[l].weights_fraction_bits.contains(bits));
        const BoundedTensor<Exact>& weights = trace.layers[l].new_weights;
        for (std::size_t k = 0; k < weights.size(); ++k) {
          const double q = std::ldexp(training.parameters()[l].weights[k][2], bits);
          EXPECT_TRUE(acceptable(weights.exact[k], weights.bound[k], bits)
                          .contains(static_cast<std::int8_t>(q)));
        }
      }
    }
  }
}

TEST(EnsembleTraining, EvaluatesTheIntegerForwardPassByBits) {
  Draw draw(5);
  StepNumbers<std::int8_t> trace;
  for (int i = 0; i < 200; ++i) {
    const TrainingCase c = random_case(draw);
    const Int8Parameters parameters = quantized(c.parameters);
    EnsembleTraining training(c.network, StoredParameters::int8, {}, all(exact_member), 1);
    start_from(training, parameters);
    training.evaluate(c.sample.inputs);
    int8_forward(c.network, parameters, c.sample.inputs, trace);
    const std::vector<float> outputs = dequantized_activations(c.network, trace).back();
    for (std::size_t j = 0; j < outputs.size(); ++j)
      EXPECT_EQ(training.outputs()[j][5], outputs[j]);
  }
}

TEST(EnsembleTraining, MembersDifferAndSeedsRepeat) {
  Draw draw(6);
  const Network network{{{6, 8, Activation::tanh}, {8, 4, Activation::sigmoid}}, Loss::bce};
  const Parameters<float> start{random_layer(network.layers[0], draw, 2, 0),
                                random_layer(network.layers[1], draw, 2, 0)};
  const auto after_steps = [&](std::uint64_t seed) {
    EnsembleTraining training(network, StoredParameters::binary32, {}, all(stochastic), seed);
    start_from(training, start);
    for (int step = 0; step < 50; ++step)
      training.step({{0, 0.25f, 1, 0.5f, 0.75f, 1}, {0, 1, 0, 0}}, 0.1f);
    std::vector<double> weights;
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      weights.push_back(training.parameters()[0].weights[3][lane]);
    return weights;
  };
  const std::vector<double> weights = after_steps(1);
  EXPECT_EQ(after_steps(1), weights);
  EXPECT_NE(after_steps(2), weights);
  EXPECT_NE(weights[0], weights[1]);
}

}  // namespace
}  // namespace lsgd
