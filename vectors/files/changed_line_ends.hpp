// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace lsgd {

/// What to add to the error about a text file with another SHA-256 than `sha256`: that its line
/// ends were changed, if it has that one with line feeds alone; else nothing. Throws InputError if
/// the file cannot be read.
std::string changed_line_ends(const std::filesystem::path& path, const std::string& sha256);

}  // namespace lsgd
