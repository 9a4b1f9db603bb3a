// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "levels/drawn_workload.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// Every code of a weight, of a bias and of an activation, read by each pass with every count of
/// fraction bits that it may have; none where weights are not int8 with such a count (SPEC 4.1,
/// 11.1). Targets that are not fast run an eighth of them, which the seed draws.
std::vector<DrawnWorkload> drawn_codes(const Profile& profile, std::uint64_t seed);

}  // namespace lsgd
