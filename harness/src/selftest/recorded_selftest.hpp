// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

namespace lsgd {

/// What a self-test found that was made with the suite, the vectors and the builds of ports of a
/// run, for results.json of that run.
///
/// @param results  of the run, before anything is added to it
/// @param file     results.json of the self-test
/// @return its member `selftest`; nothing where there is no such file, or one of another suite or
/// other builds
std::optional<nlohmann::ordered_json> recorded_selftest(const nlohmann::ordered_json& results,
                                                        const std::filesystem::path& file);

}  // namespace lsgd
