// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

#include "judging/profile_judge.hpp"

namespace lsgd {

/// Of some changes of a declaration those in whose arithmetic a device made all of these steps, so
/// far as it shows them. Throws InputError where a change is no declaration.
std::vector<ChangedArithmetic> shown_changes(const std::vector<ChangedArithmetic>& changes,
                                             const std::vector<ObservedStep>& steps,
                                             const ArithmeticModel& model);

}  // namespace lsgd
