// SPDX-License-Identifier: Apache-2.0
#include "judging/declared_judge.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/bounded_step.hpp>
#include <lsgd/arithmetic/declared_run.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/legal_arithmetics.hpp>
#include <lsgd/ensemble/lanes.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/draw_below.hpp>

#include "device/run_in_parallel.hpp"
#include "judging/device_tensors.hpp"
#include "steps/declared_tensors.hpp"

namespace lsgd {
namespace {

using Step = std::optional<std::size_t>;

bool knows(const Arithmetic& arithmetic, Point tensor) {
  return unknown_because(arithmetic, tensor).empty();
}

bool knows_parameters(const Arithmetic& arithmetic) {
  return knows(arithmetic, Point::weight) && knows(arithmetic, Point::bias);
}

/// The declaration with what a target file says of sigmoid and tanh (SPEC 5.1).
Arithmetic with_functions_of(Arithmetic arithmetic, const ArithmeticModel& model) {
  for (ActivationDefinition& definition : arithmetic.activations) {
    if (definition.rule != ActivationRule::within) continue;
    definition.ulps = model.activation_ulps;
    definition.absolute_error += model.activation_absolute_error;
  }
  return arithmetic;
}

/// The codec of a parameter tensor in a state that has one scale.
NumberCodec codec_of(const NumberFormat& format, const DeclaredTensor& tensor) {
  return NumberCodec(format, tensor.scales.front());
}

bool is_finite(const DeclaredTensor& tensor) {
  return std::ranges::all_of(tensor.numbers, &BinaryNumber::is_finite);
}

bool is_finite(const DeclaredState& state) {
  return std::ranges::all_of(state.layers, [](const DeclaredLayer& layer) {
    return is_finite(layer.weights) && is_finite(layer.biases);
  });
}

/// Numbers whose codes are known. What is outside the domain of a format is not judged.
void compare_known(const NumberCodec& codec, const std::vector<BinaryNumber>& required,
                   const Tensor& device, Step step, Comparison& comparison) {
  const TensorPlace place = place_of(device, step);
  for (std::size_t i = 0; i < device.codes.size(); ++i)
    if (const auto code = codec.code_of(required[i]))
      comparison.code(place, i, codec, *code, device.codes[i]);
}

/// The same of a parameter, whose scales are its own.
void compare_known(const NumberFormat& format, const DeclaredTensor& required, const Tensor& device,
                   Step step, Comparison& comparison) {
  std::vector<NumberCodec> codecs;
  for (const TensorScale& scale : required.scales) codecs.emplace_back(format, scale);
  const TensorPlace place = place_of(device, step);
  for (std::size_t i = 0; i < device.codes.size(); ++i) {
    const NumberCodec& codec = codecs.at(required.scale_of(format, i, device.row_length));
    if (const auto code = codec.code_of(required.numbers[i]))
      comparison.code(place, i, codec, *code, device.codes[i]);
  }
}

/// Scales or zero points of a tensor, none of which a step changes.
void compare_scales(const std::vector<TensorScale>& required, bool are_zero_points,
                    const Tensor& device, Step step, Comparison& comparison) {
  const TensorPlace place = place_of(device, step);
  for (std::size_t k = 0; k < device.codes.size(); ++k) {
    const TensorScale& scale = required.at(k);
    const std::uint32_t code = are_zero_points
                                   ? static_cast<std::uint32_t>(scale.zero_point)
                                   : bits_of(static_cast<float>(scale.scale.to_double()));
    comparison.bits(place, k, code, device.codes[k], 32);
  }
}

void compare_bounded(const NumberCodec& codec, const std::vector<BoundedNumber>& required,
                     const Tensor& device, Step step, Comparison& comparison) {
  const TensorPlace place = place_of(device, step);
  for (std::size_t i = 0; i < device.codes.size(); ++i)
    comparison.bounded_code(place, i, codec, required[i].exact, required[i].bound, device.codes[i]);
}

/// Calls `compare` for every tensor in the order in which a step computes them.
template <class Compare>
void in_order_of_update(const TensorSet& parameters, const Compare& compare) {
  std::size_t layers = 0;
  for (const Tensor& tensor : parameters) layers = std::max(layers, tensor.layer);
  for (std::size_t layer = layers + 1; layer-- > 0;)
    for (const Tensor& tensor : parameters)
      if (tensor.layer == layer) compare(tensor);
}

/// Compares parameters with a state whose every code is known.
void compare_state(const Arithmetic& arithmetic, const DeclaredState& required,
                   const TensorSet& parameters, Step step, Comparison& comparison) {
  const auto compare_fraction_bits = [&](const Tensor& device, const DeclaredTensor& tensor) {
    const int fraction_bits = tensor.scales.front().fraction_bits;
    comparison.range(place_of(device, step), 0, fraction_bits, fraction_bits,
                     static_cast<std::int8_t>(device.codes.front()));
  };
  in_order_of_update(parameters, [&](const Tensor& device) {
    switch (device.kind) {
      case TensorKind::weights: {
        const DeclaredTensor& tensor = required.layers[device.layer - 1].weights;
        return compare_known(*arithmetic.format(Point::weight), tensor, device, step, comparison);
      }
      case TensorKind::biases: {
        const DeclaredTensor& tensor = required.layers[device.layer - 1].biases;
        return compare_known(*arithmetic.format(Point::bias), tensor, device, step, comparison);
      }
      case TensorKind::fraction_bits_of_weights:
        return compare_fraction_bits(device, required.layers[device.layer - 1].weights);
      case TensorKind::fraction_bits_of_biases:
        return compare_fraction_bits(device, required.layers[device.layer - 1].biases);
      case TensorKind::random_state:
        return comparison.bits(place_of(device, step), 0, required.random_state,
                               device.codes.front(), 32);
      case TensorKind::scales_of_weights:
      case TensorKind::zero_points_of_weights:
        return compare_scales(required.layers[device.layer - 1].weights.scales,
                              device.kind == TensorKind::zero_points_of_weights, device, step,
                              comparison);
      case TensorKind::scales_of_activations:
      case TensorKind::zero_points_of_activations:
        return compare_scales({required.layers[device.layer - 1].activation_scale},
                              device.kind == TensorKind::zero_points_of_activations, device, step,
                              comparison);
      case TensorKind::scale_of_input:
      case TensorKind::zero_point_of_input:
        return compare_scales({required.input_scale},
                              device.kind == TensorKind::zero_point_of_input, device, step,
                              comparison);
      case TensorKind::input:
      case TensorKind::target:
      case TensorKind::preactivations:
      case TensorKind::activations:
      case TensorKind::deltas:
        break;
    }
    throw std::logic_error("a parameter of a declared arithmetic");
  });
}

void compare_known_activations(const DeclaredStep& step, const DeclaredState& state,
                               const StepNumbers<BinaryNumber>& numbers,
                               const TensorSet& activations, Step number, Comparison& comparison) {
  for (const Tensor& device : activations)
    compare_known(step.codec(Point::activation, device.layer - 1, state).value(),
                  numbers.layers[device.layer - 1].a, device, number, comparison);
}

/// Judges steps whose every code is known.
class KnownStepJudge final : public StepJudge {
 public:
  KnownStepJudge(const Arithmetic& arithmetic, const Network& network)
      : arithmetic_(arithmetic), network_(network), step_(arithmetic, network) {}

