// SPDX-License-Identifier: Apache-2.0
#include "section.hpp"

namespace lsgd {

std::optional<Section> vectors_section(const nlohmann::json& results) {
  const auto& vectors = results.at("suite").at("vectors");
  if (vectors.empty()) return std::nullopt;
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& set : vectors)
    rows.push_back({{"name", set.at("name")},
                    {"generator", set.value("generator", nlohmann::json())},
                    {"sha256", set.at("sha256")}});
  return Section{
      "Vectors",
      {{"vectors", rows}, {"files", results.at("suite").value("files", nlohmann::json::array())}}};
}

}  // namespace lsgd
