// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "levels/drawn_workload.hpp"

namespace lsgd {

/// Steps that show how each multiplication of binary32 and the difference a - t round, in whatever
/// order they are evaluated (SPEC 7.5): single results by their bits, products with and inside
/// derivatives by statistics.
std::vector<DrawnWorkload> drawn_roundings(std::uint64_t seed);

/// The same of products whose results are subnormal (SPEC 7.7), and which differ where two
/// roundings follow each other.
std::vector<DrawnWorkload> drawn_subnormal_roundings(std::uint64_t seed);

/// Inputs, targets and deltas below 2^-126, of both signs, which large factors make changes of
/// 1/4 to 8: wherever the backward pass is in binary32.
std::vector<DrawnWorkload> subnormal_operands_of_the_update(std::uint64_t seed);

}  // namespace lsgd
