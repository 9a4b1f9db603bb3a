// SPDX-License-Identifier: Apache-2.0
#include "files/scratch_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "files/input_error.hpp"

namespace lsgd {

ScratchDirectory::ScratchDirectory() {
  std::error_code none;
  std::string name = (std::filesystem::temp_directory_path(none) / "lsgd-conform-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw InputError(name, 0, std::string("room for a directory: ") + std::strerror(errno));
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace lsgd
