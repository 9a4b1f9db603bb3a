// SPDX-License-Identifier: Apache-2.0
#include "measured_cost.hpp"

#include <algorithm>

namespace lsgd {

const nlohmann::json* find_cost(const nlohmann::json& target, const std::string& network) {
  for (const auto& test_case : target.at("cases"))
    if (test_case.contains("resources") && test_case.at("resources").at("network") == network)
      return &test_case.at("resources");
  return nullptr;
}

std::vector<std::string> measured_networks(const nlohmann::json& results) {
  std::vector<std::string> networks;
  for (const auto& target : results.at("targets"))
    for (const auto& test_case : target.at("cases")) {
      if (!test_case.contains("resources")) continue;
      const std::string network = test_case.at("resources").at("network");
      if (std::ranges::find(networks, network) == networks.end()) networks.push_back(network);
    }
  return networks;
}

std::optional<std::uint64_t> figure(const nlohmann::json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::uint64_t>());
}

std::optional<double> cycles_per_instruction(const nlohmann::json& cost) {
  const auto cycles = figure(cost.at("cycles_median"));
  const auto instructions = figure(cost.at("instructions_median"));
  if (!cycles || !instructions) return std::nullopt;
  return static_cast<double>(*cycles) / static_cast<double>(*instructions);
}

}  // namespace lsgd
