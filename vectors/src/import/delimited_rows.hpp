// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/input_error.hpp"

namespace lsgd {

/// Fills a span with the next bytes of a text and returns how many there were; 0 at its end.
using ReadBytes = std::function<std::size_t(std::span<char>)>;

/// Rows of fields as spreadsheets and statistics programs write them, read in bounded memory:
/// fields in double quotes (RFC 4180), blanks of any kind around fields, a byte-order mark, any
/// line ends, blank lines and lines of separators alone, a last line without its end, a first line
/// of sep=; as Excel takes it, and the # before names of columns that NumPy's savetxt writes.
/// Fields that are no UTF-8 are taken as Latin-1. A row has at most 1 MiB.
class DelimitedRows {
 public:
  /// `separator` stands between fields, ' ' for any number of blanks and tabulators; without one it
  /// is the most frequent of comma, semicolon and tabulator in the first line outside of quotes,
  /// the comma first, or '|' or ' ' if none occurs; also ' ' beside tabulators where blanks alone
  /// stand between numbers. `file` is the name that errors carry. Throws
  /// InputError.
  DelimitedRows(ReadBytes read, std::string file, std::optional<char> separator);
  ~DelimitedRows();
  DelimitedRows(const DelimitedRows&) = delete;
  DelimitedRows& operator=(const DelimitedRows&) = delete;

  /// Moves to the next row; false at the end of the text. Throws InputError.
  bool next();
  /// Fields of the current row until the next call of next(), without blanks at their ends, runs of
  /// blanks within as one.
  std::span<const std::string_view> fields() const;
  /// Line where the current row starts, from 1.
  std::size_t line() const;
  const std::string& file() const;
  /// The error to throw about the current row.
  InputError error(const std::string& expected) const;

  char separator() const;
  /// Whether lines end in carriage returns alone.
  bool has_carriage_returns_alone() const;
  /// Rows of empty fields alone that were passed over so far.
  std::size_t rows_without_text() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

/// A separator in words.
std::string separator_in_words(char separator);

}  // namespace lsgd
