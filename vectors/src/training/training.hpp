// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>

#include "data/data_file.hpp"
#include "data/model_file.hpp"

namespace lsgd {

/// How the learning rate r goes on from epoch to epoch of E.
enum class RateSchedule : std::uint8_t {
  constant,  ///< r
  linear,    ///< r (1 - (e - 1) / E) in epoch e, to the nearest binary32 number
};

template <>
struct EnumeratorNames<RateSchedule> {
  static constexpr std::array<std::string_view, 2> names{"constant", "linear/1"};
};

/// How a network is trained.
struct TrainingOptions {
  std::size_t epochs = 1;
  float learning_rate = 0.01f;
  std::uint64_t seed = 1;
  RateSchedule schedule = RateSchedule::constant;

  /// @param epoch from 1 to epochs
  float learning_rate_of(std::size_t epoch) const;
};

/// What one epoch did; every figure is taken before the update of its sample.
struct EpochReport {
  std::size_t epoch = 0;  ///< from 1
  double mean_loss = 0;
  bool has_classes = true;               ///< else targets are real and accuracies mean nothing
  double training_accuracy = 0;          ///< fraction of samples classified correctly
  std::optional<double> test_accuracy;   ///< after the epoch, where there is a test set
  std::optional<double> test_loss = {};  ///< instead of it where targets are real
};

/// Parameters before training: biases 0, weights uniform within +-sqrt(6 / (inputs + outputs))
/// (Glorot and Bengio 2010), drawn from mt19937_64(seed) as odd multiples of 2^-24 of that limit.
Parameters<float> initial_parameters(const Network& network, std::uint64_t seed);

/// The class that outputs name: the largest (the first of several), or for a single output whether
/// it is above the threshold.
std::uint32_t class_named_by(const std::vector<float>& outputs, float threshold = 0.5f);

/// Loss of one sample (SPEC 2.3); logarithms of less than 10^-30 count as of 10^-30.
double loss_of(Loss loss, const std::vector<float>& outputs, const std::vector<float>& target);

/// Fraction of samples whose class the network names.
double classification_accuracy(const Model& model, const DataSet& data, float threshold = 0.5f);

/// Mean of the samples' losses.
double mean_loss(const Model& model, const DataSet& data);

/// Trains by SGD with batch size 1 (SPEC 2.4 to 2.6) in binary32, sums ascending from the bias,
/// nothing fused, activations correctly rounded: the same bits on every machine. Each epoch takes
/// the samples in a new order of fisher_yates_mt19937_64. Throws std::domain_error if a parameter
/// does not stay finite.
Model train(const Network& network, const DataSet& training, const DataSet* test,
            const TrainingOptions& options,
            const std::function<void(const EpochReport&)>& report = {});

/// The command `lsgd-conform train`: the network's shape as text, data by built-in name or path.
struct TrainingCommand {
  std::string data;         ///< built-in data set or data file to train on
  std::string test_data;    ///< file to measure accuracy on; empty: a built-in set's own test part
  std::string sizes;        ///< "6-32-16-4"
  std::string activations;  ///< "tanh-tanh-sigmoid"
  std::string loss;         ///< "bce" or "mse"
  std::string profile = "float32";  ///< or int32_fixed, or int8_integer at rates of its own
  std::optional<Arithmetic> arithmetic = {};  ///< a declaration instead of a profile
  TrainingOptions options;
  std::string out;  ///< directory for model.json and params.csv, created if missing
};

/// What training made.
struct TrainedModel {
  Model model;
  std::size_t changed_parameters = 0;  ///< that are not what they were before the first step
};

/// Trains and writes the model, whose parameters are binary32 numbers in every profile; `report`
/// hears of every epoch. Throws InputError.
TrainedModel run_training(const TrainingCommand& command,
                          const std::function<void(const EpochReport&)>& report = {});

}  // namespace lsgd
