// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "levels/case_list.hpp"
#include "run/conformance_run.hpp"
#include "run/target_run.hpp"

namespace lsgd {

/// A level of a target as results.json shows it.
nlohmann::ordered_json level_json(const LevelResult& level);

/// Seconds as a file has them of a case, to a millisecond: there are tens of thousands.
double in_file(double seconds);

/// results.json (vectors/schema/results.schema.json) of a finished run; `plans` and `results` have
/// one entry per target of the request. Throws InputError for a malformed ELF file.
nlohmann::ordered_json results_json(const RunRequest& request, const CaseList& list,
                                    const std::vector<TargetPlan>& plans,
                                    const std::vector<TargetResult>& results, double wall_seconds);

}  // namespace lsgd
