// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "cases/golden_set.hpp"
#include "levels/conformance_case.hpp"

namespace lsgd {

/// The cases of level 1: each one a forward pass, a training step and another forward pass of a
/// small network (SPEC 7.2). The device does all of it twice, with the same bits, since a port must
/// not depend on what it did before.
std::vector<ConformanceCase> level1_cases(std::shared_ptr<const GoldenSet> set);

}  // namespace lsgd
