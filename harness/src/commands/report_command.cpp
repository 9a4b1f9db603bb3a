// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "files/directory_lock.hpp"
#include "reports/render_reports.hpp"
#include "run/checked_results.hpp"

namespace lsgd {

void add_report_command(CLI::App& app, int&) {
  struct Options {
    std::string results;
    std::string out;
  };
  auto* command = app.add_subcommand("report", "Render the reports of a results.json again");
  const auto options = std::make_shared<Options>();
  command->add_option("RESULTS.json", options->results, "Results of a run")->required();
  command->add_option("--out", options->out,
                      "Directory of the report; default: beside the results");
  command->callback([options] {
    const std::filesystem::path results = options->results;
    const std::filesystem::path out = options->out.empty()
                                          ? std::filesystem::absolute(results).parent_path()
                                          : std::filesystem::path(options->out);
    const CheckedResults checked = read_results(results);
    const DirectoryLock lock(out);
    render_reports(checked.value, checked.sha256, out);
    fmt::print("report: {}\n", (out / "index.html").string());
  });
}

}  // namespace lsgd
