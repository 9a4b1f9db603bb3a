// SPDX-License-Identifier: Apache-2.0
#include "levels/level3_convergence.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int32_fixed_step.hpp>
#include <lsgd/step/int8_integer_step.hpp>
#include <lsgd/step/ordered_int8_hybrid_step.hpp>

#include "data/built_in_data_set.hpp"
#include "data/model_file.hpp"
#include "judging/comparison.hpp"
#include "judging/convergence_result.hpp"
#include "judging/device_tensors.hpp"
#include "judging/exact_order.hpp"
#include "judging/float32_comparison.hpp"
#include "judging/reference_training.hpp"
#include "steps/expected_step.hpp"
#include "steps/typed_parameters.hpp"
#include "training/int8_integer_training.hpp"
#include "training/training.hpp"

namespace lsgd {

/// The reference's trainings of one workload, each computed once.
class ReferenceTrainings {
 public:
  std::shared_ptr<const ReferenceTraining> get(const TrainingTask& task, Profile profile,
                                               const ArithmeticModel& model) {
    const Key key{task.seed,
                  task.epochs,
                  task.steps(),
                  profile,
                  model.significand_bits,
                  model.activation_ulps,
                  model.activation_absolute_error};
    const auto entry = [&] {
      const std::scoped_lock lock(mutex_);
      auto& found = entries_[key];
      if (!found) found = std::make_shared<Entry>();
      return found;
    }();
    std::call_once(entry->once, [&] {
      entry->training =
          std::make_shared<const ReferenceTraining>(train_reference(task, profile, model));
    });
    return entry->training;
  }

 private:
  /// All that the numbers depend on.
  using Key = std::tuple<std::uint64_t, std::size_t, std::size_t, Profile, int, double, double>;
  struct Entry {
    std::once_flag once;
    std::shared_ptr<const ReferenceTraining> training;
  };

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Entry>> entries_;
};

namespace {

/// Samples on which the device's own forward pass is compared at the end.
constexpr std::size_t compared_forward_passes = 4;

bool in_range(const Int8Tensor& tensor) {
  return tensor.fraction_bits >= 0 && tensor.fraction_bits <= 7;
}

/// Every bit of the activations a_l, which are int8.
void compare_activation_bits(const std::vector<std::vector<std::int8_t>>& required,
                             const TensorSet& activations, Comparison& comparison) {
  for (const Tensor& tensor : activations)
    for (std::size_t j = 0; j < tensor.codes.size(); ++j) {
      const std::int8_t expected = required[tensor.layer - 1][j];
      comparison.range(place_of(tensor), j, expected, expected,
                       static_cast<std::int8_t>(tensor.codes[j]));
    }
}

/// Compares every bit of the parameters after every epoch that the device finished.
template <class Parameters>
void compare_epochs(const TrainingTask& task, std::span<const Parameters> epochs,
                    const std::vector<Parameters>& required, Comparison& comparison,
                    decltype(&Comparison::bits) judge) {
  for (std::size_t epoch = 0; epoch < epochs.size(); ++epoch) {
    const TensorSet expected = tensors_of(task.network, required[epoch]);
    const TensorSet got = tensors_of(task.network, epochs[epoch]);
    const std::size_t last_step = (epoch + 1) * task.steps() - 1;
    // What belongs to no layer first: a wrong random state is why weights are wrong.
    for (const bool of_a_layer : {false, true})
      for (std::size_t t = 0; t < got.size(); ++t)
        for (std::size_t i = 0; (got[t].layer > 0) == of_a_layer && i < got[t].codes.size(); ++i)
          std::invoke(judge, comparison, place_of(got[t], last_step), i, expected[t].codes[i],
                      got[t].codes[i], static_cast<std::size_t>(got[t].format.bits));
  }
}

/// Device parameters of profile float32.
struct Float32Training {
  using Parameters = lsgd::Parameters<float>;
  static constexpr Profile profile = Profile::float32;

  static Parameters start(const TrainingTask& task) { return task.start; }

