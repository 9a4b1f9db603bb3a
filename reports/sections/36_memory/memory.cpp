// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <vector>

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

/// Of rows of numbers, or "2,888 to 3,400" where they differ.
nlohmann::json range_row(const std::string& name, const std::vector<nlohmann::json>& rows) {
  nlohmann::json range{{"name", name}, {"measured", false}};
  for (const char* column :
       {"text", "data", "bss", "ram", "stack", "heap", "agent_text", "agent_ram"}) {
    std::optional<std::uint64_t> least, most;
    for (const nlohmann::json& row : rows) {
      if (!row.at("measured").get<bool>() || row.at(column).is_null()) continue;
      const std::uint64_t value = row.at(column);
      least = std::min(least.value_or(value), value);
      most = std::max(most.value_or(value), value);
    }
    range["measured"] = range.at("measured").get<bool>() || least;
    range[column] = !least ? nlohmann::json()
                    : least == most
                        ? nlohmann::json(grouped(*least))
                        : nlohmann::json(fmt::format("{} to {}", grouped(*least), grouped(*most)));
  }
  return range;
}

/// In bytes; null where unknown.
nlohmann::json memory_row(const nlohmann::json& target) {
  const auto& resources = target.at("resources");
  if (resources.is_null()) return {{"name", target.at("name")}, {"measured", false}};
  nlohmann::json row{{"name", target.at("name")},
                     {"measured", true},
                     {"stack", resources.at("stack_bytes")},
                     {"heap", resources.at("heap_bytes")}};
  const auto& port = resources.at("port");
  for (const char* section : {"text", "data", "bss"})
    row[section] = port.is_null() ? nlohmann::json() : port.at(section);
  row["ram"] = port.is_null() ? nlohmann::json() : nlohmann::json(static_ram(port));
  const auto& agent = resources.at("agent");
  row["agent_text"] = agent.is_null() ? nlohmann::json() : agent.at("text");
  row["agent_ram"] = agent.is_null() ? nlohmann::json() : agent.at("ram");
  return row;
}

/// A row for each target; one for many arithmetics of a port.
std::vector<nlohmann::json> memory_rows(const PortGroup& group) {
  std::vector<nlohmann::json> rows, shown;
  for (const auto* target : group.targets) rows.push_back(memory_row(*target));
  if (group.is_family) return {range_row(group.arithmetic, rows)};
  for (const nlohmann::json& row : rows) shown.push_back(range_row(row.at("name"), {row}));
  return shown;
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
    if (group.is_family) continue;
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
    for (nlohmann::json& row : memory_rows(group)) {
      any = any || row.at("measured").get<bool>();
      rows.push_back(std::move(row));
    }
    groups.push_back({{"port", group.port}, {"targets", rows}});
  }
  if (!any) return std::nullopt;
  return Section{"Memory", {{"groups", groups}, {"networks", networks_of(results)}}};
}

}  // namespace lsgd
