// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "description/project_files.hpp"
#include "files/json_file.hpp"
#include "reports/recorded_figures.hpp"
#include "run/checked_results.hpp"

namespace lsgd {

void add_documents_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand(
      "documents", "Write the figures of the documents from what bench and runs recorded");
  const auto results = std::make_shared<std::vector<std::string>>();
  command->add_option("--record", *results,
                      "results.json of a whole run or self-test, whose counts are recorded first");
  command->callback([results] {
    const std::filesystem::path recorded = source_directory() / "reports" / "recorded_runs.json";
    for (const std::string& file : *results)
      write_json(recorded, with_recorded_run(read_json(recorded, "recorded_runs"),
                                             read_results(file).value, file));
    for (const std::filesystem::path& document : rewrite_documents(source_directory()))
      fmt::print("{}\n", document.string());
  });
}

}  // namespace lsgd
