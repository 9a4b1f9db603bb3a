// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "files/json_file.hpp"

namespace lsgd {

/// Results whose verdicts, counts and totals are those that their cases give.
struct CheckedResults {
  nlohmann::json value;
  std::string sha256;  ///< of the file
};

/// Checks that whole results do not contradict themselves: every verdict of a
/// statistic, case, level and target, every count and every total is computed again from the cases,
/// and the outcome of level 3 from its trainings. Of a self-test, which keeps no passing case, only
/// what its cases tell. Throws InputError.
void require_consistent(const JsonDocument& results);

/// Reads results.json. `suite.conformance` and `suite.not_enough` become what this program says of
/// the run (SPEC 14.1), whatever the file says; a run of a suite of the program's own must be of
/// its cases, all or those of the selection (require_cases_of_suite). Throws InputError.
CheckedResults read_results(const std::filesystem::path& file);

/// Reads results.json of whatever program: it must not contradict itself, but may be of other cases
/// than this program has, and nothing is said of its claim. Throws InputError.
CheckedResults read_past_results(const std::filesystem::path& file);

}  // namespace lsgd
