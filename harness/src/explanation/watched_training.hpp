// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

#include "device/agent_session.hpp"
#include "explanation/explanation.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// A training every step of which a device showed.
struct WatchedTraining {
  WatchedSteps steps;
  /// One that failed for each of the first wrong steps, each behind the step before it, and one
  /// that passed of some right ones.
  std::vector<CaseEvidence> cases;
};

/// Trains a network from random parameters on random samples at random rates and has every step
/// shown, for 4,500 steps or until two dozen were wrong; where all are right, a dozen steps each
/// around the 2^13-th to the 2^16-th; and where these are, too, asks telling questions. Nothing
/// where the device does not take the network, or no deviations of the profile are known. Throws
/// DeviceError.
/// @param session  of a device that was just started: what happens late is counted from there
std::optional<WatchedTraining> watch_training(AgentSession& session, const Profile& profile,
                                              const ArithmeticModel& model, const Network& network);

}  // namespace lsgd
