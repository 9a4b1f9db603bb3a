// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "data/data_file.hpp"
#include "data/model_file.hpp"
#include "device/agent_session.hpp"
#include "result/measured_resources.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// How many samples a network has seen that is half trained.
constexpr std::size_t half_trained_samples = 1000;

/// The parameters that costs are measured from (SPEC 7.6), since what a step costs depends on them:
/// random ones, these after half_trained_samples of `data` (or all, if there are fewer), and those
/// of `trained`. The second is left out where training at this rate does not stay finite.
///
/// @param data           at least one sample, which fits the network
/// @param learning_rate  of the half trained
std::vector<Parameters<float>> states_of_training(const Model& trained, const DataSet& data,
                                                  float learning_rate);

/// What forward passes on the first `samples` of `data`, and then training steps on them, cost from
/// each state in turn.
///
/// @param session  holds the network
/// @param samples  at least 1; where there are fewer, they begin again
/// @return         without the network's name
MeasuredResources measured_from_states(AgentSession& session, const Profile& profile,
                                       const Network& network,
                                       const std::vector<Parameters<float>>& states,
                                       const DataSet& data, std::size_t samples,
                                       float learning_rate);

}  // namespace lsgd
