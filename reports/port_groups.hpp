// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lsgd {

/// The targets of one port. Points into the results it was made from.
struct PortGroup {
  std::string port;
  std::string profile;  ///< of its first target
  std::vector<const nlohmann::json*> targets;
};

/// Targets by port: ports and the targets of each keep the order of the results.
std::vector<PortGroup> port_groups(const nlohmann::json& results);

/// Levels that occur in the results, ascending.
std::vector<int> levels_of(const nlohmann::json& results);

/// The entry of a target's `levels` for a level; null where it has none.
const nlohmann::json* find_level(const nlohmann::json& target, int level);

}  // namespace lsgd
