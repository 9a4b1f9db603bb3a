// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "cases/golden_set.hpp"
#include "levels/conformance_case.hpp"

namespace lsgd {

/// Before the name of an operation: why its case is skipped.
inline constexpr std::string_view operation_not_offered = "the port does not offer";

/// The cases of level 0: one per operation, with all its rows (SPEC 7.1). An operation that the
/// port does not offer is skipped.
std::vector<ConformanceCase> level0_cases(std::shared_ptr<const ArithmeticSet> set);

}  // namespace lsgd
