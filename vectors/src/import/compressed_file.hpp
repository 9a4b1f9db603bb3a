// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <zlib.h>

namespace lsgd {

/// A file's bytes, decompressed if they are compressed with gzip.
class CompressedFile {
 public:
  /// Throws InputError if the file is missing, unreadable or something else than a file.
  explicit CompressedFile(const std::filesystem::path& path);

  /// Fills `bytes` as far as the file goes and returns how many it filled. Throws InputError for
  /// damaged or truncated gzip data.
  std::size_t read(std::span<char> bytes);

  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::unique_ptr<gzFile_s, decltype(&gzclose)> file_{nullptr, &gzclose};
};

}  // namespace lsgd
