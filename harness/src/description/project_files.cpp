// SPDX-License-Identifier: Apache-2.0
#include "description/project_files.hpp"

#include <cstdlib>

namespace lsgd {

std::filesystem::path source_directory() { return LSGD_SOURCE_DIRECTORY; }

std::filesystem::path data_directory() {
  const char* const chosen = std::getenv("LSGD_DATA");
  return chosen != nullptr && *chosen != '\0' ? chosen : source_directory();
}

std::filesystem::path suites_directory() { return data_directory() / "harness" / "suites"; }
std::filesystem::path golden_directory() { return data_directory() / "vectors" / "golden"; }
std::filesystem::path equivalent_mutants_file() {
  return data_directory() / "targets" / "mutation" / "equivalent_mutants.toml";
}
std::filesystem::path mutant_causes_file() {
  return data_directory() / "targets" / "mutation" / "causes.toml";
}
std::filesystem::path selftest_directory() {
  return source_directory() / "reports" / "out" / "selftest";
}
std::filesystem::path built_in_targets_directory() { return LSGD_TARGETS_DIRECTORY; }

}  // namespace lsgd
