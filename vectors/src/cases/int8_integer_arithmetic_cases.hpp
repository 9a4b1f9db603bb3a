// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/golden_set.hpp"

namespace lsgd {

/// Appends the level 0 cases of the operations that only profile int8_integer has (SPEC 11).
void add_int8_integer_operations(std::vector<ArithmeticCase>& cases);

}  // namespace lsgd
