// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/network/network.hpp>

#include "description/pace.hpp"
#include "device/hello.hpp"
#include "levels/conformance_case.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// A network of `layers` layers, every other one as wide as the device's capacities allow: as many
/// activations as it holds, or as fit beside few parameters.
Network network_of_all_activations(const Capacities& device, std::size_t layers);

/// A network of one or two layers with as many parameters as the device holds, or as one comes
/// near.
Network network_of_all_parameters(const Capacities& device);

/// The cases of level 1 whose networks fill the capacities that the device states, as far as they
/// are believed (SPEC 7.2): what is written beyond the end of an array, or left there by a larger
/// network, has an effect. And, but for float32, one whose weights grow out of their formats step
/// by step. Targets that are not fast are filled once.
std::vector<ConformanceCase> capacity_cases(const Profile& profile, Pace pace);

}  // namespace lsgd
