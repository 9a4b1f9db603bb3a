// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/input_error.hpp"

namespace lsgd {

/// Reads a CSV file row by row in bounded memory: comma-separated text without quoting or trimming,
/// LF or CRLF line ends, one header line, the same number of columns in every row, at most 1 MiB
/// per line. The last line must end too, so that a truncated number cannot pass for a shorter one.
/// Every violation throws InputError with its line.
class CsvReader {
 public:
  explicit CsvReader(const std::filesystem::path& path);
  /// Reads from `stream`, which must outlive the reader; `file` is the name that errors carry.
  CsvReader(std::istream& stream, std::string file);
  ~CsvReader();

  const std::vector<std::string>& header() const { return header_; }
  /// Throws an error that names the first missing, extra or misplaced column.
  void require_header(const std::vector<std::string>& expected) const;

  /// Moves to the next row; false at the end of the file.
  bool next();
  /// Fields of the current row, valid until the next call of next().
  std::span<const std::string_view> fields() const { return fields_; }
  std::string_view text(std::size_t column) const { return fields_[column]; }
  /// The current row's field as a finite binary32, or as an integer in [0, largest].
  float number(std::size_t column) const;
  std::uint64_t integer(std::size_t column, std::uint64_t largest) const;

  /// Line of the current row, from 1.
  std::size_t line() const { return line_; }
  const std::string& file() const { return file_; }
  /// The error to throw about the current row.
  InputError error(const std::string& expected) const;

 private:
  class Lines;

  CsvReader(std::unique_ptr<std::ifstream> owned, std::string file);
  void read_header();
  bool next_line();

  std::unique_ptr<std::ifstream> owned_;
  std::string file_;
  std::unique_ptr<Lines> lines_;
  std::vector<std::string> header_;
  std::vector<std::string_view> fields_;
  std::size_t line_ = 0;
};

}  // namespace lsgd
