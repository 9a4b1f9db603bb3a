// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/typed_golden_case.hpp"

namespace lsgd {

/// The level 1 cases of profile int32_fixed (SPEC 13): `common` with the nearest parameters, then
/// those that only this profile has.
std::vector<GoldenCase> with_int32_fixed_cases(const std::vector<Binary32GoldenCase>& common);

/// Appends the level 0 cases of the operations that only profile int32_fixed has (SPEC 13).
void add_int32_fixed_operations(std::vector<ArithmeticCase>& cases);

}  // namespace lsgd
