// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/network/network.hpp>

#include "levels/conformance_case.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// The golden cases of a declared arithmetic (SPEC 7.2): steps in which ports that get one thing of
/// the declaration wrong give other codes. A failure names these things.
std::vector<ConformanceCase> distinguishing_cases(const Profile& profile);

/// The same within one network, for a target that takes no other (SPEC 7.9).
std::vector<ConformanceCase> distinguishing_cases_within(const Network& network,
                                                         const Profile& profile);

}  // namespace lsgd
