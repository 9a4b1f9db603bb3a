// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "judging/profile_judge.hpp"

namespace lsgd {

/// Judges devices of a profile that comes from a declaration alone: what the declaration leaves no
/// freedom by its codes, the rest within the bounds that follow from it (SPEC 15). The profile must
/// outlive it.
std::unique_ptr<const ProfileJudge> declared_judge(const Profile& profile);

}  // namespace lsgd
