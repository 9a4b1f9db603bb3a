// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <lsgd/built_in_data_set.hpp>
#include <lsgd/comparison.hpp>
#include <lsgd/convergence_result.hpp>
#include <lsgd/device_tensors.hpp>
#include <lsgd/exact_order.hpp>
#include <lsgd/expected_step.hpp>
#include <lsgd/float32_comparison.hpp>
#include <lsgd/float32_step.hpp>
#include <lsgd/int8_integer_step.hpp>
#include <lsgd/level3_convergence.hpp>
#include <lsgd/model_file.hpp>
#include <lsgd/ordered_int8_hybrid_step.hpp>
#include <lsgd/reference_training.hpp>
#include <lsgd/step_vectors.hpp>
#include <lsgd/training.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

namespace lsgd {

/// The reference's trainings of one workload, each computed once.
class ReferenceTrainings {
 public:
  std::shared_ptr<const ReferenceTraining> get(const TrainingTask& task, StoredParameters stored,
                                               const ArithmeticModel& model) {
    const Key key{task.seed,
                  task.epochs,
                  task.steps(),
                  stored,
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
          std::make_shared<const ReferenceTraining>(train_reference(task, stored, model));
    });
    return entry->training;
  }

 private:
  /// All that the numbers depend on.
  using Key =
      std::tuple<std::uint64_t, std::size_t, std::size_t, StoredParameters, int, double, double>;
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

/// Device parameters of profile float32.
struct Float32Training {
  using Parameters = lsgd::Parameters<float>;
  static constexpr StoredParameters stored = StoredParameters::binary32;
  static constexpr Profile profile = Profile::float32;

  static Parameters start(const lsgd::Parameters<float>& initial) { return initial; }

  static bool usable(const Parameters& parameters) {
    const auto finite = [](float value) { return std::isfinite(value); };
    return std::ranges::all_of(parameters, [&](const LayerParameters<float>& layer) {
      return std::ranges::all_of(layer.weights, finite) &&
             std::ranges::all_of(layer.biases, finite);
    });
  }

  static void compare_forward(const Network& network, const Parameters& parameters,
                              const Sample& sample, const ArithmeticModel& model,
                              const DeviceTensors& activations, Comparison& comparison) {
    StepTrace<Exact> trace;
    float32_step(network, parameters, sample, 0, model, trace);
    compare_activations(trace, activations, std::nullopt, comparison);
  }

  /// sigmoid and tanh are the port's own, so its order alone does not fix the trajectory.
  static bool can_be_simulated(const ArithmeticModel&) { return false; }
  static void simulate_step(const Network&, Parameters&, const Sample&, float,
                            const ArithmeticModel&) {}
};

/// Device parameters of profile int8_hybrid.
struct Int8HybridTraining {
  using Parameters = Int8Parameters;
  static constexpr StoredParameters stored = StoredParameters::int8;
  static constexpr Profile profile = Profile::int8_hybrid;

  static Parameters start(const lsgd::Parameters<float>& initial) {
    return quantized_parameters(initial);
  }

  static bool usable(const Parameters& parameters) {
    const auto in_range = [](const Int8Tensor& tensor) {
      return tensor.fraction_bits >= 0 && tensor.fraction_bits <= 7;
    };
    return std::ranges::all_of(parameters, [&](const Int8LayerParameters& layer) {
      return in_range(layer.weights) && in_range(layer.biases);
    });
  }

  static void compare_forward(const Network& network, const Parameters& parameters,
                              const Sample& sample, const ArithmeticModel&,
                              const DeviceTensors& activations, Comparison& comparison) {
    OrderedInt8Trace trace;
    ordered_int8_forward(network, parameters, sample.inputs, trace);
    for (const DeviceTensor& tensor : activations)
      for (std::size_t j = 0; j < tensor.count; ++j) {
        const std::int8_t expected = trace.a[tensor.layer - 1][j];
        comparison.range(tensor.place(), j, expected, expected,
                         static_cast<std::int8_t>(tensor.pattern(j)));
      }
  }

