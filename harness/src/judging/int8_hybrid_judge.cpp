// SPDX-License-Identifier: Apache-2.0
#include "judging/int8_hybrid_judge.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <lsgd/step/int8_hybrid_step.hpp>
#include <lsgd/step/ordered_int8_hybrid_step.hpp>

#include "judging/binary32_members.hpp"
#include "judging/device_tensors.hpp"
#include "judging/ensemble_reference.hpp"
#include "judging/tensor_comparison.hpp"
#include "steps/expected_step.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

void judge_fraction_bits(const TensorPlace& place, const FractionBitsRange& range,
                         const Int8Tensor& device, Comparison& comparison) {
  comparison.range(place, 0, range.lowest, range.highest, device.fraction_bits);
}

/// Where the fraction bits are wrong they are what failed; the elements follow from them.
void judge_elements(const TensorPlace& place, const BoundedTensor<Exact>& exact,
                    const Int8Tensor& device, Comparison& comparison) {
  if (device.fraction_bits < 0 || device.fraction_bits > 7) return;
  for (std::size_t i = 0; i < device.values.size(); ++i)
    comparison.acceptable(place, i, exact.exact[i], exact.bound[i], device.fraction_bits,
                          device.values[i]);
}

/// A new value that is NaN may be another number in another port, and one that is infinite may or
/// may not count among the largest (SPEC 6.2).
bool are_finite(const Parameters<float>& parameters) {
  const auto is_finite = [](float value) { return std::isfinite(value); };
  return std::ranges::all_of(parameters, [&](const LayerParameters<float>& layer) {
    return std::ranges::all_of(layer.weights, is_finite) &&
           std::ranges::all_of(layer.biases, is_finite);
  });
}

/// The forward pass bit for bit, new parameters by their acceptance sets (SPEC 4.8).
class Int8HybridStepJudge final : public StepJudge {
 public:
  Int8HybridStepJudge(const Network& network, const ArithmeticModel& model)
      : network_(network), model_(model) {}

  void judge(const ObservedStep& step, Comparison& comparison) override {
    int8_hybrid_step(network_, parameters_of<Int8Parameters>(step.before), step.sample,
                     step.learning_rate, model_, trace_);
    for (const Tensor& tensor : step.activations)
      compare_int8(trace_.integers.layers[tensor.layer - 1].a, tensor, step.number, comparison);
    const auto after = parameters_of<Int8Parameters>(step.after);
    for (std::size_t layer = network_.layers.size(); layer > 0; --layer)
      for (const Tensor& tensor : step.after)
        if (tensor.layer == layer) judge(tensor, after[layer - 1], step.number, comparison);
  }

 private:
  void judge(const Tensor& tensor, const Int8LayerParameters& after,
             std::optional<std::size_t> step, Comparison& comparison) const {
    const Int8LayerTrace<Exact>& exact = trace_.layers[tensor.layer - 1];
    const TensorPlace place = place_of(tensor, step);
    switch (tensor.kind) {
      case TensorKind::weights:
        return judge_elements(place, exact.new_weights, after.weights, comparison);
      case TensorKind::biases:
        return judge_elements(place, exact.new_biases, after.biases, comparison);
      case TensorKind::fraction_bits_of_weights:
        return judge_fraction_bits(place, exact.weights_fraction_bits, after.weights, comparison);
      case TensorKind::fraction_bits_of_biases:
        return judge_fraction_bits(place, exact.biases_fraction_bits, after.biases, comparison);
      case TensorKind::input:
      case TensorKind::target:
      case TensorKind::random_state:
      case TensorKind::preactivations:
      case TensorKind::activations:
      case TensorKind::deltas:
      case TensorKind::scales_of_weights:
      case TensorKind::zero_points_of_weights:
      case TensorKind::scales_of_activations:
      case TensorKind::zero_points_of_activations:
      case TensorKind::scale_of_input:
      case TensorKind::zero_point_of_input:
        break;
    }
    throw std::logic_error(tensor.name + " is no parameter of profile int8_hybrid");
  }

  const Network& network_;
  const ArithmeticModel& model_;
  Int8StepTrace<Exact> trace_;
};

/// What a device of a declared order has after every epoch.
std::vector<TensorSet> simulated_trajectory(const TrainingTask& task,
                                            const ArithmeticModel& model) {
  std::vector<TensorSet> epochs;
  Int8Parameters parameters = quantized_parameters(task.start);
  OrderedInt8Trace trace;
  for (const std::vector<std::size_t>& order : sample_orders(task)) {
    for (const std::size_t index : order)
      ordered_int8_hybrid_step(task.network, parameters,
                               task.training.sample(index, task.network.outputs()),
                               task.learning_rate, model, trace);
    epochs.push_back(tensors_of(task.network, parameters));
  }
  return epochs;
}

class Int8HybridJudge final : public ProfileJudge {
 public:
  std::unique_ptr<StepJudge> step_judge(const Network& network, const ArithmeticModel& model,
                                        std::optional<std::uint64_t>) const override {
    return std::make_unique<Int8HybridStepJudge>(network, model);
  }

  /// The whole step is bit-exact in a declared order.
  void compare_order(const ObservedStep& step, const ArithmeticModel& model,
                     Comparison& comparison) const override {
    if (!model.order_is_declared()) return;
    auto simulated = parameters_of<Int8Parameters>(step.before);
    OrderedInt8Trace trace;
    ordered_int8_hybrid_step(step.network, simulated, step.sample, step.learning_rate, model,
                             trace);
    const StepNumbers<std::int8_t>& integers = trace.integers;
    for (const Tensor& tensor : step.activations)
      for (std::size_t j = 0; j < tensor.codes.size(); ++j)
        comparison.exact_order(place_of(tensor, step.number), j,
                               static_cast<std::uint8_t>(integers.layers[tensor.layer - 1].a[j]),
                               tensor.codes[j], 8);
    if (are_finite(trace.new_parameters))
      compare_simulated(tensors_of(step.network, simulated), step.after, step.number, comparison);
  }

  void compare_forward(const Network& network, const TensorSet& parameters, const Sample& sample,
                       const ArithmeticModel&, const TensorSet& activations,
                       std::optional<std::size_t> step, Comparison& comparison) const override {
    StepNumbers<std::int8_t> trace;
    int8_forward(network, parameters_of<Int8Parameters>(parameters), sample.inputs, trace);
    for (const Tensor& tensor : activations)
      compare_int8(trace.layers[tensor.layer - 1].a, tensor, step, comparison);
  }

  void compare_trajectory(const TrainingTask& task, const ArithmeticModel& model,
                          std::span<const TensorSet> epochs,
                          Comparison& comparison) const override {
    if (model.order_is_declared())
      compare_epochs(task, epochs, simulated_trajectory(task, model), comparison,
                     &Comparison::exact_order);
  }

  ReferenceTraining train_reference(const TrainingTask& task,
                                    const ArithmeticModel& model) const override {
    return train_ensemble(task, quantized_parameters(task.start), model.significand_bits < 24,
                          [&](std::size_t group, std::uint64_t seed) {
                            return EnsembleTraining(
                                task.network, StoredParameters::int8, model,
                                members_of(group, StoredParameters::int8, model), seed);
                          });
  }

  std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                                 std::span<const TensorSet> epochs) const override {
    return evaluate_epochs<Int8Parameters>(
        task, exact_members(task.network, StoredParameters::int8), epochs);
  }
};

}  // namespace

const ProfileJudge& int8_hybrid_judge() {
  static const Int8HybridJudge judge;
  return judge;
}

}  // namespace lsgd
