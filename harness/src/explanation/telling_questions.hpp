// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <lsgd/network/network.hpp>

#include "device/agent_session.hpp"
#include "explanation/shown_steps.hpp"
#include "steps/profile.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// A forward pass, or a training step, that a device is asked for.
struct AskedStep {
  TensorSet loaded = {};  ///< parameters, before it; empty where it goes on with what it has
  Sample sample;
  bool trains = true;
  float learning_rate = 0;
};

/// Steps in a row that a device is asked for so that hypotheses are told apart.
struct Question {
  std::shared_ptr<const Network> network;
  std::vector<AskedStep> steps;
};

/// What a device showed of each question; nothing of those that it does not take.
using AskDevice =
    std::function<std::vector<std::vector<ShownStep>>(const std::vector<Question>& questions)>;

/// Questions about networks: parameters, samples and rates of all sizes that the arithmetic has,
/// behind a load and behind steps. Where steps are given, half of the questions are about these
/// with a little less or more of every number, so that a device is asked where it goes wrong. The
/// same ones every time.
/// @param networks  of which a device shows something wrong
/// @param wrong_steps  in which it does
std::vector<Question> telling_questions(const Profile& profile,
                                        const std::vector<std::shared_ptr<const Network>>& networks,
                                        std::span<const ShownStep* const> wrong_steps = {});

/// Asks a device. Throws DeviceError.
std::vector<std::vector<ShownStep>> ask(AgentSession& session, const Profile& profile,
                                        const std::vector<Question>& questions);

}  // namespace lsgd
