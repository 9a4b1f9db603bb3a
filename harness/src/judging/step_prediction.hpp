// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/network/network.hpp>

#include "steps/profile.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// What a device probably shows of a step, so that it can be stored with fewer bytes
/// (AgentSession::store). Nothing is judged by it: where the declaration leaves something open, or
/// the device is wrong, it shows something else.
class StepPrediction {
 public:
  /// Both must outlive it.
  StepPrediction(const Profile& profile, const Network& network);

  /// Fills in activations and parameters after a step; leaves codes as they are where the
  /// declaration does not say how they come about, or they are outside its formats.
  void predict(const TensorSet& before, const Sample& sample, float learning_rate,
               TensorSet& activations, TensorSet& after);
  /// Fills in the activations of a forward pass.
  void predict(const TensorSet& parameters, const Sample& sample, TensorSet& activations);

 private:
  const Profile& profile_;
  const Network& network_;
  std::optional<DeclaredStep> step_;
};

}  // namespace lsgd
