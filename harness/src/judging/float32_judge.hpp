// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "judging/profile_judge.hpp"

namespace lsgd {

const ProfileJudge& float32_judge();

}  // namespace lsgd
