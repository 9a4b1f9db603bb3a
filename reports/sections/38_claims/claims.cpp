// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "claim_text.hpp"
#include "section.hpp"

namespace lsgd {

std::optional<Section> claims_section(const nlohmann::json& results) {
  if (!results.contains("claims") || results.at("claims").empty()) return std::nullopt;
  // Claims of one statement stand together.
  nlohmann::json groups = nlohmann::json::array();
  for (const auto& claim : results.at("claims")) {
    const auto& statement = claim.at("statement");
    auto group = std::ranges::find_if(
        groups, [&](const nlohmann::json& other) { return other.at("statement") == statement; });
    if (group == groups.end()) {
      const nlohmann::json opened{{"statement", statement}, {"rows", nlohmann::json::array()}};
      group = groups.insert(groups.end(), opened);
    }
    group->at("rows").push_back({{"definition", claim.at("definition")},
                                 {"network", claim.at("network")},
                                 {"published", claim_figure(claim, "published")},
                                 {"ours", claim_figure(claim, "ours")},
                                 {"values", claim_values(claim)},
                                 {"explanation", claim.at("explanation")}});
  }
  return Section{"Published claims", {{"groups", groups}}};
}

}  // namespace lsgd
