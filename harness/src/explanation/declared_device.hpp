// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "explanation/deviating_device.hpp"

namespace lsgd {

/// A device of an arithmetic that is declared and no built-in profile (SPEC 15), which computes in
/// the declaration of the hypothesis where that has one. Every code of a step from the parameters
/// before it is required. Both references outlive it.
std::unique_ptr<DeviatingDevice> deviating_declared(const Profile& profile, const Changes& changes);

}  // namespace lsgd
