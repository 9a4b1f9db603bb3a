// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// The verdict as a small SVG image that loads nothing, such as "L-SGD standard: pass with 2
/// waivers".
std::string badge(const nlohmann::json& results);

}  // namespace lsgd
