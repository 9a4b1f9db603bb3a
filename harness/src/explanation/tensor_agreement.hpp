// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "explanation/deviating_device.hpp"
#include "explanation/deviating_numbers.hpp"

namespace lsgd {

// How shown tensors are compared, for devices of every profile.

/// Whether all codes of a tensor were shown.
inline bool is_shown(const Tensor& tensor) { return tensor.codes.size() == tensor.count; }

/// Exponents that stand for an exact value, and, with the other sign, for any.
constexpr int exponent_of_exact = -64;

void add_element(TensorAgreement& agreement, const ShownElement& element);

/// One that is exactly what it has to be.
void add_exact_element(TensorAgreement& agreement);

/// One that may be anything.
void add_unjudged_element(TensorAgreement& agreement);

/// Codes of `bits` bits in two's complement, all of them required.
TensorAgreement compare_codes(const Tensor& shown, const std::vector<std::int32_t>& required);

/// x and t, which are the application's.
void compare_sample(const ShownStep& step, const Changes& changes, StepAgreement& agreement);

/// Whether all parameters are shown, and are those from before the step.
bool keeps_every_parameter(const ShownStep& step);

/// The parameters of a step that should change none.
void compare_kept(const ShownStep& step, StepAgreement& agreement);

}  // namespace lsgd
