// SPDX-License-Identifier: Apache-2.0
#include "training/training.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <gmock/gmock.h>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "files/text_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t longest = std::size_t{1} << 24;

/// The commands of vectors/models/*/SOURCE.md.
const TrainingCommand car_command{.data = "car",
                                  .test_data = "",
                                  .sizes = "6-32-16-4",
                                  .activations = "tanh-tanh-sigmoid",
                                  .loss = "bce",
                                  .options = {.epochs = 40, .learning_rate = 0.03f, .seed = 2},
                                  .out = ""};
const TrainingCommand fashion_mnist_command{
    .data = "fashion_mnist",
    .test_data = "",
    .sizes = "784-16-10",
    .activations = "relu-sigmoid",
    .loss = "bce",
    .options = {.epochs = 2, .learning_rate = 0.01f, .seed = 1},
    .out = ""};

TrainingCommand car_mse_command() {
  TrainingCommand command = car_command;
  command.loss = "mse";
  command.options.learning_rate = 0.1f;
  return command;
}

TrainingCommand car_softmax_command() {
  TrainingCommand command = car_command;
  command.activations = "leaky_relu-tanh-softmax";
  command.loss = "cross_entropy";
  command.options.learning_rate = 0.03f;
  command.options.seed = 1;
  return command;
}

TrainingCommand car_acceptable_command() {
  TrainingCommand command = car_command;
  command.data = "car_acceptable";
  command.sizes = "6-40-32-1";
  return command;
}

/// Trains again and compares with the committed model; returns the accuracy on the test part.
double repeat(TrainingCommand command, const std::string& model) {
  const TemporaryDirectory directory;
  const auto committed = std::filesystem::path(LSGD_MODELS_DIRECTORY) / model;
  command.out = (directory / "model").string();
  double test_accuracy = 0;
  run_training(command, [&](const EpochReport& report) { test_accuracy = *report.test_accuracy; });
  for (const std::string name : {"model.json", "params.csv"}) {
    EXPECT_TRUE(read_text(directory / "model" / name, longest) ==
                read_text(committed / name, longest))
        << name;
  }
  EXPECT_EQ(classification_accuracy(read_model(committed / "model.json"),
                                    load_built_in_data_set(command.data, DataSetPart::test)),
            test_accuracy);
  return test_accuracy;
}

TEST(CommittedModel, CarIsReproducedBitForBit) {
  EXPECT_EQ(repeat(car_command, "car"), 496.0 / 519);
}

TEST(CommittedModel, CarWithMseIsReproducedBitForBit) {
  EXPECT_EQ(repeat(car_mse_command(), "car_mse"), 473.0 / 519);
}

TEST(CommittedModel, CarWithSoftmaxIsReproducedBitForBit) {
  EXPECT_EQ(repeat(car_softmax_command(), "car_softmax"), 505.0 / 519);
}

TEST(CommittedModel, CarAcceptableIsReproducedBitForBit) {
  EXPECT_EQ(repeat(car_acceptable_command(), "car_acceptable"), 506.0 / 519);
}

TEST(CommittedModel, FashionMnistIsReproducedBitForBit) {
  EXPECT_EQ(repeat(fashion_mnist_command, "fashion_mnist"), 8317.0 / 10000);
}

TEST(InitialParameters, FillTheGlorotIntervalEvenly) {
  const Network network = network_from_text("300-200-4", "tanh-sigmoid", "bce");
  const auto parameters = initial_parameters(network, 7);
  for (std::size_t l = 0; l < 2; ++l) {
    const Layer& layer = network.layers[l];
    const double limit = std::sqrt(6.0 / (layer.inputs + layer.outputs));
    const auto& trained = parameters[l].weights;
    ASSERT_EQ(trained.size(), layer.weight_count());
    const auto n = static_cast<double>(trained.size());
    double mean = 0;
    double square = 0;
    for (const double w : trained) {
      EXPECT_LE(std::abs(w), limit * (1 + 0x1p-23));
      mean += w / n;
      square += w * w / n;
    }
    // Five standard deviations of the mean and of the mean square of n uniform draws.
    EXPECT_LT(std::abs(mean), 5 * limit / std::sqrt(3 * n));
    EXPECT_LT(std::abs(square - limit * limit / 3), 5 * limit * limit * std::sqrt(4 / (45 * n)));
    EXPECT_THAT(parameters[l].biases, ::testing::Each(0.0f));
  }
  EXPECT_NE(parameters, initial_parameters(network, 8));
}

