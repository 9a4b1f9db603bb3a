// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <lsgd/numbers/arithmetic_model.hpp>

#include "judging/profile_judge.hpp"
#include "result/detected_change.hpp"

namespace lsgd {

/// Alters what a device showed in `steps` one tensor and one way at a time, and judges them anew
/// (SPEC 7.10). The steps themselves pass. Those that change a tensor's fraction bits are left out;
/// nothing where fewer than two are left.
/// @param seed of the ensemble, as in ProfileJudge::step_judge
std::vector<DetectedChange> detected_changes(const ProfileJudge& judge,
                                             std::span<const ObservedStep> steps,
                                             const ArithmeticModel& model, std::uint64_t seed);

}  // namespace lsgd
