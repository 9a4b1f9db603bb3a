// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace lsgd {

/// Root of the source tree that the program was built from; compiled in.
std::filesystem::path source_directory();
/// Root of a tree with the suites, golden sets, models and C sources: $LSGD_DATA where it is set,
/// else what was installed beside the program, else the source tree. A claim rests on their
/// digests, wherever they lie (SPEC 14.1).
std::filesystem::path data_directory();
/// Suite files.
std::filesystem::path suites_directory();
/// Committed vector sets.
std::filesystem::path golden_directory();
/// List of the generated mutants that conform.
std::filesystem::path equivalent_mutants_file();

/// Which case catches each mutant.
std::filesystem::path catching_cases_file();
/// Which deviations semantic mutants are instances of.
std::filesystem::path mutant_causes_file();
/// Where reports are left unless told otherwise: in the working directory.
std::filesystem::path report_directory();
/// Where a self-test leaves its report unless told otherwise.
std::filesystem::path selftest_directory();
/// What may be computed again is kept there: $LSGD_CACHE where it is set, else lsgd-conform in
/// $XDG_CACHE_HOME or in $HOME/.cache. Empty where LSGD_CACHE is, or nothing is set: nothing is
/// kept.
std::filesystem::path cache_directory();
/// Images and target files of the built-in targets.
std::filesystem::path built_in_targets_directory();

}  // namespace lsgd
