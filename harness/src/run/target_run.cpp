// SPDX-License-Identifier: Apache-2.0
#include "run/target_run.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "cost/judge_budget.hpp"
#include "device/core_binding.hpp"
#include "device/device_error.hpp"
#include "files/sha256.hpp"
#include "run/case_runner.hpp"

namespace lsgd {
namespace {

// A dead device costs two time-outs per case; after this many cases it will not come back.
constexpr int failures_in_a_row_limit = 5;

std::string repeat_command(const TargetPlan& plan, const std::string& id) {
  return fmt::format("lsgd-conform run --suite {} --target {} --filter '{}'", plan.suite,
                     plan.target.selector, id);
}

// What results depend on besides the firmware. The ELF files are judged against budgets.
std::string digest_of(const TargetPlan& plan) {
  const auto& [port, agent] = plan.target.elf;
  std::string files;
  for (const auto& file : {port, agent}) files += file ? sha256_of_file(*file) : "none";
  for (const Footprint& footprint : plan.target.footprints)
    files += footprint.network + sha256_of_file(footprint.object);
  return sha256_of(
      fmt::format("{}\n{}\n{}\n{}", plan.key, plan.target.selector, plan.target.digest, files));
}

// A result may be taken from the journal only for the same firmware, which has to answer first.
std::optional<std::string> journal_key(const std::string& digest, const Device& device) {
  if (device.build_identity().empty()) return std::nullopt;
  return sha256_of(digest + device.build_identity());
}

void start_for_its_identity(Device& device) {
  try {
    device.session();
  } catch (const DeviceError&) {
    device.give_up();
  }
}

bool has_verdict(const FinishedCase& finished, Verdict verdict) {
  return finished.json.at("verdict") == name_of(verdict);
}

bool has_failed(const FinishedCase& finished) { return !finished.json.at("failure").is_null(); }

FinishedCase finish(const TargetPlan& plan, const ConformanceCase& conformance_case,
                    const CaseResult& result) {
  return {case_json(result, conformance_case.id, conformance_case.clause, conformance_case.level,
                    repeat_command(plan, conformance_case.id)),
          result.stack_bytes, result.heap_bytes};
}

LevelResult judge_level(int level, std::size_t selected, const std::vector<FinishedCase>& cases,
                        bool stopped_at_first_failure) {
  LevelResult result;
  result.level = level;
  bool device_failed = false;
  for (const FinishedCase& finished : cases) {
    if (finished.json.at("level") != level) continue;
    if (has_verdict(finished, Verdict::skipped)) {
      if (result.cases_skipped++ == 0) result.reason = finished.json.at("reason");
      continue;
    }
    ++result.cases_executed;
    if (has_verdict(finished, Verdict::pass)) continue;
    ++result.cases_failed;
    device_failed = device_failed || has_verdict(finished, Verdict::device_failure);
  }
  result.cases_expected = selected - result.cases_skipped;
  if (result.cases_skipped > 0 && result.cases_skipped < selected)
    result.reason =
        fmt::format("{} of {} cases skipped: {}", result.cases_skipped, selected, *result.reason);
  if (selected == 0) result.reason = "no case of this level was selected";

  if (device_failed)
    result.verdict = Verdict::device_failure;
  else if (result.cases_failed > 0)
    result.verdict = Verdict::fail;
  else if (result.cases_executed < result.cases_expected)
    result.verdict = Verdict::incomplete;
  else if (result.cases_executed == 0)
    result.verdict = Verdict::skipped;
  if (result.cases_executed < result.cases_expected)
    result.reason = stopped_at_first_failure
                        ? "stopped at the first failure"
                        : fmt::format("the device failed in {} cases running and was given up",
                                      failures_in_a_row_limit);
  return result;
}

// Arithmetic operations are an optional part of a port, kernels and steps are not.
bool may_be_skipped(const LevelResult& level, std::size_t selected) {
  return level.level == 0 || selected == 0;
}

}  // namespace

void judge_levels(const TargetPlan& plan, TargetResult& result) {
  result.levels.clear();
  result.verdict = Verdict::pass;
  std::size_t executed = 0;
  for (int level = 0; level <= 4; ++level) {
    const auto is_here = [level](const ConformanceCase& c) { return c.level == level; };
    if (std::ranges::none_of(plan.all_cases, is_here)) continue;
    const auto selected = static_cast<std::size_t>(std::ranges::count_if(
        plan.selected_cases, [&](const ConformanceCase* c) { return is_here(*c); }));
    LevelResult judged = judge_level(level, selected, result.cases, plan.stop_at_first_failure);
    executed += judged.cases_executed;
    if (judged.verdict != Verdict::skipped)
      result.verdict = std::max(result.verdict, judged.verdict);
    else if (!may_be_skipped(judged, selected))
      result.verdict = std::max(result.verdict, Verdict::incomplete);
    result.levels.push_back(std::move(judged));
  }
  if (executed == 0) result.verdict = std::max(result.verdict, Verdict::incomplete);
}

TargetResult run_target(const TargetPlan& plan, const Connect& connect, Journal& journal,
                        Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  TargetResult result;
  // Slower devices compute for longer than a core takes to wake, and may use several.
  std::optional<CoreBinding> binding;
  if (plan.target.pace == Pace::fast) binding.emplace(CoreBinding::Cores::current);
  Device device(plan.target, connect);
  const std::string digest = digest_of(plan);
  start_for_its_identity(device);
  int failures_in_a_row = 0;
  bool stopped = false;
  for (const ConformanceCase* conformance_case : plan.selected_cases) {
    std::optional<FinishedCase> finished;
    if (conformance_case->judge && !stopped)
      finished = finish(plan, *conformance_case, conformance_case->judge(result.cases));
    else if (const auto key = journal_key(digest, device); key && !stopped)
      finished = journal.find(*key, conformance_case->id);
    if (!finished && !stopped && failures_in_a_row < failures_in_a_row_limit) {
      progress.start_case(plan.target.name, conformance_case->id);
      CaseResult found = run_case(*conformance_case, device, plan.target.arithmetic);
      judge_budget(plan.target, found);
      finished = finish(plan, *conformance_case, found);
      const bool device_failed = has_verdict(*finished, Verdict::device_failure);
      failures_in_a_row = device_failed ? failures_in_a_row + 1 : 0;
      // A device failure is no result to keep: the next run tries again.
      const auto key = journal_key(digest, device);
      if (key && !device_failed) journal.append(*key, conformance_case->id, *finished);
    }
    progress.finish_case(plan.cost_of(*conformance_case));
    stopped = stopped || (plan.stop_at_first_failure && finished && has_failed(*finished));
    if (finished) result.cases.push_back(*std::move(finished));
  }
  result.build_identity = device.build_identity();
  judge_levels(plan, result);
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  progress.finish_target(plan.target.name, name_of(result.verdict));
  return result;
}

}  // namespace lsgd
