// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "levels/conformance_case.hpp"
#include "levels/level2_step.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// The case of level 4 for a network (SPEC 7.6): forward passes and training steps of the random,
/// half trained and trained network on real samples, from each as many of both as the workload has
/// steps, measured one by one. Fails where the device uses a heap; budgets are judged by
/// `judge_budget`.
ConformanceCase level4_case(std::shared_ptr<const LoadedWorkload> loaded, const Profile& profile);

}  // namespace lsgd
