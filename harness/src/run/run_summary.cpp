// SPDX-License-Identifier: Apache-2.0
#include "run/run_summary.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "explanation/explanation_json.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

// More would bury the table; the report has them all.
constexpr std::size_t failures_shown_per_target = 5;

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string place_text(const Json& failure) {
  std::string place;
  for (const char* key : {"step", "layer", "tensor", "neuron", "index"})
    if (!failure.at(key).is_null())
      place += fmt::format("{}{} {}", place.empty() ? "" : ", ", key, value_text(failure.at(key)));
  return place;
}

std::string failure_text(const Json& target, const Json& failed) {
  const Json& failure = failed.at("failure");
  std::string text =
      fmt::format("{} of {} on {}: {}: {}\n", failed.at("verdict").get<std::string>(),
                  target.at("port").get<std::string>(), target.at("platform").get<std::string>(),
                  failed.at("id").get<std::string>(), failure.at("message").get<std::string>());
  return text + failure_lines(failure);
}

std::string failures_text(const Json& results) {
  std::string text;
  for (const Json& target : results.at("targets")) {
    std::size_t failures = 0;
    for (const Json& finished : target.at("cases"))
      if (!finished.at("failure").is_null() && failures++ < failures_shown_per_target)
        text += failure_text(target, finished);
    if (target.contains("explanation") && target.at("explanation").at("failing") > 0)
      text += fmt::format("{} behaves {}", target.at("name").get<std::string>(),
                          first_hypothesis_text(target.at("explanation")));
    if (failures > failures_shown_per_target)
      text +=
          fmt::format("... and {} more failed cases on {}\n", failures - failures_shown_per_target,
                      target.at("name").get<std::string>());
  }
  return text.empty() ? text : text + '\n';
}

/// "pass 20/20", or of 20 cases "fail, 1 of 20".
std::string level_cell(const Json& target, int number) {
  for (const Json& level : target.at("levels")) {
    if (level.at("level") != number) continue;
    const std::string verdict = level.at("verdict");
    const auto failed = level.at("cases_failed").get<std::size_t>();
    const auto executed = level.at("cases_executed").get<std::size_t>();
    return failed > 0 ? fmt::format("{}, {} of {}", verdict, failed, executed)
                      : fmt::format("{} {}/{}", verdict, executed,
                                    level.at("cases_expected").get<std::size_t>());
  }
  return "-";
}

std::set<int> levels_of(const Json& results) {
  std::set<int> levels;
  for (const Json& target : results.at("targets"))
    for (const Json& level : target.at("levels")) levels.insert(level.at("level").get<int>());
  return levels;
}

std::size_t longest_target_name(const Json& results) {
  std::size_t width = 6;
  for (const Json& target : results.at("targets"))
    width = std::max(width, target.at("name").get<std::string>().size());
  return width;
}

/// "pass with 2 waivers" of a target all of whose failures are waived.
std::string verdict_text(const Json& results, const Json& target) {
  if (results.contains("waivers"))
    for (const Json& waived : results.at("waivers").at("targets"))
      if (waived.at("name") == target.at("name")) {
        const auto count = waived.at("waivers").get<std::size_t>();
        return fmt::format("pass with {} waiver{}", count, count == 1 ? "" : "s");
      }
  return target.at("verdict");
}

std::string table_text(const Json& results) {
  const std::set<int> levels = levels_of(results);
  const std::size_t width = longest_target_name(results);
  std::string text = fmt::format("{:{}}", "target", width);
  for (const int level : levels) text += fmt::format("  {:22}", fmt::format("level {}", level));
  text += "  verdict\n";
  for (const Json& target : results.at("targets")) {
    text += fmt::format("{:{}}", target.at("name").get<std::string>(), width);
    for (const int level : levels) text += fmt::format("  {:22}", level_cell(target, level));
    text += fmt::format("  {}\n", verdict_text(results, target));
  }
  return text;
}

std::string count_text(const Json& count) { return count.is_null() ? "unknown" : count.dump(); }