  static bool usable(const Parameters& parameters) {
    const auto finite = [](float value) { return std::isfinite(value); };
    return std::ranges::all_of(parameters, [&](const LayerParameters<float>& layer) {
      return std::ranges::all_of(layer.weights, finite) &&
             std::ranges::all_of(layer.biases, finite);
    });
  }

  static void compare_forward(const Network& network, const Parameters& parameters,
                              const Sample& sample, const ArithmeticModel& model,
                              const TensorSet& activations, Comparison& comparison) {
    StepTrace<Exact> trace;
    float32_step(network, parameters, sample, 0, model, trace);
    compare_activations(trace, activations, std::nullopt, comparison);
  }

  /// sigmoid and tanh are the port's own, so not even a declared order fixes the trajectory.
  static void compare_bits(const TrainingTask&, const ArithmeticModel&, std::span<const Parameters>,
                           Comparison&) {}
};

/// Device parameters of profile int8_hybrid.
struct Int8HybridTraining {
  using Parameters = Int8Parameters;
  static constexpr Profile profile = Profile::int8_hybrid;

  static Parameters start(const TrainingTask& task) { return quantized_parameters(task.start); }

  static bool usable(const Parameters& parameters) {
    return std::ranges::all_of(parameters, [&](const Int8LayerParameters& layer) {
      return in_range(layer.weights) && in_range(layer.biases);
    });
  }

  static void compare_forward(const Network& network, const Parameters& parameters,
                              const Sample& sample, const ArithmeticModel&,
                              const TensorSet& activations, Comparison& comparison) {
    OrderedInt8Trace trace;
    ordered_int8_forward(network, parameters, sample.inputs, trace);
    compare_activation_bits(trace.a, activations, comparison);
  }

  static void compare_bits(const TrainingTask& task, const ArithmeticModel& model,
                           std::span<const Parameters> epochs, Comparison& comparison) {
    if (can_be_simulated(model))
      compare_epochs(task, epochs, simulated(task, model), comparison, &Comparison::exact_order);
  }

 private:
  /// What a device of a declared order has after every epoch.
  static std::vector<Parameters> simulated(const TrainingTask& task, const ArithmeticModel& model) {
    std::vector<Parameters> epochs;
    Parameters parameters = start(task);
    OrderedInt8Trace trace;
    for (const std::vector<std::size_t>& order : sample_orders(task)) {
      for (const std::size_t index : order)
        ordered_int8_hybrid_step(task.network, parameters,
                                 task.training.sample(index, task.network.outputs()),
                                 task.learning_rate, model, trace);
      epochs.push_back(parameters);
    }
    return epochs;
  }
};

/// Device parameters of profile int8_integer, which leaves no freedom (SPEC 11).
struct Int8IntegerTraining {
  using Parameters = Int8IntegerParameters;
  static constexpr Profile profile = Profile::int8_integer;

  static Parameters start(const TrainingTask& task) {
    return int8_integer_parameters(task.start, static_cast<std::uint32_t>(task.seed));
  }

  static bool usable(const Parameters& parameters) {
    return std::ranges::all_of(parameters.layers, [](const Int8IntegerLayerParameters& layer) {
      return in_range(layer.weights);
    });
  }

  static void compare_forward(const Network& network, const Parameters& parameters,
                              const Sample& sample, const ArithmeticModel&,
                              const TensorSet& activations, Comparison& comparison) {
    Int8IntegerTrace trace;
    int8_integer_forward(network, parameters, sample.inputs, trace);
    compare_activation_bits(trace.a, activations, comparison);
  }

  static void compare_bits(const TrainingTask& task, const ArithmeticModel&,
                           std::span<const Parameters> epochs, Comparison& comparison) {
    compare_epochs(task, epochs, int8_integer_trajectory(task), comparison, &Comparison::bits);
  }
};

/// Device parameters of profile int32_fixed.
struct Int32FixedTraining {
  using Parameters = Int32Parameters;
  static constexpr Profile profile = Profile::int32_fixed;

