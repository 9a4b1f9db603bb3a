// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "measuring/measured_arithmetic.hpp"
#include "measuring/probed_device.hpp"

namespace lsgd {

/// Measures the backward pass of a device of profile int8_hybrid, whose forward pass leaves no
/// choice.
MeasuredArithmetic measure_int8_hybrid(const Target& target, ProbedDevice& device,
                                       std::uint64_t seed, const MeasuringProgress& progress);

}  // namespace lsgd
