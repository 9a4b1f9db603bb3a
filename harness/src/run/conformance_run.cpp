// SPDX-License-Identifier: Apache-2.0
#include "run/conformance_run.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

#include "description/program_digest.hpp"
#include "device/recorded_device.hpp"
#include "device/run_in_parallel.hpp"
#include "files/input_error.hpp"
#include "levels/case_list.hpp"
#include "levels/cases_of_target.hpp"
#include "run/evidence.hpp"
#include "run/resources.hpp"
#include "run/run_results.hpp"
#include "run/shown_capabilities.hpp"
#include "run/target_run.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

std::filesystem::path journal_file(const std::filesystem::path& out) {
  return out / "journal.jsonl";
}

void make_directory(const std::filesystem::path& out) {
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) throw InputError(out.string(), 0, "a directory that can be created");
}

/// All cases of each target. Targets that have the same ones share them: a self-test has more than
/// two thousand.
class CasesOfTargets {
 public:
  CasesOfTargets(const std::vector<Target>& targets, const CaseList& list) {
    for (const Target& target : targets) {
      const auto known = std::ranges::find_if(lists_, [&](const List& shared) {
        return shared.target->profile == target.profile && shared.target->pace == target.pace &&
               shared.target->networks == target.networks;
      });
      if (known != lists_.end()) {
        of_target_.push_back(&known->cases);
      } else {
        lists_.push_back(
            {&target, cases_of_target(list, *target.profile, target.pace, target.networks)});
        of_target_.push_back(&lists_.back().cases);
      }
    }
  }

  const std::vector<ConformanceCase>& operator[](std::size_t target) const {
    return *of_target_[target];
  }

 private:
  struct List {
    const Target* target;  ///< the first that has them
    std::vector<ConformanceCase> cases;
  };

  std::deque<List> lists_;  // they stay where they are
  std::vector<const std::vector<ConformanceCase>*> of_target_;
};

/// Moves a case to the front where it is among them, and judged by nothing but itself.
void begin_with(const std::string& id, std::vector<const ConformanceCase*>& cases) {
  const auto found = std::ranges::find(cases, id, &ConformanceCase::id);
  if (found != cases.end() && (*found)->run) std::rotate(cases.begin(), found, found + 1);
}

/// @param cases of each target; they must outlive the plans
std::vector<TargetPlan> plan_targets(const RunRequest& request, const CaseList& list,
                                     const CasesOfTargets& cases) {
  std::vector<TargetPlan> plans;
  const std::string key = fmt::format(
      "{} {}", request.recorded ? request.recorded->program_sha256 : program_digest(), list.digest);
  for (std::size_t t = 0; t < request.targets.size(); ++t)
    plans.push_back({request.targets[t], cases[t], select(cases[t], request.selection),
                     request.suite.selector, request.suite.seed, key, request.stop_at_first_failure,
                     request.is_journaled, request.is_explained, request.explained_case,
                     request.asks_device,
                     request.recorded ? &request.recorded->targets.at(t) : nullptr});
  for (TargetPlan& plan : plans)
    if (const auto first = request.first_cases.find(plan.target.name);
        first != request.first_cases.end())
      begin_with(first->second, plan.selected_cases);
  return plans;
}

/// Profiles of the targets that come from declarations alone, each once.
std::vector<DeclaredUse> declared_profiles_of(const std::vector<Target>& targets) {
  std::vector<DeclaredUse> declared;
  for (const Target& target : targets)
    if (is_declared(*target.profile))
      add_use(declared, *target.profile, target.pace == Pace::brief);
  return declared;
}

double cost_of(const TargetPlan& plan) {
  double cost = 0;
  for (const ConformanceCase* conformance_case : plan.selected_cases)
    cost += plan.cost_of(*conformance_case);
  return cost;
}

/// Indices by falling cost, so that at the end no core waits for a long target on another one.
std::vector<std::size_t> longest_first(const std::vector<double>& costs) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return costs[i]; });
  return order;
}

/// A device that greets, and answers nothing else.
Connect greeting_of(const std::vector<std::uint8_t>& statement) {
  const auto no_answers = std::make_shared<AnswerRecord>();
  return
      [&statement, no_answers] { return std::make_unique<RecordedDevice>(statement, *no_answers); };
}

void require_some_case(const RunRequest& request, const std::vector<TargetPlan>& plans) {
  if (std::ranges::any_of(plans,
                          [](const TargetPlan& plan) { return !plan.selected_cases.empty(); }))
    return;
  if (request.selection.filter)
    throw InputError("--filter", 0,
                     fmt::format("a pattern that fits a case, not {}; `lsgd-conform list cases` "
                                 "names them",
                                 in_quotes(*request.selection.filter)));
}

