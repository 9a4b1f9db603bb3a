// SPDX-License-Identifier: Apache-2.0
#include "training/int32_fixed_training.hpp"

#include <random>

#include <lsgd/ensemble/int32_fixed_ensemble.hpp>
#include <lsgd/statistics/learning_figures.hpp>

#include "steps/expected_step.hpp"
#include "training/seeded_shuffle.hpp"

namespace lsgd {
namespace {

/// Of the ensemble's equal members the first one counts.
constexpr std::size_t lane = 0;

Int32FixedEnsemble start(const Network& network, std::uint64_t seed) {
  ArithmeticModel model;
  model.activation_ulps = 0;
  Int32FixedEnsemble::Members members;
  members.fill({false, ProductRounding::nearest, ProductRounding::nearest, ProductRounding::down});
  Int32FixedEnsemble ensemble(network, model, members, seed);
  ensemble.set_parameters(lane, int32_fixed_parameters(initial_parameters(network, seed)));
  return ensemble;
}

EpochReport train_epoch(Int32FixedEnsemble& ensemble, const Network& network, const DataSet& data,
                        float learning_rate, std::mt19937_64& engine) {
  LearningEvaluation evaluation(network);
  for (const std::size_t index : shuffled_indices(data.size(), engine)) {
    const Sample sample = data.sample(index, network.outputs());
    ensemble.step(sample, learning_rate);
    evaluation.add(ensemble.outputs(), ensemble.output_preactivations(), sample,
                   data.labels[index]);
  }
  EpochReport report;
  report.mean_loss = evaluation[lane].loss();
  report.training_accuracy = evaluation[lane].accuracy();
  return report;
}

double accuracy(Int32FixedEnsemble& ensemble, const Network& network, const DataSet& data) {
  LearningEvaluation evaluation(network);
  for (std::size_t i = 0; i < data.size(); ++i)
    evaluation.add(ensemble, data.sample(i, network.outputs()), data.labels[i]);
  return evaluation[lane].accuracy();
}

Model model_of(const Int32FixedEnsemble& ensemble, const Network& network) {
  const auto binary32 = [](const std::vector<Lanes>& values) {
    std::vector<float> numbers;
    for (const Lanes& value : values) numbers.push_back(static_cast<float>(value[lane]));
    return numbers;
  };
  Model model{network, {}};
  for (const LayerParameters<Lanes>& layer : ensemble.parameters())
    model.parameters.push_back({binary32(layer.weights), binary32(layer.biases)});
  return model;
}

}  // namespace

Model train_int32_fixed(const Network& network, const DataSet& training, const DataSet* test,
                        const TrainingOptions& options,
                        const std::function<void(const EpochReport&)>& report) {
  Int32FixedEnsemble ensemble = start(network, options.seed);
  std::mt19937_64 engine(options.seed);
  for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    EpochReport done =
        train_epoch(ensemble, network, training, options.learning_rate_of(epoch), engine);
    done.epoch = epoch;
    if (test != nullptr) done.test_accuracy = accuracy(ensemble, network, *test);
    if (report) report(done);
  }
  return model_of(ensemble, network);
}

}  // namespace lsgd
