// SPDX-License-Identifier: Apache-2.0
#include "export/export_vectors.hpp"

#include "cases/golden_set.hpp"
#include "cases/verify_vectors.hpp"
#include "export/export_c.hpp"
#include "export/export_npy.hpp"
#include "export/vector_table.hpp"
#include "files/atomic_file.hpp"
#include "steps/step_vectors.hpp"

namespace lsgd {
namespace {

VectorTable read_table(const std::filesystem::path& directory, const VectorManifest& manifest) {
  if (manifest.level == 1) return table_of(read_golden_set(directory));
  return table_of(read_step_vectors(directory), manifest.suite);
}

/// In place of files that have their names and no others.
std::vector<std::string> write_self_check(const SelfCheck& check,
                                          const std::filesystem::path& output) {
  std::vector<std::string> names;
  for (const auto& [name, text] : check.files) names.push_back(name);
  AtomicDirectory target(output, names);
  for (const auto& [name, text] : check.files) write_file(target.path() / name, text);
  target.commit();
  return check.left_out;
}

}  // namespace

std::optional<ExportFormat> export_format_from_text(std::string_view name) {
  if (name == "c") return ExportFormat::c;
  if (name == "npy") return ExportFormat::npy;
  if (name == "self-check") return ExportFormat::self_check;
  return std::nullopt;
}

std::vector<std::string> export_vectors(const std::filesystem::path& directory, ExportFormat format,
                                        const std::filesystem::path& output,
                                        const SelfCheckLimits& limits) {
  const VectorManifest manifest = read_vector_set(directory);
  verify_vectors(directory);
  if (format == ExportFormat::self_check)
    return write_self_check(self_check(directory, manifest, limits), output);
  if (format == ExportFormat::c) {
    const std::string name = manifest.suite + ".h";
    AtomicDirectory target(output, {name});
    write_file(target.path() / name, manifest.level == 0
                                         ? c_header(read_arithmetic_set(directory))
                                         : c_header(read_table(directory, manifest)));
    target.commit();
    return {};
  }
  AtomicDirectory target(output, npy_file_names());
  if (manifest.level == 0)
    write_npy(read_arithmetic_set(directory), target.path());
  else
    write_npy(read_table(directory, manifest), target.path());
  target.commit();
  return {};
}

}  // namespace lsgd
