// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// The report as one HTML file that loads nothing: styles, Chart.js and data are inside. Its
/// content security policy allows only its own script.
/// @param sha256 of results.json; not shown where empty
std::string html_report(const nlohmann::json& results, const std::string& sha256 = {});

}  // namespace lsgd
