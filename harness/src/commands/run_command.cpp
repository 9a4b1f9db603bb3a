// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "commands/waivers_option.hpp"
#include "commands/write_results.hpp"
#include "cost/benchmark.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "device/device_error.hpp"
#include "files/atomic_file.hpp"
#include "files/directory_lock.hpp"
#include "files/input_error.hpp"
#include "run/conformance_run.hpp"
#include "run/declared_target.hpp"
#include "run/measured_claims.hpp"
#include "run/run_summary.hpp"
#include "selftest/recorded_selftest.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

struct RunOptions {
  std::string suite = "standard";
  std::vector<std::string> targets;
  std::vector<std::string> profiles;
  std::string filter;
  std::string shard;
  bool resume = false;
  bool keeps_evidence = false;
  std::optional<std::uint64_t> seed;
  std::string out;
  WaiversOption waivers;
  unsigned jobs = 1;
};

/// A device that fails here must not cost the results of the run: what it shows is not measured.
std::vector<LearnedAccuracy> learning_if_possible() {
  try {
    return measure_learning();
  } catch (const DeviceError& error) {
    fmt::print(stderr, "published claims: accuracies not measured, {}\n", error.what());
    return {};
  }
}

/// From each state: a run is to say where the cycles go, `bench` how many there are at most.
constexpr std::size_t samples_of_benchmark = 1;

/// Where the cycles of the run's ports go, if it ran any on a simulated core; null otherwise.
nlohmann::ordered_json benchmark_if_possible(const RunRequest& request) {
  const std::vector<Target> targets = benchmark_targets(request.targets);
  if (targets.empty() || !request.selection.everything()) return nullptr;
  const auto tell = [](const std::string& line) {
    fmt::print(stderr, "benchmark of the ports: {}\n", line);
  };
  try {
    auto benchmark = run_benchmark({.targets = targets,
                                    .filter = std::nullopt,
                                    .jobs = request.jobs,
                                    .most_samples = samples_of_benchmark,
                                    .not_measured = tell});
    if (benchmark.at("rows").empty()) return nullptr;
    return benchmark;
  } catch (const std::exception& error) {
    tell(fmt::format("not measured, {}", error.what()));
    return nullptr;
  }
}

/// What covers less never replaces the report of a whole run.
std::filesystem::path report_directory_of(const RunRequest& request, const RunOptions& options) {
  const bool is_whole = request.suite.conformance && request.selection.everything() &&
                        options.targets.empty() && options.profiles.empty();
  return is_whole ? report_directory() : report_directory() / "part";
}

int run(const RunOptions& options) {
  RunRequest request;
  request.suite = read_suite(options.suite);
  request.seed = options.seed;
  if (options.profiles.empty() || !options.targets.empty())
    request.targets = select_targets(options.targets);
  if (!options.filter.empty()) request.selection.filter = options.filter;
  if (!options.shard.empty()) request.selection.shard = Shard::parse(options.shard);
  request.resume = options.resume;
  request.keeps_evidence = options.keeps_evidence;
  if (options.keeps_evidence && request.suite.selector != request.suite.name)
    throw InputError("--evidence", 0, "a suite of the program's own, which others have, too");
  request.out = options.out.empty() ? report_directory_of(request, options)
                                    : std::filesystem::path(options.out);
  request.jobs = options.jobs;
  const std::optional<Waivers> waivers = waivers_of(options.waivers);
  if (waivers) require_whole_run(request.selection.everything());

  const DirectoryLock lock(request.out);
  for (const std::string& profile : options.profiles) {
    const Target target = build_declared_target(profile_of(profile), request.out / "declared");
    if (std::ranges::count(request.targets, target.name, &Target::name) > 0)
      throw InputError("--profile", 0,
                       fmt::format("every arithmetic once, found {} twice", in_quotes(profile)));
    request.targets.push_back(target);
  }
  nlohmann::ordered_json results = run_suite(request);
  if (measures_what_is_claimed(request))
    results["claims"] = claims_json(results, learning_if_possible());
  if (auto benchmark = benchmark_if_possible(request); !benchmark.is_null())
    results["benchmark"] = std::move(benchmark);
  if (auto selftest = recorded_selftest(results, selftest_directory() / "results.json"))
    results["recorded_selftest"] = std::move(*selftest);
  write_results(results, request.out, waivers);
  fmt::print("{}report: {}\n", run_summary(results), (request.out / "index.html").string());
  return exit_status(results);
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("run", "Run a suite on targets and write the report");
  const auto options = std::make_shared<RunOptions>();
  command->add_option("--suite", options->suite, "smoke, standard, full, or a file NAME.toml")
      ->capture_default_str();
  command->add_option("--target", options->targets,
                      "Name or pattern of built-in targets, or a target file; default: all ports");
  command->add_option(
      "--profile", options->profiles,
      "Built-in profile or declaration NAME.toml, for which the port declared_c99 is "
      "built and judged on this machine; without --target nothing else is");
  command->add_option("--filter", options->filter, "Only cases whose identity fits this pattern");
  command->add_option("--shard", options->shard, "I/N: only the I-th of N parts of the cases");
  command->add_flag("--resume", options->resume, "Continue the interrupted run in --out");
  command->add_flag("--evidence", options->keeps_evidence,
                    "Keep what the devices answer, for `package`");
  add_count_option(*command, "--seed", options->seed,
                   "Of the cases that are drawn; default: a fresh one, or with --resume that of "
                   "the interrupted run; results record it");
  command->add_option(
      "--out", options->out,
      "Directory of the report; default: reports/out, and reports/out/part for a run of "
      "chosen targets or cases, or of a suite that grants no claim");
  add_waivers_option(*command, options->waivers);
  add_jobs_option(*command, options->jobs, "Targets", JobsByDefault::one_more);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace lsgd
