// SPDX-License-Identifier: Apache-2.0
#include "headline.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "capability_cells.hpp"
#include "number_format.hpp"
#include "port_groups.hpp"
#include "selftest_counts.hpp"
#include "waived_failure.hpp"

namespace lsgd {
namespace {

/// Targets of one pace that ran less than the whole suite, and of what.
struct Shortened {
  std::uint64_t targets = 0;
  std::vector<std::string> parts;  ///< each once
  std::set<std::string> known;     ///< the same
};

struct Counts {
  std::uint64_t targets = 0;
  std::uint64_t executed = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped_levels = 0;
  std::uint64_t targets_with_skipped_levels = 0;
  std::uint64_t skipped_cases = 0;  ///< of levels that were not skipped as a whole
  std::uint64_t targets_with_skipped_cases = 0;
  std::uint64_t refused_cases = 0;
  std::uint64_t targets_with_refused_cases = 0;
  std::uint64_t passed_shortened = 0;
  std::uint64_t targets_that_state_costs = 0;  ///< of files of users, that executed level 4
  std::map<std::string, Shortened> shortened;  ///< by pace
  std::map<std::string, std::uint64_t> verdicts;
};

/// Cases that a target skipped in levels of which it executed others.
std::uint64_t partly_skipped(const nlohmann::json& target) {
  std::uint64_t cases = 0;
  for (const auto& found : target.at("cases")) {
    if (found.at("verdict") != "skipped") continue;
    const auto* level = find_level(target, found.at("level").get<int>());
    cases += level != nullptr && level->at("verdict") != "skipped" ? 1 : 0;
  }
  return cases;
}

void add_shortened(const nlohmann::json& target, Counts& counts) {
  if (!target.contains("shortened") || target.at("shortened").empty()) return;
  counts.passed_shortened += target.at("verdict") == "pass" ? 1 : 0;
  Shortened& shortened = counts.shortened[target.at("pace")];
  ++shortened.targets;
  for (const std::string part : target.at("shortened"))
    if (shortened.known.insert(part).second) shortened.parts.push_back(part);
}

/// What a target costs is counted by its agent: that of a built-in target is ours.
bool states_its_costs(const nlohmann::json& target) {
  const auto* level = find_level(target, 4);
  return target.contains("selector") && level != nullptr && level->at("cases_executed") > 0;
}

Counts count(const nlohmann::json& results) {
  Counts counts;
  for (const auto& target : results.at("targets")) {
    ++counts.targets;
    ++counts.verdicts[verdict_of(results, target)];
    add_shortened(target, counts);
    counts.targets_that_state_costs += states_its_costs(target) ? 1 : 0;
    bool skipped = false;
    for (const auto& level : target.at("levels")) {
      counts.executed += level.at("cases_executed").get<std::uint64_t>();
      counts.failed += level.at("cases_failed").get<std::uint64_t>();
      if (level.at("verdict") != "skipped") continue;
      ++counts.skipped_levels;
      skipped = true;
    }
    if (skipped) ++counts.targets_with_skipped_levels;
    const std::uint64_t cases = partly_skipped(target);
    counts.skipped_cases += cases;
    counts.targets_with_skipped_cases += cases > 0 ? 1 : 0;
    const auto refused = static_cast<std::uint64_t>(std::ranges::count_if(
        target.at("cases"), [](const auto& found) { return found.at("verdict") == "refused"; }));
    counts.refused_cases += refused;
    counts.targets_with_refused_cases += refused > 0 ? 1 : 0;
  }
  return counts;
}

std::string verb(std::uint64_t count, const char* singular, const char* plural) {
  return count == 1 ? singular : plural;
}

/// "2 fail, 1 has a device failure, 1 is incomplete", as far as each occurs.
std::string not_passing(const Counts& counts) {
  std::string text;
  const auto add = [&](const char* verdict, const char* singular, const char* plural) {
    const auto found = counts.verdicts.find(verdict);
    if (found == counts.verdicts.end()) return;
    if (!text.empty()) text += ", ";
    text += grouped(found->second) + " " + verb(found->second, singular, plural);
  };
  add("waived", "passes with waivers alone", "pass with waivers alone");
  add("fail", "fails", "fail");
  add("device_failure", "has a device failure", "have device failures");
  add("incomplete", "is incomplete", "are incomplete");
  return text;
}

/// "Pass with 2 waivers, on 1 of 3 targets"
std::string waived_title(const Counts& counts, const nlohmann::json& results) {
  const std::string verdict = results.at("verdict");
  return fmt::format("P{}{}", verdict.substr(1),
                     counts.targets == 1 ? ""
                                         : fmt::format(", on {} of {} targets",
                                                       grouped(counts.verdicts.at("waived")),
                                                       grouped(counts.targets)));
}

std::string title(const Counts& counts, const std::string& verdict) {
  if (counts.targets == 1) {
    if (verdict == "pass")
      return counts.passed_shortened == 0 ? "The target passes"
                                          : "The target passes a shortened suite";
    if (verdict == "fail") return "The target fails";
    return verdict == "incomplete" ? "The run is incomplete" : "The device failed";
  }
  if (verdict == "pass")
    return fmt::format(
        "All {} targets pass{}", grouped(counts.targets),
        counts.passed_shortened == 0
            ? ""
            : fmt::format(", {} of them a shortened suite", grouped(counts.passed_shortened)));
  const auto passed = counts.verdicts.find("pass");
  if (passed == counts.verdicts.end())
    return fmt::format("None of {} targets passes", grouped(counts.targets));
  return fmt::format("{} of {} targets {} not pass", grouped(counts.targets - passed->second),
                     grouped(counts.targets), verb(counts.targets - passed->second, "does", "do"));
}

std::string what_ran(const Counts& counts, const nlohmann::json& suite) {
  return fmt::format("The {} suite ran {} of {} on {}; {}.", suite.at("name").get<std::string>(),
                     grouped(counts.executed),
                     counted(suite.at("cases_expected").get<std::uint64_t>(), "case"),
                     counted(counts.targets, "target"),
                     counts.failed == 0 ? "none failed" : grouped(counts.failed) + " failed");
}

/// A self-test keeps no case that was skipped.
std::string what_was_skipped(const Counts& counts, bool is_selftest) {
  if (counts.skipped_levels == 0 && counts.skipped_cases == 0 && counts.refused_cases == 0)
    return is_selftest ? "No level was skipped." : "Nothing was skipped.";
  std::string text;
  if (counts.skipped_levels > 0)
    text = fmt::format("{} {} skipped, on {}", counted(counts.skipped_levels, "level"),
                       verb(counts.skipped_levels, "was", "were"),
                       counted(counts.targets_with_skipped_levels, "target"));
  if (counts.skipped_cases > 0)
    text += fmt::format("{}{} of levels that ran {} skipped, on {}", text.empty() ? "" : "; ",
                        counted(counts.skipped_cases, "case"),
                        verb(counts.skipped_cases, "was", "were"),
                        counted(counts.targets_with_skipped_cases, "target"));
  if (counts.refused_cases > 0)
    text += fmt::format("{}{} {} refused, for their networks, on {}", text.empty() ? "" : "; ",
                        counted(counts.refused_cases, "case"),
                        verb(counts.refused_cases, "was", "were"),
                        counted(counts.targets_with_refused_cases, "target"));
  const bool has_skipped = counts.skipped_levels + counts.skipped_cases > 0;
  return fmt::format("{}: nothing is claimed for what was {}{}.", text,
                     has_skipped ? "skipped" : "refused",
                     has_skipped && counts.refused_cases > 0 ? " or refused" : "");
}

/// What targets that are not fast left out of the suite: one reason for all paces.
std::vector<Reason> what_was_shortened(const Counts& counts) {
  if (counts.shortened.empty()) return {};
  std::uint64_t targets = 0;
  std::string paces;
  std::vector<std::string> parts;
  const bool are_many = counts.shortened.size() > 1;
  for (const auto& [pace, shortened] : counts.shortened) {
    targets += shortened.targets;
    paces += fmt::format("{}{}{}", paces.empty() ? "" : ", ",
                         are_many ? grouped(shortened.targets) + " " : "", pace);
    for (const std::string& part : shortened.parts)
      parts.push_back(are_many ? fmt::format("pace {}, {}", pace, part) : part);
  }
  const std::string who = are_many ? fmt::format("{} ran less of the suite for their pace: {}.",
                                                 counted(targets, "target"), paces)
                                   : fmt::format("{} of pace {} ran less of the suite.",
                                                 counted(targets, "target"), paces);
  return {{who + " A run of --suite full, which is as long for every pace, is enough for "
                 "conformance.",
           parts}};
}

/// What targets state that they can do, and no case of the run has shown.
std::vector<Reason> what_was_not_tested(const nlohmann::json& results) {
  std::map<std::string, std::uint64_t> targets;
  for (const auto& target : results.at("targets"))
    if (const std::string names = untested_capabilities(target); !names.empty()) ++targets[names];
  std::vector<Reason> reasons;
  for (const auto& [names, count] : targets)
    reasons.push_back(
        {fmt::format("Stated and not tested by this run, on {}:", counted(count, "target")),
         {names}});
  return reasons;
}

/// How many targets may claim it, whole and shortened suites apart.
std::string what_may_be_claimed(const Counts& counts, const nlohmann::json& results) {
  const auto& suite = results.at("suite");
  if (!suite.at("conformance").get<bool>())
    return fmt::format("This run is not enough to claim conformance{}.",
                       suite.contains("not_enough") && !suite.at("not_enough").is_null()
                           ? ": " + suite.at("not_enough").get<std::string>()
                           : "");
  const auto passed = counts.verdicts.find("pass");
  if (passed == counts.verdicts.end()) return "No target may claim conformance.";
  const std::uint64_t whole = passed->second - counts.passed_shortened;
  std::string text;
  if (whole > 0)
    text = fmt::format("{} may claim conformance to specification {}",
                       whole == counts.targets && counts.targets > 1
                           ? fmt::format("All {} targets", grouped(counts.targets))
                           : counted(whole, "target"),
                       results.at("tool").at("specification").get<std::string>());
  if (counts.passed_shortened > 0)
    text += fmt::format("{}{} may claim no more than the shortened suite", whole > 0 ? "; " : "",
                        counted(counts.passed_shortened, "target"));
  return text + ".";
}

/// What whoever reads a claim should know of it.
std::vector<Reason> what_a_claim_means(const Counts& counts, const nlohmann::json& suite) {
  if (!suite.at("conformance").get<bool>() || !counts.verdicts.contains("pass")) return {};
  std::vector<Reason> reasons{
      {"A claim is for the arithmetic that a target declares, and for the levels that are shown "
       "as passed."},
      {fmt::format("Whoever doubts it runs other drawn cases: these are of seed {}, and a right "
                   "port passes those of any.",
                   suite.at("seed").dump())}};
  if (counts.targets_that_state_costs > 0)
    reasons.push_back(
        {fmt::format("Cycles, instructions, stack and heap of {} are claimed: the device counted "
                     "them, and budgets on them rest on its word. Code and static memory were "
                     "measured.",
                     counted(counts.targets_that_state_costs, "target"))});
  return reasons;
}

/// A self-test that missed mutants fails although every target, all of them legal, passes.
void add_selftest(const nlohmann::json& selftest, Headline& headline) {
  headline.sentences.insert(headline.sentences.begin(), selftest_sentence(selftest));
  if (selftest.at("verdict") == "pass" || headline.verdict != "pass") return;
  headline.verdict = "fail";
  headline.title = "The self-test fails";
}

}  // namespace

Headline headline(const nlohmann::json& results) {
  const Counts counts = count(results);
  const auto& suite = results.at("suite");
  if (counts.executed == 0 && suite.at("shard").is_null())
    return {
        "fail",
        "No case was run",
        {fmt::format("The {} suite executed no case on {}, which is a failure: nothing was shown.",
                     suite.at("name").get<std::string>(), counted(counts.targets, "target")),
         "No target may claim conformance."}};
  Headline headline{"pass",
                    "",
                    {what_ran(counts, suite), what_may_be_claimed(counts, results)},
                    {{what_was_skipped(counts, results.contains("selftest"))}}};
  for (const char* verdict : {"waived", "incomplete", "device_failure", "fail"})
    if (counts.verdicts.contains(verdict)) headline.verdict = verdict;
  headline.title = headline.verdict == "waived" ? waived_title(counts, results)
                                                : title(counts, headline.verdict);
  // Nothing is known of the other parts, nor of what is judged from all of them.
  const bool has_all = counts.executed == suite.at("cases_expected").get<std::uint64_t>();
  if (!suite.at("shard").is_null() &&
      (headline.verdict == "pass" || (headline.verdict == "incomplete" && has_all))) {
    headline.verdict = "incomplete";
    headline.title = fmt::format("Shard {} of a run, in which nothing failed",
                                 suite.at("shard").get<std::string>());
  } else if (headline.verdict != "pass")
    headline.sentences.insert(
        headline.sentences.begin(),
        fmt::format("Of {}, {}.", counted(counts.targets, "target"), not_passing(counts)));
  const auto add = [&](std::vector<Reason> reasons) {
    std::ranges::move(reasons, std::back_inserter(headline.reasons));
  };
  add(what_was_shortened(counts));
  if (suite.at("shard").is_null()) add(what_was_not_tested(results));
  if (const auto resumed = results.at("totals").value("cases_resumed", std::uint64_t{0});
      resumed > 0)
    add({{fmt::format("{} {} taken from an earlier run (--resume).", counted(resumed, "case"),
                      verb(resumed, "was", "were"))}});
  add(what_a_claim_means(counts, suite));
  if (results.contains("waivers"))
    add({{fmt::format("{} held on {}; a target that passes with waivers may claim no conformance.",
                      counted(results.at("waivers").at("entries").size(), "waiver"),
                      results.at("waivers").at("today").get<std::string>())}});
  if (results.contains("selftest")) add_selftest(results.at("selftest"), headline);
  if (results.contains("recorded_selftest"))
    add({{selftest_sentence(results.at("recorded_selftest"))}});
  return headline;
}

}  // namespace lsgd
