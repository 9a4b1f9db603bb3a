// SPDX-License-Identifier: Apache-2.0
#include "baseline.hpp"

#include <string>

namespace lsgd {
namespace {

constexpr std::string_view classic_sgd_port = "sgd_classic";

std::string_view text(const nlohmann::json& target, const char* key) {
  return target.at(key).get<std::string_view>();
}

bool is_classic_sgd(const nlohmann::json& target) {
  return text(target, "port") == classic_sgd_port;
}

/// int8_hybrid_c99 of profile int8_hybrid becomes float32_c99.
std::string name_in_float32(const nlohmann::json& target) {
  const std::string_view port = text(target, "port"), profile = text(target, "profile");
  return port.starts_with(profile) ? "float32" + std::string(port.substr(profile.size())) : "";
}

}  // namespace

Baselines::Baselines(const nlohmann::json& results) {
  for (const nlohmann::json& target : results.at("targets")) {
    const bool is_classic = is_classic_sgd(target);
    if (!is_classic && text(target, "profile") != "float32") continue;
    BuiltAlike& built = built_[{text(target, "platform"), text(target, "variant")}];
    const nlohmann::json*& first = is_classic ? built.classic_sgd : built.first_float32;
    if (first == nullptr) first = &target;
    if (!is_classic) built.float32_ports.emplace(text(target, "port"), &target);
  }
}

const Baselines::BuiltAlike* Baselines::built_like(const nlohmann::json& target) const {
  const auto found = built_.find({text(target, "platform"), text(target, "variant")});
  return found == built_.end() ? nullptr : &found->second;
}

const nlohmann::json* Baselines::classic_sgd(const nlohmann::json& target) const {
  const BuiltAlike* const built = is_classic_sgd(target) ? nullptr : built_like(target);
  return built == nullptr ? nullptr : built->classic_sgd;
}

const nlohmann::json* Baselines::float32(const nlohmann::json& target) const {
  const BuiltAlike* const built =
      text(target, "profile") == "float32" ? nullptr : built_like(target);
  if (built == nullptr) return nullptr;
  const auto port = built->float32_ports.find(name_in_float32(target));
  return port == built->float32_ports.end() ? built->first_float32 : port->second;
}

}  // namespace lsgd