/// Anyone can type it to repeat the run.
std::uint64_t fresh_seed() { return std::random_device{}(); }

std::uint64_t seed_of(const RunRequest& request, const Journal* resumed) {
  if (request.seed) return *request.seed;
  if (resumed != nullptr && resumed->seed()) return *resumed->seed();
  return request.suite.conformance ? fresh_seed() : request.suite.seed;
}

/// A budget that nothing is compared with must not look kept.
void require_budgets_to_be_judged(const RunRequest& request) {
  if (!request.suite.conformance) return;
  for (const Target& target : request.targets)
    for (const Budget& budget : target.budgets)
      if (std::ranges::find(request.suite.resources, budget.network, &Workload::name) ==
          request.suite.resources.end())
        throw InputError(target.selector, 0,
                         fmt::format("a budget for a network that the suite measures, not {}",
                                     in_quotes(budget.network)));
}

/// An operation of another profile is a statement that nothing could ever test.
void require_kernels_of_profile(const Target& target, const std::vector<ConformanceCase>& cases) {
  const std::vector<std::string> kernels = kernels_of(cases);
  if (!target.capabilities || kernels.empty()) return;
  for (const std::string& stated : target.capabilities->kernels)
    if (std::ranges::count(kernels, stated) == 0)
      throw InputError(target.selector, 0,
                       fmt::format("kernels of {}, which are {}; found {}", target.profile->name(),
                                   fmt::join(kernels, ", "), in_quotes(stated)));
}

}  // namespace

nlohmann::ordered_json run_suite(RunRequest request) {
  const auto start = std::chrono::steady_clock::now();
  std::optional<Journal> journal;
  if (request.recorded)
    journal.emplace(request.recorded->answers, true, request.recorded->shown);
  else
    make_directory(request.out);
  if (request.resume) journal.emplace(journal_file(request.out), true);
  request.suite.seed = seed_of(request, journal ? &*journal : nullptr);
  const CaseList list = list_cases(request.suite, declared_profiles_of(request.targets));
  const CasesOfTargets all_cases(request.targets, list);
  const std::vector<TargetPlan> plans = plan_targets(request, list, all_cases);
  require_some_case(request, plans);
  for (std::size_t t = 0; t < request.targets.size(); ++t)
    require_kernels_of_profile(request.targets[t], all_cases[t]);
  require_budgets_to_be_judged(request);
  for (const Target& target : request.targets) resources_json(target, {});  // before the long run
  if (!journal) journal.emplace(journal_file(request.out), false);
  if (request.is_journaled && journal->seed() != request.suite.seed)
    journal->start(request.suite.seed);

  std::size_t cases = 0;
  std::vector<double> costs;
  for (const TargetPlan& plan : plans) {
    cases += plan.selected_cases.size();
    costs.push_back(cost_of(plan));
  }
  Progress progress(stderr, cases, std::accumulate(costs.begin(), costs.end(), 0.0));
  const std::vector<std::size_t> order = longest_first(costs);
  std::vector<TargetResult> results(plans.size());
  run_in_parallel(plans.size(), request.jobs, [&](std::size_t i) {
    const TargetPlan& plan = plans[order[i]];
    const Connect connect =
        plan.recorded ? greeting_of(plan.recorded->statement) : connect_to(plan.target);
    results[order[i]] = run_target(plan, connect, *journal, progress);
  });
  progress.clear();
  if (request.keeps_evidence)
    write_evidence(request.out, plans, results, Journal(journal_file(request.out), true));
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return results_json(request, list, plans, results, seconds);
}

namespace {

bool has_all_cases(const nlohmann::ordered_json& target) {
  return std::ranges::all_of(target.at("levels"), [](const nlohmann::ordered_json& level) {
    return level.at("cases_executed") == level.at("cases_expected");
  });
}

}  // namespace

void remove_journal(const std::filesystem::path& out) {
  std::error_code ignored;
  std::filesystem::remove(journal_file(out), ignored);
}

int exit_status(const nlohmann::ordered_json& results) {
  if (results.contains("verdict") &&
      results.at("verdict").get<std::string>().starts_with(name_of(Verdict::pass)))
    return 0;
  int status = 0;
  const bool is_part = !results.at("suite").at("shard").is_null();
  for (const auto& target : results.at("targets")) {
    const auto& verdict = target.at("verdict");
    // All that it has of a level may be left out, or judged when the shards are merged.
    if (is_part && verdict == name_of(Verdict::incomplete) && has_all_cases(target)) continue;
    if (verdict == name_of(Verdict::device_failure)) return 3;
    if (verdict != name_of(Verdict::pass)) status = 1;
  }
  return status;
}

}  // namespace lsgd
