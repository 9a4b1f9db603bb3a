// SPDX-License-Identifier: Apache-2.0
#include "levels/level3_convergence.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "data/built_in_data_set.hpp"
#include "data/model_file.hpp"
#include "files/sha256.hpp"
#include "judging/comparison.hpp"
#include "judging/convergence_result.hpp"
#include "judging/detected_changes.hpp"
#include "judging/device_tensors.hpp"
#include "judging/kept_reference_training.hpp"
#include "judging/profile_judge.hpp"
#include "judging/reference_training.hpp"
#include "levels/stand_in.hpp"
#include "training/profile_training.hpp"
#include "training/training.hpp"

namespace lsgd {

/// The reference's trainings of one workload, each computed once.
class ReferenceTrainings {
 public:
  std::shared_ptr<const ReferenceTraining> get(const TrainingTask& task, const Profile& profile,
                                               const ArithmeticModel& model) {
    const std::string key = text_of(task, profile, model);
    const auto entry = [&] {
      const std::scoped_lock lock(mutex_);
      auto& found = entries_[key];
      if (!found) found = std::make_shared<Entry>();
      return found;
    }();
    std::call_once(entry->once, [&] {
      entry->training = std::make_shared<const ReferenceTraining>(kept_reference_training(
          key, [&] { return judge_of(profile).train_reference(task, model); }));
    });
    return entry->training;
  }

 private:
  /// All that the numbers depend on.
  std::string text_of(const TrainingTask& task, const Profile& profile,
                      const ArithmeticModel& model) {
    std::call_once(data_once_, [&] {
      for (const DataSet* const data : {&task.training, &task.test})
        data_ +=
            digest_of(data->inputs_flat) + digest_of(data->labels) + digest_of(data->targets_flat);
    });
    std::string start;
    for (const LayerParameters<float>& layer : task.start)
      start += digest_of(layer.weights) + digest_of(layer.biases);
    return fmt::format(
        "network {} from {} with data {}, rate {:a}, {} epochs of {}{}, seed {}, arithmetic {} {}, "
        "{} bits, functions {:a} ulps and {:a}, kept wider {}, cuts from half {}",
        network_text(task.network), sha256_of(start), sha256_of(data_), task.learning_rate,
        task.epochs, task.steps(), task.shuffled ? "" : " in order", task.seed, profile.name(),
        lsgd::digest_of(profile.declaration()), model.significand_bits, model.activation_ulps,
        model.activation_absolute_error, static_cast<int>(model.kept_wider),
        model.zero_cuts_from_half);
  }

  template <class Number>
  static std::string digest_of(const std::vector<Number>& numbers) {
    return sha256_of(
        {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)});
  }

  struct Entry {
    std::once_flag once;
    std::shared_ptr<const ReferenceTraining> training;
  };

  std::once_flag data_once_;
  std::string data_;  ///< the same for all tasks of a workload
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
};

