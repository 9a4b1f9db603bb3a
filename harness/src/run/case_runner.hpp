// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/device.hpp"
#include "levels/conformance_case.hpp"

namespace lsgd {

/// Runs a case. Where the device fails it is started afresh and the case repeated once; when it
/// fails again the case gets the blame (verdict device_failure) and the device is given up. So it
/// does, at once, where judging it throws anything else.
CaseResult run_case(const ConformanceCase& conformance_case, Device& device,
                    const ArithmeticModel& model);

}  // namespace lsgd
