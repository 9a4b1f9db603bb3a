// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <lsgd/network/network.hpp>

#include "levels/level2_step.hpp"

namespace lsgd {

/// The steps of a scripted workload within another network (SPEC 7.9), in its layers from
/// `first_layer` (from 0) on: what there are neurons and inputs for stands in the first ones, all
/// else is zero, and the other layers pass on what they get. Functions and loss are those of the
/// network, so nothing has the same bits in every order.
/// @param small with no step that loads a single tensor
/// @param network of at least `first_layer` layers more than that of `small`
LoadedWorkload padded_workload(const LoadedWorkload& small, std::string name,
                               const Network& network, std::size_t first_layer);

}  // namespace lsgd
