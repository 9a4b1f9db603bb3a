// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lsgd {

/// A file that is not what it has to be, or an output that cannot be written. what() is the one
/// line a user sees: `FILE:LINE: expected ...`, or `FILE: expected ...` where no line is to blame.
class InputError : public std::runtime_error {
 public:
  /// `line` counts from 1; 0 blames the whole file. `expected` completes "expected ...". Control
  /// characters of hostile file names and contents are shown as `?` and a message is cut after 1000
  /// bytes: it is one readable line.
  InputError(std::string file, std::size_t line, std::string expected);

  const std::string& file() const { return file_; }
  std::size_t line() const { return line_; }
  const std::string& expected() const { return expected_; }

 private:
  std::string file_;
  std::size_t line_;
  std::string expected_;
};

/// `text` in double quotes, cut after 40 characters: how an error message repeats what it found.
std::string in_quotes(std::string_view text);

}  // namespace lsgd
