// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/golden_set.hpp"

namespace lsgd {

/// The cases of the committed sets of level 1, without what is expected: inputs and flags, seeded
/// by the case's name.
std::vector<GoldenCase> float32_golden_cases();
std::vector<GoldenCase> int8_hybrid_golden_cases();
std::vector<GoldenCase> int8_integer_golden_cases();
std::vector<GoldenCase> int32_fixed_golden_cases();

}  // namespace lsgd
