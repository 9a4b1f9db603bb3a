// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "baseline.hpp"
#include "footprint.hpp"
#include "measured_cost.hpp"
#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

/// Null, which the template shows as unknown, where the platform does not count.
Json known_count(const Json& value) {
  const auto known = figure(value);
  return known ? Json(grouped(*known)) : Json();
}

Json cpi(const Json& cost) {
  const auto known = cycles_per_instruction(cost);
  return known ? Json(fmt::format("{:.3f}", *known)) : Json();
}

/// The first of cycles and instructions that both targets know, divided: of a training step.
Json ratio(const Json& cost, const Json* baseline, const std::string& network) {
  const Json* other = baseline == nullptr ? nullptr : find_cost(*baseline, network);
  if (other == nullptr) return nullptr;
  for (const char* unit : {"cycles_median", "instructions_median"}) {
    const auto value = figure(cost.at("step").at(unit));
    const auto reference = figure(other->at("step").at(unit));
    if (value && reference)
      return significant(static_cast<double>(*value) / static_cast<double>(*reference));
  }
  return nullptr;
}

bool is_counted(const Json& cost) { return !cost.at("step").at("instructions_median").is_null(); }

Json row(const Baselines& baselines, const Json& target, const std::string& network,
         const Json& cost) {
  const Json* footprint = find_footprint(target, network);
  return {{"name", target.at("name")},
          {"forward_cycles", known_count(cost.at("forward").at("cycles_median"))},
          {"forward_instructions", known_count(cost.at("forward").at("instructions_median"))},
          {"step_cycles", known_count(cost.at("step").at("cycles_median"))},
          {"step_cycles_worst", known_count(cost.at("step").at("cycles_worst"))},
          {"step_instructions", known_count(cost.at("step").at("instructions_median"))},
          {"step_instructions_worst", known_count(cost.at("step").at("instructions_worst"))},
          {"cpi", cpi(cost.at("step"))},
          {"to_float32", ratio(cost, baselines.float32(target), network)},
          {"to_classic", ratio(cost, baselines.classic_sgd(target), network)},
          {"stack", known_count(cost.at("stack_bytes"))},
          {"ram", footprint == nullptr ? Json() : Json(grouped(static_ram(*footprint)))},
          {"text", footprint == nullptr ? Json() : known_count(footprint->at("text"))}};
}

struct Platform {
  std::string name;
  std::vector<const Json*> targets;
  std::uint64_t left_out = 0;  ///< targets of families that count nothing
};

/// Targets of families that count nothing on a network: of their memory is told together.
std::set<const Json*> uncounted_of_families(const Json& results, const std::string& network) {
  std::set<const Json*> uncounted;
  for (const PortGroup& group : port_groups(results))
    for (const Json* target : group.targets)
      if (const Json* cost = find_cost(*target, network);
          group.is_family && cost != nullptr && !is_counted(*cost))
        uncounted.insert(target);
  return uncounted;
}

/// Targets that were measured on a network, by platform, those of one variant side by side;
/// platforms that count something first.
std::vector<Platform> platforms_of(const Json& results, const std::string& network) {
  const auto uncounted = uncounted_of_families(results, network);
  std::vector<Platform> platforms;
  std::map<std::string, std::size_t> places;
  for (const auto& target : results.at("targets")) {
    if (find_cost(target, network) == nullptr) continue;
    const std::string name = target.at("platform");
    const auto [place, is_new] = places.emplace(name, platforms.size());
    if (is_new) platforms.push_back({name, {}});
    if (uncounted.contains(&target))
      ++platforms[place->second].left_out;
    else
      platforms[place->second].targets.push_back(&target);
  }
  for (Platform& platform : platforms)
    std::ranges::stable_sort(platform.targets, {}, [](const Json* target) {
      return target->at("variant").get<std::string>();
    });
  // clang 14 cannot compile the subrange that std::ranges::stable_partition returns.
  std::stable_partition(platforms.begin(), platforms.end(), [&](const Platform& platform) {
    return std::ranges::any_of(platform.targets, [&](const Json* target) {
      return is_counted(*find_cost(*target, network));
    });
  });
  return platforms;
}

Json network_tables(const Baselines& baselines, const std::vector<Platform>& platforms,
                    const std::string& network) {
  Json tables = Json::array();
  for (const auto& [name, targets, left_out] : platforms) {
    Json rows = Json::array();
    for (const Json* target : targets)
      rows.push_back(row(baselines, *target, network, *find_cost(*target, network)));
    tables.push_back(
        {{"platform", name},
         {"rows", std::move(rows)},
         {"left_out", left_out == 0 ? Json() : Json(counted(left_out, "arithmetic"))}});
  }
  return tables;
}

Json network_bars(const std::vector<Platform>& platforms, const std::string& network) {
  Json bars = Json::array();
  for (const Platform& platform : platforms)
    for (const Json* target : platform.targets)
      if (const Json* cost = find_cost(*target, network); is_counted(*cost))
        bars.push_back({{"name", target->at("name")},
                        {"port", target->at("port")},
                        {"instructions", cost->at("step").at("instructions_median")}});
  return bars;
}

}  // namespace

std::optional<Section> cost_section(const Json& results) {
  const Baselines baselines(results);
  Json networks = Json::array();
  Json charts = Json::array();
  for (const std::string& network : measured_networks(results)) {
    const std::vector<Platform> platforms = platforms_of(results, network);
    Json bars = network_bars(platforms, network);
    Json plot = Json::array();
    if (!bars.empty()) {
      plot.push_back(
          {{"index", fmt::format("{}", charts.size())}, {"lines", fmt::format("{}", bars.size())}});
      charts.push_back({{"bars", std::move(bars)}});
    }
    networks.push_back({{"network", network},
                        {"platforms", network_tables(baselines, platforms, network)},
                        {"plot", std::move(plot)}});
  }
  if (networks.empty()) return std::nullopt;
  return Section{"Cycles and instructions", {{"networks", networks}}, charts};
}

}  // namespace lsgd
