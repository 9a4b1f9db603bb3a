// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"
#include "target_anchor.hpp"
#include "verdict_label.hpp"
#include "waived_failure.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

/// Marks of a cell: more say less than their counts.
constexpr std::size_t most_marks = 12;

/// Ports whose levels are listed without a click.
constexpr std::size_t most_targets_open = 8;

Json cell(const std::string& verdict, const std::string& detail) {
  const VerdictLabel label = verdict_label(verdict);
  return {{"key", label.key}, {"symbol", label.symbol}, {"word", label.word}, {"detail", detail}};
}

std::string case_counts(const Json& level) {
  const auto expected = level.at("cases_expected").get<std::uint64_t>();
  const auto executed = level.at("cases_executed").get<std::uint64_t>();
  const auto failed = level.at("cases_failed").get<std::uint64_t>();
  if (level.at("verdict") == "skipped") return counted(expected, "case");
  if (failed > 0) return fmt::format("{} of {} fail", grouped(failed), counted(executed, "case"));
  return executed == expected
             ? counted(executed, "case")
             : fmt::format("{} of {}", grouped(executed), counted(expected, "case"));
}

Json row(const Json& results, const Json& target, const std::vector<int>& levels) {
  Json cells = Json::array();
  for (const int number : levels) {
    const Json* level = find_level(target, number);
    cells.push_back(level ? cell(level->at("verdict"), case_counts(*level))
                          : Json{{"key", nullptr}});
  }
  const bool is_shortened = target.contains("shortened") && !target.at("shortened").empty();
  return {
      {"name", target.at("name")},
      {"anchor", target_anchor(target)},
      {"verdict",
       Json::array({cell(verdict_of(results, target),
                         is_shortened ? "of a shortened suite" : waivers_text(results, target))})},
      {"cells", cells}};
}

/// Targets of one port on one platform: a mark for each variant, or how many of each verdict.
Json marks(const Json& results, const std::vector<const Json*>& targets) {
  Json marks = Json::array();
  if (targets.size() <= most_marks) {
    for (const Json* target : targets) {
      Json mark = cell(verdict_of(results, *target), target->at("name"));
      mark["anchor"] = target_anchor(*target);
      marks.push_back(std::move(mark));
    }
    return marks;
  }
  std::map<std::string, std::pair<std::size_t, const Json*>> counts;
  for (const Json* target : targets) {
    auto& [count, first] = counts[verdict_of(results, *target)];
    if (count++ == 0) first = target;
  }
  for (const auto& [verdict, found] : counts) {
    Json mark = cell(verdict, counted(found.first, "target"));
    mark["count"] = grouped(found.first);
    mark["anchor"] = target_anchor(*found.second);
    marks.push_back(std::move(mark));
  }
  return marks;
}

/// Platforms in the order in which targets name them.
std::vector<std::string> platforms_of(const Json& results) {
  std::vector<std::string> platforms;
  std::map<std::string, bool> known;
  for (const auto& target : results.at("targets"))
    if (known.emplace(target.at("platform"), true).second)
      platforms.push_back(target.at("platform"));
  return platforms;
}

Json matrix_row(const Json& results, const PortGroup& group,
                const std::vector<std::string>& platforms) {
  std::map<std::string, std::vector<const Json*>> targets;
  for (const Json* target : group.targets) targets[target->at("platform")].push_back(target);
  Json cells = Json::array();
  for (const std::string& platform : platforms)
    cells.push_back({{"marks", marks(results, targets[platform])}});
  return {{"port", group.port}, {"arithmetic", group.arithmetic}, {"cells", std::move(cells)}};
}

/// "12 targets, all pass" or "12 targets: 10 pass, 2 fail".
std::string outcome_of(const Json& results, const PortGroup& group) {
  std::map<std::string, std::uint64_t> verdicts;
  for (const Json* target : group.targets) ++verdicts[verdict_of(results, *target)];
  const std::string targets = counted(group.targets.size(), "target");
  if (verdicts.size() == 1)
    return fmt::format("{}{}{}", targets, group.targets.size() == 1 ? ": " : ", all ",
                       verdict_label(verdicts.begin()->first).word);
  std::string text = targets + ":";
  for (const auto& [verdict, count] : verdicts)
    text += fmt::format("{} {} {}", text.ends_with(':') ? "" : ",", grouped(count),
                        verdict_label(verdict).word);
  return text;
}

/// A name in the parts between which a heading may break.
Json broken_at_underscores(const std::string& name) {
  Json parts = Json::array();
  for (std::size_t first = 0, next = 0; first < name.size(); first = next) {
    next = std::min(name.find('_', first), name.size() - 1) + 1;
    parts.push_back(name.substr(first, next - first));
  }
  return {{"parts", std::move(parts)}};
}

}  // namespace

std::optional<Section> verdicts_section(const Json& results) {
  if (results.at("targets").empty()) return std::nullopt;
  const auto levels = levels_of(results);
  const auto platforms = platforms_of(results);
  Json headings = Json::array(), columns = Json::array();
  for (const std::string& platform : platforms) columns.push_back(broken_at_underscores(platform));
  for (const int level : levels)
    headings.push_back({{"number", fmt::format("{}", level)}, {"name", level_name(level)}});
  const bool open = results.at("targets").size() <= most_targets_open;
  Json rows = Json::array(), groups = Json::array();
  for (const PortGroup& group : port_groups(results)) {
    rows.push_back(matrix_row(results, group, platforms));
    Json targets = Json::array();
    for (const auto* target : group.targets) targets.push_back(row(results, *target, levels));
    groups.push_back({{"port", group.port},
                      {"arithmetic", group.arithmetic},
                      {"outcome", outcome_of(results, group)},
                      {"open", open || !all_pass(group)},
                      {"targets", std::move(targets)}});
  }
  return Section{"Verdicts",
                 {{"platforms", std::move(columns)},
                  {"matrix", std::move(rows)},
                  {"levels", headings},
                  {"groups", std::move(groups)}}};
}

}  // namespace lsgd
