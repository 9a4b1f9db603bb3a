// SPDX-License-Identifier: Apache-2.0
#include "commands/write_kit.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

void write_folder(const fs::path& folder, const std::vector<KitFile>& files,
                  const std::vector<std::string>& replaceable) {
  AtomicDirectory target(folder, replaceable);
  std::vector<std::string> names;
  for (const KitFile& file : files) {
    fs::create_directories((target.path() / file.path).parent_path());
    write_file(target.path() / file.path, file.text);
    names.push_back(file.path);
  }
  target.commit();
  std::ranges::sort(names);
  fmt::print("{}: {}\n", folder.string(), fmt::join(names, ", "));
}

}  // namespace

void write_new_folder(const fs::path& folder, const std::vector<KitFile>& files) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error)))
    throw InputError(folder.string(), 0, "a folder that does not exist yet");
  write_folder(folder, files, {});
}

void write_replaceable_folder(const fs::path& folder, const std::vector<KitFile>& files) {
  std::vector<std::string> names;
  for (const KitFile& file : files) names.push_back(file.path);
  write_folder(folder, files, names);
}

}  // namespace lsgd
