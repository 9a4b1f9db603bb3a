// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include <lsgd/network/network.hpp>

#include "device/agent_session.hpp"
#include "judging/profile_judge.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// A device that is asked for single steps of networks made to show one thing.
class ProbedDevice {
 public:
  ProbedDevice(AgentSession& session, const Profile& profile)
      : session_(session), profile_(profile) {}

  AgentSession& session() { return session_; }
  const Profile& profile() const { return profile_; }

  /// Whether the device takes the network; it then has zeros for parameters.
  bool take(const Network& network);
  const Network& network() const { return networks_.back(); }

  /// Trains one step from the parameters, which are loaded. The network stays as long as the
  /// object.
  ObservedStep step(const TensorSet& before, const Sample& sample, float learning_rate);

 private:
  AgentSession& session_;
  const Profile& profile_;
  std::list<Network> networks_;
};

/// A binary32 number with a drawn sign and significand, and an exponent from `low` to `high`.
float drawn_number(std::mt19937_64& engine, int low, int high);

/// Whether everything in the steps is legal in a model (SPEC 5, 6); without statistics.
bool are_legal(std::span<const ObservedStep> steps, const Profile& profile,
               const ArithmeticModel& model);

}  // namespace lsgd
