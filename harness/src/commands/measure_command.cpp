// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "device/device.hpp"
#include "device/device_error.hpp"
#include "files/atomic_file.hpp"
#include "files/directory_lock.hpp"
#include "files/input_error.hpp"
#include "measuring/measured_arithmetic.hpp"
#include "result/repeat_command.hpp"
#include "run/conformance_run.hpp"

namespace lsgd {
namespace {

constexpr int status_of_failed_device = 3;

struct MeasureOptions {
  std::vector<std::string> targets;
  bool legal = false;  ///< in place of targets
  std::string suite = "smoke";
  std::string out;
  std::uint64_t seed = 1;
};

void require_measured(const Target& target) {
  const std::vector<std::string> profiles = measured_profiles();
  const std::string& profile = target.profile->name();
  if (std::ranges::count(profiles, profile) == 0)
    throw InputError("TARGET", 0,
                     fmt::format("a target of {}, found one of {}, where every bit is required",
                                 fmt::join(profiles, ", "), profile));
}

std::size_t failed_cases(const nlohmann::ordered_json& target) {
  return static_cast<std::size_t>(std::ranges::count_if(
      target.at("cases"), [](const auto& found) { return found.at("verdict") == "fail"; }));
}

/// Levels 0 to 2 of a suite.
struct Check {
  std::size_t cases = 0;
  std::size_t failed = 0;
  int status = 0;
};

/// Runs them with what was measured as the declaration.
Check check(const MeasureOptions& options, Target target, const MeasuredArithmetic& measured) {
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
  const int status = exit_status(results);
  // Cases that the port refuses are no failures here.
  return {judged.at("cases").size(), failed,
          failed == 0 && status != status_of_failed_device ? 0 : status};
}

/// Everything about one target.
int measure_one(const Target& target, const MeasureOptions& options) {
  Device device(target, connect_to(target));
  const MeasuredArithmetic measured = measure_arithmetic(
      target, device.session(), options.seed,
      [&](std::string_view what) { fmt::print(stderr, "measuring {}: {}\n", target.name, what); });
  fmt::print("{}, profile {}:\n{}\n{}\nThe target file: {}\n", target.name, target.profile->name(),
             findings_text(measured), arithmetic_table(measured),
             difference_text(compare_declarations(target.arithmetic, measured.model)));
  if (!options.out.empty()) write_file(options.out, arithmetic_table(measured));
  const Check checked = check(options, target, measured);
  if (checked.status == 0)
    fmt::print("Declared as measured it passes levels 0 to 2 of suite {}\n", options.suite);
  else
    fmt::print(
        "Declared as measured it fails {} of {} cases of levels 0 to 2 of suite {}: what it does "
        "is in no declaration. Why: {} explain {}\n",
        checked.failed, checked.cases, options.suite, called_name(), target.selector);
  return checked.status;
}

/// How many targets of a profile were measured, and what came of it.
struct MeasuredCount {
  std::size_t targets = 0, passing = 0;
  std::size_t as_declared = 0, narrower = 0, wider = 0, other = 0;  ///< each target in one of them

  void add(const DeclarationDifference& difference) {
    ++(!difference.other.empty()      ? other
       : !difference.wider.empty()    ? wider
       : !difference.narrower.empty() ? narrower
                                      : as_declared);
  }
};

/// A line for each of several targets, and for each profile: a device that fails ends its own
/// measurement, not that of the others. The worst exit status.
int measure_all(const std::vector<Target>& targets, const MeasureOptions& options) {
  int status = 0;
  std::map<std::string, MeasuredCount> counts;
  for (const Target& target : targets) {
    MeasuredCount& count = counts[target.profile->name()];
    ++count.targets;
    try {
      Device device(target, connect_to(target));
      const MeasuredArithmetic measured =
          measure_arithmetic(target, device.session(), options.seed, [](std::string_view) {});
      const Check checked = check(options, target, measured);
      const DeclarationDifference difference =
          compare_declarations(target.arithmetic, measured.model);
      fmt::print("{}: {}, {}\n", target.name, checked.status == 0 ? "passes" : "fails",
                 difference_text(difference));
      count.add(difference);
      count.passing += std::size_t{checked.status == 0};
      status = std::max(status, checked.status);
    } catch (const DeviceError& error) {
      fmt::print("{}: not measured, the device failed: {}\n", target.name, error.what());
      status = std::max(status, status_of_failed_device);
    }
    std::fflush(stdout);
  }
  for (const auto& [profile, count] : counts)
    fmt::print(
        "{}: declared as measured {} of {} targets pass levels 0 to 2 of suite {}; measured as "
        "declared {}, narrower {}, wider {}, otherwise {}\n",
        profile, count.passing, count.targets, options.suite, count.as_declared, count.narrower,
        count.wider, count.other);
  return status;
}

/// Every port and legal variant that was built and leaves something to measure.
std::vector<Target> legal_targets() {
  std::vector<Target> targets = built_in_targets();
  const std::vector<std::string> profiles = measured_profiles();
  std::erase_if(targets, [&](const Target& target) {
    return target.kind == TargetKind::mutant ||
           std::ranges::count(profiles, target.profile->name()) == 0;
  });
  return targets;
}

int measure_targets(const MeasureOptions& options) {
  if (options.targets.empty() && !options.legal)
    throw InputError("TARGET", 0, "a target, or --legal");
  const std::vector<Target> targets =
      options.legal ? legal_targets() : select_targets(options.targets);
  for (const Target& target : targets) require_measured(target);
  if (targets.size() == 1) return measure_one(targets.front(), options);
  if (!options.out.empty())
    throw InputError("--out", 0, fmt::format("one target, found {} that fit", targets.size()));
  return measure_all(targets, options);
}

}  // namespace

void add_measure_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("measure", "Find out what a device's arithmetic is, for its target file");
  const auto options = std::make_shared<MeasureOptions>();
  auto* target =
      command->add_option("TARGET", options->targets,
                          "Target file, name of a built-in target, or pattern; of several a line "
                          "each, and how many are measured as they declare");
  command
      ->add_flag("--legal", options->legal,
                 "In place of TARGET: every built-in port and legal variant that leaves something "
                 "to measure, which takes seconds for each")
      ->excludes(target);
  command->add_option("--out", options->out, "File for the table [arithmetic]");
  command
      ->add_option(
          "--suite", options->suite,
          "Whose levels 0 to 2 are run with it: smoke, standard, full, or a file NAME.toml")
      ->capture_default_str();
  add_count_option(*command, "--seed", options->seed, "Of what is drawn; default: 1");
  command->callback([options, &status] { status = measure_targets(*options); });
}

}  // namespace lsgd
