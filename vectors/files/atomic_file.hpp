// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// An output file that appears whole or not at all: written beside its destination, flushed to the
/// disk and renamed by commit(). Without commit() nothing is left behind; what a killed process
/// leaves, the next one that writes the same file removes. Every failure (missing directory, no
/// permission, full disk) throws InputError.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void commit();

 private:
  void flush();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::string buffer_;
  int descriptor_ = -1;
};

/// Writes `bytes` to `path` through an AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Directory `path` belongs to nobody else: it does not exist, is empty, or holds nothing but
/// regular files named in `replaceable`. Throws InputError otherwise.
void require_replaceable_directory(const std::filesystem::path& path,
                                   const std::vector<std::string>& replaceable);

/// An output directory that appears whole or not at all: fill path() (a sibling of the
/// destination), then commit() renames it. An existing destination is replaced, at once, if
/// require_replaceable_directory accepts it, which is asked at once and again by commit(). What a
/// killed process leaves, the next one that writes the same directory removes.
class AtomicDirectory {
 public:
  explicit AtomicDirectory(std::filesystem::path destination,
                           std::vector<std::string> replaceable = {});
  ~AtomicDirectory();
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  /// Where to write the files until commit().
  const std::filesystem::path& path() const { return temporary_; }
  void commit();

 private:
  /// For file systems that cannot exchange two directories.
  void replace_in_two_steps() const;

  std::filesystem::path destination_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
  std::vector<std::string> replaceable_;
};

}  // namespace lsgd
