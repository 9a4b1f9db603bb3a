// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/network/training_step.hpp>

#include "arithmetic/declared_shape.hpp"
#include "arithmetic/quick_engine.hpp"
#include "arithmetic/quick_plan.hpp"

namespace lsgd {

/// Steps of a declaration in doubles, for those declarations, states and samples whose numbers
/// doubles hold. Every function that returns bool says whether it did what it is for; where it did
/// not, state and numbers are as before.
class QuickStep {
 public:
  explicit QuickStep(const DeclaredShape& shape);

  /// Takes a state over.
  bool load(const DeclaredState& state);
  /// Gives the state back.
  void store(DeclaredState& state) const;

  bool forward(std::span<const float> inputs);
  /// Takes back what the last step drew.
  void forget_draws() { state_.random_state = before_.random_state; }
  bool train(const Sample& sample, float learning_rate);
  bool train_from_activations(const StepNumbers<BinaryNumber>& given, const Sample& sample,
                              float learning_rate);

  /// Of the last step.
  const StepNumbers<double>& numbers() const { return numbers_; }
  /// Copies the numbers of the last forward pass, and the deltas, out.
  void store_forward(StepNumbers<BinaryNumber>& out) const;
  void store_deltas(StepNumbers<BinaryNumber>& out) const;

 private:
  void take_scales(const DeclaredState& state);
  QuickPlanKey key_for(float learning_rate) const;
  bool plan_for(float learning_rate);
  template <class Work>
  bool attempt(const Work& work);

  const DeclaredShape& shape_;
  bool is_suited_ = true;  ///< until a plan shows that the declaration is not
  bool has_scales_;        ///< whether numbers have scales
  DeclaredState scales_;   ///< without numbers: what the plan was made for
  std::optional<QuickPlan> plan_;
  QuickMemory memory_;
  QuickState state_, before_;
  StepNumbers<double> numbers_;
};

}  // namespace lsgd
