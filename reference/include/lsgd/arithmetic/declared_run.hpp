// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/legal_arithmetics.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// A training in a declared arithmetic: the numbers of DeclaredStep::train, step after step,
/// several times faster, since the state stays in the form that steps are computed in.
class DeclaredRun {
 public:
  /// Throws as DeclaredStep does.
  DeclaredRun(const Arithmetic& arithmetic, const Network& network, DeclaredState start,
              const FunctionErrors& function_errors = {});
  ~DeclaredRun();
  DeclaredRun(DeclaredRun&&) noexcept;
  DeclaredRun& operator=(DeclaredRun&&) noexcept;

  /// One training step; returns the outputs of its forward pass, [outputs] and valid until the next
  /// call, as the nearest doubles: NaN for no number.
  const std::vector<double>& train(const Sample& sample, float learning_rate);

  /// The outputs for a sample, from the state as it is. What a forward pass draws is drawn again by
  /// the next step.
  const std::vector<double>& outputs(std::span<const float> inputs);

  const DeclaredState& state();

  /// Steps that had numbers too long for doubles.
  std::uint64_t exact_steps() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lsgd
