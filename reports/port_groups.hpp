// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lsgd {

/// The targets of one port, or of one port in many arithmetics. Points into the results it was made
/// from.
struct PortGroup {
  std::string port;
  std::string arithmetic;  ///< "profile float32", of its first target, or "47 arithmetics"
  bool is_family = false;  ///< the same port in many arithmetics
  std::vector<const nlohmann::json*> targets;
};

/// Targets by port: ports and the targets of each keep the order of the results. Ports that differ
/// in their arithmetic alone, BASE_PROFILE of profile PROFILE, are one group BASE where they are
/// many; it comes behind the others, its targets that do not pass first.
std::vector<PortGroup> port_groups(const nlohmann::json& results);

/// Whether every target passes, waivers aside.
bool all_pass(const PortGroup& group);

/// The names of some targets of a group: "all 12 targets" or "5 targets" where they are many.
std::string names_of(const std::vector<std::string>& names, const PortGroup& group);

/// Levels that occur in the results, ascending.
std::vector<int> levels_of(const nlohmann::json& results);

/// The entry of a target's `levels` for a level; null where it has none.
const nlohmann::json* find_level(const nlohmann::json& target, int level);

}  // namespace lsgd