  void judge(const ObservedStep& step, Comparison& comparison) override {
    DeclaredState state = declared_state(arithmetic_, network_, step.before);
    step_.train(state, step.sample, step.learning_rate, numbers_);
    compare_known_activations(step_, state, numbers_, step.activations, step.number, comparison);
    compare_state(arithmetic_, state, step.after, step.number, comparison);
  }

  void judge_unobserved(const ObservedStep& step, std::size_t count,
                        Comparison& comparison) override {
    DeclaredState state = declared_state(arithmetic_, network_, step.before);
    for (; count > 0; --count) step_.train(state, step.sample, step.learning_rate, numbers_);
    compare_state(arithmetic_, state, step.after, step.number, comparison);
  }

 private:
  const Arithmetic& arithmetic_;
  const Network& network_;
  DeclaredStep step_;
  StepNumbers<BinaryNumber> numbers_;
};

/// Judges steps of which something is only bounded: activations by their bounds, or by their codes
/// where these are known, and parameters also from the activations that the device shows
/// (SPEC 6.1).
class BoundedStepJudge final : public StepJudge {
 public:
  BoundedStepJudge(Arithmetic arithmetic, const Network& network)
      : arithmetic_(std::move(arithmetic)),
        network_(network),
        known_(arithmetic_, network),
        bounded_(arithmetic_, network),
        knows_activations_(knows(arithmetic_, Point::activation)) {}

