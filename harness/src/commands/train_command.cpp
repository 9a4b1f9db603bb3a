// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <string>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "steps/changed_parameters.hpp"
#include "steps/profile.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

void print_epoch(const EpochReport& report) {
  fmt::print("epoch {}: loss {:.6f}", report.epoch, report.mean_loss);
  if (report.has_classes) fmt::print(", accuracy {:.4f}", report.training_accuracy);
  if (report.test_accuracy) fmt::print(", test accuracy {:.4f}", *report.test_accuracy);
  if (report.test_loss) fmt::print(", test loss {:.6f}", *report.test_loss);
  fmt::print("\n");
  std::fflush(stdout);
}

}  // namespace

void add_train_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand("train", "Train a network; the same bits on every machine");
  const auto options = std::make_shared<TrainingCommand>();
  command->add_option("--data", options->data, "Built-in data set or data file")->required();
  command->add_option("--test-data", options->test_data, "Data file to measure accuracy on");
  command->add_option("--sizes", options->sizes, "Layer sizes, such as 6-32-16-4")->required();
  command->add_option("--activations", options->activations, "Such as tanh-tanh-sigmoid")
      ->required();
  command->add_option("--loss", options->loss, "mse, bce or cross_entropy")->required();
  const auto profile = std::make_shared<std::string>(options->profile);
  command
      ->add_option("--profile", *profile,
                   "float32, int32_fixed, int8_integer, which trains at rates of its own (SPEC "
                   "11.10), or the file of a declared arithmetic")
      ->capture_default_str();
  add_count_option(*command, "--epochs", options->options.epochs, "Passes over the data", 1,
                   1'000'000)
      ->default_str(std::to_string(options->options.epochs));
  add_learning_rate_option(*command, options->options.learning_rate);
  add_count_option(*command, "--seed", options->options.seed,
                   "Of initial parameters and sample order")
      ->default_str(std::to_string(options->options.seed));
  command->add_option("--out", options->out, "Directory of model.json and params.csv")->required();
  command->callback([options, profile] {
    if (find_profile(*profile) != nullptr)
      options->profile = *profile;
    else
      options->arithmetic = read_arithmetic(*profile);
    const TrainedModel trained = run_training(*options, print_epoch);
    const std::size_t count = parameter_count(trained.model.network);
    fmt::print(
        "{}/model.json: {}\n", options->out,
        in_words({trained.changed_parameters, count},
                 "more --epochs, a larger --learning-rate, or an arithmetic of finer steps"));
  });
}

}  // namespace lsgd
