// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

nlohmann::json gap(int level, const std::string& verdict, const std::string& cases,
                   const std::string& reason) {
  const VerdictLabel label = verdict_label(verdict);
  return {{"level", level_title(level)}, {"key", label.key}, {"symbol", label.symbol},
          {"word", label.word},          {"cases", cases},   {"reason", reason}};
}

void add_levels(const nlohmann::json& target, nlohmann::json& gaps) {
  for (const auto& level : target.at("levels")) {
    const std::string verdict = level.at("verdict");
    const bool short_of_cases = level.at("cases_executed") != level.at("cases_expected");
    if (verdict != "skipped" && verdict != "incomplete" && !short_of_cases) continue;
    gaps.push_back(gap(
        level.at("level"), verdict,
        fmt::format("{} of {} executed", grouped(level.at("cases_executed").get<std::uint64_t>()),
                    grouped(level.at("cases_expected").get<std::uint64_t>())),
        level.at("reason").is_null() ? "" : level.at("reason").get<std::string>()));
  }
}

/// Single cases skipped or refused within a level, summed by level, verdict and reason.
void add_cases(const nlohmann::json& target, nlohmann::json& gaps) {
  std::map<std::tuple<int, std::string, std::string>, std::uint64_t> counts;
  for (const auto& test_case : target.at("cases")) {
    const std::string verdict = test_case.at("verdict");
    if (verdict != "skipped" && verdict != "refused") continue;
    const auto reason = test_case.value("reason", nlohmann::json());
    ++counts[{test_case.at("level"), verdict, reason.is_null() ? "" : reason.get<std::string>()}];
  }
  for (const auto& [key, count] : counts) {
    const auto& [level, verdict, reason] = key;
    gaps.push_back(gap(level, verdict, counted(count, "case") + " " + verdict, reason));
  }
}

/// Parts of the suite that are shorter for the target's pace, those that were run included.
void add_shortened(const nlohmann::json& target, nlohmann::json& gaps) {
  if (!target.contains("shortened")) return;
  for (const std::string part : target.at("shortened")) {
    const std::size_t colon = part.find(": ");
    gaps.push_back({{"level", part.substr(0, colon)},
                    {"key", "skipped"},
                    {"symbol", verdict_label("skipped").symbol},
                    {"word", "shortened"},
                    {"cases", "pace " + target.at("pace").get<std::string>()},
                    {"reason", "run was " + part.substr(colon == part.npos ? 0 : colon + 2)}});
  }
}

/// Who shares a gap: "all 12 targets of float32_c99", or their names where there are few.
std::string sharers(const std::vector<const nlohmann::json*>& targets, const PortGroup& group) {
  constexpr std::size_t most_named = 3;
  if (targets.size() > 1 && targets.size() == group.targets.size())
    return fmt::format("all {} targets of {}", grouped(targets.size()), group.port);
  if (targets.size() > most_named)
    return fmt::format("{} of {} targets of {}", grouped(targets.size()),
                       grouped(group.targets.size()), group.port);
  std::string names;
  for (const auto* target : targets)
    names += (names.empty() ? "" : ", ") + target->at("name").get<std::string>();
  return names;
}

/// A gap and who has it, by port.
struct SharedGap {
  nlohmann::json gap;
  std::vector<std::pair<const PortGroup*, std::vector<const nlohmann::json*>>> ports = {};
  std::size_t targets = 0;
};

std::vector<SharedGap> shared_gaps(const std::vector<PortGroup>& groups) {
  std::vector<SharedGap> shared;
  std::map<nlohmann::json, std::size_t> places;
  for (const PortGroup& group : groups)
    for (const auto* target : group.targets) {
      nlohmann::json gaps = nlohmann::json::array();
      add_shortened(*target, gaps);
      add_levels(*target, gaps);
      add_cases(*target, gaps);
      for (const auto& gap : gaps) {
        const auto [place, is_new] = places.emplace(gap, shared.size());
        if (is_new) shared.push_back({gap});
        SharedGap& own = shared[place->second];
        if (own.ports.empty() || own.ports.back().first != &group)
          own.ports.push_back({&group, {}});
        own.ports.back().second.push_back(target);
        ++own.targets;
      }
    }
  return shared;
}

}  // namespace

std::optional<Section> gaps_section(const nlohmann::json& results) {
  if (results.at("targets").empty()) return std::nullopt;
  const std::vector<PortGroup> groups = port_groups(results);
  const std::size_t all = results.at("targets").size();
  nlohmann::json gaps = nlohmann::json::array();
  const auto add = [&](nlohmann::json gap, const std::string& targets) {
    gap["target"] = targets;
    gaps.push_back(std::move(gap));
  };
  for (const SharedGap& shared : shared_gaps(groups))
    if (all > 1 && shared.targets == all)
      add(shared.gap, fmt::format("all {} targets", grouped(all)));
    else
      for (const auto& [group, targets] : shared.ports) add(shared.gap, sharers(targets, *group));
  return Section{"Not run", {{"gaps", gaps}, {"none", gaps.empty()}}};
}

}  // namespace lsgd
