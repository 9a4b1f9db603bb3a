// SPDX-License-Identifier: Apache-2.0
#include "training/int8_integer_training.hpp"

#include <array>
#include <cmath>
#include <random>

#include <lsgd/step/int8_integer_step.hpp>

#include "steps/expected_step.hpp"
#include "training/seeded_shuffle.hpp"

namespace lsgd {
namespace {

/// a_L as binary32 numbers.
std::vector<float> outputs_of(const Network& network, const Int8IntegerTrace& trace) {
  return dequantized(trace.layers.back().a, output_fraction_bits(network.layers.back().activation));
}

EpochReport train_epoch(const Network& network, Int8IntegerParameters& parameters,
                        const DataSet& data, float learning_rate, std::mt19937_64& engine) {
  EpochReport report;
  Int8IntegerTrace trace;
  for (const std::size_t index : shuffled_indices(data.size(), engine)) {
    const Sample sample = data.sample(index, network.outputs());
    int8_integer_step(network, parameters, sample, learning_rate, trace);
    const std::vector<float> outputs = outputs_of(network, trace);
    report.mean_loss += loss_of(network.loss, outputs, sample.target);
    report.training_accuracy += class_named_by(outputs) == data.labels[index];
  }
  report.mean_loss /= static_cast<double>(data.size());
  report.training_accuracy /= static_cast<double>(data.size());
  return report;
}

}  // namespace

int int8_integer_rate_exponent(std::size_t epoch, std::size_t epochs) {
  constexpr std::array exponents{6, 6, 7, 8, 9};
  return exponents.at(epoch * exponents.size() / epochs);
}

float int8_integer_learning_rate(std::size_t epoch, std::size_t epochs) {
  return std::ldexp(1.0f, -int8_integer_rate_exponent(epoch, epochs));
}

Int8IntegerParameters initial_int8_integer_parameters(const Network& network, std::uint64_t seed) {
  return int8_integer_parameters(initial_parameters(network, seed),
                                 static_cast<std::uint32_t>(seed));
}

double classification_accuracy(const Network& network, const Int8IntegerParameters& parameters,
                               const DataSet& data) {
  Int8IntegerTrace trace;
  std::size_t correct = 0;
  for (std::size_t index = 0; index < data.size(); ++index) {
    int8_integer_forward(network, parameters, data.sample(index, network.outputs()).inputs, trace);
    correct += class_named_by(outputs_of(network, trace)) == data.labels[index];
  }
  return static_cast<double>(correct) / static_cast<double>(data.size());
}

Int8IntegerParameters train_int8_integer(const Network& network, const DataSet& training,
                                         const DataSet* test, const TrainingOptions& options,
                                         const std::function<void(const EpochReport&)>& report) {
  Int8IntegerParameters parameters = initial_int8_integer_parameters(network, options.seed);
  std::mt19937_64 engine(options.seed);
  for (std::size_t epoch = 0; epoch < options.epochs; ++epoch) {
    const float rate = int8_integer_learning_rate(epoch, options.epochs);
    EpochReport done = train_epoch(network, parameters, training, rate, engine);
    done.epoch = epoch + 1;
    if (test != nullptr) done.test_accuracy = classification_accuracy(network, parameters, *test);
    if (report) report(done);
  }
  return parameters;
}

Parameters<float> dequantized(const Int8IntegerParameters& parameters) {
  Parameters<float> result;
  for (const auto& [weights, biases] : parameters.layers) {
    LayerParameters<float>& layer = result.emplace_back();
    layer.weights = dequantized(weights);
    for (const std::int16_t bias : biases)
      layer.biases.push_back(std::ldexp(static_cast<float>(bias), -bias_fraction_bits));
  }
  return result;
}

}  // namespace lsgd
