// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "run/waivers.hpp"

namespace lsgd {

/// Writes results.json and the reports of a finished run into `out`, with a copy of the waivers,
/// then deletes its journal. Throws InputError; where it is about a waiver, the results are written
/// all the same, without any.
void write_results(nlohmann::ordered_json& results, const std::filesystem::path& out,
                   const std::optional<Waivers>& waivers = {});

}  // namespace lsgd
