// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

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

/// Of many arithmetics those of one build are a row, whose identities results.json has.
nlohmann::json toolchain_row(const nlohmann::json& target, bool is_family) {
  return {{"platform", target.at("platform")},
          {"compiler", target.at("toolchain").at("compiler")},
          {"flags", target.at("toolchain").at("flags")},
          {"build_identity", is_family ? nlohmann::json("") : target.at("build_identity")}};
}

nlohmann::json arithmetic_row(const nlohmann::json& target) {
  const auto& arithmetic = target.at("arithmetic");
  return {{"significand_bits", significand(arithmetic)},
          {"fma", arithmetic.at("fused_multiply_add")},
          {"flush", arithmetic.at("flush_to_zero").get<bool>() ? "flushed to zero" : "kept"},
          {"activation", activation_error(arithmetic)},
          {"order", declared_words(arithmetic.at("summation_order"))},
          {"bias", declared_words(arithmetic.at("bias_position"))},
          {"product", declared_words(arithmetic.at("update_product"))}};
}

/// Rows of targets; those that share one are named together.
nlohmann::json shared_rows(const std::vector<std::pair<const nlohmann::json*, nlohmann::json>>& own,
                           const PortGroup& group) {
  std::vector<std::pair<nlohmann::json, std::vector<std::string>>> shared;
  for (const auto& [target, row] : own) {
    auto found = std::ranges::find(shared, row, [](const auto& one) { return one.first; });
    if (found == shared.end()) found = shared.emplace(found, row, std::vector<std::string>());
    found->second.push_back(target->at("name"));
  }
  nlohmann::json rows = nlohmann::json::array();
  for (auto& [row, names] : shared) {
    row["name"] = names_of(names, group);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Each arithmetic of a group that is no built-in profile once; its text where it is the only one.
nlohmann::json declarations(const PortGroup& group) {
  nlohmann::json found = nlohmann::json::array();
  std::set<std::string> known;
  for (const auto* target : group.targets) {
    if (!target->contains("declaration")) continue;
    const auto& declaration = target->at("declaration");
    if (!known.insert(declaration.at("sha256")).second) continue;
    nlohmann::json lines = nlohmann::json::array();
    std::istringstream text(declaration.at("text").get<std::string>());
    for (std::string line; !group.is_family && std::getline(text, line);) lines.push_back(line);
    found.push_back({{"profile", target->at("profile")},
                     {"sha256", declaration.at("sha256")},
                     {"has_text", !lines.empty()},
                     {"lines", std::move(lines)}});
  }
  return found;
}

}  // namespace

std::optional<Section> targets_section(const nlohmann::json& results) {
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    std::vector<std::pair<const nlohmann::json*, nlohmann::json>> toolchains, arithmetics;
    for (const auto* target : group.targets) {
      toolchains.emplace_back(target, toolchain_row(*target, group.is_family));
      if (!target->contains("declaration"))
        arithmetics.emplace_back(target, arithmetic_row(*target));
    }
    nlohmann::json declared = declarations(group);
    groups.push_back({{"port", group.port},
                      {"arithmetic", group.arithmetic},
                      {"toolchains", shared_rows(toolchains, group)},
                      {"has_arithmetics", !arithmetics.empty()},
                      {"arithmetics", shared_rows(arithmetics, group)},
                      {"has_declarations", !declared.empty()},
                      {"declarations", std::move(declared)}});
  }
  if (groups.empty()) return std::nullopt;
  return Section{"Toolchains and declared arithmetic", {{"groups", groups}}};
}

}  // namespace lsgd
