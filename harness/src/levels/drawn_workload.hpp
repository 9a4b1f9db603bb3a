// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>

#include "cases/seeded_numbers.hpp"
#include "levels/level2_step.hpp"

namespace lsgd {

using Numbers = std::vector<float>;

/// What targets that are not fast run of the drawn cases, as their claim says it (SPEC 14.7).
inline constexpr std::string_view all_but_long_runs =
    "all but the long runs of the drawn cases, so that no counter of more than 8 bits was looked "
    "for";
inline constexpr std::string_view all_but_large_networks =
    "all but the largest networks of the drawn cases";
inline constexpr std::string_view an_eighth_of_the_intervals =
    "an eighth of the drawn intervals of functions";
inline constexpr std::string_view an_eighth_of_the_codes = "an eighth of the codes of int8";

/// A workload made when it is run.
struct DrawnWorkload {
  LoadedWorkload loaded;
  std::string_view shortened = {};  ///< one of the above where targets that are not fast skip it
};

/// A workload of a network whose parameters are all zero, without steps.
LoadedWorkload empty_workload(const std::string& name, Network network);

/// A step that begins with parameters of its own.
ScriptedStep step_from(Parameters<float> start, Sample sample, float learning_rate);

/// A uniform number within [low, high].
float between(SeededNumbers& numbers, float low, float high);

/// x within +-1, and a target within +-1 or, for bce, within [0, 1].
Sample drawn_sample(SeededNumbers& numbers, const Network& network);

/// Weights that give sums of about `spread` in every layer, whatever its length, biases within
/// +-1/2, and the largest weight of a layer at its end.
void draw_parameters(SeededNumbers& numbers, float spread, LoadedWorkload& loaded);

}  // namespace lsgd
