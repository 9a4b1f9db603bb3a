// SPDX-License-Identifier: Apache-2.0
#include "footprint.hpp"

namespace lsgd {

const nlohmann::json* find_footprint(const nlohmann::json& target, const std::string& network) {
  if (target.at("resources").is_null()) return nullptr;
  for (const auto& footprint : target.at("resources").at("footprints"))
    if (footprint.at("network") == network) return &footprint;
  return nullptr;
}

std::uint64_t static_ram(const nlohmann::json& sections) {
  return sections.at("data").get<std::uint64_t>() + sections.at("bss").get<std::uint64_t>();
}

}  // namespace lsgd
