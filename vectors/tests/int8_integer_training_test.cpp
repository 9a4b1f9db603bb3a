// SPDX-License-Identifier: Apache-2.0
#include "training/int8_integer_training.hpp"

#include <gtest/gtest.h>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "steps/expected_step.hpp"

namespace lsgd {
namespace {

const Network integer_network = network_from_text("6-32-16-4", "tanh-tanh-sigmoid", "bce");

TEST(Int8IntegerTraining, RatesFallByFifthsOfTheEpochs) {
  std::string exponents;
  for (std::size_t epoch = 0; epoch < 10; ++epoch)
    exponents += std::to_string(int8_integer_rate_exponent(epoch, 10));
  EXPECT_EQ(exponents, "6666778899");
  EXPECT_EQ(int8_integer_rate_exponent(0, 1), 6);
  EXPECT_EQ(int8_integer_rate_exponent(199, 200), 9);
}

TEST(Int8IntegerTraining, LearnsFromRandomWeights) {
  const DataSet training = load_built_in_data_set("car");
  const DataSet test = load_built_in_data_set("car", DataSetPart::test);
  std::size_t reports = 0;
  double last = 0;
  const auto report = [&](const EpochReport& epoch) {
    EXPECT_EQ(epoch.epoch, ++reports);
    last = epoch.test_accuracy.value();
  };
  const auto trained =
      train_int8_integer(integer_network, training, &test, {.epochs = 30, .seed = 1}, report);
  EXPECT_EQ(reports, 30U);
  EXPECT_EQ(last, classification_accuracy(integer_network, trained, test));
  // 70.9 % of the samples are of one class, and rounding to nearest hardly gets beyond it.
  EXPECT_GT(last, 0.85);
  EXPECT_EQ(train_int8_integer(integer_network, training, nullptr, {.epochs = 30, .seed = 1}),
            trained);
}

TEST(Int8IntegerTraining, ReachesNinetyFivePercentFromEverySeed) {
  const DataSet training = load_built_in_data_set("car");
  const DataSet test = load_built_in_data_set("car", DataSetPart::test);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto trained =
        train_int8_integer(integer_network, training, nullptr, {.epochs = 200, .seed = seed});
    EXPECT_GE(classification_accuracy(integer_network, trained, test), 0.95) << "seed " << seed;
  }
}

TEST(Int8IntegerTraining, ParametersSurviveTheWayThroughBinary32) {
  const DataSet training = load_built_in_data_set("car", DataSetPart::training, 300);
  const auto trained =
      train_int8_integer(integer_network, training, nullptr, {.epochs = 2, .seed = 3});
  const Parameters<float> values = dequantized(trained);
  EXPECT_EQ(dequantized(int8_integer_parameters(values, 0)), values);
}

}  // namespace
}  // namespace lsgd
