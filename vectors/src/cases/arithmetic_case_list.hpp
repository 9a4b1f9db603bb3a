// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/golden_set.hpp"

namespace lsgd {

/// The cases of the committed sets of level 0, without their results.
std::vector<ArithmeticCase> float32_operation_cases();
std::vector<ArithmeticCase> int8_hybrid_operation_cases();
std::vector<ArithmeticCase> int8_integer_operation_cases();
std::vector<ArithmeticCase> int32_fixed_operation_cases();

}  // namespace lsgd
