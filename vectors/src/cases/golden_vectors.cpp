// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cases/golden_flags.hpp"
#include "cases/golden_source.hpp"
#include "files/atomic_file.hpp"

namespace lsgd {
namespace {

VectorManifest new_manifest(int level, const Profile& profile) {
  VectorManifest manifest;
  manifest.suite = fmt::format("level{}_{}", level, profile.name());
  manifest.level = level;
  manifest.profile = &profile;
  manifest.arithmetic = golden_source(profile).arithmetic;
  manifest.flags = golden_flags(level, profile);
  return manifest;
}

void generate_level_0(const std::filesystem::path& directory, const Profile& profile) {
  VectorManifest manifest = new_manifest(0, profile);
  AtomicDirectory output(directory / manifest.suite, {"manifest.json", "arithmetic.csv"});
  const auto cases = golden_source(profile).operations();
  write_lines(output.path() / "arithmetic.csv", [&](const LineSink& lines) {
    write_arithmetic_cases(cases, manifest.arithmetic, lines);
  });
  manifest.files = {{"arithmetic.csv", "", cases.size()}};
  write_manifest(output.path(), manifest);
  output.commit();
}

void generate_level_1(const std::filesystem::path& directory, const Profile& profile) {
  VectorManifest manifest = new_manifest(1, profile);
  AtomicDirectory output(directory / manifest.suite, {"manifest.json", "cases.csv", "tensors.csv"});
  const auto cases = golden_case_list(profile);
  write_lines(output.path() / "cases.csv",
              [&](const LineSink& lines) { write_golden_cases(cases, lines); });
  write_lines(output.path() / "tensors.csv", [&](const LineSink& lines) {
    write_golden_tensors(cases, profile, manifest.arithmetic, lines);
  });
  manifest.files = {{"cases.csv", "", cases.size()}, {"tensors.csv", "", cases.size()}};
  write_manifest(output.path(), manifest);
  output.commit();
}

}  // namespace

void generate_golden(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  for (const Profile* profile : built_in_profiles()) {
    generate_level_0(directory, *profile);
    generate_level_1(directory, *profile);
  }
}

}  // namespace lsgd