/// What level 4 measured on the targets that count anything: a line per target and network.
std::string resources_text(const Json& results) {
  const std::size_t width = longest_target_name(results);
  std::string text;
  for (const Json& target : results.at("targets"))
    for (const Json& finished : target.at("cases")) {
      if (!finished.contains("resources")) continue;
      const Json& resources = finished.at("resources");
      const Json& step = resources.at("step");
      const Json& cycles = step.at("cycles_median");
      const Json& instructions = step.at("instructions_median");
      if (cycles.is_null() && instructions.is_null()) continue;
      text +=
          fmt::format("{:{}}  {:16}  {:>14}  {:>19}  {:>8}\n", target.at("name").get<std::string>(),
                      width, resources.at("network").get<std::string>(), count_text(cycles),
                      count_text(instructions), count_text(resources.at("stack_bytes")));
    }
  if (text.empty()) return text;
  return fmt::format("\n{:{}}  {:16}  {:>14}  {:>19}  {:>8}\n", "target", width, "network",
                     "cycles / step", "instructions / step", "stack") +
         text + '\n';
}

/// Why levels or cases were not executed, each reason once.
std::string reasons_text(const Json& results) {
  std::string text;
  std::set<std::string> seen;
  for (const Json& target : results.at("targets"))
    for (const Json& level : target.at("levels")) {
      if (level.at("reason").is_null()) continue;
      const std::string reason =
          fmt::format("level {} of {}: {}\n", level.at("level").get<int>(),
                      target.at("port").get<std::string>(), level.at("reason").get<std::string>());
      if (seen.insert(reason).second) text += reason;
    }
  return text;
}

/// What targets of a pace ran of the suite where it was not all, each part once.
std::string shortened_text(const Json& results) {
  std::map<std::string, std::vector<std::string>> parts;
  std::map<std::string, std::size_t> targets;
  for (const Json& target : results.at("targets")) {
    if (target.at("shortened").empty()) continue;
    const std::string pace = target.at("pace");
    ++targets[pace];
    for (const std::string part : target.at("shortened"))
      if (std::ranges::count(parts[pace], part) == 0) parts[pace].push_back(part);
  }
  std::string text;
  for (const auto& [pace, found] : parts)
    text += fmt::format("suite shortened for targets of pace {} ({}), which ran of {}\n", pace,
                        targets.at(pace), fmt::join(found, "; of "));
  return text;
}

}  // namespace

std::string failure_lines(const nlohmann::ordered_json& failure) {
  std::string text;
  if (const std::string place = place_text(failure); !place.empty())
    text += fmt::format("  at        {}\n", place);
  for (const char* key : {"expected", "got", "tolerance"})
    if (!failure.at(key).is_null())
      text += fmt::format("  {:9} {}\n", key, value_text(failure.at(key)));
  return text + fmt::format("  {:9} {}\n", "repeat", failure.at("repeat").get<std::string>());
}

std::string run_summary(const nlohmann::ordered_json& results) {
  const Json& totals = results.at("totals");
  const Json& suite = results.at("suite");
  std::string text = results.contains("verdict") ? results.at("verdict").get<std::string>() + "\n\n"
                                                 : std::string();
  text += failures_text(results) + table_text(results) + resources_text(results) +
          reasons_text(results) + shortened_text(results);
  if (!suite.at("shard").is_null())
    text += fmt::format("This is shard {} of a run, and says nothing of the whole: `merge` does.\n",
                        suite.at("shard").get<std::string>());
  text += fmt::format(
      "suite {}, seed {}: {} of {} targets passed{}, {} cases\n",
      suite.at("name").get<std::string>(), suite.at("seed").dump(),
      totals.at("passed").get<std::size_t>(), totals.at("targets").get<std::size_t>(),
      suite.at("shard").is_null() ? "" : " this part", totals.at("cases").get<std::size_t>());
  if (!suite.at("conformance").get<bool>())
    text += "This run is not enough to claim conformance, whatever its outcome.\n";
  else if (results.contains("waivers") && !results.at("waivers").at("targets").empty())
    text += "A target that passes with waivers may claim no conformance.\n";
  return text;
}

}  // namespace lsgd
