// SPDX-License-Identifier: Apache-2.0
#include "port_groups.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string_view>

#include "number_format.hpp"

namespace lsgd {
namespace {

/// So many arithmetics of one port are too many to stand beside the other ports.
constexpr std::size_t least_family = 8;

bool passes(const nlohmann::json* target) { return target->at("verdict") == "pass"; }

/// "declared_c99" of port declared_c99_fp8_master of profile fp8_master; empty where the port is
/// not named so.
std::string_view base_of(const nlohmann::json& target) {
  std::string_view port = target.at("port").get<std::string_view>();
  const auto profile = target.at("profile").get<std::string_view>();
  if (port.size() < profile.size() + 2 || !port.ends_with(profile)) return {};
  port.remove_suffix(profile.size());
  return port.ends_with('_') ? port.substr(0, port.size() - 1) : std::string_view();
}

/// The names that so many profiles share.
std::set<std::string_view> families_of(const nlohmann::json& results) {
  std::map<std::string_view, std::set<std::string_view>> profiles;
  for (const auto& target : results.at("targets"))
    profiles[base_of(target)].insert(target.at("profile").get<std::string_view>());
  std::set<std::string_view> families;
  for (const auto& [base, names] : profiles)
    if (!base.empty() && names.size() >= least_family) families.insert(base);
  return families;
}

}  // namespace

std::vector<PortGroup> port_groups(const nlohmann::json& results) {
  const auto families = families_of(results);
  std::vector<PortGroup> groups;
  std::map<std::string, std::size_t> places;
  std::map<std::string, std::set<std::string>> profiles;  // of families
  for (const auto& target : results.at("targets")) {
    const std::string_view base = base_of(target);
    const bool is_family = families.contains(base);
    const std::string name(is_family ? base : target.at("port").get<std::string_view>());
    const auto [place, is_new] = places.emplace(name, groups.size());
    const std::string profile = target.at("profile");
    if (is_new) groups.push_back({name, "profile " + profile, is_family, {}});
    if (is_family) profiles[name].insert(profile);
    groups[place->second].targets.push_back(&target);
  }
  for (PortGroup& group : groups) {
    if (!group.is_family) continue;
    group.arithmetic = counted(profiles.at(group.port).size(), "arithmetic");
    std::ranges::stable_sort(group.targets, {}, passes);
  }
  std::ranges::stable_sort(groups, {}, &PortGroup::is_family);
  return groups;
}

bool all_pass(const PortGroup& group) { return std::ranges::all_of(group.targets, passes); }

std::string names_of(const std::vector<std::string>& names, const PortGroup& group) {
  constexpr std::size_t most_named = 3;
  if (names.size() > 1 && names.size() == group.targets.size())
    return fmt::format("all {} targets", grouped(names.size()));
  if (names.size() > most_named) return counted(names.size(), "target");
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
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
