// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <lsgd/step/step_trace.hpp>

#include "judging/comparison.hpp"
#include "judging/device_tensors.hpp"

namespace lsgd {

/// Compares what a device of profile float32 shows with a step of the reference (SPEC 6.1):
/// activations by ascending layer.
void compare_activations(const StepTrace<Exact>& trace, const TensorSet& activations,
                         std::optional<std::size_t> step, Comparison& comparison);

/// The parameters after the step, by descending layer as a step computes them.
void compare_parameters(const StepTrace<Exact>& trace, const TensorSet& parameters,
                        std::optional<std::size_t> step, Comparison& comparison);

/// Whether there is neither NaN nor infinity in any of the vectors.
bool are_finite(const std::vector<std::vector<float>>& vectors);

}  // namespace lsgd
