// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "device/device.hpp"
#include "explanation/shown_steps.hpp"
#include "levels/conformance_case.hpp"

namespace lsgd {

/// Runs a case. Where the device fails it is started afresh and the case repeated once; when it
/// fails again the case gets the blame (verdict device_failure) and the device is given up. So it
/// does, at once, where judging it throws anything else. On a line a case is repeated until it
/// fails a third time at the same request, eight times at most.
/// @param shown hears the conversation; may be null
CaseResult run_case(const ConformanceCase& conformance_case, Device& device,
                    const ArithmeticModel& model, ShownSteps* shown = nullptr);

/// Runs a case on what the device of a target answered to it before. Throws DeviceError where these
/// are no answers to the case.
/// @param statement the device's reply to HELLO
CaseResult judge_again(const ConformanceCase& conformance_case, const Target& target,
                       std::span<const std::uint8_t> statement, AnswerRecord answers,
                       ShownSteps* shown = nullptr);

}  // namespace lsgd
