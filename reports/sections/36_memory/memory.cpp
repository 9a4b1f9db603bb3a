// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>

#include "baseline.hpp"
#include "footprint.hpp"
#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

nlohmann::json bytes(const nlohmann::json& value) {
  return value.is_null() ? nlohmann::json() : nlohmann::json(grouped(value.get<std::uint64_t>()));
}

nlohmann::json memory_row(const nlohmann::json& target) {
  const auto& resources = target.at("resources");
  if (resources.is_null()) return {{"name", target.at("name")}, {"measured", false}};
  nlohmann::json memory_row{{"name", target.at("name")},
                            {"measured", true},
                            {"stack", bytes(resources.at("stack_bytes"))},
                            {"heap", bytes(resources.at("heap_bytes"))}};
  const auto& port = resources.at("port");
  for (const char* section : {"text", "data", "bss"})
    memory_row[section] = port.is_null() ? nlohmann::json() : bytes(port.at(section));
  memory_row["ram"] = port.is_null() ? nlohmann::json() : nlohmann::json(grouped(static_ram(port)));
  const auto& agent = resources.at("agent");
  memory_row["agent_text"] = agent.is_null() ? nlohmann::json() : bytes(agent.at("text"));
  memory_row["agent_ram"] = agent.is_null() ? nlohmann::json() : bytes(agent.at("ram"));
  return memory_row;
}

/// Static RAM relative to that of another target's port built for the same network.
nlohmann::json ratio(std::uint64_t value, const nlohmann::json* baseline,
                     const std::string& network) {
  const auto* footprint = baseline == nullptr ? nullptr : find_footprint(*baseline, network);
  if (footprint == nullptr || static_ram(*footprint) == 0) return nullptr;
  return significant(static_cast<double>(value) / static_cast<double>(static_ram(*footprint)));
}

nlohmann::json footprint_rows(const nlohmann::json& results, const std::string& network) {
  const Baselines baselines(results);
  nlohmann::json rows = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    for (const auto* target : group.targets) {
      const auto* footprint = find_footprint(*target, network);
      if (footprint == nullptr) continue;
      const std::uint64_t ram = static_ram(*footprint);
      rows.push_back({{"name", target->at("name")},
                      {"text", bytes(footprint->at("text"))},
                      {"data", bytes(footprint->at("data"))},
                      {"bss", bytes(footprint->at("bss"))},
                      {"ram", grouped(ram)},
                      {"to_float32", ratio(ram, baselines.float32(*target), network)},
                      {"to_classic", ratio(ram, baselines.classic_sgd(*target), network)}});
    }
  }
  return rows;
}

nlohmann::json networks_of(const nlohmann::json& results) {
  std::vector<std::string> names;
  for (const auto& target : results.at("targets")) {
    if (target.at("resources").is_null()) continue;
    for (const auto& footprint : target.at("resources").at("footprints")) {
      const std::string name = footprint.at("network");
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  nlohmann::json networks = nlohmann::json::array();
  for (const std::string& name : names)
    networks.push_back({{"network", name}, {"rows", footprint_rows(results, name)}});
  return networks;
}

}  // namespace

std::optional<Section> memory_section(const nlohmann::json& results) {
  bool any = false;
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    nlohmann::json rows = nlohmann::json::array();
    for (const auto* target : group.targets) {
      rows.push_back(memory_row(*target));
      any = any || rows.back().at("measured").get<bool>();
    }
    groups.push_back({{"port", group.port}, {"targets", rows}});
  }
  if (!any) return std::nullopt;
  return Section{"Memory", {{"groups", groups}, {"networks", networks_of(results)}}};
}

}  // namespace lsgd
