// SPDX-License-Identifier: Apache-2.0
#include "baseline.hpp"

#include <string>

namespace lsgd {
namespace {

bool are_built_alike(const nlohmann::json& a, const nlohmann::json& b) {
  return a.at("platform") == b.at("platform") && a.at("variant") == b.at("variant");
}

/// int8_hybrid_c99 of profile int8_hybrid becomes float32_c99.
std::string name_in_float32(const nlohmann::json& target) {
  const std::string port = target.at("port"), profile = target.at("profile");
  return port.starts_with(profile) ? "float32" + port.substr(profile.size()) : "";
}

}  // namespace

const nlohmann::json* find_classic_sgd(const nlohmann::json& results,
                                       const nlohmann::json& target) {
  if (target.at("port") == classic_sgd_port) return nullptr;
  for (const auto& other : results.at("targets"))
    if (other.at("port") == classic_sgd_port && are_built_alike(other, target)) return &other;
  return nullptr;
}

const nlohmann::json* find_float32(const nlohmann::json& results, const nlohmann::json& target) {
  if (target.at("profile") == "float32") return nullptr;
  const nlohmann::json* first = nullptr;
  for (const auto& other : results.at("targets")) {
    if (other.at("profile") != "float32" || other.at("port") == classic_sgd_port ||
        !are_built_alike(other, target))
      continue;
    if (other.at("port") == name_in_float32(target)) return &other;
    if (first == nullptr) first = &other;
  }
  return first;
}

}  // namespace lsgd
