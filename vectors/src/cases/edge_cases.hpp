// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/typed_golden_case.hpp"

namespace lsgd {

/// The level 1 cases at the ends of what a profile holds and beside its half-way cases, one
/// site of the step at a time: results that overflow (SPEC 5.8), operands and results below 2^-126,
/// targets that are neither 0 nor 1, inputs on ties, sums that just leave their headroom, and
/// elements that one operation alone has rounded.
std::vector<Binary32GoldenCase> float32_edge_cases();
std::vector<Binary32GoldenCase> int8_hybrid_edge_cases();
std::vector<Binary32GoldenCase> int8_integer_edge_cases();
std::vector<Binary32GoldenCase> int32_fixed_edge_cases();

}  // namespace lsgd
