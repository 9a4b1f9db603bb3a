// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// JUnit XML: a test suite per target, a test case per case with class name target.level. A device
/// failure is an error. A level that was skipped or is incomplete, and a run without cases, add a
/// test case of their own, so that a continuous-integration server sees them.
std::string junit_report(const nlohmann::json& results);

}  // namespace lsgd
