// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// Every case of every target as CSV (RFC 4180: CRLF, fields quoted where needed), one header line.
/// A field is empty where the results hold null.
std::string csv_report(const nlohmann::json& results);

/// A row for each number that a target or a case shows but those of its failure, histogram and
/// detected changes: target, port, platform, variant, profile, case and level (empty where it is of
/// the target as a whole), quantity, value. A quantity is named by its place, such as
/// resources/step/cycles_median; in a list by tensor, network and name, else from 0. CSV as above.
std::string figures_report(const nlohmann::json& results);

}  // namespace lsgd
