// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/step/int8_integer_parameters.hpp>

#include "judging/profile_judge.hpp"

namespace lsgd {

const ProfileJudge& int8_integer_judge();

/// The parameters that profile int8_integer requires after every epoch, learning rates by SPEC
/// 11.10.
std::vector<Int8IntegerParameters> int8_integer_trajectory(const TrainingTask& task);

}  // namespace lsgd
