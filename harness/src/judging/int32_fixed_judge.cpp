// SPDX-License-Identifier: Apache-2.0
#include "judging/int32_fixed_judge.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <lsgd/ensemble/int32_fixed_ensemble.hpp>
#include <lsgd/step/int32_fixed_step.hpp>

#include "judging/ensemble_reference.hpp"
#include "judging/tensor_comparison.hpp"
#include "steps/expected_step.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

void compare_with_shown_activations(const ObservedStep& step, const Int32Parameters& before,
                                    const ArithmeticModel& model, StepTrace<Exact>& trace,
                                    Comparison& comparison) {
  int32_fixed_backward_from_activations(step.network, before,
                                        numbers_of<std::int32_t>(step.activations), step.sample,
                                        step.learning_rate, model, trace);
  compare_parameters(trace, step.after, step.number, comparison);
}

/// Bounds of every element (SPEC 13), from the parameters before the step and from the activations
/// that the device shows.
class Int32FixedStepJudge final : public StepJudge {
 public:
  Int32FixedStepJudge(const Network& network, const ArithmeticModel& model)
      : network_(network), model_(model) {}

  void judge(const ObservedStep& step, Comparison& comparison) override {
    const auto before = parameters_of<Int32Parameters>(step.before);
    int32_fixed_step(network_, before, step.sample, step.learning_rate, model_, trace_);
    compare_activations(trace_, step.activations, step.number, comparison);
    compare_parameters(trace_, step.after, step.number, comparison);
    compare_with_shown_activations(step, before, model_, trace_, comparison);
  }

 private:
  const Network& network_;
  const ArithmeticModel& model_;
  StepTrace<Exact> trace_;
};

/// Each group makes every choice of what is cut (products of the forward pass, of deltas, of
/// updates), one in each lane. The groups differ in how they cut and in what they do to products
/// that they do not cut. The first member of all is exact. Where sums that are cut towards zero
/// start with half a unit for each product, all that cut do so.
Int32FixedEnsemble::Members cutting_members(std::size_t group, const ArithmeticModel& model) {
  constexpr std::array others{ProductRounding::random, ProductRounding::nearest,
                              ProductRounding::kept};
  const bool is_down = group < 4 && !model.zero_cuts_from_half;
  const ProductRounding cut = is_down ? ProductRounding::down : ProductRounding::toward_zero;
  Int32FixedEnsemble::Members members;
  for (std::size_t lane = 0; lane < lane_count; ++lane) {
    const auto choice = [&](std::size_t bit) {
      return (lane >> bit & 1) != 0 ? cut : others[group % others.size()];
    };
    members[lane] = {group == 0 && lane == 0, choice(0), choice(1), choice(2)};
  }
  return members;
}

/// No evaluation order is simulated (SPEC 13.7).
class Int32FixedJudge final : public ProfileJudge {
 public:
  std::unique_ptr<StepJudge> step_judge(const Network& network, const ArithmeticModel& model,
                                        std::optional<std::uint64_t>) const override {
    return std::make_unique<Int32FixedStepJudge>(network, model);
  }

  void compare_from_activations(const ObservedStep& step, const ArithmeticModel& model,
                                Comparison& comparison) const override {
    StepTrace<Exact> trace;
    compare_with_shown_activations(step, parameters_of<Int32Parameters>(step.before), model, trace,
                                   comparison);
  }

  void compare_forward(const Network& network, const TensorSet& parameters, const Sample& sample,
                       const ArithmeticModel& model, const TensorSet& activations,
                       std::optional<std::size_t> step, Comparison& comparison) const override {
    StepTrace<Exact> trace;
    int32_fixed_forward(network, parameters_of<Int32Parameters>(parameters), sample.inputs, model,
                        trace);
    compare_activations(trace, activations, step, comparison);
  }

  ReferenceTraining train_reference(const TrainingTask& task,
                                    const ArithmeticModel& model) const override {
    ReferenceTraining reference = train_ensemble(
        task, int32_fixed_parameters(task.start), false,
        [&](std::size_t group, std::uint64_t seed) {
          return Int32FixedEnsemble(task.network, model, cutting_members(group, model), seed);
        });
    reference.distances_grow_by_factors = false;
    return reference;
  }

  std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                                 std::span<const TensorSet> epochs) const override {
    return evaluate_epochs<Int32Parameters>(task, Int32FixedEnsemble(task.network, {}, {}, 0),
                                            epochs);
  }
};

}  // namespace

const ProfileJudge& int32_fixed_judge() {
  static const Int32FixedJudge judge;
  return judge;
}

}  // namespace lsgd
