// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "description/target_file.hpp"
#include "levels/case_list.hpp"

namespace lsgd {

/// The files that a target's command names, by their last names: its program, found as a shell
/// would, and every argument (or what follows its `=`) that is a regular file, such as a firmware
/// image. Of a board the firmware, where a debugger loads it or the hook `start` names it. Throws
/// InputError for one that cannot be read.
std::vector<UsedFile> command_files(const Target& target);

}  // namespace lsgd
