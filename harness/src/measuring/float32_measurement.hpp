// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "measuring/measured_arithmetic.hpp"
#include "measuring/probed_device.hpp"

namespace lsgd {

/// Measures a device of profile float32.
MeasuredArithmetic measure_float32(const Target& target, ProbedDevice& device, std::uint64_t seed,
                                   const MeasuringProgress& progress);

}  // namespace lsgd