namespace {

/// Samples on which the device's own forward pass is compared at the end.
constexpr std::size_t compared_forward_passes = 4;

/// What a training starts from, in the device's formats.
TensorSet start_of(const TrainingTask& task, const Profile& profile) {
  return profile.nearest_parameters(task.network, task.start, static_cast<std::uint32_t>(task.seed),
                                    task.training.inputs_flat);
}

/// Trains on the device and returns its parameters after every epoch, fewer where they are no start
/// for another one.
std::vector<TensorSet> train_on_device(const TrainingTask& task, const Profile& profile,
                                       AgentSession& session) {
  TensorSet parameters = start_of(task, profile);
  load(session, parameters);
  std::vector<TensorSet> epochs;
  for (const std::vector<std::size_t>& order : sample_orders(task)) {
    const float rate =
        learning_rate_of_epoch(profile, task.learning_rate, epochs.size(), task.epochs);
    for (const std::size_t index : order) {
      load(session, task.training.sample(index, task.network.outputs()));
      session.train_step(rate);
    }
    store(session, parameters);
    if (!are_usable(parameters)) break;
    epochs.push_back(parameters);
  }
  return epochs;
}

OutcomeFigure outcome_figure(double value, double standard_error,
                             const ReferenceTraining& reference, TrajectoryQuantity quantity) {
  const auto [mean, variance] = reference.distribution_near(value, quantity);
  return {value, mean, variance, standard_error};
}

ConvergenceResult judge_trajectory(const std::string& workload, const TrainingTask& task,
                                   const Profile& profile, const std::vector<TrainingState>& states,
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

CaseResult run_initialisation(const LoadedConvergence& loaded, const Profile& profile,
                              const TrainingLength& length, std::uint64_t seed,
                              AgentSession& session, const ArithmeticModel& model) {
  const ConvergenceWorkload& workload = loaded.workload;
  const auto run = [&](const Network& network) {
    const Parameters<float> start = initial_parameters(network, seed);
    const TrainingTask task{
        network,       loaded.training, loaded.test, start, workload.learning_rate,
        length.epochs, length.samples,  seed};
    return run_level3(workload.name, task, profile, session, model, *loaded.references);
  };
  // Rates of workloads with mse are for sigmoid at the end, whose derivative is a quarter at most.
  if (workload.network.loss == Loss::mse) return run(workload.network);
  return run_on_own_or_stand_in(workload.network, run);
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

/// What a target of this pace runs, where it is less than the whole; empty else.
std::string shortening(const ConvergenceWorkload& workload, Pace pace) {
  const TrainingLength& whole = workload.length(Pace::fast);
  const TrainingLength& length = workload.length(pace);
  if (length == whole) return {};
  std::string text = fmt::format("{} of {} initialisations", length.seeds, whole.seeds);
  if (length.epochs != whole.epochs)
    text += fmt::format(", {} of {} epochs", length.epochs, whole.epochs);
  if (length.samples != whole.samples) text += fmt::format(" of {} samples", length.samples);
  return text;
}

}  // namespace

std::shared_ptr<ReferenceTrainings> new_reference_trainings() {
  return std::make_shared<ReferenceTrainings>();
}

CaseResult run_level3(const std::string& workload, const TrainingTask& task, const Profile& profile,
                      AgentSession& session, const ArithmeticModel& model,
                      ReferenceTrainings& references) {
  const Network& network = task.network;
  if (auto refused = configure(session, network)) return *std::move(refused);
  const ProfileJudge& judge = judge_of(profile);
  const std::vector<TensorSet> epochs = train_on_device(task, profile, session);

  Comparison comparison;
  judge.compare_trajectory(task, model, epochs, comparison);
  const bool has_every_bit = comparison.has_compared();
  if (epochs.size() < task.epochs) {
    comparison.stopped((epochs.size() + 1) * task.steps() - 1,
                       "the parameters are no start for another epoch");
    return std::move(comparison).result();
  }
  if (judge.is_resynchronised(model)) load(session, epochs.back());
  TensorSet activations = activation_tensors(profile.formats(), network);
  for (std::size_t i = 0; i < std::min(compared_forward_passes, task.test.size()); ++i) {
    const Sample sample = task.test.sample(i, network.outputs());
    load(session, sample);
    session.forward();
    store(session, activations);
    judge.compare_forward(network, epochs.back(), sample, model, activations, std::nullopt,
                          comparison);
  }
  CaseResult result = std::move(comparison).result();
  const auto reference = references.get(task, profile, model);
  const std::vector<TrainingState> states = judge.evaluate_trajectory(task, epochs);
  const ConvergenceResult convergence =
      judge_trajectory(workload, task, profile, states, *reference);
  result.convergence = convergence_json(convergence);
  if (auto reason = judge.trajectory_unjudged(model)) {
    if (result.verdict == Verdict::pass) {
      result.verdict = Verdict::skipped;
      result.reason = std::move(reason);
    }
    return result;
  }
  if (const std::optional<Failure> failure = failure_of(convergence)) {
    result.verdict = Verdict::fail;
    if (!result.failure) result.failure = failure;
  }
  if (!result.failure) {
    const TensorSet start = start_of(task, profile);
    result.detected =
        detected_changes(network, judge.evaluate_trajectory(task, {&start, 1}).front(), states,
                         *reference, has_every_bit);
  }
  return result;
}

std::shared_ptr<const LoadedConvergence> load_convergence(const ConvergenceWorkload& workload) {
  const auto load = [&](DataSetPart part) {
    DataSet data = load_data(workload.data, part, all_rows, &workload.network);
    require_classes(data, workload.data);
    return data;
  };
  LoadedConvergence loaded{workload, {}, {}, new_reference_trainings()};
  try {
    loaded.training = load(DataSetPart::training);
    loaded.test = load(DataSetPart::test);
  } catch (const MissingDataSet& missing) {
    loaded.training = loaded.test = blank_sample(workload.network.inputs());
    loaded.lack = missing.lack_of(workload.data);
  }
  return std::make_shared<LoadedConvergence>(std::move(loaded));
}

std::vector<ConformanceCase> level3_cases(std::shared_ptr<const LoadedConvergence> loaded,
                                          const Profile& profile, Pace pace) {
  const ConvergenceWorkload& workload = loaded->workload;
  const TrainingLength& length = workload.length(pace);
  const std::string lengths = shortening(workload, pace);
  const std::string shortened =
      lengths.empty() ? lengths : fmt::format("{} from {}", workload.name, lengths);
  const std::string reason =
      fmt::format("a target of pace {} trains from {}", name_of(pace), lengths);
  const std::size_t steps =
      length.epochs * (length.samples == 0 ? loaded->training.size() : length.samples);
  const double cost =
      static_cast<double>(parameter_count(workload.network)) * static_cast<double>(steps);
  std::vector<ConformanceCase> cases;
  for (std::uint64_t seed = 1; seed <= workload.length(Pace::fast).seeds; ++seed) {
    ConformanceCase& added = cases.emplace_back();
    const bool is_run = seed <= length.seeds;
    added = {seed_id(workload.name, seed),
             "SPEC 12.4",
             3,
             is_run ? cost : 0,
             {},
             {},
             workload.network,
             shortened};
    if (is_run)
      added.run = [=, &profile](AgentSession& session, const ArithmeticModel& model) {
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
                     return shortened.empty() ? run_outcome(loaded->workload, finished)
                                              : CaseResult::skipped(reason);
                   },
                   workload.network,
                   shortened});
  return cases;
}

}  // namespace lsgd
