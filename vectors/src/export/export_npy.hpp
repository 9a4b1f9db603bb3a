// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cases/golden_set.hpp"
#include "export/vector_table.hpp"

namespace lsgd {

/// A file of NumPy format 1.0: magic, version, length of the header, header, elements. `shape` is
/// the inside of its tuple: "3," or "2, 3".
std::string npy_file(std::string_view dtype, std::string_view shape, const std::string& elements);

/// Every file that write_npy may write.
std::vector<std::string> npy_file_names();

/// Writes one NumPy array (format 1.0, little-endian, C order) per column of a set, and layout.csv,
/// `file,dtype,length,description`, which says what each holds.
void write_npy(const ArithmeticSet& set, const std::filesystem::path& directory);
void write_npy(const VectorTable& table, const std::filesystem::path& directory);

}  // namespace lsgd
