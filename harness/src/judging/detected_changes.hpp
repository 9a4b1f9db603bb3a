// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <lsgd/numbers/arithmetic_model.hpp>

#include "cases/arithmetic_operation.hpp"
#include "judging/profile_judge.hpp"
#include "judging/reference_training.hpp"
#include "result/detected_change.hpp"

namespace lsgd {

/// Alters what a device showed in `steps` one tensor and one way at a time, and judges them anew
/// (SPEC 7.10). The steps themselves pass. Those that change a tensor's fraction bits are left out;
/// nothing where none is left. Of a single step nothing is stale.
std::vector<DetectedChange> detected_changes(const ProfileJudge& judge,
                                             std::span<const ObservedStep> steps,
                                             const ArithmeticModel& model);

/// The same of the results of an operation, of some thirty of its rows.
/// @param is_accepted whether a row may have another result
DetectedChange detected_change(
    ArithmeticOperation operation, std::span<const std::uint32_t> results,
    const std::function<bool(std::size_t row, std::uint32_t result)>& is_accepted);

/// The same of what the last epoch changed, for every tensor of parameters: which alterations take
/// the parameters out of the envelope of distances (SPEC 12.4). Of a single epoch nothing is stale.
/// @param start         what the first epoch began with
/// @param epochs        one or more
/// @param has_every_bit whether every bit of the trajectory is required, too
std::vector<DetectedChange> detected_changes(const Network& network, const TrainingState& start,
                                             std::span<const TrainingState> epochs,
                                             const ReferenceTraining& reference,
                                             bool has_every_bit);

}  // namespace lsgd
