// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// The report as one HTML file that loads nothing: styles, Chart.js and data are inside. Its
/// content security policy allows only its own script.
std::string html_report(const nlohmann::json& results);

}  // namespace lsgd
