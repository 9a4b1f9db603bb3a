// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace lsgd {

/// The right to write results into a directory, which one process at a time has. It ends with this
/// object or with its process, however that ends.
class DirectoryLock {
 public:
  /// Creates the directory where it is missing. Throws InputError, naming the process, where
  /// another one has the right.
  explicit DirectoryLock(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace lsgd