  void judge(const ObservedStep& step, Comparison& comparison) override {
    before_ = declared_state(arithmetic_, network_, step.before);
    const DeclaredState& before = before_;
    // Beyond an overflow nothing is bounded.
    if (!is_finite(before)) return;
    bounded_.train(before, step.sample, step.learning_rate, numbers_, after_);
    if (knows_activations_) {
      DeclaredState state = before;
      StepNumbers<BinaryNumber> known;
      known_.forward(state, step.sample.inputs, known);
      compare_known_activations(known_, state, known, step.activations, step.number, comparison);
    } else {
      compare_activations(step.activations, step.number, comparison);
      compare_parameters(before, step, comparison);
    }
    const std::vector<std::vector<BinaryNumber>> shown = numbers_of(step.activations);
    if (shown.empty()) return;
    bounded_.train_from_activations(before, shown, step.sample, step.learning_rate, numbers_,
                                    after_);
    compare_parameters(before, step, comparison);
  }

  void compare_forward(const TensorSet& parameters, const Sample& sample,
                       const TensorSet& activations, Step step, Comparison& comparison) {
    before_ = declared_state(arithmetic_, network_, parameters);
    if (!is_finite(before_)) return;
    // The rate of 0 is never used: a forward pass is the first half of a step.
    bounded_.train(before_, sample, 0, numbers_, after_);
    compare_activations(activations, step, comparison);
  }

 private:
  void compare_activations(const TensorSet& activations, Step step, Comparison& comparison) const {
    for (const Tensor& device : activations)
      compare_bounded(known_.codec(Point::activation, device.layer - 1, before_).value(),
                      numbers_.layers[device.layer - 1].a, device, step, comparison);
  }

  void compare_parameters(const DeclaredState& before, const ObservedStep& step,
                          Comparison& comparison) const {
    in_order_of_update(step.after, [&](const Tensor& device) {
      const std::size_t l = device.layer - 1;
      if (device.kind == TensorKind::weights)
        compare_bounded(codec_of(*arithmetic_.format(Point::weight), before.layers[l].weights),
                        after_[l].weights, device, step.number, comparison);
      if (device.kind == TensorKind::biases)
        compare_bounded(codec_of(*arithmetic_.format(Point::bias), before.layers[l].biases),
                        after_[l].biases, device, step.number, comparison);
    });
  }

  /// What a device shows of every layer; nothing where a code stands for no finite number.
  std::vector<std::vector<BinaryNumber>> numbers_of(const TensorSet& activations) const {
    std::vector<std::vector<BinaryNumber>> numbers;
    for (const Tensor& device : activations) {
      const NumberCodec codec = known_.codec(Point::activation, device.layer - 1, before_).value();
      auto& layer = numbers.emplace_back();
      for (const std::uint64_t code : device.codes) {
        if (!codec.has_code(code)) return {};
        layer.push_back(codec.number_of(code));
        if (!layer.back().is_finite()) return {};
      }
    }
    return numbers;
  }

