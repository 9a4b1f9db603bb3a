// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// A figure of a claim in its comparison: "3.25 times", "53.3 %", "-2.31 points"; for null "no
/// figure" if published, else "not measured".
std::string claim_figure(const nlohmann::json& claim, const char* member);

/// What was measured of both ports: "3,748 bytes (float32_c99-...), 1,152 bytes (int8_...)".
std::string claim_values(const nlohmann::json& claim);

}  // namespace lsgd
