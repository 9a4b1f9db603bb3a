// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/network/network.hpp>

#include "data/model_file.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// Training steps in which a declared arithmetic gives other codes than changes of it.
struct DistinguishingSteps {
  Model model;
  std::vector<Sample> samples;  ///< one for each step
  float learning_rate = 0;
  std::string name_of_scales;  ///< of draw_scales; empty: those that a training starts with
  /// The changes that these steps tell from the declaration, and no steps before them did.
  std::vector<ChangedArithmetic> told;
};

/// The golden cases of a declared arithmetic: steps that tell every change of its declaration from
/// it, as far as some hundred drawn networks do. A change that no steps tell has no effect that was
/// found; it is in `untold`.
struct Distinctions {
  std::vector<DistinguishingSteps> cases;
  std::vector<ChangedArithmetic> untold;
};

/// Draws networks, parameters and samples, the same on every machine, and keeps those that tell
/// something new. What a device shows counts: activations, parameters, the random state. Where the
/// declaration leaves the order open, DeclaredStep's is taken for both.
/// @param network of every case; nullptr: drawn ones
Distinctions distinguishing_steps(const Profile& profile, const Network* network = nullptr);

}  // namespace lsgd