  const Arithmetic arithmetic_;
  const Network& network_;
  DeclaredStep known_;
  BoundedStep bounded_;
  bool knows_activations_;
  DeclaredState before_;  ///< of the step at hand
  StepNumbers<BoundedNumber> numbers_;
  std::vector<BoundedLayer> after_;
};

/// The figures of a network in a state, on a data set.
LearningFigures figures_of(DeclaredStep& step, DeclaredState state, const Network& network,
                           const DataSet& data) {
  LearningEvaluation evaluation(network);
  StepNumbers<BinaryNumber> numbers;
  std::vector<Lanes> a(network.outputs()), z(network.outputs());
  for (std::size_t index = 0; index < data.size(); ++index) {
    const Sample sample = data.sample(index, network.outputs());
    step.forward(state, sample.inputs, numbers);
    for (std::size_t j = 0; j < a.size(); ++j) {
      a[j] = Lanes(numbers.layers.back().a[j].to_double());
      z[j] = Lanes(numbers.layers.back().z[j].to_double());
    }
    evaluation.add(a, z, sample, data.labels[index]);
  }
  return evaluation[0];
}

TrainingState training_state(const Arithmetic& arithmetic, const TrainingTask& task,
                             const DeclaredState& state) {
  TrainingState result;
  for (const DeclaredLayer& layer : state.layers)
    for (const DeclaredTensor* tensor : {&layer.weights, &layer.biases})
      for (const BinaryNumber& number : tensor->numbers)
        result.parameters.push_back(number.to_double());
  DeclaredStep step(arithmetic, task.network);
  result.training = figures_of(step, state, task.network, task.training);
  result.test = figures_of(step, state, task.network, task.test);
  return result;
}

/// Weights that a member of an ensemble is started with in another place than the exact trajectory.
constexpr std::size_t most_moved_weights = 4;

class DeclaredJudge final : public ProfileJudge {
 public:
  explicit DeclaredJudge(const Profile& profile)
      : profile_(profile), is_known_(knows_everything(profile.declaration())) {}

  std::unique_ptr<StepJudge> step_judge(const Network& network, const ArithmeticModel& model,
                                        std::optional<std::uint64_t>) const override {
    if (is_known_) return std::make_unique<KnownStepJudge>(profile_.declaration(), network);
    return std::make_unique<BoundedStepJudge>(with_functions_of(profile_.declaration(), model),
                                              network);
  }

  void compare_forward(const Network& network, const TensorSet& parameters, const Sample& sample,
                       const ArithmeticModel& model, const TensorSet& activations, Step step,
                       Comparison& comparison) const override {
    const Arithmetic& arithmetic = profile_.declaration();
    if (!knows(arithmetic, Point::activation))
      return BoundedStepJudge(with_functions_of(arithmetic, model), network)
          .compare_forward(parameters, sample, activations, step, comparison);
    DeclaredStep known(arithmetic, network);
    DeclaredState state = declared_state(arithmetic, network, parameters);
    StepNumbers<BinaryNumber> numbers;
    known.forward(state, sample.inputs, numbers);
    compare_known_activations(known, state, numbers, activations, step, comparison);
  }

  void compare_trajectory(const TrainingTask& task, const ArithmeticModel&,
                          std::span<const TensorSet> epochs,
                          Comparison& comparison) const override {
    if (!is_known_) return;
    const std::vector<DeclaredState> required =
        trajectory(task, {profile_.declaration(), {}}, start_of(task));
    for (std::size_t epoch = 0; epoch < epochs.size(); ++epoch)
      compare_state(profile_.declaration(), required[epoch], epochs[epoch],
                    (epoch + 1) * task.steps() - 1, comparison);
  }

