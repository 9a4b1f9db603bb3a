// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace lsgd {

/// Checks a directory of vectors of any level: manifest, SHA-256 of every file, counts, and every
/// row recomputed from what is given and compared as text. Returns the number of cases. Throws
/// InputError with the file, the line and what was expected.
std::uint64_t verify_vectors(const std::filesystem::path& directory);

}  // namespace lsgd
