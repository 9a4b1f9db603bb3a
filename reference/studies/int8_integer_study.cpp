// SPDX-License-Identifier: Apache-2.0

// Measures how well alternatives of profile int8_integer learn from random weights, beside float32
// (reference/int8_integer.md). Prints one row of a Markdown table per alternative.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <random>
#include <string>
#include <vector>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "int8_integer_variant.hpp"
#include "training/seeded_shuffle.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

std::vector<Int8IntegerVariant> variants() {
  using enum RandomBits;
  return {
      {.name = "int8_integer/1"},
      {.name = "xorshift32, low bits", .random_bits = xorshift_low},
      {.name = "xorshift32, 16 bits for each weight", .random_bits = xorshift_halves},
      {.name = "Weyl sequence", .random_bits = weyl_high},
      {.name = "one draw for each neuron", .random_bits = linear_per_row},
      {.name = "round to nearest", .random_bits = none},
      {.name = "z with 5 fraction bits", .preactivation_bits = 5},
      {.name = "z with 6 fraction bits", .preactivation_bits = 6},
      {.name = "z with 6, a with 10 fraction bits", .preactivation_bits = 6, .activation_bits = 10},
      {.name = "n_W for each neuron", .fraction_bits_per_row = true},
      {.name = "int16 weights", .accumulating_bits = 8},
      {.name = "int16 weights, round to nearest", .random_bits = none, .accumulating_bits = 8},
      {.name = "no floor of n_W", .fraction_bits_floor = 0},
      {.name = "floor 4", .fraction_bits_floor = 4},
      {.name = "floor 6", .fraction_bits_floor = 6},
      {.name = "k = 7", .rate_exponents = {7}},
      {.name = "k = 8", .rate_exponents = {8}},
      {.name = "k = 6, 7, 8, 9, 10", .rate_exponents = {6, 7, 8, 9, 10}},
      {.name = "k = 6, 8, 10", .rate_exponents = {6, 8, 10}},
      {.name = "k = 6, 7, 8", .rate_exponents = {6, 7, 8}},
      {.name = "k = 5, 6, 7, 8, 9", .rate_exponents = {5, 6, 7, 8, 9}},
  };
}

struct Options {
  std::string data = "car";
  std::string test_data;
  std::string sizes = "6-32-16-4";
  std::string activations = "tanh-tanh-sigmoid";
  std::size_t epochs = 200;
  std::size_t seeds = 5;
  std::string only;
  bool float32 = false;
};

std::uint32_t class_named_by(std::span<const std::int32_t> outputs) {
  if (outputs.size() == 1) return outputs[0] > 64 ? 1 : 0;
  return static_cast<std::uint32_t>(std::ranges::max_element(outputs) - outputs.begin());
}

double accuracy(Int8IntegerLearner& learner, const DataSet& data, std::uint32_t outputs) {
  std::size_t correct = 0;
  for (std::size_t index = 0; index < data.size(); ++index)
    correct +=
        class_named_by(learner.forward(data.sample(index, outputs).inputs)) == data.labels[index];
  return static_cast<double>(correct) / static_cast<double>(data.size());
}

double train_integer(const Network& network, const Int8IntegerVariant& variant,
                     const DataSet& training, const DataSet& test, std::size_t epochs,
                     std::uint64_t seed) {
  Int8IntegerLearner learner(network, variant, initial_parameters(network, seed),
                             static_cast<std::uint32_t>(seed));
  std::mt19937_64 engine(seed);
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    const int k = variant.rate_exponents[epoch * variant.rate_exponents.size() / epochs];
    for (const std::size_t index : shuffled_indices(training.size(), engine)) {
      const Sample sample = training.sample(index, network.outputs());
      learner.step(sample.inputs, sample.target, k);
    }
  }
  return accuracy(learner, test, network.outputs());
}

double train_float32(const Network& network, const DataSet& training, const DataSet& test,
                     std::size_t epochs, std::uint64_t seed) {
  const Model model =
      train(network, training, nullptr, {.epochs = epochs, .learning_rate = 0.01f, .seed = seed});
  return classification_accuracy(model, test);
}

void print_row(const std::string& name, const std::vector<double>& accuracies) {
  double sum = 0;
  std::string list;
  for (const double value : accuracies) {
    sum += value;
    list += fmt::format(" {:.1f}", 100 * value);
  }
  const auto [lowest, highest] = std::ranges::minmax_element(accuracies);
  fmt::print("| {} | {:.2f} | {:.1f} | {:.1f} |{} |\n", name,
             100 * sum / static_cast<double>(accuracies.size()), 100 * *lowest, 100 * *highest,
             list);
  std::fflush(stdout);
}

void run(const Options& options) {
  const Network network = network_from_text(options.sizes, options.activations, "bce");
  const DataSet training = load_data(options.data, DataSetPart::training, all_rows, &network);
  const DataSet test = load_data(options.test_data.empty() ? options.data : options.test_data,
                                 DataSetPart::test, all_rows, &network);
  const auto measure = [&](const std::string& name, auto train_once) {
    std::vector<double> accuracies;
    for (std::uint64_t seed = 1; seed <= options.seeds; ++seed)
      accuracies.push_back(train_once(seed));
    print_row(name, accuracies);
  };
  fmt::print(
      "| variant | mean | lowest | highest | test accuracy by seed, % |\n|---|---|---|---|---|\n");
  if (options.float32)
    measure("float32, learning rate 0.01", [&](std::uint64_t seed) {
      return train_float32(network, training, test, options.epochs, seed);
    });
  for (const Int8IntegerVariant& variant : variants()) {
    if (!options.only.empty() && variant.name.find(options.only) == std::string::npos) continue;
    measure(variant.name, [&](std::uint64_t seed) {
      return train_integer(network, variant, training, test, options.epochs, seed);
    });
  }
}

}  // namespace
}  // namespace lsgd

int main(int argc, char** argv) {
  lsgd::Options options;
  CLI::App app("Accuracy of alternatives of profile int8_integer from random weights");
  app.add_option("--data", options.data, "Built-in data set or data file")->capture_default_str();
  app.add_option("--test-data", options.test_data, "Data file; a built-in set has its own");
  app.add_option("--sizes", options.sizes, "Layer sizes")->capture_default_str();
  app.add_option("--activations", options.activations, "tanh and sigmoid")->capture_default_str();
  app.add_option("--epochs", options.epochs)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seeds", options.seeds)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--only", options.only, "Part of the names of the variants to measure");
  app.add_flag("--float32", options.float32, "float32 too");
  CLI11_PARSE(app, argc, argv);
  try {
    lsgd::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