/// One layer of logistic regression in binary64, in the order the seed gives: what train() does,
/// written again without its parts.
TEST(Train, FollowsTheGradientOfLogisticRegression) {
  const DataSet data{2, 2, {0, 0, 0, 1, 1, 0, 1, 1}, {0, 0, 0, 1}};
  const Network network = network_from_text("2-1", "sigmoid", "bce");
  const TrainingOptions options{.epochs = 1, .learning_rate = 0.5f, .seed = 3};
  const Parameters<float> before = initial_parameters(network, options.seed);
  const Parameters<float> after = train(network, data, nullptr, options).parameters;

  std::vector<std::size_t> order{0, 1, 2, 3};
  bool some_order_matches = false;
  do {
    double w0 = before[0].weights[0];
    double w1 = before[0].weights[1];
    double b = 0;
    for (const std::size_t i : order) {
      const double x0 = data.inputs_flat[2 * i];
      const double x1 = data.inputs_flat[2 * i + 1];
      const double error = 1 / (1 + std::exp(-(w0 * x0 + w1 * x1 + b))) - data.labels[i];
      w0 -= 0.5 * error * x0;
      w1 -= 0.5 * error * x1;
      b -= 0.5 * error;
    }
    some_order_matches |= std::abs(w0 - after[0].weights[0]) < 1e-6 &&
                          std::abs(w1 - after[0].weights[1]) < 1e-6 &&
                          std::abs(b - after[0].biases[0]) < 1e-6;
  } while (std::ranges::next_permutation(order).found);
  EXPECT_TRUE(some_order_matches);
}

TEST(Train, LearnsAndReportsEveryEpoch) {
  const DataSet data{2, 2, {0, 0, 0, 1, 1, 0, 1, 1}, {0, 1, 1, 1}};
  std::vector<EpochReport> reports;
  const Model model = train(network_from_text("2-1", "sigmoid", "bce"), data, &data,
                            {.epochs = 200, .learning_rate = 0.5f, .seed = 1},
                            [&](const EpochReport& report) { reports.push_back(report); });
  ASSERT_EQ(reports.size(), 200U);
  EXPECT_EQ(reports.front().epoch, 1U);
  EXPECT_LT(reports.back().mean_loss, reports.front().mean_loss);
  EXPECT_EQ(reports.back().test_accuracy, 1.0);
  EXPECT_EQ(classification_accuracy(model, data), 1.0);
}

TEST(RunTraining, NamesBadInputAndWritesNothing) {
  const TemporaryDirectory directory;
  const auto error_of = [&](auto change) {
    TrainingCommand command = car_command;
    command.out = (directory / "out").string();
    change(command);
    return input_error_of([&] { run_training(command); });
  };
  EXPECT_EQ(error_of([](auto& command) { command.sizes = "6-32-4"; }),
            "train: expected 2 activations for 3 sizes, found \"tanh-tanh-sigmoid\"");
  EXPECT_EQ(error_of([](auto& command) {
              command.activations = "leaky_relu-tanh-sigmoid";
              command.profile = "int8_integer";
            }),
            "train: expected a network without leaky_relu, which int8_integer leaves out");
  EXPECT_EQ(error_of([](auto& command) { command.sizes = "7-32-16-4"; }),
            "car: expected 7 inputs, found 6");
  EXPECT_EQ(error_of([](auto& command) { command.test_data = "no-such.csv"; }),
            "no-such.csv: expected a readable file (No such file or directory)");
  EXPECT_THAT(directory.entries(), ElementsAre());
  EXPECT_THAT(error_of([](auto& command) {
                command.activations = "relu-relu-sigmoid";
                command.options.learning_rate = 1e38f;
              }),
              HasSubstr("car: expected a learning rate that keeps training finite"));
}

TEST(TrainingOptions, KeepTheLearningRateOrLowerItLinearly) {
  TrainingOptions options{.epochs = 40, .learning_rate = 0.03f};
  EXPECT_EQ(options.learning_rate_of(40), 0.03f);
  options.schedule = RateSchedule::linear;
  EXPECT_EQ(options.learning_rate_of(1), 0.03f);
  EXPECT_EQ(options.learning_rate_of(21), 0.015f);
  EXPECT_FLOAT_EQ(options.learning_rate_of(40), 0.00075f);
}

}  // namespace
}  // namespace lsgd
