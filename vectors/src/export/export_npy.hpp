// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cases/golden_set.hpp"
#include "export/vector_table.hpp"

namespace lsgd {

/// Every file that write_npy may write.
std::vector<std::string> npy_file_names();

/// Writes one NumPy array (format 1.0, little-endian, C order) per column of a set, and layout.csv,
/// `file,dtype,length,description`, which says what each holds.
void write_npy(const ArithmeticSet& set, const std::filesystem::path& directory);
void write_npy(const VectorTable& table, const std::filesystem::path& directory);

}  // namespace lsgd
