// SPDX-License-Identifier: Apache-2.0
#include "files/toml_json.hpp"

#include <cmath>

#include "files/toml_table.hpp"

namespace lsgd {
namespace {

/// Copies TOML nodes into a document.
class TomlConversion {
 public:
  explicit TomlConversion(JsonDocument& document) : document_(document) {}

  /// `line` is where the key or the element before it stands: tables that only a longer header
  /// names have no line of their own.
  nlohmann::json convert(const toml::node& node, const nlohmann::json::json_pointer& place,
                         std::size_t line) {
    if (node.source().begin.line != 0 && !node.is_table()) line = node.source().begin.line;
    document_.lines[place.to_string()] = line;
    if (const toml::table* table = node.as_table()) return object(*table, place, line);
    if (const toml::array* elements = node.as_array()) return array(*elements, place, line);
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto integer = node.value_exact<std::int64_t>()) return *integer;
    if (const auto boolean = node.value_exact<bool>()) return *boolean;
    const auto number = node.value_exact<double>();
    if (!number) throw InputError(document_.file, line, "no date or time");
    if (!std::isfinite(*number)) throw InputError(document_.file, line, "a finite number");
    return *number;
  }

 private:
  nlohmann::json object(const toml::table& table, const nlohmann::json::json_pointer& place,
                        std::size_t line) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [key, node] : table) {
      const std::size_t key_line = key.source().begin.line;
      object[std::string(key.str())] =
          convert(node, place / std::string(key.str()), key_line != 0 ? key_line : line);
    }
    return object;
  }

  nlohmann::json array(const toml::array& elements, const nlohmann::json::json_pointer& place,
                       std::size_t line) {
    nlohmann::json array = nlohmann::json::array();
    for (const toml::node& element : elements) {
      const std::size_t begin = element.source().begin.line;
      array.push_back(convert(element, place / array.size(), begin != 0 ? begin : line));
    }
    return array;
  }

  JsonDocument& document_;
};

}  // namespace

JsonDocument parse_toml_as_json(std::string_view text, const std::string& file) {
  const toml::table table = parse_toml(text, file);
  JsonDocument document{file, {}, {}, JsonNotation::dotted};
  document.value = TomlConversion(document).convert(table, nlohmann::json::json_pointer(), 1);
  return document;
}

}  // namespace lsgd
