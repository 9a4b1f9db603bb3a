// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/typed_golden_case.hpp"

namespace lsgd {

/// The level 1 cases of profile int8_integer (SPEC 11): `common` with the nearest parameters and a
/// random state drawn by the case's name, then those that only this profile has.
std::vector<GoldenCase> with_int8_integer_cases(const std::vector<Binary32GoldenCase>& common);

}  // namespace lsgd
