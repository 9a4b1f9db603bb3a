// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/network/network.hpp>

#include "description/pace.hpp"
#include "levels/case_list.hpp"
#include "levels/conformance_case.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// The cases of a suite for a target of this profile and pace. One that takes `networks` and no
/// others has, at level 1, golden cases padded to each of them and what else can be drawn within it
/// (SPEC 7.9). Cases of other networks it refuses, without being asked.
std::vector<ConformanceCase> cases_of_target(const CaseList& list, const Profile& profile,
                                             Pace pace, const std::vector<Network>& networks);

}  // namespace lsgd
