// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/golden_set.hpp"

namespace lsgd {

/// Gives every case its int8_integer parameters: those nearest to its float32 ones, and a random
/// state drawn by its name.
void add_int8_integer_parameters(std::vector<GoldenCase>& cases);

/// Appends the level 1 cases that only profile int8_integer has (SPEC 11).
void add_int8_integer_cases(std::vector<GoldenCase>& cases);

}  // namespace lsgd
