// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "commands/commands.hpp"
#include "description/version.hpp"
#include "device/device_error.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

constexpr int usage_or_input = 2;
constexpr int device_failed = 3;

int fail(int status, std::string message) {
  std::ranges::replace(message, '\n', ' ');
  // Not fmt::print, which throws where standard error cannot be written.
  std::fputs((message + '\n').c_str(), stderr);
  return status;
}

/// An unknown subcommand is for CLI11 no more than a missing one.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty() || error.get_name() != "RequiredError") return error.what();
  return fmt::format("expected a subcommand, found {}", in_quotes(unknown.front()));
}

/// An unset variable of a script must not select everything, nor overwrite the default report.
void require_no_empty_argument(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    // The name of a column that has none.
    if (argument.empty() && i > 1 && std::string_view(argv[i - 1]) == "--ignore") continue;
    if (argument.empty())
      throw InputError(i > 1 ? argv[i - 1] : "lsgd-conform", 0, "a value, found an empty one");
    if (argument.starts_with("--") && argument.ends_with('='))
      throw InputError(std::string(argument.substr(0, argument.size() - 1)), 0,
                       "a value, found an empty one");
  }
}

/// What a full disk or a closed pipe swallowed must not look like success.
void require_written_output() {
  if (std::fflush(stdout) != 0)
    throw InputError("standard output", 0, fmt::format("room to write: {}", std::strerror(errno)));
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  // A file that would grow beyond a limit of this machine is an error with a line of its own.
  std::signal(SIGXFSZ, SIG_IGN);
  int status = 0;
  CLI::App app("Conformance suite for L-SGD training on microcontrollers", "lsgd-conform");
  app.set_version_flag("--version",
                       fmt::format("{}, specification {}", tool_version, specification_version));
  app.require_subcommand(1);
  add_run_command(app, status);
  add_list_command(app, status);
  add_profile_command(app, status);
  add_vectors_command(app, status);
  add_train_command(app, status);
  add_explore_command(app, status);
  add_converge_command(app, status);
  add_data_command(app, status);
  add_bench_command(app, status);
  add_claims_command(app, status);
  add_import_command(app, status);
  add_export_model_command(app, status);
  add_export_command(app, status);
  add_new_command(app, status);
  add_report_command(app, status);
  add_diff_command(app, status);
  add_merge_command(app, status);
  add_package_command(app, status);
  add_verify_command(app, status);
  add_history_command(app, status);
  add_documents_command(app, status);
  add_explain_command(app, status);
  add_measure_command(app, status);
  add_selftest_command(app, status);
  add_doctor_command(app, status);
  add_manual_command(app, status);
  try {
    require_no_empty_argument(argc, argv);
    app.parse(argc, argv);
    require_written_output();
    return status;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return fail(usage_or_input, fmt::format("lsgd-conform: {}", what_is_wrong(app, error)));
  } catch (const InputError& error) {
    return fail(usage_or_input, error.what());
  } catch (const DeviceError& error) {
    return fail(device_failed, fmt::format("lsgd-conform: {}", error.what()));
  } catch (const std::bad_alloc&) {
    return fail(usage_or_input, "lsgd-conform: expected more memory than this machine gives");
  } catch (const std::exception& error) {
    return fail(usage_or_input, fmt::format("lsgd-conform: {}", error.what()));
  }
}

}  // namespace lsgd
