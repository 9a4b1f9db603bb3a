// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/step/profile.hpp>

#include "cases/golden_set.hpp"

namespace lsgd {

/// Appends the level 1 cases at the ends of what a profile holds and beside its half-way cases, one
/// site of the step at a time: results that overflow (SPEC 5.8), operands and results below 2^-126,
/// targets that are neither 0 nor 1, inputs on ties, sums that just leave their headroom, and
/// elements that one operation alone has rounded.
void add_edge_cases(std::vector<GoldenCase>& cases, Profile profile);

}  // namespace lsgd