  static Parameters start(const TrainingTask& task) { return int32_fixed_parameters(task.start); }

  static bool usable(const Parameters&) { return true; }

  static void compare_forward(const Network& network, const Parameters& parameters,
                              const Sample& sample, const ArithmeticModel& model,
                              const TensorSet& activations, Comparison& comparison) {
    StepTrace<Exact> trace;
    int32_fixed_step(network, parameters, sample, 0, model, trace);
    compare_activations(trace, activations, std::nullopt, comparison);
  }

  /// No evaluation order is simulated (SPEC 13.7).
  static void compare_bits(const TrainingTask&, const ArithmeticModel&, std::span<const Parameters>,
                           Comparison&) {}
};

/// Trains on the device and returns its parameters after every epoch, fewer where they are no start
/// for another one.
template <class Training>
std::vector<typename Training::Parameters> train_on_device(const TrainingTask& task,
                                                           AgentSession& session) {
  const auto start = Training::start(task);
  TensorSet tensors = tensors_of(task.network, start);
  load(session, tensors);
  std::vector<typename Training::Parameters> epochs;
  for (const std::vector<std::size_t>& order : sample_orders(task)) {
    const float rate =
        learning_rate_of_epoch(Training::profile, task.learning_rate, epochs.size(), task.epochs);
    for (const std::size_t index : order) {
      load(session, task.training.sample(index, task.network.outputs()));
      session.train_step(rate);
    }
    store(session, tensors);
    auto after = parameters_of<typename Training::Parameters>(tensors);
    if (!Training::usable(after)) break;
    epochs.push_back(std::move(after));
  }
  return epochs;
}

OutcomeFigure outcome_figure(double value, double standard_error,
                             const ReferenceTraining& reference, TrajectoryQuantity quantity) {
  const auto [mean, variance] = reference.distribution(reference.exact.size() - 1, quantity);
  return {value, mean, variance, standard_error};
}

ConvergenceResult judge_trajectory(const std::string& workload, const TrainingTask& task,
                                   Profile profile, const std::vector<TrainingState>& states,
                                   const ReferenceTraining& reference) {
  ConvergenceResult result;
  result.workload = workload;
  result.seed = task.seed;
  result.steps_per_epoch = task.steps();
  for (std::size_t epoch = 0; epoch < states.size(); ++epoch) {
    JudgedEpoch& judged = result.epochs.emplace_back();
    const TrajectoryPoint device = trajectory_point(states[epoch], reference.exact[epoch]);
    const TrajectoryPoint exact = trajectory_point(reference.exact[epoch], reference.exact[epoch]);
    for (std::size_t q = 0; q < device.size(); ++q)
      judged.quantities[q] = {device[q], exact[q],
                              reference.envelope(epoch, static_cast<TrajectoryQuantity>(q))};
    judged.learning_rate = learning_rate_of_epoch(profile, task.learning_rate, epoch, task.epochs);
    judged.weight_fraction_bits = states[epoch].weight_fraction_bits;
  }
  const LearningFigures& end = states.back().test;
  const LearningFigures& exact_end = reference.exact.back().test;
  result.test_loss = outcome_figure(end.loss(), exact_end.loss_standard_error(), reference,
                                    TrajectoryQuantity::test_loss);
  result.test_accuracy = outcome_figure(end.accuracy(), exact_end.accuracy_standard_error(),
                                        reference, TrajectoryQuantity::test_accuracy);
  result.figures = end;
  result.reference_figures = exact_end;
  return result;
}

/// The first quantity outside its envelope.
std::optional<Failure> failure_of(const ConvergenceResult& result) {
  for (std::size_t epoch = 0; epoch < result.epochs.size(); ++epoch)
    for (std::size_t q = 0; q < trajectory_quantities.size(); ++q) {
      const JudgedQuantity& judged = result.epochs[epoch].quantities[q];
      if (judged.passed()) continue;
      Failure failure;
      failure.step = (epoch + 1) * result.steps_per_epoch - 1;
      failure.expected = fmt::format("{:.9g} to {:.9g}", judged.envelope.low, judged.envelope.high);
      failure.got = fmt::format("{:.9g}", judged.value);
      std::string name(trajectory_quantities[q]);
      std::ranges::replace(name, '_', ' ');
      failure.message = fmt::format("{} after epoch {} is outside the envelope of legal trainings",
                                    name, epoch + 1);
      return failure;
    }
  return std::nullopt;
}

template <class Training>
CaseResult run_training(const std::string& workload, const TrainingTask& task,
                        AgentSession& session, const ArithmeticModel& model,
                        ReferenceTrainings& references) {
  const Network& network = task.network;
  if (auto refused = configure(session, network)) return *std::move(refused);
  const auto epochs = train_on_device<Training>(task, session);

  Comparison comparison;
  Training::compare_bits(task, model, epochs, comparison);
  if (epochs.size() < task.epochs) {
    comparison.stopped((epochs.size() + 1) * task.steps() - 1,
                       "the parameters are no start for another epoch");
    return std::move(comparison).result();
  }
  TensorSet activations = activation_tensors(tensor_formats(Training::profile), network);
  for (std::size_t i = 0; i < std::min(compared_forward_passes, task.test.size()); ++i) {
    const Sample sample = task.test.sample(i, network.outputs());
    load(session, sample);
    session.forward();
    store(session, activations);
    Training::compare_forward(network, epochs.back(), sample, model, activations, comparison);
  }
  CaseResult result = std::move(comparison).result();
  const auto reference = references.get(task, Training::profile, model);
  const ConvergenceResult convergence = judge_trajectory(
      workload, task, Training::profile,
      evaluate_trajectory(task, std::span<const typename Training::Parameters>(epochs)),
      *reference);
  result.convergence = convergence_json(convergence);
  if (!trajectory_is_judged(model.activation_absolute_error)) {
    if (result.verdict == Verdict::pass) {
      result.verdict = Verdict::skipped;
      result.reason = fmt::format(
          "with activation_absolute_error = {} a target trains another function: its trajectory is "
          "shown, not judged",
          model.activation_absolute_error);
    }
    return result;
  }
  if (const std::optional<Failure> failure = failure_of(convergence)) {
    result.verdict = Verdict::fail;
    if (!result.failure) result.failure = failure;
  }
  return result;
}

CaseResult run_initialisation(const LoadedConvergence& loaded, Profile profile,
                              const TrainingLength& length, std::uint64_t seed,
                              AgentSession& session, const ArithmeticModel& model) {
  const ConvergenceWorkload& workload = loaded.workload;
  const Parameters<float> start = initial_parameters(workload.network, seed);
  const TrainingTask task{workload.network,       loaded.training, loaded.test,    start,
                          workload.learning_rate, length.epochs,   length.samples, seed};
  return run_level3(workload.name, task, profile, session, model, *loaded.references);
}

std::string seed_id(const std::string& workload, std::uint64_t seed) {
  return fmt::format("level3/{}/{}", workload, seed);
}

CaseResult run_outcome(const ConvergenceWorkload& workload,
                       const std::vector<FinishedCase>& finished) {
  std::vector<nlohmann::ordered_json> initialisations;
  const std::size_t seeds = workload.length(Pace::fast).seeds;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto found = std::ranges::find_if(finished, [&](const FinishedCase& candidate) {
      return candidate.json.at("id") == seed_id(workload.name, seed);
    });
    if (found != finished.end() && found->json.contains("convergence"))
      initialisations.push_back(found->json.at("convergence"));
  }
  if (initialisations.size() < seeds)
    return CaseResult::skipped(
        fmt::format("the outcome needs all {} trainings of {}, and {} were finished", seeds,
                    workload.name, initialisations.size()));
  CaseResult result;
  const OutcomeResult outcome = judge_outcome(workload.name, initialisations);
  result.outcome = outcome_json(outcome);
  if (outcome.passed()) return result;
  result.verdict = Verdict::fail;
  const bool is_loss = !outcome.test_loss.passed();
  const EquivalenceTest& test = is_loss ? outcome.test_loss : outcome.test_accuracy;
  Failure& failure = result.failure.emplace();
  failure.expected = fmt::format("within {:.6g} of 0", test.margin);
  failure.got = fmt::format("{:.6g} to {:.6g}", test.confidence.low, test.confidence.high);
  failure.message = fmt::format("the final test {} is not equivalent to the reference's",
                                is_loss ? "loss" : "accuracy");
  return result;
}

/// Why a target of this pace runs less than the whole; empty where it runs all of it.
std::string shortening(const ConvergenceWorkload& workload, Pace pace) {
  const TrainingLength& whole = workload.length(Pace::fast);
  const TrainingLength& length = workload.length(pace);
  if (length == whole) return {};
  std::string text = fmt::format("a target of pace {} trains from {} of {} initialisations",
                                 name_of(pace), length.seeds, whole.seeds);
  if (length.epochs != whole.epochs)
    text += fmt::format(", {} of {} epochs", length.epochs, whole.epochs);
  if (length.samples != whole.samples) text += fmt::format(" of {} samples", length.samples);
  return text;
}

}  // namespace

