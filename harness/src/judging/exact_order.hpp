// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

#include "judging/comparison.hpp"
#include "judging/device_tensors.hpp"

namespace lsgd {

/// Whether the declared arithmetic fixes every rounding outside the activation functions, so that a
/// step can be simulated bit for bit (SPEC 6.2).
bool can_be_simulated(const ArithmeticModel& model);

/// Compares a step of a device of profile float32 with the simulation of its declared order: relu
/// and identity layers from the device's own activations below them, then the backward pass and the
/// update from all its activations. The model must satisfy can_be_simulated.
/// @param before parameters before the step
/// @param activations,after tensors read from the device after the step
void compare_exact_order(const Network& network, const Parameters<float>& before,
                         const Sample& sample, float learning_rate, const ArithmeticModel& model,
                         const TensorSet& activations, const TensorSet& after,
                         std::optional<std::size_t> step, Comparison& comparison);

/// The same for profile int8_hybrid, whose whole step is bit-exact in a declared order.
void compare_exact_order(const Network& network, const Int8Parameters& before, const Sample& sample,
                         float learning_rate, const ArithmeticModel& model,
                         const TensorSet& activations, const TensorSet& after,
                         std::optional<std::size_t> step, Comparison& comparison);

}  // namespace lsgd
