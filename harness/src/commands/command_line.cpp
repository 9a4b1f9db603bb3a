// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <lsgd/commands.hpp>
#include <lsgd/device_error.hpp>
#include <lsgd/input_error.hpp>
#include <lsgd/version.hpp>
#include <string>

namespace lsgd {
namespace {

constexpr int usage_or_input = 2;
constexpr int device_failed = 3;

int fail(int status, std::string message) {
  std::ranges::replace(message, '\n', ' ');
  fmt::print(stderr, "{}\n", message);
  return status;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  int status = 0;
  CLI::App app("Conformance suite for L-SGD training on microcontrollers", "lsgd-conform");
  app.set_version_flag("--version", std::string(tool_version));
  app.require_subcommand(1);
  add_run_command(app, status);
  add_list_command(app, status);
  add_vectors_command(app, status);
  add_train_command(app, status);
  add_data_command(app, status);
  add_report_command(app, status);
  add_diff_command(app, status);
  add_selftest_command(app, status);
  add_doctor_command(app, status);
  try {
    app.parse(argc, argv);
    return status;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return fail(usage_or_input, fmt::format("lsgd-conform: {}", error.what()));
  } catch (const InputError& error) {
    return fail(usage_or_input, error.what());
  } catch (const DeviceError& error) {
    return fail(device_failed, fmt::format("lsgd-conform: {}", error.what()));
  } catch (const std::exception& error) {
    return fail(usage_or_input, fmt::format("lsgd-conform: {}", error.what()));
  }
}

}  // namespace lsgd
