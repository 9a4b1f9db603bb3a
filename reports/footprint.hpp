// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// Section sizes of a target's port built for one network alone; null where it was not.
const nlohmann::json* find_footprint(const nlohmann::json& target, const std::string& network);

/// Bytes of RAM that section sizes take: data and bss.
std::uint64_t static_ram(const nlohmann::json& sections);

}  // namespace lsgd
