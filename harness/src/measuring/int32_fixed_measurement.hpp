// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "measuring/measured_arithmetic.hpp"
#include "measuring/probed_device.hpp"

namespace lsgd {

/// Measures a device of profile int32_fixed: its functions, and how sums start whose products are
/// cut.
MeasuredArithmetic measure_int32_fixed(const Target& target, ProbedDevice& device,
                                       std::uint64_t seed, const MeasuringProgress& progress);

}  // namespace lsgd
