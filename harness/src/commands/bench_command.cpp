// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <thread>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "commands/write_results.hpp"
#include "cost/benchmark.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "files/directory_lock.hpp"
#include "files/json_file.hpp"
#include "reports/recorded_figures.hpp"
#include "run/conformance_run.hpp"

namespace lsgd {
namespace {

struct BenchOptions {
  std::string filter;
  std::string baselines;
  std::string out;
  bool record = false;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

/// The figures as a report, with the verdicts of level 4 on the same ports.
void write_report(const nlohmann::ordered_json& benchmark, const BenchOptions& options) {
  RunRequest request;
  request.suite = read_built_in_suite("smoke");
  request.targets = select_targets({"*-rtl_*"});
  request.selection.filter = "level4/*";
  request.out = options.out;
  request.jobs = options.jobs;
  const DirectoryLock lock(request.out);
  nlohmann::ordered_json results = run_suite(request);
  results["benchmark"] = benchmark;
  write_results(results, request.out);
  fmt::print("report: {}\n", (request.out / "index.html").string());
}

int judge(const nlohmann::ordered_json& benchmark, const std::filesystem::path& file,
          bool everything_measured) {
  const nlohmann::json recorded = read_json(file, "baselines");
  if (recorded.at("compiler").get<std::string>() != benchmark.at("compiler").get<std::string>()) {
    fmt::print("not compared: recorded with {}\n", recorded.at("compiler").get<std::string>());
    return 0;
  }
  std::vector<std::string> lines = regressions(recorded, benchmark);
  if (everything_measured)
    for (const std::string& row : unmeasured(recorded, benchmark))
      lines.push_back(row + ": recorded, but not measured");
  for (const std::string& line : lines) fmt::print("{}\n", line);
  if (lines.empty()) fmt::print("nothing is worse than recorded\n");
  return lines.empty() ? 0 : 1;
}

int bench(const BenchOptions& options) {
  BenchmarkRequest request;
  request.targets = every_port_on_every_core();
  if (!options.filter.empty()) request.filter = options.filter;
  request.jobs = options.jobs;
  const nlohmann::ordered_json benchmark = run_benchmark(request);
  fmt::print("{}", benchmark_table(benchmark));
  if (!options.out.empty()) write_report(benchmark, options);
  const std::filesystem::path file = options.baselines.empty()
                                         ? source_directory() / "targets" / "baselines.json"
                                         : std::filesystem::path(options.baselines);
  if (options.record) {
    write_json(file, baselines_json(benchmark));
    if (options.baselines.empty()) rewrite_documents(source_directory());
    return 0;
  }
  return judge(benchmark, file, options.filter.empty());
}

}  // namespace

void add_bench_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "bench", "Measure every port on every simulated core, against the recorded figures");
  const auto options = std::make_shared<BenchOptions>();
  auto* filter = command->add_option("--filter", options->filter,
                                     "Only PORT/CORE/NETWORK that fit this pattern");
  command
      ->add_flag("--record", options->record,
                 "Record the figures, also in the documents, instead of judging them")
      ->excludes(filter);
  command->add_option("--baselines", options->baselines,
                      "File of recorded figures; default: targets/baselines.json");
  command->add_option("--out", options->out,
                      "Directory of a report that shows where the cycles go");
  add_jobs_option(*command, options->jobs, "Simulations");
  command->callback([options, &status] { status = bench(*options); });
}

}  // namespace lsgd
