// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "files/input_error.hpp"

namespace lsgd {

/// How errors name the place of a value: /at/weight/format, or at.weight.format without the
/// positions in arrays.
enum class JsonNotation : std::uint8_t { pointer, dotted };

/// A parsed JSON text that can tell where each value stands, so that checks made later can still
/// name the line.
struct JsonDocument {
  std::string file;
  nlohmann::json value;
  /// By JSON pointer (RFC 6901); "" is the root. Empty where `text` tells them: only errors ask.
  std::unordered_map<std::string, std::size_t> lines;
  JsonNotation notation = JsonNotation::pointer;
  std::string text = {};  ///< of a JSON file

  /// Line of the value at `pointer`, or of its nearest existing ancestor.
  std::size_t line_of(const std::string& pointer) const;
  /// The value at `pointer` as errors name it.
  std::string shown(const std::string& pointer) const;
  /// The error to throw about the value at `pointer`.
  InputError error(const std::string& pointer, const std::string& expected) const;
};

/// Parses RFC 8259 JSON; repeated keys, more than 64 levels and anything after the value are
/// errors. `file` is the name that errors carry. Throws InputError.
JsonDocument parse_json(std::string_view text, const std::string& file);

/// Validates a document against the built-in schema vectors/schema/NAME.schema.json. Throws
/// InputError for the first violation.
void validate_json(const JsonDocument& document, std::string_view schema_name);

constexpr std::size_t longest_json_file = std::size_t{64} << 20;

/// Reads (at most `longest` bytes), parses and validates a file. Throws InputError.
JsonDocument read_json_document(const std::filesystem::path& path, std::string_view schema_name,
                                std::size_t longest = longest_json_file);

/// The value of read_json_document.
nlohmann::json read_json(const std::filesystem::path& path, std::string_view schema_name);

/// Writes `value` with two spaces of indentation and a final newline, atomically. Keys appear in
/// the value's own order (sorted for nlohmann::json). Throws InputError.
void write_json(const std::filesystem::path& path, const nlohmann::json& value);
void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& value);

/// The text of a built-in schema; throws std::invalid_argument for a name that is not built in.
std::string_view schema_text(std::string_view schema_name);

}  // namespace lsgd
