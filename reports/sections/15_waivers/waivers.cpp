// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "number_format.hpp"
#include "section.hpp"

namespace lsgd {

std::optional<Section> waivers_section(const nlohmann::json& results) {
  if (!results.contains("waivers")) return std::nullopt;
  const auto& waivers = results.at("waivers");
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& entry : waivers.at("entries")) {
    const bool is_of_clause = entry.contains("clause");
    const auto& waived = entry.at("waived");
    const std::size_t others = waived.size() - 1;
    rows.push_back({{"target", entry.at("target")},
                    {"pattern", entry.at(is_of_clause ? "clause" : "case")},
                    {"reason", entry.at("reason")},
                    {"url", entry.at("url")},
                    {"owner", entry.at("owner")},
                    {"expires", entry.at("expires")},
                    {"first", waived.at(0).at("case")},
                    {"on", waived.at(0).at("target")},
                    {"others", others == 0 ? nlohmann::json()
                                           : nlohmann::json(counted(others, "further failure"))}});
  }
  return Section{
      "Waivers",
      {{"waivers", rows}, {"today", waivers.at("today")}, {"digest", waivers.at("sha256")}}};
}

}  // namespace lsgd
