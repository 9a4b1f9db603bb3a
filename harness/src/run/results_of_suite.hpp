// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "description/suite_file.hpp"
#include "levels/case_list.hpp"
#include "result/support.hpp"
#include "run/place_in_results.hpp"

namespace lsgd {

/// Requires that results are of the cases of a suite, as far as these tell what results must say:
/// every case of the selection stands once, was run in full length, and was left out only for a
/// reason that it or its device may have; what a device refused it takes nowhere else (SPEC 14.3).
/// @param results that do not contradict themselves
/// @param list  the cases of `suite`
/// Throws InputError.
void require_cases_of_suite(const nlohmann::json& results, const CaseList& list, const Suite& suite,
                            const PlaceInResults& place);

/// What a case of results tells of the networks that its device takes.
Support support_shown(const nlohmann::json& found, const ConformanceCase& expected,
                      const Profile& profile);

/// The cases that the suite has for a target of results that do not contradict themselves.
std::vector<ConformanceCase> cases_of_results(const CaseList& list, const nlohmann::json& target);

/// The profile of such a target.
const Profile& profile_of_results(const nlohmann::json& target);

/// The profiles of results that are declarations, each once. Throws InputError.
std::vector<DeclaredUse> declared_profiles_of(const nlohmann::json& results,
                                              const PlaceInResults& place);

/// The same of such results.
std::vector<DeclaredUse> declared_profiles_of(const nlohmann::json& results);

}  // namespace lsgd
