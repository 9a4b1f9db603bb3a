// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/text_file.hpp"
#include "steps/vector_set.hpp"

namespace lsgd {

constexpr std::size_t longest_test_file = std::size_t{64} << 20;

/// Every file of a directory, by name.
inline std::map<std::string, std::string> files_of(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    files[entry.path().filename().string()] = read_text(entry.path(), longest_test_file);
  return files;
}

/// Replaces the first occurrence of `before` in a file; the file must have one.
inline void edit(const std::filesystem::path& path, const std::string& before,
                 const std::string& after) {
  std::string text = read_text(path, longest_test_file);
  text.replace(text.find(before), before.size(), after);
  write_file(path, text);
}

/// edit, with the SHA-256 in the manifest brought up to date: what only recomputation can notice.
inline void edit_unnoticed(const std::filesystem::path& directory, const std::string& name,
                           const std::string& before, const std::string& after) {
  const VectorManifest manifest = read_vector_set(directory);
  edit(directory / name, before, after);
  write_manifest(directory, manifest);
}

/// Line `number` of a text, from 1, with its end.
inline std::string line_of(const std::string& text, std::size_t number) {
  std::size_t begin = 0;
  for (std::size_t i = 1; i < number; ++i) begin = text.find('\n', begin) + 1;
  return text.substr(begin, text.find('\n', begin) + 1 - begin);
}

}  // namespace lsgd
