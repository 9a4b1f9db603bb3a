// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <string>

#include "section.hpp"

namespace lsgd {

std::optional<Section> learning_curves_section(const nlohmann::json& exploration) {
  using Json = nlohmann::json;
  const Json& arithmetics = exploration.at("arithmetics");
  Json float32 = Json::array();
  for (const Json& arithmetic : arithmetics)
    if (arithmetic.at("name") == "float32") float32 = arithmetic.at("loss");
  Json plots = Json::array(), charts = Json::array();
  for (const Json& arithmetic : arithmetics) {
    if (arithmetic.at("loss").empty()) continue;
    plots.push_back({{"index", fmt::format("{}", charts.size())}, {"name", arithmetic.at("name")}});
    charts.push_back({{"loss", arithmetic.at("loss")}, {"float32", float32}});
  }
  if (charts.empty()) return std::nullopt;
  return Section{"Loss while training", {{"plots", plots}}, charts};
}

}  // namespace lsgd
