// SPDX-License-Identifier: Apache-2.0
#include "judging/reference_training.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include <lsgd/ensemble/ensemble_training.hpp>
#include <lsgd/ensemble/int32_fixed_ensemble.hpp>
#include <lsgd/step/int8_integer_step.hpp>

#include "device/run_in_parallel.hpp"
#include "steps/expected_step.hpp"
#include "training/int8_integer_training.hpp"
#include "training/seeded_shuffle.hpp"

namespace lsgd {
namespace {

constexpr std::size_t group_count = (reference_member_count + 1) / lane_count;
static_assert(group_count * lane_count == reference_member_count + 1);

/// Which rounding errors the members of a group make. The first member of all is exact. In binary32
/// the last group keeps intermediate results wide. An int8 member that rounds the new value to
/// binary32 first meets more ties than one that quantizes a wider value; half the members do each.
EnsembleTraining::Members members_of(std::size_t group, StoredParameters stored) {
  MemberArithmetic arithmetic{true, true};
  if (stored == StoredParameters::binary32 && group + 1 == group_count)
    arithmetic.rounds_results = false;
  if (stored == StoredParameters::int8 && group >= group_count / 2)
    arithmetic.rounds_parameters = false;
  EnsembleTraining::Members members;
  members.fill(arithmetic);
  if (group == 0) members[0] = {};
  return members;
}

/// The same in profile int32_fixed: each group makes every choice of what is cut (products of the
/// forward pass, of deltas, of updates), one in each lane. The groups differ in how they cut and in
/// what they do to products that they do not cut.
Int32FixedEnsemble::Members fixed_members_of(std::size_t group) {
  constexpr std::array others{ProductRounding::random, ProductRounding::nearest,
                              ProductRounding::kept};
  const ProductRounding cut = group < 4 ? ProductRounding::down : ProductRounding::toward_zero;
  Int32FixedEnsemble::Members members;
  for (std::size_t lane = 0; lane < lane_count; ++lane) {
    const auto choice = [&](std::size_t bit) {
      return (lane >> bit & 1) != 0 ? cut : others[group % others.size()];
    };
    members[lane] = {group == 0 && lane == 0, choice(0), choice(1), choice(2)};
  }
  return members;
}

template <class Ensemble>
LearningEvaluation evaluate(Ensemble& members, const Network& network, const DataSet& data) {
  LearningEvaluation evaluation(network);
  for (std::size_t i = 0; i < data.size(); ++i)
    evaluation.add(members, data.sample(i, network.outputs()), data.labels[i]);
  return evaluation;
}

/// Fraction bits of the weights of int8 members, for each layer.
std::vector<int> weight_fraction_bits(const EnsembleTraining& members, const Network& network,
                                      std::size_t lane) {
  std::vector<int> fraction_bits;
  if (members.stored() == StoredParameters::int8)
    for (std::size_t l = 0; l < network.layers.size(); ++l)
      fraction_bits.push_back(members.weight_fraction_bits(l, lane));
  return fraction_bits;
}

std::vector<int> weight_fraction_bits(const Int32FixedEnsemble&, const Network&, std::size_t) {
  return {};
}

/// The states of the first `count` members.
template <class Ensemble>
std::vector<TrainingState> states_of(Ensemble& members, const TrainingTask& task,
                                     std::size_t count) {
  const LearningEvaluation training = evaluate(members, task.network, task.training);
  const LearningEvaluation test = evaluate(members, task.network, task.test);
  std::vector<TrainingState> states;
  for (std::size_t lane = 0; lane < count; ++lane) {
    TrainingState& state = states.emplace_back();
    for (const LayerParameters<Lanes>& layer : members.parameters()) {
      for (const Lanes& weight : layer.weights) state.parameters.push_back(weight[lane]);
      for (const Lanes& bias : layer.biases) state.parameters.push_back(bias[lane]);
    }
    state.training = training[lane];
    state.test = test[lane];
    state.weight_fraction_bits = weight_fraction_bits(members, task.network, lane);
  }
  return states;
}

using SampleOrders = std::vector<std::vector<std::size_t>>;

/// States of the eight members of one group, per epoch, from `start` for all of them.
template <class Ensemble, class StartParameters>
std::vector<std::vector<TrainingState>> train_members(const TrainingTask& task, Ensemble members,
                                                      const StartParameters& start,
                                                      const SampleOrders& orders) {
  for (std::size_t lane = 0; lane < lane_count; ++lane) members.set_parameters(lane, start);
  std::vector<std::vector<TrainingState>> epochs;
  for (const std::vector<std::size_t>& order : orders) {
    for (const std::size_t index : order)
      members.step(task.training.sample(index, task.network.outputs()), task.learning_rate);
    epochs.push_back(states_of(members, task, lane_count));
  }
  return epochs;
}

std::vector<std::vector<TrainingState>> train_group(const TrainingTask& task, Profile profile,
                                                    const ArithmeticModel& model, std::size_t group,
                                                    const SampleOrders& orders) {
  const std::uint64_t seed = task.seed * group_count + group;
  const auto members = [&](StoredParameters stored) {
    return EnsembleTraining(task.network, stored, model, members_of(group, stored), seed);
  };
  switch (profile) {
    case Profile::float32:
      return train_members(task, members(StoredParameters::binary32), task.start, orders);
    case Profile::int8_hybrid:
      return train_members(task, members(StoredParameters::int8), quantized_parameters(task.start),
                           orders);
    case Profile::int32_fixed:
      return train_members(task,
                           Int32FixedEnsemble(task.network, model, fixed_members_of(group), seed),
                           int32_fixed_parameters(task.start), orders);
    case Profile::int8_integer:
      break;
  }
  throw std::invalid_argument("a profile with more than one legal training");
}

/// Evaluates eight parameter sets at a time in the lanes of `members`.
template <class Ensemble, class DeviceParameters>
std::vector<TrainingState> evaluate_epochs(const TrainingTask& task, Ensemble members,
                                           std::span<const DeviceParameters> epochs) {
  std::vector<TrainingState> states;
  for (std::size_t first = 0; first < epochs.size(); first += lane_count) {
    const std::size_t count = std::min(lane_count, epochs.size() - first);
    for (std::size_t lane = 0; lane < count; ++lane)
      members.set_parameters(lane, epochs[first + lane]);
    std::ranges::move(states_of(members, task, count), std::back_inserter(states));
  }
  return states;
}

EnsembleTraining exact_members(const Network& network, StoredParameters stored) {
  return EnsembleTraining(network, stored, ArithmeticModel{}, EnsembleTraining::Members{}, 0);
}

/// Figures of up to eight networks of profile int8_integer on the same data.
LearningEvaluation evaluate(std::span<const Int8IntegerParameters> networks, const Network& network,
                            const DataSet& data) {
  LearningEvaluation evaluation(network);
  Int8IntegerTrace trace;
  const double unit = std::ldexp(1.0, -output_fraction_bits(network.layers.back().activation));
  std::vector<Lanes> a(network.outputs()), z(network.outputs());
  for (std::size_t index = 0; index < data.size(); ++index) {
    const Sample sample = data.sample(index, network.outputs());
    for (std::size_t lane = 0; lane < networks.size(); ++lane) {
      int8_integer_forward(network, networks[lane], sample.inputs, trace);
      for (std::size_t j = 0; j < a.size(); ++j) {
        a[j].set(lane, unit * trace.a.back()[j]);
        z[j].set(lane, std::ldexp(trace.z.back()[j], -preactivation_fraction_bits));
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

/// The reference of profile int8_integer, which has no other legal training.
ReferenceTraining train_int8_integer_reference(const TrainingTask& task) {
  ReferenceTraining reference;
  reference.exact = evaluate_trajectory(
      task, std::span<const Int8IntegerParameters>(int8_integer_trajectory(task)));
  reference.members.resize(task.epochs);
  return reference;
}

}  // namespace

std::vector<std::vector<std::size_t>> sample_orders(const TrainingTask& task) {
  std::mt19937_64 engine(task.seed);
  std::vector<std::vector<std::size_t>> orders;
  for (std::size_t epoch = 0; epoch < task.epochs; ++epoch) {
    if (task.shuffled) {
      orders.push_back(shuffled_indices(task.training.size(), engine));
    } else {
      std::vector<std::size_t>& order = orders.emplace_back(task.training.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
    }
    orders.back().resize(std::min(task.steps(), orders.back().size()));
  }
  return orders;
}

ReferenceTraining train_reference(const TrainingTask& task, Profile profile,
                                  const ArithmeticModel& model) {
  if (profile == Profile::int8_integer) return train_int8_integer_reference(task);
  const SampleOrders orders = sample_orders(task);
  std::vector<std::vector<std::vector<TrainingState>>> groups(group_count);
  run_in_parallel(group_count, std::thread::hardware_concurrency(), [&](std::size_t group) {
    groups[group] = train_group(task, profile, model, group, orders);
  });
  ReferenceTraining reference;
  reference.distances_grow_by_factors = profile != Profile::int32_fixed;
  reference.members.resize(task.epochs);
  for (std::size_t group = 0; group < group_count; ++group) {
    const auto& epochs = groups[group];
    for (std::size_t epoch = 0; epoch < task.epochs; ++epoch) {
      if (group == 0) reference.exact.push_back(epochs[epoch][0]);
      for (std::size_t lane = group == 0 ? 1 : 0; lane < lane_count; ++lane)
        reference.members[epoch].push_back(
            trajectory_point(epochs[epoch][lane], reference.exact[epoch]));
    }
  }
  return reference;
}

std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                               std::span<const Parameters<float>> epochs) {
  return evaluate_epochs(task, exact_members(task.network, StoredParameters::binary32), epochs);
}

std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                               std::span<const Int8Parameters> epochs) {
  return evaluate_epochs(task, exact_members(task.network, StoredParameters::int8), epochs);
}

std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                               std::span<const Int32Parameters> epochs) {
  return evaluate_epochs(task, Int32FixedEnsemble(task.network, {}, {}, 0), epochs);
}

std::vector<TrainingState> evaluate_trajectory(const TrainingTask& task,
                                               std::span<const Int8IntegerParameters> epochs) {
  std::vector<TrainingState> states;
  for (std::size_t first = 0; first < epochs.size(); first += lane_count) {
    const auto group = epochs.subspan(first, std::min(lane_count, epochs.size() - first));
    const LearningEvaluation training = evaluate(group, task.network, task.training);
    const LearningEvaluation test = evaluate(group, task.network, task.test);
    for (std::size_t lane = 0; lane < group.size(); ++lane)
      states.push_back(state_of(group[lane], training[lane], test[lane]));
  }
  return states;
}

std::vector<Int8IntegerParameters> int8_integer_trajectory(const TrainingTask& task) {
  std::vector<Int8IntegerParameters> epochs;
  Int8IntegerParameters parameters =
      int8_integer_parameters(task.start, static_cast<std::uint32_t>(task.seed));
  Int8IntegerTrace trace;
  for (const std::vector<std::size_t>& order : sample_orders(task)) {
    const float rate = learning_rate_of_epoch(Profile::int8_integer, task.learning_rate,
                                              epochs.size(), task.epochs);
    for (const std::size_t index : order)
      int8_integer_step(task.network, parameters,
                        task.training.sample(index, task.network.outputs()), rate, trace);
    epochs.push_back(parameters);
  }
  return epochs;
}

TrajectoryPoint trajectory_point(const TrainingState& state, const TrainingState& exact) {
  double squares = 0;
  for (std::size_t i = 0; i < state.parameters.size(); ++i) {
    const double difference = state.parameters[i] - exact.parameters[i];
    squares += difference * difference;
  }
  return {state.training.loss(), state.training.accuracy(), state.test.loss(),
          state.test.accuracy(), std::sqrt(squares)};
}

std::vector<double> ReferenceTraining::values_of(std::size_t epoch,
                                                 TrajectoryQuantity quantity) const {
  const auto index = static_cast<std::size_t>(quantity);
  if (members[epoch].empty()) return {trajectory_point(exact[epoch], exact[epoch])[index]};
  std::vector<double> values;
  for (const TrajectoryPoint& member : members[epoch]) values.push_back(member[index]);
  return values;
}

MeanAndVariance ReferenceTraining::distribution(std::size_t epoch,
                                                TrajectoryQuantity quantity) const {
  const std::vector<double> values = values_of(epoch, quantity);
  return mean_and_variance(values);
}

Interval ReferenceTraining::envelope(std::size_t epoch, TrajectoryQuantity quantity) const {
  const double rate = trajectory_false_alarm_rate /
                      static_cast<double>(members.size() * trajectory_quantities.size());
  const std::vector<double> values = values_of(epoch, quantity);
  if (members[epoch].empty()) return {values.front(), values.front()};
  const bool is_training = quantity == TrajectoryQuantity::training_accuracy;
  if (is_training || quantity == TrajectoryQuantity::test_accuracy) {
    const LearningFigures& figures = is_training ? exact[epoch].training : exact[epoch].test;
    const double one_sample = 1 / static_cast<double>(figures.samples());
    const Interval interval = prediction_interval(values, rate, one_sample);
    return {std::max(0.0, interval.low), std::min(1.0, interval.high)};
  }
  if (quantity != TrajectoryQuantity::distance || !distances_grow_by_factors)
    return prediction_interval(values, rate);
  // It is their logarithm that is nearly normal.
  if (std::ranges::min(values) <= 0) return {0, prediction_interval(values, rate).high};
  std::vector<double> logarithms;
  for (const double value : values) logarithms.push_back(std::log(value));
  const Interval interval = prediction_interval(logarithms, rate);
  return {std::min(std::exp(interval.low), std::ranges::min(values)),
          std::max(std::exp(interval.high), std::ranges::max(values))};
}

}  // namespace lsgd
