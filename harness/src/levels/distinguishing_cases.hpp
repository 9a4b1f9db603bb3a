// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "levels/conformance_case.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// The golden cases of a declared arithmetic (SPEC 7.2): steps in which ports that get one thing of
/// the declaration wrong give other codes. A failure names these things.
std::vector<ConformanceCase> distinguishing_cases(const Profile& profile);

}  // namespace lsgd
