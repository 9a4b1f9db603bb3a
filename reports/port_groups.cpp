// SPDX-License-Identifier: Apache-2.0
#include "port_groups.hpp"

#include <algorithm>
#include <set>

namespace lsgd {

std::vector<PortGroup> port_groups(const nlohmann::json& results) {
  std::vector<PortGroup> groups;
  for (const auto& target : results.at("targets")) {
    const std::string port = target.at("port");
    auto group = std::ranges::find(groups, port, &PortGroup::port);
    if (group == groups.end()) group = groups.insert(group, {port, target.at("profile"), {}});
    group->targets.push_back(&target);
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
