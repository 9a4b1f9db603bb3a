// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <string>
#include <vector>

#include "data/data_file.hpp"

namespace lsgd {

/// How the columns of a table become inputs.
enum class ColumnScaling : std::uint8_t {
  none,     ///< numbers as they are
  min_max,  ///< (x - smallest) / (largest - smallest) per column, in binary64; 0 if all are equal
};

/// How to read a table of samples, one per row.
struct TableOptions {
  bool has_header = true;                       ///< else the columns are named 0, 1, ...
  std::string label;                            ///< name of the label's column; empty: the last one
  std::vector<std::string> categorical;         ///< columns of names; "all" means every one
  std::vector<std::string> ignored;             ///< columns to leave out
  ColumnScaling scaling = ColumnScaling::none;  ///< of the columns that hold numbers
};

/// Parses CSV (commas, no quotes) into samples. A categorical column becomes (place of the value in
/// alphabetical order) / (number of values - 1), 0 for a single value. Labels that are all integers
/// from 0 to 65535 stay as they are, others become their place in alphabetical order. `file` is the
/// name that errors carry. Throws InputError.
DataSet parse_table(std::istream& stream, const std::string& file, const TableOptions& options);

/// parse_table of a file.
DataSet read_table(const std::filesystem::path& path, const TableOptions& options);

/// Reads car.data of the UCI repository, in its order: 1728 cars of six names and a class, encoded
/// as the built-in data set `car` is. Throws InputError unless the file has the published SHA-256.
DataSet read_uci_car(const std::filesystem::path& path);

}  // namespace lsgd
