// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "device/device.hpp"
#include "files/atomic_file.hpp"
#include "files/directory_lock.hpp"
#include "files/input_error.hpp"
#include "measuring/measured_arithmetic.hpp"
#include "run/conformance_run.hpp"

namespace lsgd {
namespace {

struct MeasureOptions {
  std::string target;
  std::string suite = "smoke";
  std::string out;
  std::uint64_t seed = 1;
};

Target measured_target(const std::string& selector) {
  std::vector<Target> targets = select_targets({selector});
  if (targets.size() != 1)
    throw InputError("TARGET", 0, fmt::format("one target, found {} that fit", targets.size()));
  const std::vector<std::string> profiles = measured_profiles();
  const std::string& profile = targets.front().profile->name();
  if (std::ranges::count(profiles, profile) == 0)
    throw InputError("TARGET", 0,
                     fmt::format("a target of {}, found one of {}, where every bit is required",
                                 fmt::join(profiles, ", "), profile));
  return std::move(targets.front());
}

std::size_t failed_cases(const nlohmann::ordered_json& target) {
  return static_cast<std::size_t>(std::ranges::count_if(
      target.at("cases"), [](const auto& found) { return found.at("verdict") == "fail"; }));
}

/// Levels 0 to 2 with what was measured as the declaration.
int check(const MeasureOptions& options, Target target, const MeasuredArithmetic& measured) {
  target.arithmetic = measured.model;
  RunRequest request;
  request.suite = read_suite(options.suite);
  request.seed = options.seed;
  request.targets = {std::move(target)};
  request.selection.filter = "level[012]/*";
  request.is_journaled = false;
  request.is_explained = false;
  request.out = report_directory() / "measure";
  const DirectoryLock lock(request.out);
  const nlohmann::ordered_json results = run_suite(request);
  const auto& judged = results.at("targets").at(0);
  const std::size_t failed = failed_cases(judged);
  const std::size_t cases = judged.at("cases").size();
  const std::string name = judged.at("name").template get<std::string>();
  if (failed == 0)
    fmt::print("Declared so, {} passes levels 0 to 2 of suite {}\n", name, options.suite);
  else
    fmt::print(
        "Declared so, {} fails {} of {} cases of levels 0 to 2 of suite {}: what it does is "
        "in no declaration. Why: lsgd-conform explain {}\n",
        name, failed, cases, options.suite, options.target);
  return exit_status(results);
}

int measure_target(const MeasureOptions& options) {
  const Target target = measured_target(options.target);
  Device device(target, connect_to(target));
  const MeasuredArithmetic measured = measure_arithmetic(
      target, device.session(), options.seed,
      [&](std::string_view what) { fmt::print(stderr, "measuring {}: {}\n", target.name, what); });
  fmt::print("{}, profile {}:\n{}\n{}\n", target.name, target.profile->name(),
             findings_text(measured), arithmetic_table(measured));
  if (!options.out.empty()) write_file(options.out, arithmetic_table(measured));
  return check(options, target, measured);
}

}  // namespace

void add_measure_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("measure", "Find out what a device's arithmetic is, for its target file");
  const auto options = std::make_shared<MeasureOptions>();
  command->add_option("TARGET", options->target, "Target file, or name of a built-in target")
      ->required();
  command->add_option("--out", options->out, "File for the table [arithmetic]");
  command
      ->add_option(
          "--suite", options->suite,
          "Whose levels 0 to 2 are run with it: smoke, standard, full, or a file NAME.toml")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of what is drawn")->capture_default_str();
  command->callback([options, &status] { status = measure_target(*options); });
}

}  // namespace lsgd
