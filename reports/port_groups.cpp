// SPDX-License-Identifier: Apache-2.0
#include "port_groups.hpp"

#include <cstddef>
#include <map>
#include <set>

namespace lsgd {

std::vector<PortGroup> port_groups(const nlohmann::json& results) {
  std::vector<PortGroup> groups;
  std::map<std::string, std::size_t> places;
  for (const auto& target : results.at("targets")) {
    const std::string port = target.at("port");
    const auto [place, is_new] = places.emplace(port, groups.size());
    if (is_new) groups.push_back({port, target.at("profile"), {}});
    groups[place->second].targets.push_back(&target);
  }
  return groups;
}

std::vector<int> levels_of(const nlohmann::json& results) {
  std::set<int> levels;
  for (const auto& target : results.at("targets"))
    for (const auto& level : target.at("levels")) levels.insert(level.at("level").get<int>());
  return {levels.begin(), levels.end()};
}

const nlohmann::json* find_level(const nlohmann::json& target, int level) {
  for (const auto& entry : target.at("levels"))
    if (entry.at("level") == level) return &entry;
  return nullptr;
}

}  // namespace lsgd
