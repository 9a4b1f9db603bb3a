// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace lsgd {

/// Writes index.html, junit.xml, summary.md and cases.csv into `out_dir`, which is created when
/// missing. `results` satisfies vectors/schema/results.schema.json. The files depend on `results`
/// alone, its timing excepted, and each appears by rename. Throws std::runtime_error when a file
/// cannot be written.
void render_reports(const nlohmann::json& results, const std::filesystem::path& out_dir);

}  // namespace lsgd
