// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "files/directory_lock.hpp"
#include "files/input_error.hpp"
#include "reports/render_history.hpp"
#include "run/checked_results.hpp"

namespace lsgd {
namespace {

/// One file at a time: a whole run takes much more memory than what a history keeps of it.
PastRun read_past_run(const std::string& file) {
  const CheckedResults results = read_past_results(file);
  if (results.value.contains("selftest"))
    throw InputError(file, 0, "the results of a run, found those of a self-test");
  return past_run(results.value, file, results.sha256);
}

}  // namespace

void add_history_command(CLI::App& app, int&) {
  struct Options {
    std::vector<std::string> files;
    std::string out;
  };
  auto* command = app.add_subcommand(
      "history", "Verdicts, worst errors, cycles and memory over many runs, as one page");
  const auto options = std::make_shared<Options>();
  command->add_option("RESULTS.json", options->files, "Results of the runs, the earliest first")
      ->required();
  command->add_option("--out", options->out, "Directory of history.html")->required();
  command->callback([options] {
    std::vector<PastRun> runs;
    for (const std::string& file : options->files) runs.push_back(read_past_run(file));
    const DirectoryLock lock(options->out);
    render_history(runs, options->out);
    fmt::print("history: {}\n", (std::filesystem::path(options->out) / "history.html").string());
  });
}

}  // namespace lsgd
