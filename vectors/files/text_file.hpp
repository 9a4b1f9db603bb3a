// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

namespace lsgd {

/// Opens a regular file for reading its bytes. Throws InputError if it is missing, unreadable or
/// something else.
std::ifstream open_input(const std::filesystem::path& path);

/// A whole file's bytes. Throws InputError if it cannot be read or is longer than `longest` bytes.
std::string read_text(const std::filesystem::path& path, std::size_t longest);

}  // namespace lsgd
