// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <vector>

#include "capability_cells.hpp"
#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

nlohmann::json unless_empty(const std::string& text) {
  return text.empty() ? nlohmann::json(nullptr) : nlohmann::json(text);
}

/// A table row of what some targets of a port share.
nlohmann::json row_of(const nlohmann::json& target) {
  nlohmann::json cells = nlohmann::json::array();
  for (const std::string_view key : capability_keys) {
    const CapabilityCells found = capability_cells(target, key);
    cells.push_back({{"tested", found.tested},
                     {"untested", unless_empty(found.untested)},
                     {"refused", unless_empty(found.refused)},
                     {"wrong", unless_empty(found.wrong)},
                     {"none", found.tested.empty() && found.untested.empty()}});
  }
  return {{"stated", !target.at("capabilities").at("stated").is_null()},
          {"shapes", stated_shapes(target)},
          {"cells", cells}};
}

}  // namespace

std::optional<Section> capabilities_section(const nlohmann::json& results) {
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    std::vector<std::pair<nlohmann::json, std::vector<std::string>>> shared;
    for (const auto* target : group.targets) {
      if (!target->contains("capabilities")) continue;
      const nlohmann::json row = row_of(*target);
      auto found = shared.begin();
      while (found != shared.end() && found->first != row) ++found;
      if (found == shared.end()) found = shared.emplace(found, row, std::vector<std::string>());
      found->second.push_back(target->at("name"));
    }
    nlohmann::json rows = nlohmann::json::array();
    for (auto& [row, names] : shared) {
      row["targets"] = names_of(names, group);
      rows.push_back(row);
    }
    if (!rows.empty())
      groups.push_back({{"port", group.port}, {"arithmetic", group.arithmetic}, {"rows", rows}});
  }
  if (groups.empty()) return std::nullopt;
  return Section{"Capabilities", {{"groups", groups}}};
}

}  // namespace lsgd
