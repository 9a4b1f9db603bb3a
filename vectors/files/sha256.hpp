// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lsgd {

/// SHA-256 (FIPS 180-4) of `bytes`: 64 lower-case hexadecimal digits.
std::string sha256_of(std::string_view bytes);

/// SHA-256 of a file's content, read in blocks. Throws InputError if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace lsgd
