// SPDX-License-Identifier: Apache-2.0
#include "training/training.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <random>
#include <stdexcept>
#include <system_error>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "steps/profile.hpp"
#include "training/declared_training.hpp"
#include "training/profile_training.hpp"
#include "training/seeded_shuffle.hpp"

namespace lsgd {
namespace {

const ArithmeticModel training_arithmetic{
    .fused_multiply_add = FusedMultiplyAdd::no,
    .summation_order = SummationOrder::ascending,
    .bias_position = BiasPosition::first,
    .update_product = UpdateProduct::learning_rate_times_delta,
};

bool is_finite(const Parameters<float>& parameters) {
  const auto all_finite = [](const std::vector<float>& values) {
    return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
  };
  return std::ranges::all_of(parameters, [&](const LayerParameters<float>& layer) {
    return all_finite(layer.weights) && all_finite(layer.biases);
  });
}

EpochReport train_epoch(Model& model, const DataSet& data, float learning_rate,
                        std::mt19937_64& engine) {
  const std::uint32_t outputs = model.network.outputs();
  EpochReport report;
  OrderedTrace trace;
  for (const std::size_t index : shuffled_indices(data.size(), engine)) {
    const Sample sample = data.sample(index, outputs);
    ordered_step(model.network, model.parameters, sample, learning_rate, training_arithmetic,
                 correctly_rounded_activation, trace);
    report.mean_loss += loss_of(model.network.loss, trace.layers.back().a, sample.target);
    report.training_accuracy += class_named_by(trace.layers.back().a) == data.labels[index];
  }
  report.mean_loss /= static_cast<double>(data.size());
  report.training_accuracy /= static_cast<double>(data.size());
  return report;
}

Network network_of(const TrainingCommand& command) {
  try {
    return network_from_text(command.sizes, command.activations, command.loss);
  } catch (const std::invalid_argument& error) {
    throw InputError("train", 0, error.what());
  }
}

std::optional<DataSet> test_data_of(const TrainingCommand& command, const Network& network) {
  if (!command.test_data.empty())
    return load_data(command.test_data, DataSetPart::test, all_rows, &network);
  const auto names = built_in_data_set_names();
  if (std::ranges::find(names, command.data) == names.end()) return std::nullopt;
  return load_data(command.data, DataSetPart::test, all_rows, &network);
}

/// Throws InputError where the arithmetic leaves out a function of the network.
void require_functions(const TrainingCommand& command, const Network& network) {
  const Profile* const profile = find_profile(command.profile);
  if (!command.arithmetic && profile == nullptr) return;
  const Arithmetic& arithmetic = command.arithmetic ? *command.arithmetic : profile->declaration();
  if (const auto expected = lacks_function(arithmetic, network))
    throw InputError("train", 0, *expected);
}

/// Of real targets other arithmetics have no test loss.
void require_alike(const TrainingCommand& command, const DataSet& training,
                   const std::optional<DataSet>& test) {
  if (!test) return;
  if (test->targets != training.targets)
    throw InputError(command.test_data, 0, "labels, or real targets, as the training data have");
  const bool is_float32 = !command.arithmetic && command.profile == "float32";
  if (!is_float32) require_classes(*test, command.test_data);
}

Model trained(const TrainingCommand& command, const Network& network, const DataSet& training,
              const DataSet* test, const std::function<void(const EpochReport&)>& report) {
  if (command.arithmetic)
    return train_declared(*command.arithmetic, network, training, test, command.options, report);
  const Profile* const profile = find_profile(command.profile);
  const TrainNetwork trainer = profile == nullptr ? nullptr : trainer_of(*profile);
  if (trainer == nullptr)
    throw InputError("train", 0,
                     fmt::format("a profile to train by, found {}", in_quotes(command.profile)));
  return trainer(network, training, test, command.options, report);
}

std::size_t changed_parameters(const Parameters<float>& before, const Parameters<float>& after) {
  std::size_t changed = 0;
  const auto count = [&changed](const std::vector<float>& from, const std::vector<float>& to) {
    for (std::size_t i = 0; i < from.size(); ++i) changed += from[i] != to[i] ? 1 : 0;
  };
  for (std::size_t l = 0; l < before.size(); ++l) {
    count(before[l].weights, after[l].weights);
    count(before[l].biases, after[l].biases);
  }
  return changed;
}

/// A saturated output would make the report infinite; training itself does not use the loss.
struct ClampedLoss {
  static double cross_entropy(double a, double, double t) {
    return -(t * std::log(std::max(a, smallest)) + (1 - t) * std::log(std::max(1 - a, smallest)));
  }
  static double surprisal(double a, double, double t) {
    return -t * std::log(std::max(a, smallest));
  }

