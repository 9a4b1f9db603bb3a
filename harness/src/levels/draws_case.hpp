// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "description/pace.hpp"
#include "levels/conformance_case.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// The draws of new weights whose random bits nobody knows (SPEC 15.8): level1/draws, steps from
/// the same parameters that leave the remainders of draw_statistics.hpp. Each new weight must be
/// one of two neighbours, and all together must be drawn as independent bits draw them. Nothing
/// where the declaration names its generator, draws no weights, or has no such remainders.
std::optional<ConformanceCase> draws_case(const Profile& profile, Pace pace);

}  // namespace lsgd
