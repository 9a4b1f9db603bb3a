// SPDX-License-Identifier: Apache-2.0
#include "run/run_summary.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "description/capabilities.hpp"
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
    if (target.contains("explanation") && target.at("explanation").at("failing") > 0) {
      const Json& explanation = target.at("explanation");
      text += fmt::format(
          "{} {}", target.at("name").get<std::string>(),
          first_hypothesis_text(explanation,
                                target.value("selector", target.at("name").get<std::string>())));
      if (const auto replayed = explanation.at("failing").get<std::size_t>(); replayed < failures)
        text += fmt::format(
            "  {} of the {} failed cases show no step, operation or heap, and count for nothing "
            "there\n",
            failures - replayed, failures);
    }
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

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Of a kind of capability the names in this state, of those that are stated or, where `is_stated`
/// says so, are not.
std::string names_in_state(const Json& capabilities, std::string_view key, std::string_view state,
                           bool is_stated) {
  const Json& stated = capabilities.at("stated");
  std::vector<std::string> names;
  for (const auto& [name, found] : capabilities.at("found").at(std::string(key)).items()) {
    const bool has =
        !stated.is_null() && std::ranges::count(stated.at(std::string(key)), Json(name)) > 0;
    if (found == state && has == is_stated) names.push_back(name);
  }
  return joined(names);
}

/// What targets state and no case has tested, each once.
std::string untested_text(const Json& results) {
  std::map<std::string, std::vector<std::string>> targets;
  for (const Json& target : results.at("targets")) {
    if (!target.contains("capabilities")) continue;
    std::vector<std::string> kinds;
    for (const CapabilityKind& kind : capability_kinds)
      if (const std::string names =
              names_in_state(target.at("capabilities"), kind.key, "untested", true);
          !names.empty())
        kinds.push_back(fmt::format("{} {}", kind.key, names));
    if (!kinds.empty())
      targets[fmt::format("{}", fmt::join(kinds, "; "))].push_back(target.at("name"));
  }
  std::string text;
  for (const auto& [kinds, names] : targets)
    text += fmt::format("stated and not tested by this run, of {}: {}\n",
                        names.size() == 1 ? names.front() : fmt::format("{} targets", names.size()),
                        kinds);
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

/// "43 cases", or of what the progress of a run counted, "43 of 52 cases run, 9 skipped".
std::string executed_text(const Json& results) {
  const std::size_t executed = results.at("totals").at("cases");
  std::size_t all = 0;
  for (const Json& target : results.at("targets")) all += target.at("cases").size();
  if (all <= executed) return fmt::format("{} cases", executed);
  return fmt::format("{} of {} cases run, {} skipped", executed, all, all - executed);
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

std::string capabilities_table(const nlohmann::ordered_json& results) {
  std::vector<std::pair<std::string, std::vector<std::string>>> tables;
  for (const Json& target : results.at("targets")) {
    if (!target.contains("capabilities")) continue;
    const Json& capabilities = target.at("capabilities");
    const bool is_stated = !capabilities.at("stated").is_null();
    std::string rows;
    for (const CapabilityKind& kind : capability_kinds) {
      std::vector<std::string> parts;
      const auto add = [&](const char* words, const std::string& names) {
        if (!names.empty()) parts.push_back(fmt::format("{} {}", words, names));
      };
      const auto of = [&](const char* state, bool stated) {
        return names_in_state(capabilities, kind.key, state, stated);
      };
      add("tested", of("tested", is_stated));
      add("not tested", of("untested", is_stated));
      add("lacks", of("refused", false));
      if (is_stated) {
        add("NOT AS STATED: refused", of("refused", true));
        add("NOT AS STATED: has", of("tested", false));
      }
      rows += fmt::format("  {:12} {}\n", kind.key, parts.empty() ? "none" : joined(parts));
    }
    std::string shapes = "unknown";
    if (const Json& room = capabilities.at("capacities"); !room.is_null())
      shapes = fmt::format(
          "up to {} layers, {} inputs, {} outputs of a layer, {} of all layers, {} parameters",
          room.at("layers").dump(), room.at("inputs").dump(), room.at("width").dump(),
          room.at("activations").dump(), room.at("parameters").dump());
    std::vector<std::string> networks;
    if (target.contains("networks"))
      for (const Json& network : target.at("networks"))
        networks.push_back(fmt::format("{} {} {}", network.at("sizes").get<std::string>(),
                                       network.at("activations").get<std::string>(),
                                       network.at("loss").get<std::string>()));
    if (!networks.empty()) shapes = joined(networks);
    std::string text =
        fmt::format("  {:12} {}\n  {:12} {}\n{}", "profile",
                    target.at("profile").get<std::string>(), "networks", shapes, rows);
    text = (is_stated ? ", as its target file states:\n"
                      : ", where its target file states nothing:\n") +
           text;
    auto found = tables.begin();
    while (found != tables.end() && found->first != text) ++found;
    if (found == tables.end())
      found = tables.emplace(found, std::move(text), std::vector<std::string>());
    found->second.push_back(target.at("name"));
  }
  std::string all;
  for (const auto& [text, names] : tables)
    all += fmt::format("capabilities of {}{}", joined(names), text);
  return all;
}

std::string run_summary(const nlohmann::ordered_json& results) {
  const Json& totals = results.at("totals");
  const Json& suite = results.at("suite");
  std::string text = results.contains("verdict") ? results.at("verdict").get<std::string>() + "\n\n"
                                                 : std::string();
  text += failures_text(results) + table_text(results) + resources_text(results) +
          reasons_text(results) + shortened_text(results);
  if (suite.at("shard").is_null()) text += untested_text(results);
  if (!suite.at("shard").is_null())
    text += fmt::format("This is shard {} of a run, and says nothing of the whole: `merge` does.\n",
                        suite.at("shard").get<std::string>());
  text +=
      fmt::format("suite {}, seed {}: {} of {} targets passed{}, {}\n",
                  suite.at("name").get<std::string>(), suite.at("seed").dump(),
                  totals.at("passed").get<std::size_t>(), totals.at("targets").get<std::size_t>(),
                  suite.at("shard").is_null() ? "" : " this part", executed_text(results));
  if (!suite.at("conformance").get<bool>())
    text += "This run is not enough to claim conformance, whatever its outcome.\n";
  else if (results.contains("waivers") && !results.at("waivers").at("targets").empty())
    text += "A target that passes with waivers may claim no conformance.\n";
  return text;
}

}  // namespace lsgd
