// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <lsgd/network/network.hpp>

#include "description/pace.hpp"
#include "levels/conformance_case.hpp"
#include "levels/level2_step.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// The cases of level 1 that are drawn when they are run, since their tensors would fill many
/// megabytes (SPEC 7.7): networks of every remainder of 16 and of 32 and of widths around powers
/// of two, every argument of a table and of each interval of a function, calls in turn without a
/// reload, weights that grow through several formats, counts that a port must refuse, and very many
/// steps. Targets of other paces than fast skip those that would take them long, and say so.
/// @param seed of everything drawn
std::vector<ConformanceCase> drawn_cases(const Profile& profile, Pace pace, std::uint64_t seed);

/// The cases of level 1 that show how single operations round (SPEC 7.5): few enough for every
/// suite, and for targets of every pace; none of profiles without binary32 weights.
std::vector<ConformanceCase> rounding_cases(const Profile& profile, std::uint64_t seed);

/// What of these one network can show, for a target that takes no other (SPEC 7.9).
std::vector<ConformanceCase> drawn_cases_within(const Network& network, const Profile& profile,
                                                Pace pace, std::uint64_t seed);

/// Steps on the network of a workload with drawn samples of its data, rates and targets (SPEC 7.7).
ConformanceCase drawn_steps_case(const LoadedWorkload& loaded, const Profile& profile,
                                 std::uint64_t seed);

}  // namespace lsgd
