// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "levels/drawn_workload.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// Arguments of sigmoid and tanh that are the same from every seed: every z of an int8 format, or
/// those with few bits, where formulas change, and their neighbours.
Numbers arguments_of(const Profile& profile);

/// One argument, anywhere in it, of every fourth of the intervals below, others from another seed;
/// for profiles without a z of int8.
Numbers arguments_of_some_intervals(const Profile& profile, std::uint64_t seed);

/// Layers of one input whose pre-activations are given (SPEC 7.7): the arguments above, one drawn
/// from each of the intervals that a table or a branch may have, and infinities.
std::vector<DrawnWorkload> drawn_arguments(const Profile& profile, std::uint64_t seed);

}  // namespace lsgd