std::shared_ptr<ReferenceTrainings> new_reference_trainings() {
  return std::make_shared<ReferenceTrainings>();
}

CaseResult run_level3(const std::string& workload, const TrainingTask& task, Profile profile,
                      AgentSession& session, const ArithmeticModel& model,
                      ReferenceTrainings& references) {
  const auto run = [&] {
    switch (profile) {
      case Profile::float32:
        return run_training<Float32Training>;
      case Profile::int8_hybrid:
        return run_training<Int8HybridTraining>;
      case Profile::int8_integer:
        return run_training<Int8IntegerTraining>;
      case Profile::int32_fixed:
        return run_training<Int32FixedTraining>;
    }
    throw std::invalid_argument("unknown profile");
  }();
  return run(workload, task, session, model, references);
}

std::shared_ptr<const LoadedConvergence> load_convergence(const ConvergenceWorkload& workload) {
  return std::make_shared<LoadedConvergence>(LoadedConvergence{
      workload, load_data(workload.data, DataSetPart::training, all_rows, &workload.network),
      load_data(workload.data, DataSetPart::test, all_rows, &workload.network),
      new_reference_trainings()});
}

std::vector<ConformanceCase> level3_cases(std::shared_ptr<const LoadedConvergence> loaded,
                                          Profile profile, Pace pace) {
  const ConvergenceWorkload& workload = loaded->workload;
  const TrainingLength& length = workload.length(pace);
  const std::string reason = shortening(workload, pace);
  const std::size_t steps =
      length.epochs * (length.samples == 0 ? loaded->training.size() : length.samples);
  const double cost =
      static_cast<double>(parameter_count(workload.network)) * static_cast<double>(steps);
  std::vector<ConformanceCase> cases;
  for (std::uint64_t seed = 1; seed <= workload.length(Pace::fast).seeds; ++seed) {
    ConformanceCase& added = cases.emplace_back();
    const bool is_run = seed <= length.seeds;
    added = {seed_id(workload.name, seed), "SPEC 12.4", 3, is_run ? cost : 0, {}, {}};
    if (is_run)
      added.run = [=](AgentSession& session, const ArithmeticModel& model) {
        return run_initialisation(*loaded, profile, length, seed, session, model);
      };
    else
      added.judge = [=](const std::vector<FinishedCase>&) { return CaseResult::skipped(reason); };
  }
  cases.push_back({fmt::format("level3/{}/outcome", workload.name),
                   "SPEC 12.5",
                   3,
                   1,
                   {},
                   [=](const std::vector<FinishedCase>& finished) {
                     return reason.empty() ? run_outcome(loaded->workload, finished)
                                           : CaseResult::skipped(reason);
                   }});
  return cases;
}

}  // namespace lsgd
