// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// Writes index.html, junit.xml, summary.md and cases.csv into `out_dir`, which is created when
/// missing. `results` satisfies vectors/schema/results.schema.json; a member `comparison` may say
/// what changed since an earlier run: its `sha256`, `suite` and `seed`, and `changes` with `place`,
/// `what`, `before`, `after`, `relative` and `is_worse`. The files depend on `results` and its
/// digest alone, all but junit.xml not on its timing, and each appears by rename. Throws
/// std::runtime_error when a file cannot be written.
/// @param sha256 of the file that holds the results; page and summary show it. Empty: neither does
void render_reports(const nlohmann::json& results, const std::string& sha256,
                    const std::filesystem::path& out_dir);

/// Writes NAME.xml for each target into `directory`, which is created when missing: JUnit XML of
/// that target alone. What a file's name cannot hold is written %XX. Throws as render_reports does.
void render_junit_of_targets(const nlohmann::json& results, const std::filesystem::path& directory);

}  // namespace lsgd
