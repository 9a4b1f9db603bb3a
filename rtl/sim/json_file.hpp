// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace lsgd::rtl {

/// Writes a file, or replaces it as a whole.
/// @throws std::runtime_error if it cannot be written
void write_json_file(const std::string& path, const nlohmann::ordered_json& json);

}  // namespace lsgd::rtl
