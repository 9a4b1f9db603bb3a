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
/// the device is wrong, it shows something else. Codes are left as they are where the declaration
/// does not say how they come about, or they are outside its formats.
class StepPrediction {
 public:
  /// Both must outlive it.
  StepPrediction(const Profile& profile, const Network& network);

  /// Fills in the activations of a forward pass.
  void predict_forward(const TensorSet& parameters, const Sample& sample, TensorSet& activations);
  /// Fills in the activations of a training step.
  void predict_step(const TensorSet& before, const Sample& sample, float learning_rate,
                    TensorSet& activations);
  /// Fills in the parameters after the step that predict_step() was last asked for, from the
  /// activations that the device has shown of it: functions that are a unit off would put every
  /// parameter a unit off, too.
  void predict_parameters(const Sample& sample, float learning_rate, const TensorSet& shown,
                          TensorSet& after);

 private:
  template <class Pass>
  static bool attempt(const Pass& pass);
  bool has_step();
  void fill_in_activations(TensorSet& activations);
  DeclaredState trained_from(const TensorSet& shown, const Sample& sample, float learning_rate);

  const Arithmetic& arithmetic_;
  const Network& network_;
  std::optional<DeclaredStep> step_;
  DeclaredState before_;
  DeclaredState after_;
  StepNumbers<BinaryNumber> numbers_;
  TensorSet predicted_;        ///< activations
  bool is_predicted_ = false;  ///< whether there is a step whose parameters can be predicted
};

}  // namespace lsgd
