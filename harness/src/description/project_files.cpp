// SPDX-License-Identifier: Apache-2.0
#include "description/project_files.hpp"

#include <cstdlib>
#include <utility>

namespace lsgd {
namespace {

namespace fs = std::filesystem;

/// Above the directory of this program; nothing where the system does not say where it lies.
fs::path prefix() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
}

/// What was installed beside the program, wherever that has been moved; empty in a build tree.
fs::path installed_directory() {
  std::error_code error;
  const fs::path data = prefix() / "share" / "lsgd-conform";
  return fs::is_directory(data, error) ? data : fs::path();
}

}  // namespace

fs::path source_directory() { return LSGD_SOURCE_DIRECTORY; }

fs::path data_directory() {
  const char* const chosen = std::getenv("LSGD_DATA");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  const fs::path installed = installed_directory();
  return installed.empty() ? source_directory() : installed;
}

fs::path suites_directory() { return data_directory() / "harness" / "suites"; }
fs::path golden_directory() { return data_directory() / "vectors" / "golden"; }
fs::path equivalent_mutants_file() {
  return data_directory() / "targets" / "mutation" / "equivalent_mutants.toml";
}
fs::path catching_cases_file() {
  return data_directory() / "targets" / "mutation" / "catching_cases.toml";
}
fs::path mutant_causes_file() { return data_directory() / "targets" / "mutation" / "causes.toml"; }
fs::path report_directory() { return fs::path("reports") / "out"; }
fs::path selftest_directory() { return report_directory() / "selftest"; }
fs::path cache_directory() {
  if (const char* const chosen = std::getenv("LSGD_CACHE")) return chosen;
  for (const auto& [variable, below] : {std::pair{"XDG_CACHE_HOME", ""}, {"HOME", ".cache"}})
    if (const char* const home = std::getenv(variable); home != nullptr && *home == '/')
      return fs::path(home) / below / "lsgd-conform";
  return {};
}
fs::path built_in_targets_directory() {
  return installed_directory().empty() ? fs::path(LSGD_TARGETS_DIRECTORY)
                                       : prefix() / "lib" / "lsgd-conform" / "targets";
}

}  // namespace lsgd
