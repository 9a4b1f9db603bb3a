// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "levels/drawn_workload.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// Steps at the limits of formats and of what a port derives from its parameters (SPEC 7.7):
///
/// - sums of the forward pass and of hidden deltas of every size, and those that grow slowly
/// through
///   all of them;
/// - tensors that are loaded one at a time, with others left as training made them;
/// - factors beyond the range of every product of theirs;
/// - with binary32 weights products whose subnormal results two roundings get wrong.
std::vector<DrawnWorkload> drawn_limits(const Profile& profile, std::uint64_t seed);

/// Steps between which every tensor alone is loaded: large ones beside those that were small, and
/// again small ones.
LoadedWorkload tensors_one_by_one(const std::string& name, const Network& network,
                                  const Profile& profile);

}  // namespace lsgd
