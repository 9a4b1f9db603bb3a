// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lsgd {

/// What level 4 measured of a target on a network: `resources` of its case; null where it did not.
const nlohmann::json* find_cost(const nlohmann::json& target, const std::string& network);

/// Networks that level 4 measured on any target, in order of appearance.
std::vector<std::string> measured_networks(const nlohmann::json& results);

/// A figure that may be null.
std::optional<std::uint64_t> figure(const nlohmann::json& value);

/// Median cycles per median instruction of a forward pass or step; nothing where either is unknown.
std::optional<double> cycles_per_instruction(const nlohmann::json& cost);

}  // namespace lsgd
