// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "explanation/deviating_device.hpp"

namespace lsgd {

/// Devices of profile int8_hybrid: integers in the forward pass, bounds behind it (SPEC 4).
std::unique_ptr<DeviatingDevice> deviating_int8_hybrid(const ArithmeticModel& model,
                                                       const Changes& changes);

/// Devices of profile int8_integer: integers alone (SPEC 11).
std::unique_ptr<DeviatingDevice> deviating_int8_integer(const ArithmeticModel& model,
                                                        const Changes& changes);

}  // namespace lsgd
