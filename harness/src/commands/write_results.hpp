// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace lsgd {

/// Writes results.json and the reports of a finished run into `out`, then deletes its journal.
/// Throws InputError.
void write_results(const nlohmann::ordered_json& results, const std::filesystem::path& out);

}  // namespace lsgd
