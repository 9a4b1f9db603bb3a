// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "commands/commands.hpp"
#include "description/arithmetic_page.hpp"
#include "description/project_files.hpp"
#include "files/atomic_file.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "reports/recorded_figures.hpp"
#include "run/checked_results.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

/// Writes the page of each built-in arithmetic that is not there, or says something else.
void rewrite_arithmetic_pages(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  for (const std::string& name : built_in_arithmetics()) {
    const std::filesystem::path page = directory / (name + ".md");
    const std::string text = arithmetic_page(profile_of(name));
    if (std::filesystem::exists(page) && read_text(page, std::size_t{1} << 20) == text) continue;
    write_file(page, text);
    fmt::print("{}\n", page.string());
  }
}

}  // namespace

void add_documents_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand(
      "documents",
      "Write the figures of the documents from what bench and runs recorded, and the pages of the "
      "arithmetics");
  const auto results = std::make_shared<std::vector<std::string>>();
  command->add_option("--record", *results,
                      "results.json of a whole run or self-test, whose counts are recorded first");
  command->callback([results] {
    // First: results declare the arithmetics of their targets anew, without names of formats.
    rewrite_arithmetic_pages(source_directory() / "reference" / "arithmetics" / "pages");
    const std::filesystem::path recorded = source_directory() / "reports" / "recorded_runs.json";
    for (const std::string& file : *results)
      write_json(recorded, with_recorded_run(read_json(recorded, "recorded_runs"),
                                             read_results(file).value, file));
    for (const std::filesystem::path& document : rewrite_documents(source_directory()))
      fmt::print("{}\n", document.string());
  });
}

}  // namespace lsgd
