// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>

namespace lsgd {

/// Looks on while steps are computed in a declared arithmetic (train_watched), and tells which
/// changes of it leave every number of these steps as it is. Where a change concerns
/// roundings alone and rounds each number that comes by to the same, the steps are the same in
/// both; one computation shows it of many changes. Of a change that does more, or that draws at
/// random, it claims nothing.
class RoundingWatch {
 public:
  RoundingWatch(const Arithmetic& original, const std::vector<ChangedArithmetic>& changes);

  /// Forgets the steps so far, and looks from now on for the effect of these changes only.
  void begin(std::span<const std::size_t> indices);
  /// Whether the steps watched are the same with changes[index], which begin() named, from end to
  /// end. Where not, they may be.
  bool is_without_effect(std::size_t index) const { return !may_differ_.at(index); }

  /// What a change does at one of the roundings of a point.
  struct ChangedRounding {
    std::size_t change = 0;
    std::optional<Rounding> rounding;  ///< nothing: it is left out
    bool has_other_format = false;
    bool keeps_exact_results = true;   ///< a number that the original leaves as it is stays so
    std::optional<NumberCodec> codec;  ///< of the other format, as it came up last
  };

  /// Of the computation: the changes of the k-th rounding at a point.
  std::vector<ChangedRounding>& of(Point point, std::size_t k) {
    return watched_.at(static_cast<std::size_t>(point)).at(k);
  }
  bool may_differ(const ChangedRounding& changed) const { return may_differ_[changed.change]; }
  /// Of the computation: numbers are rounded at a point in a way that is not looked at.
  void give_up(Point point);
  /// Of the computation: the change gives another number.
  void differs(const ChangedRounding& changed) { may_differ_[changed.change] = true; }
  /// Whether two numbers are the same to all that follows: to a declaration that counts the bits
  /// below a rounding also their grids.
  bool are_same(const BinaryNumber& x, const BinaryNumber& y) const;

 private:
  bool watch(const Arithmetic& original, const Arithmetic& changed, std::size_t index);
  bool watch_point(const Arithmetic& original, const Arithmetic& changed, Point point,
                   std::size_t index);

  std::vector<bool> is_watched_;  ///< by change; of others nothing is known
  std::vector<bool> may_differ_;  ///< by change
  /// By point and rounding.
  std::array<std::vector<std::vector<ChangedRounding>>, point_count> watched_;
  bool has_grids_ = false;
};

/// One training step, in place, as DeclaredStep::train computes it, in exact numbers.
/// @param watch of changes of `arithmetic`
void train_watched(const Arithmetic& arithmetic, const Network& network, const Sample& sample,
                   float learning_rate, RoundingWatch& watch, DeclaredState& state,
                   StepNumbers<BinaryNumber>& out);

}  // namespace lsgd
