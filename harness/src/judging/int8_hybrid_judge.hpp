// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "judging/profile_judge.hpp"

namespace lsgd {

const ProfileJudge& int8_hybrid_judge();

}  // namespace lsgd
