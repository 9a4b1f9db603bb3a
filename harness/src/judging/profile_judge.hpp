// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

#include "judging/comparison.hpp"
#include "judging/reference_training.hpp"
#include "steps/profile.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// A training step on a device: what it started from, and what the device shows of it.
struct ObservedStep {
  const Network& network;
  TensorSet before;  ///< parameters
  Sample sample;
  float learning_rate = 0;
  TensorSet activations;
  TensorSet after;                         ///< parameters
  std::optional<std::size_t> number = {};  ///< from 0
};

/// Judges resynchronised steps on one device, one after the other (SPEC 7.3).
class StepJudge {
 public:
  virtual ~StepJudge() = default;

  virtual void judge(const ObservedStep& step, Comparison& comparison) = 0;

  /// Judges the parameters after `count` equal steps of which nothing else was observed; nothing
  /// where their bits are not known.
  virtual void judge_unobserved(const ObservedStep&, std::size_t, Comparison&) {}

  /// Judges what all steps together show.
  virtual void finish(Comparison&) const {}
};

/// All that differs between profiles in judging a device.
class ProfileJudge {
 public:
  virtual ~ProfileJudge() = default;

  /// Network and model must outlive the judge.
  /// @param seed of the ensemble of legal computations; without it the steps are judged one by one
  virtual std::unique_ptr<StepJudge> step_judge(const Network& network,
                                                const ArithmeticModel& model,
                                                std::optional<std::uint64_t> seed) const = 0;

  /// Compares the parameters after a step with a backward pass and update from the activations that
  /// the device shows (SPEC 6.1); nothing where the bits of these are required anyway.
  virtual void compare_from_activations(const ObservedStep&, const ArithmeticModel&,
                                        Comparison&) const {}

  /// Compares a step with the simulation of its declared order (SPEC 6.2); nothing where the model
  /// declares none, or the profile has none that can be simulated.
  virtual void compare_order(const ObservedStep&, const ArithmeticModel&, Comparison&) const {}

  /// Whether the device goes on with parameters that it does not show in full, so that they are
  /// loaded as shown before what is judged from them.
  virtual bool is_resynchronised(const ArithmeticModel&) const { return false; }

  /// Compares the activations of a forward pass with usable parameters.
  virtual void compare_forward(const Network& network, const TensorSet& parameters,
                               const Sample& sample, const ArithmeticModel& model,
                               const TensorSet& activations, std::optional<std::size_t> step,
                               Comparison& comparison) const = 0;

  /// Compares the parameters after every epoch that a device finished with those that are required;
  /// nothing where legal trainings differ (SPEC 12.4).
  virtual void compare_trajectory(const TrainingTask&, const ArithmeticModel&,
                                  std::span<const TensorSet>, Comparison&) const {}

  /// Why the trajectory of a device is shown and not judged (SPEC 12.4); nothing where it is
  /// judged.
  virtual std::optional<std::string> trajectory_unjudged(const ArithmeticModel& model) const;

  /// Trains the reference: the same numbers on every machine. Uses all processors.
  virtual ReferenceTraining train_reference(const TrainingTask& task,
                                            const ArithmeticModel& model) const = 0;

  /// Evaluates the parameters that a device had after each epoch.
  virtual std::vector<TrainingState> evaluate_trajectory(
      const TrainingTask& task, std::span<const TensorSet> epochs) const = 0;
};

/// The judge of a profile, the same for as long as the program runs.
const ProfileJudge& judge_of(const Profile& profile);

/// Whether parameters can be the start of another step: finite, with fraction bits from 0 to 7, or
/// codes that a declared format has.
bool are_usable(const TensorSet& parameters);

}  // namespace lsgd
