// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// Writes index.html, junit.xml, summary.md and cases.csv into `out_dir`, which is created when
/// missing. `results` satisfies vectors/schema/results.schema.json; a member `comparison` may say
/// what changed since an earlier run: its `sha256`, `suite` and `seed`, and `changes` with `place`,
/// `what`, `before`, `after`, `relative` and `is_worse`, and `summary`, the same in few lines. The
/// files depend on `results` and its digest alone, all but junit.xml not on its timing, and each
/// appears by rename. Throws std::runtime_error when a file cannot be written.
/// @param sha256 of the file that holds the results; page and summary show it. Empty: neither does
void render_reports(const nlohmann::json& results, const std::string& sha256,
                    const std::filesystem::path& out_dir);

/// What is written beside the reports of every run, for those who ask for it.
struct FurtherReports {
  /// junit/NAME.xml for each target, with at most 5,000 cases: the next ones are in NAME~2.xml.
  /// What a file's name cannot hold is written %XX.
  bool has_junit_by_target = false;
  bool has_badge = false;      ///< badge.svg: the verdict
  bool has_figures = false;    ///< figures.csv: a row for every number
  std::string sarif_location;  ///< results.sarif: failures, shown at this file; empty: none
};

/// Writes them into `out_dir`. Throws as render_reports does.
void render_further_reports(const nlohmann::json& results, const FurtherReports& wanted,
                            const std::filesystem::path& out_dir);

}  // namespace lsgd
