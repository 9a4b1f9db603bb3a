// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/network/network.hpp>

#include "steps/expected_step.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// The state that the tensors of a network stand for in a declared arithmetic: the codes of
/// W1.fraction_bits, W1, b1, ..., random_state as parameter_tensors orders them. Throws
/// std::invalid_argument where one is missing or has another length.
DeclaredState declared_state(const Arithmetic& arithmetic, const Network& network,
                             const TensorSet& parameters);

/// The codes of a state as parameter_tensors orders them: x.scale (binary32) and x.zero_point where
/// these are kept, W1.scale, W1.zero_point and W1.fraction_bits where those are, W1, b1, the same
/// of a1 without its codes, ..., and random_state where bits are drawn. Every bit is required.
/// Throws std::domain_error, which names the tensor, where a parameter is outside the domain or no
/// number, and std::invalid_argument for formats of more than 32 bits.
std::vector<ExpectedTensor> expected_parameters(const Arithmetic& arithmetic,
                                                const Network& network, const DeclaredState& state);

/// The codes of all that a step computes, in the order of expected_float32_step: z1, a1, ...,
/// deltaL, ..., delta1, then the parameters after it. z, a and delta are left out where their
/// format has no codes of its own. Throws as expected_parameters does.
std::vector<ExpectedTensor> expected_declared_step(const Arithmetic& arithmetic,
                                                   const Network& network, const DeclaredStep& step,
                                                   const StepNumbers<BinaryNumber>& numbers,
                                                   const DeclaredState& after);

}  // namespace lsgd
