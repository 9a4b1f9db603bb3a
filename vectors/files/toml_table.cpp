// SPDX-License-Identifier: Apache-2.0
#include "files/toml_table.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

const toml::table no_table;

std::size_t line_of(const toml::node& node) { return node.source().begin.line; }

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    throw InputError(file, error.source().begin.line,
                     fmt::format("valid TOML: {}", error.description()));
  }
}

std::size_t TomlTable::line() const {
  const std::size_t line = line_of(table_);
  return line == 0 ? 1 : line;
}

std::string TomlTable::text(std::string_view key) { return value<std::string>(key, "a string"); }

std::string TomlTable::name(std::string_view key) {
  std::string name = text(key);
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  if (!plain || name.empty() || name.front() == '.' || name.front() == '-' || name.size() > 100)
    fail(key, in_quotes(key) +
                  " of 1 to 100 letters, digits, '_', '-' and '.', not starting with '-' or '.'");
  return name;
}

std::string TomlTable::text_or(std::string_view key, std::string otherwise) {
  return contains(key) ? text(key) : std::move(otherwise);
}

std::vector<std::string> TomlTable::texts(std::string_view key) {
  std::vector<std::string> texts = texts_or_none(key);
  if (texts.empty()) fail(key, in_quotes(key) + " to be a non-empty array of strings");
  return texts;
}

std::vector<std::string> TomlTable::texts_or_none(std::string_view key) {
  const toml::array* array = node(key, "an array of strings").as_array();
  std::vector<std::string> texts;
  if (array != nullptr)
    for (const toml::node& element : *array)
      if (const auto text = element.value_exact<std::string>()) texts.push_back(*text);
  if (array == nullptr || texts.size() != array->size())
    fail(key, in_quotes(key) + " to be an array of strings");
  return texts;
}

bool TomlTable::boolean_or(std::string_view key, bool otherwise) {
  return contains(key) ? value<bool>(key, "true or false") : otherwise;
}

std::int64_t TomlTable::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const auto integer = value<std::int64_t>(key, "an integer");
  if (integer < low || integer > high)
    fail(key, fmt::format("{} from {} to {}", in_quotes(key), low, high));
  return integer;
}

std::int64_t TomlTable::integer_or(std::string_view key, std::int64_t low, std::int64_t high,
                                   std::int64_t otherwise) {
  return contains(key) ? integer(key, low, high) : otherwise;
}

std::vector<std::int64_t> TomlTable::integers(std::string_view key, std::int64_t low,
                                              std::int64_t high) {
  const toml::array* array = node(key, "an array of integers").as_array();
  std::vector<std::int64_t> integers;
  if (array != nullptr)
    for (const toml::node& element : *array) {
      const auto integer = element.value_exact<std::int64_t>();
      if (integer && *integer >= low && *integer <= high) integers.push_back(*integer);
    }
  if (array == nullptr || integers.size() != array->size() || integers.empty())
    fail(key, fmt::format("{} to be a non-empty array of integers from {} to {}", in_quotes(key),
                          low, high));
  return integers;
}

double TomlTable::number(std::string_view key, double low, double high) {
  const auto number = node(key, "a number").value<double>();
  if (!number || !(*number >= low && *number <= high))
    fail(key, fmt::format("{} to be a number from {} to {}", in_quotes(key), low, high));
  return *number;
}

double TomlTable::number_or(std::string_view key, double low, double high, double otherwise) {
  return contains(key) ? number(key, low, high) : otherwise;
}

TomlTable TomlTable::table(std::string_view key) {
  if (!contains(key)) return {no_table, file_};
  const toml::table* table = node(key, "a table").as_table();
  if (table == nullptr) fail(key, fmt::format("a table [{}]", key));
  return {*table, file_};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  std::vector<TomlTable> tables;
  if (!contains(key)) return tables;
  const toml::array* array = node(key, "tables").as_array();
  if (array == nullptr || !array->is_homogeneous<toml::table>())
    fail(key, fmt::format("tables [[{}]]", key));
  for (const toml::node& element : *array) tables.emplace_back(*element.as_table(), file_);
  return tables;
}

void TomlTable::reject_unknown_keys() const {
  for (const auto& [key, node] : table_)
    if (!asked_for_.contains(key.str()))
      throw InputError(file_, key.source().begin.line,
                       fmt::format("no key {}: it is unknown here", in_quotes(key.str())));
}

void TomlTable::fail(std::string_view key, const std::string& expected) const {
  const toml::node* node = table_.get(key);
  throw InputError(file_, node != nullptr ? line_of(*node) : line(), expected);
}

const toml::node& TomlTable::node(std::string_view key, std::string_view type) {
  asked_for_.emplace(key);
  const toml::node* node = table_.get(key);
  if (node == nullptr) fail(key, fmt::format("{}, {}: the key is missing", in_quotes(key), type));
  return *node;
}

template <class Value>
Value TomlTable::value(std::string_view key, std::string_view type) {
  const auto value = node(key, type).value_exact<Value>();
  if (!value) fail(key, fmt::format("{} to be {}", in_quotes(key), type));
  return *value;
}

}  // namespace lsgd