  /// The trajectory of DeclaredStep, and legal ones. Where every bit is known there is no other.
  ReferenceTraining train_reference(const TrainingTask& task,
                                    const ArithmeticModel& model) const override {
    const Arithmetic& declared = profile_.declaration();
    ReferenceTraining reference;
    for (const DeclaredState& state : trajectory(task, {declared, {}}, start_of(task)))
      reference.exact.push_back(training_state(declared, task, state));
    reference.members.resize(task.epochs);
    if (is_known_) return reference;
    reference.longer_members.resize(task.epochs);
    reference.distances_grow_by_factors = !has_free_direction(declared);
    const std::vector<LegalArithmetic> devices =
        legal_arithmetics(with_functions_of(declared, model),
                          reference_member_count + longer_reference_member_count, task.seed);
    std::vector<std::vector<TrajectoryPoint>> points(devices.size());
    run_in_parallel(devices.size(), std::thread::hardware_concurrency(), [&](std::size_t member) {
      TensorSet start = start_of(task);
      if (member >= reference_member_count)
        move_weights(1 + member % most_moved_weights, task.seed + member, start);
      const std::vector<DeclaredState> states = trajectory(task, devices[member], start);
      for (std::size_t epoch = 0; epoch < states.size(); ++epoch)
        points[member].push_back(trajectory_point(training_state(declared, task, states[epoch]),
                                                  reference.exact[epoch]));
    });
    for (std::size_t member = 0; member < points.size(); ++member)
      for (std::size_t epoch = 0; epoch < task.epochs; ++epoch)
        (member < reference_member_count ? reference.members : reference.longer_members)[epoch]
            .push_back(points[member][epoch]);
    return reference;
  }

  std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                                 std::span<const TensorSet> epochs) const override {
    std::vector<TrainingState> states;
    for (const TensorSet& epoch : epochs)
      states.push_back(training_state(profile_.declaration(), task,
                                      declared_state(profile_.declaration(), task.network, epoch)));
    return states;
  }

 private:
  static bool knows_everything(const Arithmetic& arithmetic) {
    return knows(arithmetic, Point::activation) && knows_parameters(arithmetic);
  }

  /// Whether a rounding may go to either neighbour, always the same one.
  static bool has_free_direction(const Arithmetic& arithmetic) {
    return std::ranges::any_of(arithmetic.points, [](const std::vector<Rounding>& roundings) {
      return std::ranges::any_of(roundings, [](const Rounding& rounding) {
        return rounding.direction == RoundingDirection::any;
      });
    });
  }

  TensorSet start_of(const TrainingTask& task) const {
    return profile_.nearest_parameters(
        task.network, task.start, static_cast<std::uint32_t>(task.seed), task.training.inputs_flat);
  }

  /// Moves `count` weights to a neighbour: where numbers are stored in few bits legal trainings
  /// part by such rare events, of which none may have come to the other members (SPEC 12.3).
  static void move_weights(std::size_t count, std::uint64_t seed, TensorSet& parameters) {
    std::mt19937_64 engine(seed);
    std::vector<Tensor*> weights;
    for (Tensor& tensor : parameters)
      if (tensor.kind == TensorKind::weights) weights.push_back(&tensor);
    for (; count > 0; --count) {
      std::vector<std::uint64_t>& codes = weights[draw_below(engine, weights.size())]->codes;
      std::uint64_t& code = codes[draw_below(engine, codes.size())];
      code ^= 1;
      if (!are_usable(parameters)) code ^= 1;
    }
  }

  /// The states of a device after every epoch.
  std::vector<DeclaredState> trajectory(const TrainingTask& task, const LegalArithmetic& device,
                                        const TensorSet& start) const {
    std::vector<DeclaredState> epochs;
    DeclaredState state = declared_state(profile_.declaration(), task.network, start);
    if (profile_.declaration().random.generator == RandomGenerator::device)
      state.random_state = device.random_state;
    DeclaredRun run(device.arithmetic, task.network, std::move(state), device.function_errors);
    for (const std::vector<std::size_t>& order : sample_orders(task)) {
      for (const std::size_t index : order)
        run.train(task.training.sample(index, task.network.outputs()), task.learning_rate);
      epochs.push_back(run.state());
    }
    return epochs;
  }

  const Profile& profile_;
  bool is_known_;
};

}  // namespace

std::unique_ptr<const ProfileJudge> declared_judge(const Profile& profile) {
  return std::make_unique<DeclaredJudge>(profile);
}

}  // namespace lsgd
