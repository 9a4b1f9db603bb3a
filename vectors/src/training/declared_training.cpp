// SPDX-License-Identifier: Apache-2.0
#include "training/declared_training.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include <lsgd/arithmetic/declared_run.hpp>

#include "training/seeded_shuffle.hpp"

namespace lsgd {
namespace {

std::vector<float> nearest_floats(const std::vector<BinaryNumber>& numbers) {
  std::vector<float> values;
  for (const BinaryNumber& number : numbers)
    values.push_back(static_cast<float>(number.to_double()));
  return values;
}

std::vector<float> nearest_floats(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};
}

bool stays_finite(const DeclaredState& state) {
  const auto all_finite = [](const DeclaredTensor& tensor) {
    return std::ranges::all_of(tensor.numbers, &BinaryNumber::is_finite);
  };
  return std::ranges::all_of(state.layers, [&](const DeclaredLayer& layer) {
    return all_finite(layer.weights) && all_finite(layer.biases);
  });
}

/// A network in training.
class DeclaredTraining {
 public:
  DeclaredTraining(const Arithmetic& arithmetic, const Network& network, const DataSet& training,
                   const TrainingOptions& options)
      : network_(network),
        run_(arithmetic, network,
             initial_state(arithmetic, network, initial_parameters(network, options.seed),
                           static_cast<std::uint32_t>(options.seed), training.inputs_flat)) {}

  EpochReport train_epoch(const DataSet& data, float learning_rate, std::mt19937_64& engine) {
    EpochReport report;
    for (const std::size_t index : shuffled_indices(data.size(), engine)) {
      const Sample sample = data.sample(index, network_.outputs());
      const std::vector<float> outputs = nearest_floats(run_.train(sample, learning_rate));
      report.mean_loss += loss_of(network_.loss, outputs, sample.target);
      report.training_accuracy += class_named_by(outputs) == data.labels[index];
    }
    report.mean_loss /= static_cast<double>(data.size());
    report.training_accuracy /= static_cast<double>(data.size());
    return report;
  }

  double accuracy(const DataSet& data) {
    std::size_t correct = 0;
    for (std::size_t index = 0; index < data.size(); ++index) {
      const Sample sample = data.sample(index, network_.outputs());
      correct += class_named_by(nearest_floats(run_.outputs(sample.inputs))) == data.labels[index];
    }
    return static_cast<double>(correct) / static_cast<double>(data.size());
  }

  const DeclaredState& state() { return run_.state(); }

 private:
  const Network& network_;
  DeclaredRun run_;
};

}  // namespace

Model train_declared(const Arithmetic& arithmetic, const Network& network, const DataSet& training,
                     const DataSet* test, const TrainingOptions& options,
                     const std::function<void(const EpochReport&)>& report) {
  DeclaredTraining run(arithmetic, network, training, options);
  std::mt19937_64 engine(options.seed);
  for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    EpochReport done = run.train_epoch(training, options.learning_rate_of(epoch), engine);
    if (!stays_finite(run.state()))
      throw std::domain_error(fmt::format(
          "a learning rate that keeps training finite; it diverged in epoch {}", epoch));
    done.epoch = epoch;
    if (test != nullptr) done.test_accuracy = run.accuracy(*test);
    if (report) report(done);
  }
  Model model{network, {}};
  for (const DeclaredLayer& layer : run.state().layers)
    model.parameters.push_back(
        {nearest_floats(layer.weights.numbers), nearest_floats(layer.biases.numbers)});
  return model;
}

}  // namespace lsgd
