// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

nlohmann::json exactness_row(const nlohmann::json& target) {
  std::uint64_t cases = 0;
  std::uint64_t compared = 0;
  std::uint64_t mismatches = 0;
  for (const auto& test_case : target.at("cases")) {
    const auto& exact = test_case.at("exact_order");
    if (exact.is_null()) continue;
    ++cases;
    compared += exact.at("compared").get<std::uint64_t>();
    mismatches += exact.at("mismatches").get<std::uint64_t>();
  }
  if (cases == 0) return {{"name", target.at("name")}, {"declared", false}};
  return {{"name", target.at("name")},         {"declared", true},
          {"cases", grouped(cases)},           {"compared", grouped(compared)},
          {"mismatches", grouped(mismatches)}, {"differs", mismatches > 0}};
}

}  // namespace

std::optional<Section> exactness_section(const nlohmann::json& results) {
  bool any = false;
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    nlohmann::json rows = nlohmann::json::array();
    std::vector<std::string> not_compared;
    for (const auto* target : group.targets) {
      nlohmann::json row = exactness_row(*target);
      if (row.at("declared").get<bool>())
        rows.push_back(std::move(row));
      else
        not_compared.push_back(target->at("name"));
    }
    any = any || !rows.empty();
    if (!not_compared.empty())
      rows.push_back({{"name", names_of(not_compared, group)}, {"declared", false}});
    groups.push_back({{"port", group.port}, {"targets", rows}});
  }
  if (!any) return std::nullopt;
  return Section{"Declared order, bit for bit", {{"groups", groups}}};
}

}  // namespace lsgd
