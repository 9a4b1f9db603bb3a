// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/legal_arithmetics.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>

namespace lsgd {

/// A declaration whose steps are not computed here; what() says why.
class UnsupportedArithmetic : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// What a step is computed with. It changes no number.
enum class StepNumberKind : std::uint8_t {
  doubles_where_they_fit,  ///< a step that does not fit is computed again with exact numbers
  exact,                   ///< BinaryNumber throughout, some thirty times slower
};

/// Training steps in a declared arithmetic, every number as a device has it (SPEC 2). What the
/// declaration leaves open is chosen: sums ascending from the bias, nothing fused, the learning
/// rate times delta first, functions correctly rounded, `any` rounding to nearest even. Where it
/// leaves nothing open the numbers are those of every device. Unknown random bits are lcg32/1's.
class DeclaredStep {
 public:
  /// Throws UnsupportedArithmetic where unsupported() says why, and std::invalid_argument for a
  /// network without a layer.
  /// @param function_errors of functions that are declared within an error, instead of none
  DeclaredStep(const Arithmetic& arithmetic, const Network& network,
               StepNumberKind numbers = StepNumberKind::doubles_where_they_fit,
               const FunctionErrors& function_errors = {});
  ~DeclaredStep();
  DeclaredStep(DeclaredStep&&) noexcept;
  DeclaredStep& operator=(DeclaredStep&&) noexcept;

  /// Why steps of a declaration cannot be computed here; nothing where they can.
  static std::optional<std::string> unsupported(const Arithmetic& arithmetic);

  /// Fills input, z, a and stored. Changes nothing in `state` but the random state.
  void forward(DeclaredState& state, std::span<const float> inputs, StepNumbers<BinaryNumber>& out);
  /// One training step, in place.
  void train(DeclaredState& state, const Sample& sample, float learning_rate,
             StepNumbers<BinaryNumber>& out);
  /// Backward pass and update from the activations in `out` (SPEC 6.1): a and stored of every
  /// layer, input and update_input are taken as they are.
  void train_from_activations(DeclaredState& state, const Sample& sample, float learning_rate,
                              StepNumbers<BinaryNumber>& out);

  /// The format, fraction bits and scale in which layer l's numbers end at a point whose format
  /// does not depend on operands: z, a, delta; nothing where they are not rounded.
  std::optional<NumberCodec> codec(Point point, std::size_t l, const DeclaredState& state) const;

 private:
  struct Shape;
  std::unique_ptr<Shape> shape_;
};

}  // namespace lsgd
