// SPDX-License-Identifier: Apache-2.0
#include "judging/int8_integer_judge.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <lsgd/ensemble/lanes.hpp>
#include <lsgd/step/int8_integer_step.hpp>

#include "judging/device_tensors.hpp"
#include "judging/tensor_comparison.hpp"
#include "steps/expected_step.hpp"
#include "steps/typed_parameters.hpp"
#include "training/int8_integer_training.hpp"

namespace lsgd {
namespace {

/// Bit for bit (SPEC 11).
class Int8IntegerStepJudge final : public StepJudge {
 public:
  explicit Int8IntegerStepJudge(const Network& network) : network_(network) {}

  void judge(const ObservedStep& step, Comparison& comparison) override {
    auto after = parameters_of<Int8IntegerParameters>(step.before);
    int8_integer_step(network_, after, step.sample, step.learning_rate, trace_);
    for (const Tensor& tensor : step.activations)
      for (std::size_t j = 0; j < tensor.codes.size(); ++j)
        comparison.bits(place_of(tensor, step.number), j,
                        static_cast<std::uint8_t>(trace_.layers[tensor.layer - 1].a[j]),
                        tensor.codes[j], 8);
    judge_parameters(after, step, comparison);
  }

  void judge_unobserved(const ObservedStep& step, std::size_t count,
                        Comparison& comparison) override {
    auto after = parameters_of<Int8IntegerParameters>(step.before);
    for (; count > 0; --count)
      int8_integer_step(network_, after, step.sample, step.learning_rate, trace_);
    judge_parameters(after, step, comparison);
  }

 private:
  void judge_parameters(const Int8IntegerParameters& after, const ObservedStep& step,
                        Comparison& comparison) const {
    const TensorSet required = tensors_of(network_, after);
    // In the order of the backward pass, the random state at last.
    for (std::size_t layer = network_.layers.size() + 1; layer-- > 0;)
      for (std::size_t t = 0; t < required.size(); ++t)
        if (required[t].layer == layer) judge(required[t], step.after[t], step.number, comparison);
  }

  static void judge(const Tensor& required, const Tensor& device, std::optional<std::size_t> step,
                    Comparison& comparison) {
    for (std::size_t i = 0; i < required.codes.size(); ++i)
      comparison.bits(place_of(required, step), i, required.codes[i], device.codes[i],
                      static_cast<std::size_t>(required.format.bits));
  }

  const Network& network_;
  Int8IntegerTrace trace_;
};

/// Figures of up to as many networks as there are lanes on the same data.
LearningEvaluation integer_evaluation_of(std::span<const Int8IntegerParameters> networks,
                                         const Network& network, const DataSet& data) {
  LearningEvaluation evaluation(network);
  Int8IntegerTrace trace;
  const double unit = std::ldexp(1.0, -output_fraction_bits(network.layers.back().activation));
  std::vector<Lanes> a(network.outputs()), z(network.outputs());
  for (std::size_t index = 0; index < data.size(); ++index) {
    const Sample sample = data.sample(index, network.outputs());
    for (std::size_t lane = 0; lane < networks.size(); ++lane) {
      int8_integer_forward(network, networks[lane], sample.inputs, trace);
      for (std::size_t j = 0; j < a.size(); ++j) {
        a[j].set(lane, unit * trace.layers.back().a[j]);
        z[j].set(lane, std::ldexp(trace.layers.back().z[j], -preactivation_fraction_bits));
      }
    }
    evaluation.add(a, z, sample, data.labels[index]);
  }
  return evaluation;
}

TrainingState state_of(const Int8IntegerParameters& parameters, const LearningFigures& training,
                       const LearningFigures& test) {
  TrainingState state;
  for (const LayerParameters<float>& layer : dequantized(parameters)) {
    state.parameters.insert(state.parameters.end(), layer.weights.begin(), layer.weights.end());
    state.parameters.insert(state.parameters.end(), layer.biases.begin(), layer.biases.end());
  }
  for (const Int8IntegerLayerParameters& layer : parameters.layers)
    state.weight_fraction_bits.push_back(layer.weights.fraction_bits);
  state.training = training;
  state.test = test;
  return state;
}

std::vector<TrainingState> integer_states_of(const TrainingTask& task,
                                             std::span<const Int8IntegerParameters> epochs) {
  std::vector<TrainingState> states;
  for (std::size_t first = 0; first < epochs.size(); first += lane_count) {
    const auto group = epochs.subspan(first, std::min(lane_count, epochs.size() - first));
    const LearningEvaluation training = integer_evaluation_of(group, task.network, task.training);
    const LearningEvaluation test = integer_evaluation_of(group, task.network, task.test);
    for (std::size_t lane = 0; lane < group.size(); ++lane)
      states.push_back(state_of(group[lane], training[lane], test[lane]));
  }
  return states;
}

class Int8IntegerJudge final : public ProfileJudge {
 public:
  std::unique_ptr<StepJudge> step_judge(const Network& network, const ArithmeticModel&,
                                        std::optional<std::uint64_t>) const override {
    return std::make_unique<Int8IntegerStepJudge>(network);
  }

  void compare_forward(const Network& network, const TensorSet& parameters, const Sample& sample,
                       const ArithmeticModel&, const TensorSet& activations,
                       std::optional<std::size_t> step, Comparison& comparison) const override {
    Int8IntegerTrace trace;
    int8_integer_forward(network, parameters_of<Int8IntegerParameters>(parameters), sample.inputs,
                         trace);
    for (const Tensor& tensor : activations)
      compare_int8(trace.layers[tensor.layer - 1].a, tensor, step, comparison);
  }

  void compare_trajectory(const TrainingTask& task, const ArithmeticModel&,
                          std::span<const TensorSet> epochs,
                          Comparison& comparison) const override {
    std::vector<TensorSet> required;
    for (const Int8IntegerParameters& epoch : int8_integer_trajectory(task))
      required.push_back(tensors_of(task.network, epoch));
    compare_epochs(task, epochs, required, comparison, &Comparison::bits);
  }

  /// There is no other legal training, so no members.
  ReferenceTraining train_reference(const TrainingTask& task,
                                    const ArithmeticModel&) const override {
    ReferenceTraining reference;
    reference.exact = integer_states_of(task, int8_integer_trajectory(task));
    reference.members.resize(task.epochs);
    return reference;
  }

  std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                                 std::span<const TensorSet> epochs) const override {
    std::vector<Int8IntegerParameters> parameters;
    for (const TensorSet& epoch : epochs)
      parameters.push_back(parameters_of<Int8IntegerParameters>(epoch));
    return integer_states_of(task, parameters);
  }
};

}  // namespace

const ProfileJudge& int8_integer_judge() {
  static const Int8IntegerJudge judge;
  return judge;
}

std::vector<Int8IntegerParameters> int8_integer_trajectory(const TrainingTask& task) {
  std::vector<Int8IntegerParameters> epochs;
  Int8IntegerParameters parameters =
      int8_integer_parameters(task.start, static_cast<std::uint32_t>(task.seed));
  Int8IntegerTrace trace;
  for (const std::vector<std::size_t>& order : sample_orders(task)) {
    const float rate = int8_integer_learning_rate(epochs.size(), task.epochs);
    for (const std::size_t index : order)
      int8_integer_step(task.network, parameters,
                        task.training.sample(index, task.network.outputs()), rate, trace);
    epochs.push_back(parameters);
  }
  return epochs;
}

}  // namespace lsgd
