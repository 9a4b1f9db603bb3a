// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <lsgd/step/step_trace.hpp>

#include "judging/comparison.hpp"
#include "judging/reference_training.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// Compares activations that a device shows with the bounds of a step of the reference (SPEC 6.1),
/// by ascending layer.
void compare_activations(const StepTrace<Exact>& trace, const TensorSet& activations,
                         std::optional<std::size_t> step, Comparison& comparison);

/// The parameters after the step, by descending layer as a step computes them.
void compare_parameters(const StepTrace<Exact>& trace, const TensorSet& parameters,
                        std::optional<std::size_t> step, Comparison& comparison);

/// An int8 tensor whose every number is required.
void compare_int8(const std::vector<std::int8_t>& required, const Tensor& device,
                  std::optional<std::size_t> step, Comparison& comparison);

/// The parameters after a step, with those that a simulation of the declared order has (SPEC 6.2),
/// by descending layer.
void compare_simulated(const TensorSet& simulated, const TensorSet& device,
                       std::optional<std::size_t> step, Comparison& comparison);

/// Compares every bit of the parameters after every epoch that the device finished.
/// @param judge Comparison::bits, or Comparison::exact_order
void compare_epochs(const TrainingTask& task, std::span<const TensorSet> epochs,
                    const std::vector<TensorSet>& required, Comparison& comparison,
                    decltype(&Comparison::bits) judge);

}  // namespace lsgd
