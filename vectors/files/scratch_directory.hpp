// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace lsgd {

/// A new directory that is removed with everything in it. Throws InputError where there is room for
/// none.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace lsgd
