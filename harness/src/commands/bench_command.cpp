// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  unsigned jobs = 1;
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

/// Every compiler has its figures in a file of its own, targets/baselines*.json.
std::vector<std::filesystem::path> files_of_baselines() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source_directory() / "targets"))
    if (entry.path().filename().string().starts_with("baselines") &&
        entry.path().extension() == ".json")
      files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// The file among these with the figures of a compiler; nothing where it has none.
std::optional<std::filesystem::path> baselines_of(const std::string& compiler,
                                                  const std::vector<std::filesystem::path>& files) {
  const auto found = std::ranges::find_if(files, [&](const std::filesystem::path& file) {
    return read_json(file, "baselines").at("compiler").get<std::string>() == compiler;
  });
  return found == files.end() ? std::nullopt : std::optional(*found);
}

/// Where the figures of a new compiler are recorded: riscv64-unknown-elf-gcc 14.2.0 -O2 in
/// baselines_gcc_14.2.0.json.
std::filesystem::path new_baselines(const std::string& compiler) {
  const std::size_t version = compiler.find(' ') + 1;
  return source_directory() / "targets" /
         fmt::format("baselines_gcc_{}.json",
                     compiler.substr(version, compiler.find(' ', version) - version));
}

int judge(const nlohmann::ordered_json& benchmark, const std::vector<std::filesystem::path>& files,
          bool everything_measured) {
  const auto file = baselines_of(benchmark.at("compiler").get<std::string>(), files);
  if (!file) {
    for (const std::filesystem::path& other : files)
      fmt::print("not compared: recorded with {}\n",
                 read_json(other, "baselines").at("compiler").get<std::string>());
    return 0;
  }
  const nlohmann::json recorded = read_json(*file, "baselines");
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
  const std::vector<std::filesystem::path> files =
      options.baselines.empty() ? files_of_baselines()
                                : std::vector<std::filesystem::path>{options.baselines};
  if (!options.record) return judge(benchmark, files, options.filter.empty());
  if (options.baselines.empty()) {
    const auto compiler = benchmark.at("compiler").get<std::string>();
    write_json(baselines_of(compiler, files).value_or(new_baselines(compiler)),
               baselines_json(benchmark));
    rewrite_documents(source_directory());
  } else {
    write_json(options.baselines, baselines_json(benchmark));
  }
  return 0;
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
  command->add_option(
      "--baselines", options->baselines,
      "File of recorded figures; default: that of the compiler, targets/baselines*.json");
  command->add_option("--out", options->out,
                      "Directory of a report that shows where the cycles go");
  add_jobs_option(*command, options->jobs, "Simulations");
  command->callback([options, &status] { status = bench(*options); });
}

}  // namespace lsgd
