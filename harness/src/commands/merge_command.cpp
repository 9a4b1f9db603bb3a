// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "commands/waivers_option.hpp"
#include "commands/write_results.hpp"
#include "files/directory_lock.hpp"
#include "run/conformance_run.hpp"
#include "run/merged_results.hpp"
#include "run/run_summary.hpp"

namespace lsgd {

void add_merge_command(CLI::App& app, int& status) {
  struct Options {
    std::vector<std::string> files;
    std::string out;
    WaiversOption waivers;
  };
  auto* command = app.add_subcommand("merge", "The results of a run from those of all its shards");
  const auto options = std::make_shared<Options>();
  command->add_option("RESULTS.json", options->files, "Results of every shard")->required();
  command->add_option("--out", options->out, "Directory of results and report")->required();
  add_waivers_option(*command, options->waivers);
  command->callback([options, &status] {
    const std::optional<Waivers> waivers = waivers_of(options->waivers);
    auto results = merged_results({options->files.begin(), options->files.end()});
    const DirectoryLock lock(options->out);
    write_results(results, options->out, waivers);
    fmt::print("{}report: {}\n", run_summary(results),
               (std::filesystem::path(options->out) / "index.html").string());
    status = exit_status(results);
  });
}

}  // namespace lsgd
