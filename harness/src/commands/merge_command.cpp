// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "commands/waivers_option.hpp"
#include "commands/write_results.hpp"
#include "files/atomic_file.hpp"
#include "files/directory_lock.hpp"
#include "run/conformance_run.hpp"
#include "run/evidence.hpp"
#include "run/merged_evidence.hpp"
#include "run/merged_results.hpp"
#include "run/run_summary.hpp"

namespace lsgd {

void add_merge_command(CLI::App& app, int& status) {
  struct Options {
    std::vector<std::string> files;
    std::string out;
    WaiversOption waivers;
    unsigned jobs = 1;
  };
  auto* command = app.add_subcommand("merge", "The results of a run from those of all its shards");
  const auto options = std::make_shared<Options>();
  command->add_option("RESULTS.json", options->files, "Results of every shard")->required();
  command->add_option("--out", options->out, "Directory of results and report")->required();
  add_waivers_option(*command, options->waivers);
  add_jobs_option(*command, options->jobs, "Targets");
  command->callback([options, &status] {
    const std::optional<Waivers> waivers = waivers_of(options->waivers);
    const std::vector<std::filesystem::path> files(options->files.begin(), options->files.end());
    const std::filesystem::path out = options->out;
    auto results = merged_results(files);
    const auto evidence = merged_evidence(files, results);
    if (evidence) explain_merged(*evidence, options->jobs, results);
    const DirectoryLock lock(out);
    if (evidence)
      write_file(out / evidence_file, tar_archive(*evidence));
    else
      std::filesystem::remove(out / evidence_file);
    write_results(results, out, waivers);
    fmt::print("{}report: {}\n", run_summary(results), (out / "index.html").string());
    status = exit_status(results);
  });
}

}  // namespace lsgd
