// SPDX-License-Identifier: Apache-2.0
#include "run/target_run.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "cost/judge_budget.hpp"
#include "data/network_text.hpp"
#include "device/core_binding.hpp"
#include "device/device_error.hpp"
#include "explanation/watched_training.hpp"
#include "files/sha256.hpp"
#include "levels/stand_in.hpp"
#include "result/repeat_command.hpp"
#include "run/case_runner.hpp"
#include "run/command_files.hpp"
#include "run/shown_capabilities.hpp"

namespace lsgd {
namespace {

// A dead device costs two time-outs per case; after this many cases it will not come back.
constexpr int failures_in_a_row_limit = 5;

std::string_view caller_in(const TargetPlan& plan) {
  return plan.recorded != nullptr ? plan.recorded->caller : called_name();
}

// What results depend on besides what the device is. The ELF files are judged against budgets.
std::string digest_of(const TargetPlan& plan, const std::vector<UsedFile>& command) {
  const auto& [port, agent] = plan.target.elf;
  std::string files;
  for (const auto& file : {port, agent}) files += file ? sha256_of_file(*file) : "none";
  for (const Footprint& footprint : plan.target.footprints)
    files += footprint.network + sha256_of_file(footprint.object);
  for (const UsedFile& used : command) files += fmt::format("\n{}  {}", used.sha256, used.name);
  return sha256_of(
      fmt::format("{}\n{}\n{}\n{}", plan.key, plan.target.selector, plan.target.digest, files));
}

// A result may be taken from the journal only for a device that states the same of itself, down to
// its build identity, and so has to answer first.
std::optional<std::string> journal_key(const std::string& digest, const Device& device) {
  const std::vector<std::uint8_t> statement = device.statement();
  if (statement.empty()) return std::nullopt;
  return sha256_of(digest + std::string(statement.begin(), statement.end()));
}

void start_for_its_statement(Device& device) {
  try {
    device.session();
  } catch (const DeviceError&) {  // told again, by every case
  }
}

bool has_verdict(const FinishedCase& finished, Verdict verdict) {
  return finished.json.at("verdict") == name_of(verdict);
}

bool has_failed(const FinishedCase& finished) { return !finished.json.at("failure").is_null(); }

FinishedCase finish(const TargetPlan& plan, const ConformanceCase& conformance_case,
                    const CaseResult& result, std::string_view caller) {
  const std::string repeat =
      repeat_command(plan.suite, plan.target.selector, conformance_case.id, plan.seed, caller);
  FinishedCase finished{case_json(result, conformance_case.id, conformance_case.clause,
                                  conformance_case.level, repeat),
                        result.stack_bytes,
                        result.heap_bytes,
                        {}};
  if (result.resources)
    finished.json["resources"]["refused_from"] =
        refused_from(plan.target, result.resources->network);
  for (const NetworkAnswer& answer : result.network_answers)
    finished.support.add(answer, *plan.target.profile);
  if (!plan.target.capabilities || result.failure) return finished;
  if (auto reason = capability_contradiction(*plan.target.capabilities,
                                             shown_capabilities(finished.json, finished.support))) {
    CaseResult failed;
    failed.verdict = Verdict::fail;
    failed.resources = result.resources;
    failed.failure.emplace().message = *std::move(reason);
    finished.json = case_json(failed, conformance_case.id, conformance_case.clause,
                              conformance_case.level, repeat);
  }
  return finished;
}

/// A case of an interrupted run, judged again from what the device answered in it; nothing where it
/// is not in the journal. Throws InputError where the journal says otherwise.
std::optional<FinishedCase> resume(const TargetPlan& plan, const ConformanceCase& conformance_case,
                                   const Device& device, const std::string& key,
                                   const Journal& journal, ShownSteps* shown) {
  auto entry = journal.find(key, conformance_case.id);
  if (!entry) return std::nullopt;
  FinishedCase finished;
  try {
    CaseResult found = judge_again(conformance_case, plan.target, device.statement(),
                                   std::move(entry->answers), shown);
    judge_budget(plan.target, found);
    // Whoever goes on may call the program by its other name.
    const auto judged = nlohmann::json::parse(entry->judged);
    const nlohmann::json& failure = judged.at("failure");
    finished =
        finish(plan, conformance_case, found,
               failure.is_null() ? called_name()
                                 : caller_of(failure.at("repeat").get_ref<const std::string&>()));
  } catch (const std::exception& error) {
    journal.refuse(entry->line, fmt::format("the answers of a device to {}, not such that {}",
                                            conformance_case.id, error.what()));
  }
  if (Journal::text(finished.json) != entry->judged)
    journal.refuse(
        entry->line,
        fmt::format("what the answers of the device to {} give, which is {}", conformance_case.id,
                    finished.json.at("verdict").get<std::string>()));
  return finished;
}

/// What a target file says of the shapes that its device takes.
std::string shapes_declared(const Target& target) {
  if (target.networks.empty())
    return "its target file names no shapes; a port of fixed shapes names them in [[network]]";
  std::vector<std::string> networks;
  for (const Network& network : target.networks) networks.push_back(network_text(network));
  return fmt::format("[[network]] of its target file names {}", fmt::join(networks, ", "));
}

/// A network whose every part the device takes elsewhere, or that needs no more room than others
/// that it takes, is one that it supports: what it refused all the same was not skipped, it failed.
void disbelieve_refusals(const TargetPlan& plan, TargetResult& result) {
  Support support;
  for (const FinishedCase& finished : result.cases) support.add(finished.support);
  for (FinishedCase& finished : result.cases) {
    const std::optional<std::string> contradiction = support.contradiction(finished.support);
    if (!contradiction ||
        !(has_verdict(finished, Verdict::skipped) || has_verdict(finished, Verdict::refused) ||
          finished.json.contains("stand_in")))
      continue;
    const std::string id = finished.json.at("id");
    const auto conformance_case =
        std::ranges::find(plan.selected_cases, id, [](const ConformanceCase* c) { return c->id; });
    CaseResult failed;
    failed.verdict = Verdict::fail;
    failed.failure.emplace().message =
        fmt::format("{}; {}", *contradiction, shapes_declared(plan.target));
    const double seconds = finished.seconds;
    finished = finish(plan, **conformance_case, failed, caller_in(plan));
    finished.seconds = seconds;
  }
}

/// The last level whose cases show single steps.
constexpr int last_explained_level = 2;
constexpr int level_of_trainings = 3;

/// Trainings of level 3 show too many steps; what level 4 measures says where memory is allocated.
bool is_evidence_of_level(int level) { return level <= last_explained_level || level == 4; }

/// Behind the first failure of a target that stops there, so many cases of level 2 are run all the
/// same, for what they show.
constexpr std::size_t most_steps_cases_behind_a_failure = 1;

/// Whether a second device may be asked beside the one of the cases, as soon as it is wanted.
bool can_start_another(const TargetPlan& plan) {
  return plan.recorded == nullptr && plan.target.transport->starts_program;
}

/// Trainings of level 3 may go wrong where no step before did: a device that was just started
/// shows every step of one, and where all are right answers questions. Nothing where none can be
/// started, or nothing is wrong.
std::optional<WatchedTraining> watched_training(const TargetPlan& plan, const Connect& connect) {
  // Thousands of steps on an emulated device are more than an explanation is worth.
  if (!can_start_another(plan) || plan.target.pace != Pace::fast) return std::nullopt;
  std::vector<Network> networks = plan.target.networks;
  for (const ConformanceCase* selected : plan.selected_cases) {
    if (selected->level < last_explained_level || !selected->network) continue;
    networks.push_back(*selected->network);
    for (Network& other : stand_ins(*selected->network)) networks.push_back(std::move(other));
    break;
  }
  Device device(plan.target, connect);
  try {
    for (const Network& network : networks)
      if (auto watched = watch_training(device.session(), *plan.target.profile,
                                        plan.target.arithmetic, network))
        return std::ranges::any_of(watched->cases, &CaseEvidence::failed) ? std::move(watched)
                                                                          : std::nullopt;
  } catch (const DeviceError&) {  // which its cases tell
  }
  return std::nullopt;
}

/// Asks a device that was just started; nothing where none can be, or it fails.
std::vector<std::vector<ShownStep>> answers_of(const TargetPlan& plan, const Connect& connect,
                                               const std::vector<Question>& questions) {
  Device device(plan.target, connect);
  try {
    return ask(device.session(), *plan.target.profile, questions);
  } catch (const DeviceError&) {  // which its cases tell
    return {};
  }
}

/// What explains evidence of a target, with its device at hand where it may be asked.
Explanation explanation_with_device(const TargetPlan& plan, const Connect& connect,
                                    const std::vector<CaseEvidence>& evidence) {
  AskDevice ask_device;
  if (plan.asks_device && can_start_another(plan))
    ask_device = [&](const std::vector<Question>& questions) {
      return answers_of(plan, connect, questions);
    };
  return explain(*plan.target.profile, plan.target.arithmetic, evidence, plan.explained_case,
                 ask_device);
}

/// Whether something that a failing case showed is wrong.
bool shows_what_is_wrong(const std::optional<Explanation>& explanation) {
  return explanation && (explanation->stage || !explanation->hypotheses.empty());
}

}  // namespace

std::optional<std::string> reason_of_level(const LevelCount& count, const std::string& why_skipped,
                                           const std::string& why_refused,
                                           const std::string& why_incomplete) {
  if (count.executed < count.expected()) return why_incomplete;
  if (count.selected == 0) return "no case of this level was selected";
  std::optional<std::string> reason;
  if (count.skipped == count.selected)
    reason = why_skipped;
  else if (count.skipped > 0)
    reason = fmt::format("{} of {} cases skipped: {}", count.skipped, count.selected, why_skipped);
  if (count.refused > 0)
    reason = fmt::format("{}{}{} of {} cases refused: {}", reason.value_or(""), reason ? "; " : "",
                         count.refused, count.selected, why_refused);
  return reason;
}

LevelResult judge_level(int level, std::size_t selected, const std::vector<FinishedCase>& cases,
                        const std::string& why_incomplete) {
  LevelResult result;
  LevelCount& count = result.count;
  count.level = level;
  count.selected = selected;
  std::string why_skipped, why_refused;
  std::size_t stand_ins = 0;
  for (const FinishedCase& finished : cases) {
    if (finished.json.at("level") != level) continue;
    count.add(finished.json.at("verdict").get<std::string_view>());
    stand_ins += finished.json.contains("stand_in") ? 1 : 0;
    if (count.skipped == 1 && why_skipped.empty() && has_verdict(finished, Verdict::skipped))
      why_skipped = finished.json.at("reason");
    if (count.refused == 1 && why_refused.empty() && has_verdict(finished, Verdict::refused))
      why_refused = finished.json.at("reason");
  }
  result.verdict = verdict_of(count);
  result.reason = reason_of_level(count, why_skipped, why_refused, why_incomplete);
  if (count.executed >= count.expected())
    result.reason = with_stand_ins(std::move(result.reason), stand_ins, count.selected);
  return result;
}

void judge_levels(const TargetPlan& plan, TargetResult& result) {
  result.levels.clear();
  std::vector<LevelCount> counts;
  for (int level = 0; level <= 4; ++level) {
    const auto is_here = [level](const ConformanceCase& c) { return c.level == level; };
    if (std::ranges::none_of(plan.all_cases, is_here)) continue;
    const auto selected = static_cast<std::size_t>(std::ranges::count_if(
        plan.selected_cases, [&](const ConformanceCase* c) { return is_here(*c); }));
    result.levels.push_back(judge_level(level, selected, result.cases, result.why_incomplete));
    counts.push_back(result.levels.back().count);
  }
  result.verdict = verdict_of(counts);
}

TargetResult run_target(const TargetPlan& plan, const Connect& connect, Journal& journal,
                        Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  TargetResult result;
  // Slower devices compute for longer than a core takes to wake, and may use several.
  std::optional<CoreBinding> binding;
  if (plan.target.pace == Pace::fast || plan.target.pace == Pace::brief)
    binding.emplace(CoreBinding::Cores::current);
  Device device(plan.target, connect);
  result.files = plan.recorded ? plan.recorded->files : command_files(plan.target);
  const std::string digest = digest_of(plan, result.files);
  start_for_its_statement(device);
  int failures_in_a_row = 0;
  bool stopped = false;
  ShownSteps shown(*plan.target.profile);
  std::vector<CaseEvidence> evidence;
  std::size_t more_evidence = most_steps_cases_behind_a_failure;
  const auto keep_evidence = [&](const ConformanceCase& of_case, bool failed) {
    std::vector<ShownStep> steps = shown.take();
    if (of_case.level > last_explained_level) steps.clear();  // measured, and judged before
    evidence.push_back({of_case.id, failed, std::move(steps), shown.take_operations(),
                        shown.take_heap_bytes(), shown.take_accepted_fraction_bits()});
  };
  for (const ConformanceCase* conformance_case : plan.selected_cases) {
    std::optional<FinishedCase> finished;
    const auto start_of_case = std::chrono::steady_clock::now();
    const bool is_evidence = plan.is_explained && is_evidence_of_level(conformance_case->level);
    ShownSteps* const heard = is_evidence ? &shown : nullptr;
    if (conformance_case->judge && !stopped)
      finished =
          finish(plan, *conformance_case, conformance_case->judge(result.cases), caller_in(plan));
    else if (const auto key = journal_key(digest, device); key && !stopped) {
      finished = resume(plan, *conformance_case, device, *key, journal, heard);
      result.cases_resumed += finished ? 1 : 0;
    }
    if (!finished && result.why_incomplete.empty()) {
      progress.start_case(plan.target.name, conformance_case->id);
      CaseResult found = run_case(*conformance_case, device, plan.target.arithmetic, heard);
      judge_budget(plan.target, found);
      finished = finish(plan, *conformance_case, found, caller_in(plan));
      const bool device_failed = has_verdict(*finished, Verdict::device_failure);
      failures_in_a_row = device_failed ? failures_in_a_row + 1 : 0;
      if (failures_in_a_row == failures_in_a_row_limit)
        result.why_incomplete = fmt::format(
            "the device failed in {} cases running and was given up", failures_in_a_row_limit);
      else if (device.is_spent())
        result.why_incomplete = "the device kept the run waiting for too long and was given up";
      else if (device_failed && device.statement().empty())
        result.why_incomplete = "the device never stated what it is and was given up";
      // A device failure is no result to keep: the next run tries again.
      const auto key = journal_key(digest, device);
      if (key && !device_failed && plan.is_journaled)
        journal.append(*key, conformance_case->id, finished->json, found.answers);
    }
    progress.finish_case(plan.cost_of(*conformance_case));
    if (is_evidence && finished) keep_evidence(*conformance_case, has_failed(*finished));
    if (is_evidence && !finished && stopped && more_evidence > 0 &&
        conformance_case->level <= last_explained_level) {
      more_evidence -= conformance_case->level == last_explained_level ? 1 : 0;
      const CaseResult found = run_case(*conformance_case, device, plan.target.arithmetic, heard);
      keep_evidence(*conformance_case, found.failure.has_value());
    }
    if (!stopped && plan.stop_at_first_failure && finished && has_failed(*finished)) {
      stopped = true;
      result.why_incomplete = "stopped at the first failure";
    }
    if (finished) {
      finished->seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start_of_case).count();
      result.cases.push_back(*std::move(finished));
    }
  }
  result.build_identity = device.build_identity();
  result.statement = device.statement();
  result.journal_key = journal_key(digest, device).value_or("");
  if (device.is_on_line()) result.line = device.line_record();
  disbelieve_refusals(plan, result);
  judge_levels(plan, result);
  if (std::ranges::any_of(evidence, &CaseEvidence::failed))
    result.explanation = explanation_with_device(plan, connect, evidence);
  const bool is_watched =
      plan.is_explained && !shows_what_is_wrong(result.explanation) &&
      (plan.asks_device || std::ranges::any_of(result.cases, [](const FinishedCase& finished) {
         return finished.json.at("level") == level_of_trainings && has_failed(finished);
       }));
  if (is_watched)
    if (auto watched = watched_training(plan, connect)) {
      for (CaseEvidence& each : watched->cases) evidence.push_back(std::move(each));
      result.explanation = explanation_with_device(plan, connect, evidence);
      result.explanation->watched = std::move(watched->steps);
    }
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  progress.finish_target(plan.target.name, name_of(result.verdict));
  return result;
}

}  // namespace lsgd
