// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <utility>
#include <vector>

#include "files/input_error.hpp"

namespace lsgd {

/// Parses TOML text; `file` names it in errors. Throws InputError.
toml::table parse_toml(std::string_view text, const std::string& file);

/// A table of a TOML file read strictly: every value is asked for by its key and type, and what
/// nobody asked for is an error. All functions throw InputError naming the line.
class TomlTable {
 public:
  TomlTable(const toml::table& table, std::string file) : table_(table), file_(std::move(file)) {}

  /// Where the table begins.
  std::size_t line() const;

  bool contains(std::string_view key) const { return table_.contains(key); }

  std::string text(std::string_view key);
  /// A text that can be part of a file name, a case identity and a command line.
  std::string name(std::string_view key);
  std::string text_or(std::string_view key, std::string otherwise);
  std::vector<std::string> texts(std::string_view key);
  /// The same of an array that may be empty.
  std::vector<std::string> texts_or_none(std::string_view key);
  bool boolean_or(std::string_view key, bool otherwise);
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high);
  std::int64_t integer_or(std::string_view key, std::int64_t low, std::int64_t high,
                          std::int64_t otherwise);
  std::vector<std::int64_t> integers(std::string_view key, std::int64_t low, std::int64_t high);
  double number(std::string_view key, double low, double high);
  double number_or(std::string_view key, double low, double high, double otherwise);

  /// The value that `choices` gives to the text at `key`.
  template <class Value>
  Value choice_or(std::string_view key,
                  std::initializer_list<std::pair<std::string_view, Value>> choices,
                  Value otherwise) {
    if (!contains(key)) return otherwise;
    const std::string chosen = text(key);
    std::string expected;
    for (const auto& [name, value] : choices) {
      if (name == chosen) return value;
      expected += (expected.empty() ? "" : " or ") + in_quotes(name);
    }
    fail(key, in_quotes(key) + " to be " + expected);
  }

  /// A sub-table; an empty one where it is missing.
  TomlTable table(std::string_view key);
  /// The tables of [[key]], in order.
  std::vector<TomlTable> tables(std::string_view key);

  /// Throws for the first key that was never asked for.
  void reject_unknown_keys() const;

  /// Throws InputError at the line of `key`, or of the table where the key is missing.
  [[noreturn]] void fail(std::string_view key, const std::string& expected) const;

 private:
  const toml::node& node(std::string_view key, std::string_view type);
  template <class Value>
  Value value(std::string_view key, std::string_view type);

  const toml::table& table_;
  std::string file_;
  std::set<std::string, std::less<>> asked_for_;
};

}  // namespace lsgd
