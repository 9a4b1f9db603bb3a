// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/data_coding.hpp"
#include "import/imported_data.hpp"

namespace lsgd {

/// What the first row of a table is.
enum class TableHeader : std::uint8_t {
  names,    ///< the columns' names; a number, or a class of the rows, shows that it is a sample
  certain,  ///< the columns' names whatever they look like
  none,     ///< a sample; the columns' names are 0, 1, ...
};

/// What is done with missing values: empty fields, ?, NA, NaN and their like.
enum class MissingValues : std::uint8_t {
  error,  ///< they are refused
  drop,   ///< rows with one are left out
  mean,   ///< in a column of numbers the mean of the others stands for them
  name,   ///< in a column of names they are a name like others
};

/// How to read a table of samples, one per row.
struct TableOptions {
  TableHeader header = TableHeader::names;
  std::optional<char> separator = {};  ///< guessed from the first line where there is none
  bool decimal_comma = false;          ///< 1,5 is one and a half
  MissingValues missing = MissingValues::error;
  std::string label = {};                     ///< the label's column; empty: the last one
  std::vector<std::string> targets = {};      ///< columns of real targets instead of a label
  std::vector<std::string> categorical = {};  ///< columns of names; "all" means every one
  std::vector<std::string> ignored = {};      ///< columns to leave out
  std::optional<InputScale> scale = {};       ///< of the columns that hold numbers
  const DataCoding* like = nullptr;           ///< what other data were made by
  /// Hears after every million rows how many were read, or read and coded.
  std::function<void(std::size_t rows, bool are_coded)> progress = {};
};

/// Parses a table as DelimitedRows does. Blanks around fields, plus signs and the ways to write a
/// number mean nothing. `file` is the name that errors carry. Throws InputError.
ImportedData parse_table(std::string_view text, const std::string& file,
                         const TableOptions& options);

/// parse_table of a file, plain or compressed with gzip, which is read twice: the samples are all
/// that is kept.
ImportedData read_table(const std::filesystem::path& path, const TableOptions& options);

/// Reads car.data of the UCI repository, in its order: 1728 cars of six names and a class, encoded
/// as the built-in data set `car` is. Throws InputError unless the file has the published SHA-256.
ImportedData read_uci_car(const std::filesystem::path& path);

}  // namespace lsgd
