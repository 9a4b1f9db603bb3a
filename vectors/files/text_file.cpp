// SPDX-License-Identifier: Apache-2.0
#include "files/text_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>

#include "files/input_error.hpp"

namespace lsgd {

std::ifstream open_input(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (is_directory(status)) throw InputError(path.string(), 0, "a file, but it is a directory");
  // They may have no end, or nobody at the other one.
  if (exists(status) && !is_regular_file(status))
    throw InputError(path.string(), 0, "a file, but it is a pipe or a device");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw InputError(path.string(), 0, fmt::format("a readable file ({})", std::strerror(errno)));
  return file;
}

std::string read_text(const std::filesystem::path& path, std::size_t longest) {
  std::ifstream file = open_input(path);
  std::string text;
  std::array<char, 1 << 16> block;
  while (file.read(block.data(), block.size()), file.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > longest)
      throw InputError(path.string(), 0, fmt::format("a file of at most {} bytes", longest));
  }
  if (file.bad()) throw InputError(path.string(), 0, "a readable file");
  return text;
}

}  // namespace lsgd
