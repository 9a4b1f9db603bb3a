// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <thread>
#include <vector>

#include <lsgd/ensemble/ensemble_training.hpp>
#include <lsgd/ensemble/lanes.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/statistics/learning_figures.hpp>

#include "device/run_in_parallel.hpp"
#include "judging/reference_training.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {

/// Members are trained in groups of as many as there are lanes.
inline constexpr std::size_t group_count = (reference_member_count + 1) / lane_count;
static_assert(group_count * lane_count == reference_member_count + 1);

/// Groups after those, of members that keep more bits than are declared.
inline constexpr std::size_t longer_group_count = longer_reference_member_count / lane_count;
static_assert(longer_group_count * lane_count == longer_reference_member_count);

/// Figures of all members on a data set.
template <class Ensemble>
LearningEvaluation evaluation_of(Ensemble& members, const Network& network, const DataSet& data) {
  LearningEvaluation evaluation(network);
  for (std::size_t i = 0; i < data.size(); ++i)
    evaluation.add(members, data.sample(i, network.outputs()), data.labels[i]);
  return evaluation;
}

/// Fraction bits of the weights of a member, for each layer; none where they have no formats of
/// their own.
template <class Ensemble>
std::vector<int> weight_fraction_bits(const Ensemble& members, std::size_t lane) {
  std::vector<int> fraction_bits;
  if constexpr (requires { members.stored(); })
    if (members.stored() == StoredParameters::int8)
      for (std::size_t l = 0; l < members.parameters().size(); ++l)
        fraction_bits.push_back(members.weight_fraction_bits(l, lane));
  return fraction_bits;
}

/// The states of the first `count` members.
template <class Ensemble>
std::vector<TrainingState> states_of(Ensemble& members, const TrainingTask& task,
                                     std::size_t count) {
  const LearningEvaluation training = evaluation_of(members, task.network, task.training);
  const LearningEvaluation test = evaluation_of(members, task.network, task.test);
  std::vector<TrainingState> states;
  for (std::size_t lane = 0; lane < count; ++lane) {
    TrainingState& state = states.emplace_back();
    for (const LayerParameters<Lanes>& layer : members.parameters()) {
      for (const Lanes& weight : layer.weights) state.parameters.push_back(weight[lane]);
      for (const Lanes& bias : layer.biases) state.parameters.push_back(bias[lane]);
    }
    state.training = training[lane];
    state.test = test[lane];
    state.weight_fraction_bits = weight_fraction_bits(members, lane);
  }
  return states;
}

/// States of the members of one group, per epoch, from `start` for all of them.
template <class Ensemble, class TypedParameters>
std::vector<std::vector<TrainingState>> train_group(
    const TrainingTask& task, Ensemble members, const TypedParameters& start,
    const std::vector<std::vector<std::size_t>>& orders) {
  for (std::size_t lane = 0; lane < lane_count; ++lane) members.set_parameters(lane, start);
  std::vector<std::vector<TrainingState>> epochs;
  for (const std::vector<std::size_t>& order : orders) {
    for (const std::size_t index : order)
      members.step(task.training.sample(index, task.network.outputs()), task.learning_rate);
    epochs.push_back(states_of(members, task, lane_count));
  }
  return epochs;
}

/// The exact trajectory, which is the first member's, and the others.
/// @param has_longer_members whether there are groups of members that keep more bits
/// @param make make(group, seed) is the ensemble of one group
template <class TypedParameters, class MakeEnsemble>
ReferenceTraining train_ensemble(const TrainingTask& task, const TypedParameters& start,
                                 bool has_longer_members, const MakeEnsemble& make) {
  const std::vector<std::vector<std::size_t>> orders = sample_orders(task);
  std::vector<std::vector<std::vector<TrainingState>>> groups(
      group_count + (has_longer_members ? longer_group_count : 0));
  run_in_parallel(groups.size(), std::thread::hardware_concurrency(), [&](std::size_t group) {
    groups[group] = train_group(task, make(group, task.seed * group_count + group), start, orders);
  });
  ReferenceTraining reference;
  reference.members.resize(task.epochs);
  if (has_longer_members) reference.longer_members.resize(task.epochs);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    auto& members = group < group_count ? reference.members : reference.longer_members;
    const auto& epochs = groups[group];
    for (std::size_t epoch = 0; epoch < task.epochs; ++epoch) {
      if (group == 0) reference.exact.push_back(epochs[epoch][0]);
      for (std::size_t lane = group == 0 ? 1 : 0; lane < lane_count; ++lane)
        members[epoch].push_back(trajectory_point(epochs[epoch][lane], reference.exact[epoch]));
    }
  }
  return reference;
}

/// Evaluates as many parameter sets at a time as there are lanes, in those of `members`.
template <class TypedParameters, class Ensemble>
std::vector<TrainingState> evaluate_epochs(const TrainingTask& task, Ensemble members,
                                           std::span<const TensorSet> epochs) {
  std::vector<TrainingState> states;
  for (std::size_t first = 0; first < epochs.size(); first += lane_count) {
    const std::size_t count = std::min(lane_count, epochs.size() - first);
    for (std::size_t lane = 0; lane < count; ++lane)
      members.set_parameters(lane, parameters_of<TypedParameters>(epochs[first + lane]));
    std::ranges::move(states_of(members, task, count), std::back_inserter(states));
  }
  return states;
}

}  // namespace lsgd
