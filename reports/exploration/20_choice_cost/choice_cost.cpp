// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <map>
#include <string>

#include "section.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

Json point(const Json& arithmetic, const Json& cost) {
  return {{"name", arithmetic.at("name")},
          {"outcome", arithmetic.at("outcome")},
          {"accuracy", arithmetic.at("accuracy")},
          {"is_close", arithmetic.at("is_close")},
          {"cost", cost}};
}

}  // namespace

std::optional<Section> choice_cost_section(const Json& exploration) {
  Json bytes = Json::array();
  std::map<std::string, Json> by_core;
  for (const Json& arithmetic : exploration.at("arithmetics")) {
    if (arithmetic.at("accuracy").is_null()) continue;
    bytes.push_back(point(arithmetic, arithmetic.at("state_bytes")));
    for (const Json& cost : arithmetic.at("cycles"))
      by_core[cost.at("core")].push_back(point(arithmetic, cost.at("cycles")));
  }
  if (bytes.empty()) return std::nullopt;
  Json plots = Json::array(), charts = Json::array();
  const auto add = [&](const std::string& caption, const char* unit, const Json& points) {
    plots.push_back({{"index", fmt::format("{}", charts.size())}, {"caption", caption}});
    charts.push_back({{"unit", unit},
                      {"points", points},
                      {"majority", exploration.at("task").at("majority_share")}});
  };
  add("Test accuracy against bytes of training state", "bytes", bytes);
  for (const auto& [core, points] : by_core)
    add(fmt::format("Test accuracy against cycles of a step on {}", core), "cycles", points);
  return Section{"Accuracy against cost", {{"plots", plots}}, charts};
}

}  // namespace lsgd