  static bool can_be_simulated(const ArithmeticModel& model) {
    return lsgd::can_be_simulated(model);
  }
  static void simulate_step(const Network& network, Parameters& parameters, const Sample& sample,
                            float learning_rate, const ArithmeticModel& model) {
    OrderedInt8Trace trace;
    ordered_int8_hybrid_step(network, parameters, sample, learning_rate, model, trace);
  }
};

/// The parameters that a device of a declared order has after every epoch.
template <class Training>
std::vector<DeviceTensors> simulated_epochs(const TrainingTask& task,
                                            const ArithmeticModel& model) {
  std::vector<DeviceTensors> epochs;
  auto parameters = Training::start(task.start);
  for (const std::vector<std::size_t>& order : sample_orders(task)) {
    for (const std::size_t index : order)
      Training::simulate_step(task.network, parameters,
                              task.training.sample(index, task.network.outputs()),
                              task.learning_rate, model);
    epochs.push_back(parameter_tensors(task.network, parameters));
  }
  return epochs;
}

/// Trains on the device and returns its parameters after every epoch, fewer where they are no start
/// for another one.
template <class Training>
std::vector<typename Training::Parameters> train_on_device(const TrainingTask& task,
                                                           AgentSession& session) {
  const auto start = Training::start(task.start);
  DeviceTensors tensors = parameter_tensors(task.network, start);
  load(session, tensors);
  std::vector<typename Training::Parameters> epochs;
  for (const std::vector<std::size_t>& order : sample_orders(task)) {
    for (const std::size_t index : order) {
      load(session, task.training.sample(index, task.network.outputs()));
      session.train_step(task.learning_rate);
    }
    store(session, tensors);
    typename Training::Parameters after = start;
    parameters_from(tensors, after);
    if (!Training::usable(after)) break;
    epochs.push_back(std::move(after));
  }
  return epochs;
}

template <class Training>
void compare_simulated(const TrainingTask& task, const ArithmeticModel& model,
                       const std::vector<typename Training::Parameters>& epochs,
                       Comparison& comparison) {
  const std::vector<DeviceTensors> simulated = simulated_epochs<Training>(task, model);
  for (std::size_t epoch = 0; epoch < epochs.size(); ++epoch) {
    const DeviceTensors device = parameter_tensors(task.network, epochs[epoch]);
    const std::size_t last_step = (epoch + 1) * task.steps() - 1;
    for (std::size_t t = 0; t < device.size(); ++t)
      for (std::size_t i = 0; i < device[t].count; ++i)
        comparison.exact_order(device[t].place(last_step), i, simulated[epoch][t].pattern(i),
                               device[t].pattern(i), 8 * device[t].element_bytes);
  }
}

OutcomeFigure outcome_figure(double value, double standard_error,
                             const ReferenceTraining& reference, TrajectoryQuantity quantity) {
  const auto [mean, variance] = reference.distribution(reference.members.size() - 1, quantity);
  return {value, mean, variance, standard_error};
}

ConvergenceResult judge_trajectory(const std::string& workload, const TrainingTask& task,
                                   const std::vector<TrainingState>& states,
                                   const ReferenceTraining& reference) {
  ConvergenceResult result;
  result.workload = workload;
  result.seed = task.seed;
  result.steps_per_epoch = task.steps();
  result.learning_rate = task.learning_rate;
  for (std::size_t epoch = 0; epoch < states.size(); ++epoch) {
    JudgedEpoch& judged = result.epochs.emplace_back();
    const TrajectoryPoint device = trajectory_point(states[epoch], reference.exact[epoch]);
    const TrajectoryPoint exact = trajectory_point(reference.exact[epoch], reference.exact[epoch]);
    for (std::size_t q = 0; q < device.size(); ++q)
      judged.quantities[q] = {device[q], exact[q],
                              reference.envelope(epoch, static_cast<TrajectoryQuantity>(q))};
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
  if (Training::can_be_simulated(model))
    compare_simulated<Training>(task, model, epochs, comparison);
  if (epochs.size() < task.epochs) {
    comparison.stopped((epochs.size() + 1) * task.steps() - 1,
                       "the parameters are no start for another epoch");
    return std::move(comparison).result();
  }
  DeviceTensors activations = activation_tensors(network, Training::profile);
  for (std::size_t i = 0; i < std::min(compared_forward_passes, task.test.size()); ++i) {
    const Sample sample = task.test.sample(i, network.outputs());
    load(session, sample);
    session.forward();
    store(session, activations);
    Training::compare_forward(network, epochs.back(), sample, model, activations, comparison);
  }
  CaseResult result = std::move(comparison).result();
  const auto reference = references.get(task, Training::stored, model);
  const ConvergenceResult convergence = judge_trajectory(
      workload, task,
      evaluate_trajectory(task, std::span<const typename Training::Parameters>(epochs)),
      *reference);
  result.convergence = convergence_json(convergence);
  // The ensemble's activations are accurate: a declared error makes another trajectory (SPEC 12.4).
  const std::optional<Failure> failure =
      model.activation_absolute_error > 0 ? std::nullopt : failure_of(convergence);
  if (failure) {
    result.verdict = Verdict::fail;
    if (!result.failure) result.failure = failure;
  }
  return result;
}

/// Profile int8_integer leaves no freedom: the whole trajectory is required by bits (SPEC
/// 11, 12.4).
CaseResult run_integer_training(const TrainingTask& task, AgentSession& session) {
  const Network& network = task.network;
  if (auto refused = configure(session, network)) return *std::move(refused);
  Int8IntegerParameters parameters = int8_integer_parameters(task.start, first_random_state);
  DeviceTensors device = parameter_tensors(network, parameters);
  load(session, device);
  Int8IntegerTrace trace;
  Comparison comparison;
  std::size_t step = 0;
  for (const std::vector<std::size_t>& order : sample_orders(task)) {
    for (const std::size_t index : order) {
      const Sample sample = task.training.sample(index, network.outputs());
      load(session, sample);
      session.train_step(task.learning_rate);
      int8_integer_step(network, parameters, sample, task.learning_rate, trace);
      ++step;
    }
    store(session, device);
    const DeviceTensors required = parameter_tensors(network, parameters);
    for (std::size_t t = 0; t < required.size(); ++t)
      for (std::size_t i = 0; i < required[t].count; ++i)
        comparison.bits(required[t].place(step - 1), i, required[t].pattern(i),
                        device[t].pattern(i), 8 * required[t].element_bytes);
  }
  return std::move(comparison).result();
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
  if (profile == Profile::int8_integer) return run_integer_training(task, session);
  const auto run = profile == Profile::float32 ? run_training<Float32Training>
                                               : run_training<Int8HybridTraining>;
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
    added = {seed_id(workload.name, seed), "SPEC 12.4", 3, cost, {}, {}};
    if (seed <= length.seeds)
      added.run = [=](AgentSession& session, const ArithmeticModel& model) {
        return run_initialisation(*loaded, profile, length, seed, session, model);
      };
    else
      added.judge = [=](const std::vector<FinishedCase>&) { return CaseResult::skipped(reason); };
  }
  if (profile == Profile::int8_integer) return cases;  // bits leave nothing to test
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
