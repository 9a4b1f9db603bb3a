// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "judging/profile_judge.hpp"

namespace lsgd {

const ProfileJudge& int32_fixed_judge();

}  // namespace lsgd
