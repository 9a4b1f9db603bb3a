// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// What documents may state of our measurements, as one tree:
///
///     PORT/CORE/NETWORK/...   a row of targets/baselines.json: step/cycles, static_ram_bytes, ...
///     run/SUITE/...           a run of reports/recorded_runs.json: targets, cases, seconds
///     selftest/...            its self-test: semantic/caught, legal/targets, ...
///
/// @param baselines  satisfies vectors/schema/baselines.schema.json
/// @param runs       satisfies vectors/schema/recorded_runs.schema.json
nlohmann::json recorded_figures(const nlohmann::json& baselines, const nlohmann::json& runs);

/// A Markdown document with every generated part written anew. A part stands between a comment that
/// says what and the comment `end`. Either one figure, by its path,
///
///     <!-- figure sgd_classic/rtl_rv32imc/car/step/cycles -->500,407<!-- end -->
///
/// or a table: a title and the words of its rows, then a title and a path for each other column, in
/// which * is the word of the row,
///
///     <!-- figures
///     port: float32_c99 sgd_classic
///     cycles: */rtl_rv32imc/car/step/cycles
///     -->
///
/// A figure is an integer, a time in seconds, `-` where none was measured, or the quotient `PATH /
/// PATH` with three significant digits. Throws InputError, with the line of the comment, for a
/// comment without end or a path that nothing is recorded under.
///
/// @param file  name that errors carry
std::string with_recorded_figures(std::string_view document, const nlohmann::json& figures,
                                  const std::string& file);

/// The Markdown documents of a source tree, sorted.
std::vector<std::filesystem::path> documents(const std::filesystem::path& source);

/// Writes the generated parts of the documents of a source tree from what is recorded there.
/// Returns the documents that changed.
std::vector<std::filesystem::path> rewrite_documents(const std::filesystem::path& source);

/// `runs` with what a results.json says of its suite, or of its self-test where it holds one.
/// Throws InputError for a part of a suite, and where a target did not pass.
///
/// @param results  satisfies vectors/schema/results.schema.json
/// @param file     name that errors carry
nlohmann::json with_recorded_run(nlohmann::json runs, const nlohmann::json& results,
                                 const std::string& file);

}  // namespace lsgd
