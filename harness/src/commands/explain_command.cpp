// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "explanation/explanation_json.hpp"
#include "files/directory_lock.hpp"
#include "files/input_error.hpp"
#include "run/conformance_run.hpp"

namespace lsgd {
namespace {

struct ExplainOptions {
  std::string target;
  std::string shown_case;
  std::string suite = "standard";
  std::string out;
  std::optional<std::uint64_t> seed;
};

bool has_case(const nlohmann::ordered_json& target, const std::string& id) {
  for (const auto& found : target.at("cases"))
    if (found.at("id") == id) return true;
  return false;
}

int explain_target(const ExplainOptions& options) {
  RunRequest request;
  request.suite = read_suite(options.suite);
  request.seed = options.seed ? *options.seed : request.suite.seed;
  request.targets = select_targets({options.target});
  if (request.targets.size() != 1)
    throw InputError("TARGET", 0,
                     fmt::format("one target, found {} that fit", request.targets.size()));
  request.selection.filter = "level[012]/*";
  request.explained_case = options.shown_case;
  request.asks_device = true;
  request.is_journaled = false;
  request.out =
      options.out.empty() ? report_directory() / "explain" : std::filesystem::path(options.out);
  const DirectoryLock lock(request.out);
  const nlohmann::ordered_json results = run_suite(request);
  const auto& target = results.at("targets").at(0);
  if (!options.shown_case.empty() && !has_case(target, options.shown_case))
    throw InputError(
        "CASE", 0,
        fmt::format("a case of levels 0 to 2 of the suite, not {}", in_quotes(options.shown_case)));
  if (!target.contains("explanation")) {
    fmt::print("{}: verdict {}, no failure of levels 0 to 2 to explain\n",
               target.at("name").get<std::string>(), target.at("verdict").get<std::string>());
    return exit_status(results);
  }
  fmt::print("{}: {}", target.at("name").get<std::string>(),
             explanation_text(target.at("explanation")));
  return exit_status(results);
}

}  // namespace

void add_explain_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "explain", "Say why a target fails: which known deviation behaves as it does");
  const auto options = std::make_shared<ExplainOptions>();
  command->add_option("TARGET", options->target, "Target file, or name of a built-in target")
      ->required();
  command->add_option("CASE", options->shown_case,
                      "Whose tensors are shown; default: the first that failed");
  command->add_option("--suite", options->suite, "smoke, standard, full, or a file NAME.toml")
      ->capture_default_str();
  add_count_option(*command, "--seed", options->seed,
                   "Of the drawn cases; default: the suite's own");
  command->add_option("--out", options->out, "Directory to work in; default: reports/out/explain");
  command->callback([options, &status] { status = explain_target(*options); });
}

}  // namespace lsgd
