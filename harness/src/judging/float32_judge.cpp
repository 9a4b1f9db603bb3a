// SPDX-License-Identifier: Apache-2.0
#include "judging/float32_judge.hpp"

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/statistics/error_statistics.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "judging/binary32_members.hpp"
#include "judging/device_tensors.hpp"
#include "judging/ensemble_reference.hpp"
#include "judging/tensor_comparison.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

bool goes_on_with_what_it_shows(const ArithmeticModel& model) {
  return model.kept_wider == KeptWider::nothing;
}

/// Bounds of every element (SPEC 5), from the parameters before the step and from the activations
/// that the device shows, and statistics of all errors together (SPEC 6.4).
class Float32StepJudge final : public StepJudge {
 public:
  Float32StepJudge(const Network& network, const ArithmeticModel& model,
                   std::optional<std::uint64_t> seed)
      : network_(network), model_(model) {
    if (seed) statistics_.emplace(network, model, *seed);
  }

  void judge(const ObservedStep& step, Comparison& comparison) override {
    const auto before = parameters_of<Parameters<float>>(step.before);
    float32_step(network_, before, step.sample, step.learning_rate, model_, trace_);
    compare_activations(trace_, step.activations, step.number, comparison);
    compare_parameters(trace_, step.after, step.number, comparison);
    if (!are_usable(step.after) || !are_usable(step.activations)) return;
    const auto activations = numbers_of<float>(step.activations);
    if (goes_on_with_what_it_shows(model_)) {
      float32_backward_from_activations(network_, before, activations, step.sample,
                                        step.learning_rate, model_, trace_);
      comparison.judge_from_shown(true);
      compare_parameters(trace_, step.after, step.number, comparison);
      comparison.judge_from_shown(false);
    }
    if (statistics_)
      statistics_->observe(before, step.sample, step.learning_rate, activations,
                           parameters_of<Parameters<float>>(step.after));
  }

  void finish(Comparison& comparison) const override {
    if (!statistics_) return;
    for (const StatisticVerdict& verdict : statistics_->verdicts()) comparison.statistic(verdict);
  }

 private:
  const Network& network_;
  const ArithmeticModel& model_;
  StepTrace<Exact> trace_;
  std::optional<ErrorStatistics> statistics_;
};

/// Layers whose function no port approximates, from the device's own activations below them.
/// Returns whether every z is a number: what functions and derivatives make of another one is not
/// specified.
bool compare_exact_layers(const ObservedStep& step, const Parameters<float>& before,
                          const std::vector<std::vector<float>>& shown,
                          const ArithmeticModel& model, Comparison& comparison) {
  bool are_numbers = true;
  for (std::size_t l = 0; l < step.network.layers.size(); ++l) {
    const Layer& layer = step.network.layers[l];
    const bool is_exact = !is_approximated(layer.activation);
    const std::vector<float>& below = l == 0 ? step.sample.inputs : shown[l - 1];
    const TensorPlace place = place_of(step.activations[l], step.number);
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      if (!is_exact && !std::isnan(shown[l][j])) continue;
      const float z = ordered_pre_activation(layer, before[l], j, below, model);
      are_numbers = are_numbers && !std::isnan(z);
      if (!is_exact || std::isnan(z)) continue;
      comparison.exact_order(place, j, bits_of(correctly_rounded_activation(layer.activation, z)),
                             step.activations[l].codes[j], 32);
    }
  }
  return are_numbers;
}

/// A device that keeps more than it shows may come as near to the exact trajectory as it likes: it
/// is among the members that keep more bits.
void add_exact_members(ReferenceTraining& reference) {
  reference.longer_members.resize(reference.exact.size());
  for (std::size_t epoch = 0; epoch < reference.exact.size(); ++epoch)
    reference.longer_members[epoch].resize(
        reference.longer_members[epoch].size() + 2,
        trajectory_point(reference.exact[epoch], reference.exact[epoch]));
}

class Float32Judge final : public ProfileJudge {
 public:
  bool is_resynchronised(const ArithmeticModel& model) const override {
    return model.kept_wider == KeptWider::everything;
  }

  std::unique_ptr<StepJudge> step_judge(const Network& network, const ArithmeticModel& model,
                                        std::optional<std::uint64_t> seed) const override {
    return std::make_unique<Float32StepJudge>(network, model, seed);
  }

  void compare_from_activations(const ObservedStep& step, const ArithmeticModel& model,
                                Comparison& comparison) const override {
    if (!are_usable(step.activations) || !goes_on_with_what_it_shows(model)) return;
    StepTrace<Exact> trace;
    float32_backward_from_activations(step.network, parameters_of<Parameters<float>>(step.before),
                                      numbers_of<float>(step.activations), step.sample,
                                      step.learning_rate, model, trace);
    comparison.judge_from_shown(true);
    compare_parameters(trace, step.after, step.number, comparison);
    comparison.judge_from_shown(false);
  }

  void compare_order(const ObservedStep& step, const ArithmeticModel& model,
                     Comparison& comparison) const override {
    if (!model.order_is_declared()) return;
    auto simulated = parameters_of<Parameters<float>>(step.before);
    const auto shown = numbers_of<float>(step.activations);
    if (!compare_exact_layers(step, simulated, shown, model, comparison)) return;
    OrderedTrace trace;
    ordered_backward_from_activations(step.network, simulated, shown, step.sample,
                                      step.learning_rate, model, trace);
    compare_simulated(tensors_of(step.network, simulated), step.after, step.number, comparison);
  }

  void compare_forward(const Network& network, const TensorSet& parameters, const Sample& sample,
                       const ArithmeticModel& model, const TensorSet& activations,
                       std::optional<std::size_t> step, Comparison& comparison) const override {
    StepTrace<Exact> trace;
    float32_forward(network, parameters_of<Parameters<float>>(parameters), sample.inputs, model,
                    trace);
    compare_activations(trace, activations, step, comparison);
  }

  ReferenceTraining train_reference(const TrainingTask& task,
                                    const ArithmeticModel& model) const override {
    ReferenceTraining reference = train_ensemble(
        task, task.start, model.significand_bits < 24, [&](std::size_t group, std::uint64_t seed) {
          return EnsembleTraining(task.network, StoredParameters::binary32, model,
                                  members_of(group, StoredParameters::binary32, model), seed);
        });
    if (!goes_on_with_what_it_shows(model)) add_exact_members(reference);
    return reference;
  }

  std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                                 std::span<const TensorSet> epochs) const override {
    return evaluate_epochs<Parameters<float>>(
        task, exact_members(task.network, StoredParameters::binary32), epochs);
  }
};

}  // namespace

const ProfileJudge& float32_judge() {
  static const Float32Judge judge;
  return judge;
}

}  // namespace lsgd
