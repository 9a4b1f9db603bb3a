// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// The place of a failure, what was expected and what the device gave, and the command that repeats
/// it: a line each.
/// @param failure  of a case, as results.json shows it
std::string failure_lines(const nlohmann::ordered_json& failure);

/// The end of a run for a terminal: every failed case with its first wrong element and the command
/// that repeats it, then a table of verdicts, target by level. A pure function of results.json.
std::string run_summary(const nlohmann::ordered_json& results);

/// What targets state that they can do and what the cases showed of it, a table for each target; of
/// targets alike one. A pure function of results.json.
std::string capabilities_table(const nlohmann::ordered_json& results);

}  // namespace lsgd
