// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/real.hpp>

namespace lsgd {

/// The exact number of a step and how far the number of any device of the declared arithmetic may
/// be from it.
struct BoundedNumber {
  Exact exact = 0;
  double bound = 0;  ///< +infinity where a device may overflow: not judged (SPEC 5.8)

  std::optional<Exact> distance_from_one = {};  ///< of sigmoid and tanh, where 1 - |a| cancels
  std::size_t terms = 0;                        ///< of a sum: how many, ...
  double terms_magnitude = 0;                   ///< ... and the sum of their magnitudes
};

/// New parameters of a layer, before a scale is chosen from them (SPEC 4.8).
struct BoundedLayer {
  std::vector<BoundedNumber> weights;  ///< row-major [outputs][inputs]
  std::vector<BoundedNumber> biases;   ///< [outputs]
};

/// A training step on exact numbers with the bound of every quantity, for every order of evaluation
/// that a declaration allows (SPEC 5 and 13 from one rule: a rounding changes x by at most
/// u |x| + h, u = 2^-p for floats and 0 otherwise, h half a quantum, a whole one where the rounding
/// is not to the nearest).
class BoundedStep {
 public:
  /// Throws UnsupportedArithmetic where unsupported() says why.
  BoundedStep(const Arithmetic& arithmetic, const Network& network);
  ~BoundedStep();
  BoundedStep(BoundedStep&&) noexcept;
  BoundedStep& operator=(BoundedStep&&) noexcept;

  /// Why nothing is bounded in a declaration; nothing where it is.
  static std::optional<std::string> unsupported(const Arithmetic& arithmetic);

  /// One training step from `before`; fills `after` with the new parameters.
  void train(const DeclaredState& before, const Sample& sample, float learning_rate,
             StepNumbers<BoundedNumber>& out, std::vector<BoundedLayer>& after);

  /// Backward pass and update from given activations of every layer, taken as exact (SPEC 6.1):
  /// those that a device shows, or those of a forward pass whose bits are known.
  void train_from_activations(const DeclaredState& before,
                              const std::vector<std::vector<BinaryNumber>>& activations,
                              const Sample& sample, float learning_rate,
                              StepNumbers<BoundedNumber>& out, std::vector<BoundedLayer>& after);

 private:
  class Numbers;
  struct Shape;
  std::unique_ptr<Shape> shape_;
};

}  // namespace lsgd
