// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace lsgd {

/// Runs a command that sees to a board, such as one that flashes it, in `directory`. Throws
/// DeviceError, in one line that names the hook and has the end of what the command said, where it
/// cannot be started, ends with another status than 0, or takes longer than the limit: then it is
/// ended, with all that it has started.
void run_board_hook(const std::string& name, const std::vector<std::string>& command,
                    const std::filesystem::path& directory, std::chrono::milliseconds limit);

}  // namespace lsgd
