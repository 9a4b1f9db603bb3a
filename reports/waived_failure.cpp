// SPDX-License-Identifier: Apache-2.0
#include "waived_failure.hpp"

#include "number_format.hpp"

namespace lsgd {

const nlohmann::json* find_waiver(const nlohmann::json& results, const nlohmann::json& target,
                                  const nlohmann::json& test_case) {
  if (!results.contains("waivers") || test_case.at("verdict") != "fail") return nullptr;
  for (const auto& entry : results.at("waivers").at("entries"))
    for (const auto& waived : entry.at("waived"))
      if (waived.at("case") == test_case.at("id") && waived.at("target") == target.at("name"))
        return &entry;
  return nullptr;
}

std::uint64_t waivers_of(const nlohmann::json& results, const nlohmann::json& target) {
  if (!results.contains("waivers") || target.at("verdict") != "fail") return 0;
  for (const auto& waived : results.at("waivers").at("targets"))
    if (waived.at("name") == target.at("name")) return waived.at("waivers");
  return 0;
}

std::string verdict_of(const nlohmann::json& results, const nlohmann::json& target) {
  return waivers_of(results, target) > 0 ? "waived" : target.at("verdict").get<std::string>();
}

std::string waivers_text(const nlohmann::json& results, const nlohmann::json& target) {
  const std::uint64_t waivers = waivers_of(results, target);
  return waivers == 0 ? std::string() : counted(waivers, "waiver");
}

}  // namespace lsgd
