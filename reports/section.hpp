// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace lsgd {

/// A part of index.html. The folder reports/sections/<NN_name>/ holds name.cpp, which defines
/// `std::optional<Section> name_section(const nlohmann::json& results)`, its template name.mustache
/// and, where it draws charts, name.js; sections follow each other in the order of NN.
struct Section {
  std::string title;

  /// What the template shows: strings (escaped, long ones shortened; a member called `repeat` is
  /// never shortened), booleans, null for absent, and arrays and objects of these.
  nlohmann::json data;

  /// What name.js draws: an array with one entry per canvas of the template.
  nlohmann::json charts = nlohmann::json::array();
};

/// Builds a section from results that satisfy the schema; nothing where there is nothing to show.
using BuildSection = std::optional<Section> (*)(const nlohmann::json& results);

}  // namespace lsgd
