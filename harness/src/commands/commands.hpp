// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace lsgd {

// The subcommands of lsgd-conform. Each function adds one to `app`; when it is the one that was
// called, parsing runs it, and it sets `status` to the exit status of the program.
void add_run_command(CLI::App& app, int& status);
void add_list_command(CLI::App& app, int& status);
void add_profile_command(CLI::App& app, int& status);
/// The subcommands of `profile` that write C.
void add_profile_exports(CLI::App& profile_command);
void add_vectors_command(CLI::App& app, int& status);
/// The subcommands of `vectors` about number formats.
void add_draws_command(CLI::App& vectors_command, int& status);
void add_format_stream_commands(CLI::App& vectors_command, int& status);
void add_kernel_stream_commands(CLI::App& vectors_command, int& status);
void add_train_command(CLI::App& app, int& status);
void add_explore_command(CLI::App& app, int& status);
void add_converge_command(CLI::App& app, int& status);
void add_data_command(CLI::App& app, int& status);
void add_bench_command(CLI::App& app, int& status);
void add_claims_command(CLI::App& app, int& status);
void add_import_command(CLI::App& app, int& status);
void add_export_command(CLI::App& app, int& status);
void add_new_command(CLI::App& app, int& status);
void add_export_model_command(CLI::App& app, int& status);
void add_report_command(CLI::App& app, int& status);
void add_diff_command(CLI::App& app, int& status);
void add_merge_command(CLI::App& app, int& status);
void add_package_command(CLI::App& app, int& status);
void add_verify_command(CLI::App& app, int& status);
void add_history_command(CLI::App& app, int& status);
void add_documents_command(CLI::App& app, int& status);
void add_explain_command(CLI::App& app, int& status);
void add_measure_command(CLI::App& app, int& status);
void add_selftest_command(CLI::App& app, int& status);
void add_doctor_command(CLI::App& app, int& status);
void add_manual_command(CLI::App& app, int& status);

/// Parses a command line and runs it. Returns the exit status of spec and README: 0 passed, 1 a
/// conformance failure, 2 usage or bad input (one line on standard error), 3 a device failed.
int run_command_line(int argc, const char* const* argv);

}  // namespace lsgd
