// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lsgd {

/// Runs a program (name, arguments) in `directory` and returns its exit status, or 128 + the number
/// of the signal that ended it. Its standard output goes to `output`, what it says on standard
/// error is lost. Throws InputError where it cannot be started.
int run_program(const std::vector<std::string>& command, const std::filesystem::path& directory,
                const std::filesystem::path& output = "/dev/null");

}  // namespace lsgd
