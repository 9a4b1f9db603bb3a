// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace lsgd {

// Where the program was built from and into; compiled in.

/// Root of the source tree.
std::filesystem::path source_directory();
/// Suite files.
std::filesystem::path suites_directory();
/// Committed vector sets.
std::filesystem::path golden_directory();
/// List of the generated mutants that conform.
std::filesystem::path equivalent_mutants_file();
/// Where a self-test leaves its report unless told otherwise.
std::filesystem::path selftest_directory();
/// Images and target files of the built-in targets.
std::filesystem::path built_in_targets_directory();

}  // namespace lsgd
