// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <map>
#include <utility>

#include "number_format.hpp"
#include "section.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

nlohmann::json gap(const nlohmann::json& target, int level, const std::string& verdict,
                   const std::string& cases, const std::string& reason) {
  const VerdictLabel label = verdict_label(verdict);
  return {{"target", target.at("name")},
          {"level", level_title(level)},
          {"key", label.key},
          {"symbol", label.symbol},
          {"word", label.word},
          {"cases", cases},
          {"reason", reason}};
}

void add_levels(const nlohmann::json& target, nlohmann::json& gaps) {
  for (const auto& level : target.at("levels")) {
    const std::string verdict = level.at("verdict");
    const bool short_of_cases = level.at("cases_executed") != level.at("cases_expected");
    if (verdict != "skipped" && verdict != "incomplete" && !short_of_cases) continue;
    gaps.push_back(gap(
        target, level.at("level"), verdict,
        fmt::format("{} of {} executed", grouped(level.at("cases_executed").get<std::uint64_t>()),
                    grouped(level.at("cases_expected").get<std::uint64_t>())),
        level.at("reason").is_null() ? "" : level.at("reason").get<std::string>()));
  }
}

/// Single cases skipped within a level, summed by level and reason.
void add_cases(const nlohmann::json& target, nlohmann::json& gaps) {
  std::map<std::pair<int, std::string>, std::uint64_t> counts;
  for (const auto& test_case : target.at("cases")) {
    if (test_case.at("verdict") != "skipped") continue;
    const auto reason = test_case.value("reason", nlohmann::json());
    ++counts[{test_case.at("level"), reason.is_null() ? "" : reason.get<std::string>()}];
  }
  for (const auto& [key, count] : counts)
    gaps.push_back(
        gap(target, key.first, "skipped", counted(count, "case") + " skipped", key.second));
}

/// What is the same for all targets, as in a run of one level, is one row.
nlohmann::json shared_by_all(const nlohmann::json& gaps, std::size_t targets) {
  const auto without_target = [](nlohmann::json gap) {
    gap.erase("target");
    return gap;
  };
  std::map<nlohmann::json, std::size_t> occurrences;
  for (const auto& gap : gaps) ++occurrences[without_target(gap)];
  nlohmann::json rows = nlohmann::json::array();
  for (auto gap : gaps) {
    std::size_t& left = occurrences.at(without_target(gap));
    if (left == 0) continue;
    if (targets > 1 && left == targets) {
      gap["target"] = fmt::format("all {} targets", grouped(targets));
      left = 0;
    }
    rows.push_back(std::move(gap));
  }
  return rows;
}

}  // namespace

std::optional<Section> gaps_section(const nlohmann::json& results) {
  if (results.at("targets").empty()) return std::nullopt;
  nlohmann::json gaps = nlohmann::json::array();
  for (const auto& target : results.at("targets")) {
    add_levels(target, gaps);
    add_cases(target, gaps);
  }
  gaps = shared_by_all(gaps, results.at("targets").size());
  return Section{"Not run", {{"gaps", gaps}, {"none", gaps.empty()}}};
}

}  // namespace lsgd
