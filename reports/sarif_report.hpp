// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// SARIF 2.1.0 for code-scanning pages: a result for each failed case and each incomplete level, a
/// rule for each clause that they are of. A waived failure is suppressed. Results beyond the first
/// `most_results` are counted in the last one: such pages take some thousand.
/// @param location of the file at which all are shown, relative to the root of its repository
std::string sarif_report(const nlohmann::json& results, const std::string& location,
                         std::size_t most_results = 5000);

}  // namespace lsgd
