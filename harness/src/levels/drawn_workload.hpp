// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <lsgd/network/network.hpp>

#include "cases/seeded_numbers.hpp"
#include "levels/level2_step.hpp"

namespace lsgd {

using Numbers = std::vector<float>;

/// A workload made when it is run, and whether every target runs it.
struct DrawnWorkload {
  LoadedWorkload loaded;
  bool is_cheap = true;  ///< also for targets that are not fast
};

/// A workload of a network whose parameters are all zero, without steps.
LoadedWorkload empty_workload(const std::string& name, Network network);

/// A uniform number within [low, high].
float between(SeededNumbers& numbers, float low, float high);

/// x within +-1, and a target within +-1 or, for bce, within [0, 1].
Sample drawn_sample(SeededNumbers& numbers, const Network& network);

/// Weights that give sums of about `spread` in every layer, whatever its length, biases within
/// +-1/2, and the largest weight of a layer at its end.
void draw_parameters(SeededNumbers& numbers, float spread, LoadedWorkload& loaded);

}  // namespace lsgd
