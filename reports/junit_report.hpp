// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// JUnit XML: a test suite per target, a test case per case with class name target.level. A device
/// failure is an error. A level that was skipped or is incomplete, and a run without cases, add a
/// test case of their own, so that a continuous-integration server sees them. `time` is in seconds
/// of the clock on the wall: of a target, and their sum.
std::string junit_report(const nlohmann::json& results);

/// The same about one target, counted from 0: servers take a few thousand cases from a file.
std::string junit_report_of_target(const nlohmann::json& results, std::size_t target);

}  // namespace lsgd
