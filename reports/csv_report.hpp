// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// Every case of every target as CSV (RFC 4180: CRLF, fields quoted where needed), one header line.
/// A field is empty where the results hold null.
std::string csv_report(const nlohmann::json& results);

}  // namespace lsgd
