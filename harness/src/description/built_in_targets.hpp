// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "description/target_file.hpp"

namespace lsgd {

/// The targets whose files are in `directory`, sorted by name. Throws InputError for a malformed
/// file and for two targets of one name.
std::vector<Target> targets_in(const std::filesystem::path& directory);

/// The targets that were built with this program.
std::vector<Target> built_in_targets();

/// Targets by selector: the path of a target file (it ends in .toml), the name of a built-in
/// target, or a shell pattern on the names of the built-in ports. Without selectors, all built-in
/// ports. Throws InputError where a selector finds nothing or two files share a name.
std::vector<Target> select_targets(const std::vector<std::string>& selectors);

}  // namespace lsgd
