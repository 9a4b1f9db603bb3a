// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/golden_set.hpp"

namespace lsgd {

/// Gives every case its int32_fixed parameters, those nearest to its float32 ones.
void add_int32_fixed_parameters(std::vector<GoldenCase>& cases);

/// Appends the level 1 cases that only profile int32_fixed has (SPEC 13).
void add_int32_fixed_cases(std::vector<GoldenCase>& cases);

/// Appends the level 0 cases of the operations that only profile int32_fixed has (SPEC 13).
void add_int32_fixed_operations(std::vector<ArithmeticCase>& cases);

}  // namespace lsgd
