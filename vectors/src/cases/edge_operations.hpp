// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/golden_set.hpp"

namespace lsgd {

/// Appends the level 0 cases of binary32 at the ends of its exponents, for every profile that
/// computes in it: results that overflow or just do not, and results below 2^-126 that two
/// roundings get wrong.
void add_edge_operations(std::vector<ArithmeticCase>& cases);

}  // namespace lsgd
