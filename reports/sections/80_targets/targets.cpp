// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "port_groups.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

std::string declared_words(std::string text) {
  for (char& c : text)
    if (c == '_') c = ' ';
  return text;
}

std::string activation_error(const nlohmann::json& arithmetic) {
  const double absolute = arithmetic.at("activation_absolute_error");
  const std::string ulps = fmt::format("{} ulp", arithmetic.at("activation_ulps").get<double>());
  const std::string error = absolute == 0 ? ulps : fmt::format("{} + {}", ulps, absolute);
  if (!arithmetic.contains("kept_wider")) return error;
  return fmt::format("{}, {} kept wider", error, arithmetic.at("kept_wider").get<std::string>());
}

std::string significand(const nlohmann::json& arithmetic) {
  const std::string bits = arithmetic.at("significand_bits").dump();
  if (arithmetic.contains("sum_bits"))
    return fmt::format("{}, {} within sums", bits, arithmetic.at("sum_bits").dump());
  if (!arithmetic.contains("kept_wider")) return bits;
  return fmt::format("{}, {} wider", bits, arithmetic.at("kept_wider").get<std::string>());
}

nlohmann::json toolchain_row(const nlohmann::json& target) {
  const auto& arithmetic = target.at("arithmetic");
  return {{"name", target.at("name")},
          {"platform", target.at("platform")},
          {"compiler", target.at("toolchain").at("compiler")},
          {"flags", target.at("toolchain").at("flags")},
          {"build_identity", target.at("build_identity")},
          {"significand_bits", significand(arithmetic)},
          {"fma", arithmetic.at("fused_multiply_add")},
          {"flush", arithmetic.at("flush_to_zero").get<bool>() ? "flushed to zero" : "kept"},
          {"activation", activation_error(arithmetic)},
          {"order", declared_words(arithmetic.at("summation_order"))},
          {"bias", declared_words(arithmetic.at("bias_position"))},
          {"product", declared_words(arithmetic.at("update_product"))}};
}

/// The arithmetic where it is no built-in profile; false else.
nlohmann::json declaration(const nlohmann::json& target) {
  return target.contains("declaration") ? target.at("declaration") : nlohmann::json(false);
}

}  // namespace

std::optional<Section> targets_section(const nlohmann::json& results) {
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    nlohmann::json rows = nlohmann::json::array();
    for (const auto* target : group.targets) rows.push_back(toolchain_row(*target));
    groups.push_back({{"port", group.port},
                      {"profile", group.profile},
                      {"targets", rows},
                      {"declaration", declaration(*group.targets.front())}});
  }
  if (groups.empty()) return std::nullopt;
  return Section{"Toolchains and declared arithmetic", {{"groups", groups}}};
}

}  // namespace lsgd
