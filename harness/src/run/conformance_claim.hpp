// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "levels/case_list.hpp"

namespace lsgd {

/// What the cases were made from, as results.json shows it.
nlohmann::ordered_json files_json(const std::vector<UsedFile>& files);

/// The vector sets among it, as results.json shows them.
nlohmann::ordered_json vectors_json(const std::vector<UsedVectors>& vectors);

/// Why a pass of a run of this suite is not enough to claim conformance (SPEC 14.1); nothing where
/// it is.
/// @param suite `suite` of results.json; its own opinion is ignored
std::optional<std::string> why_not_enough(const nlohmann::json& suite);

}  // namespace lsgd