 private:
  static constexpr double smallest = 1e-30;
};

}  // namespace

float TrainingOptions::learning_rate_of(std::size_t epoch) const {
  switch (schedule) {
    case RateSchedule::constant:
      return learning_rate;
    case RateSchedule::linear: {
      const double left = static_cast<double>(epochs - epoch + 1) / static_cast<double>(epochs);
      return static_cast<float>(static_cast<double>(learning_rate) * left);
    }
  }
  throw std::invalid_argument("unknown schedule of learning rates");
}

std::uint32_t class_named_by(const std::vector<float>& outputs, float threshold) {
  if (outputs.size() == 1) return outputs[0] > threshold ? 1 : 0;
  return static_cast<std::uint32_t>(std::ranges::max_element(outputs) - outputs.begin());
}

double loss_of(Loss loss, const std::vector<float>& outputs, const std::vector<float>& target) {
  double sum = 0;
  for (std::size_t j = 0; j < outputs.size(); ++j)
    sum += loss_value(loss, ClampedLoss(), double{outputs[j]}, 0.0, double{target[j]});
  return sum;
}

Parameters<float> initial_parameters(const Network& network, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  Parameters<float> parameters;
  for (const Layer& layer : network.layers) {
    const auto limit = static_cast<float>(
        std::sqrt(6.0 / (static_cast<double>(layer.inputs) + static_cast<double>(layer.outputs))));
    LayerParameters<float> drawn;
    drawn.biases.assign(layer.outputs, 0.0f);
    for (std::size_t i = 0; i < layer.weight_count(); ++i) {
      const auto odd = static_cast<std::int32_t>(engine() >> 40) * 2 + 1 - (1 << 24);
      drawn.weights.push_back(static_cast<float>(odd) * 0x1p-24f * limit);
    }
    parameters.push_back(std::move(drawn));
  }
  return parameters;
}

double mean_loss(const Model& model, const DataSet& data) {
  OrderedTrace trace;
  double sum = 0;
  for (std::size_t index = 0; index < data.size(); ++index) {
    const Sample sample = data.sample(index, model.network.outputs());
    ordered_forward(model.network, model.parameters, sample.inputs, training_arithmetic,
                    correctly_rounded_activation, trace);
    sum += loss_of(model.network.loss, trace.layers.back().a, sample.target);
  }
  return sum / static_cast<double>(data.size());
}

double classification_accuracy(const Model& model, const DataSet& data, float threshold) {
  OrderedTrace trace;
  std::size_t correct = 0;
  for (std::size_t index = 0; index < data.size(); ++index) {
    const Sample sample = data.sample(index, model.network.outputs());
    ordered_forward(model.network, model.parameters, sample.inputs, training_arithmetic,
                    correctly_rounded_activation, trace);
    correct += class_named_by(trace.layers.back().a, threshold) == data.labels[index];
  }
  return static_cast<double>(correct) / static_cast<double>(data.size());
}

Model train(const Network& network, const DataSet& training, const DataSet* test,
            const TrainingOptions& options, const std::function<void(const EpochReport&)>& report) {
  Model model{network, initial_parameters(network, options.seed)};
  // The order of samples does not depend on how many draws the initialisation took.
  std::mt19937_64 engine(options.seed);
  for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    EpochReport done = train_epoch(model, training, options.learning_rate_of(epoch), engine);
    if (!is_finite(model.parameters)) {
      throw std::domain_error(fmt::format(
          "a learning rate that keeps training finite; it diverged in epoch {}", epoch));
    }
    done.epoch = epoch;
    if (test != nullptr && test->has_classes())
      done.test_accuracy = classification_accuracy(model, *test);
    else if (test != nullptr)
      done.test_loss = mean_loss(model, *test);
    if (report) report(done);
  }
  return model;
}

TrainedModel run_training(const TrainingCommand& command,
                          const std::function<void(const EpochReport&)>& report) {
  const Network network = network_of(command);
  require_functions(command, network);
  const DataSet training = load_data(command.data, DataSetPart::training, all_rows, &network);
  const std::optional<DataSet> test = test_data_of(command, network);
  require_alike(command, training, test);
  const auto report_epoch = [&](EpochReport epoch) {
    epoch.has_classes = training.has_classes();
    if (report) report(epoch);
  };
  const std::filesystem::path out(command.out);
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) throw InputError(command.out, 0, "a writable directory (" + error.message() + ")");
  try {
    const Model model = trained(command, network, training, test ? &*test : nullptr, report_epoch);
    write_model(out / "model.json", model);
    TrainingCommand no_epoch = command;
    no_epoch.options.epochs = 0;
    const Model start = trained(no_epoch, network, training, nullptr, {});
    return {model, changed_parameters(start.parameters, model.parameters)};
  } catch (const std::domain_error& diverged) {
    throw InputError(command.data, 0, diverged.what());
  } catch (const UnsupportedArithmetic& unsupported) {
    throw InputError(command.arithmetic->name, 0, unsupported.what());
  }
}

}  // namespace lsgd
