// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

nlohmann::json cell(const std::string& verdict, const std::string& detail) {
  const VerdictLabel label = verdict_label(verdict);
  return {{"key", label.key}, {"symbol", label.symbol}, {"word", label.word}, {"detail", detail}};
}

std::string case_counts(const nlohmann::json& level) {
  const auto expected = level.at("cases_expected").get<std::uint64_t>();
  const auto executed = level.at("cases_executed").get<std::uint64_t>();
  const auto failed = level.at("cases_failed").get<std::uint64_t>();
  if (level.at("verdict") == "skipped") return counted(expected, "case");
  if (failed > 0) return fmt::format("{} of {}", grouped(failed), counted(executed, "case"));
  return executed == expected
             ? counted(executed, "case")
             : fmt::format("{} of {}", grouped(executed), counted(expected, "case"));
}

nlohmann::json row(const nlohmann::json& target, const std::vector<int>& levels) {
  nlohmann::json cells = nlohmann::json::array();
  for (const int number : levels) {
    const nlohmann::json* level = find_level(target, number);
    cells.push_back(level ? cell(level->at("verdict"), case_counts(*level))
                          : nlohmann::json{{"key", nullptr}});
  }
  return {{"name", target.at("name")},
          {"verdict", nlohmann::json::array({cell(target.at("verdict"), "")})},
          {"cells", cells}};
}

}  // namespace

std::optional<Section> verdicts_section(const nlohmann::json& results) {
  if (results.at("targets").empty()) return std::nullopt;
  const auto levels = levels_of(results);
  nlohmann::json headings = nlohmann::json::array();
  for (const int level : levels)
    headings.push_back({{"number", fmt::format("{}", level)}, {"name", level_name(level)}});
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    nlohmann::json rows = nlohmann::json::array();
    for (const auto* target : group.targets) rows.push_back(row(*target, levels));
    groups.push_back({{"port", group.port},
                      {"profile", group.profile},
                      {"columns", fmt::format("{}", levels.size() + 2)},
                      {"targets", rows}});
  }
  return Section{"Verdicts", {{"levels", headings}, {"groups", groups}}};
}

}  // namespace lsgd
