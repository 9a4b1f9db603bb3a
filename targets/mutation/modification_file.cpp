// SPDX-License-Identifier: Apache-2.0
#include "modification_file.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "files/toml_table.hpp"

namespace lsgd {
namespace {

TextChange text_change(TomlTable& table) {
  TextChange change{table.text("original"), table.text("replacement"), table.line()};
  if (change.original.empty()) table.fail("original", "a text of the source");
  return change;
}

/// Checked against the words of a target file where the target file is read, as the pace is.
toml::table arithmetic_table(const toml::table& table) {
  const toml::table* const arithmetic = table["arithmetic"].as_table();
  return arithmetic == nullptr ? toml::table{} : *arithmetic;
}

ModifiedPort modified_port(std::string_view kind, TomlTable& entry) {
  ModifiedPort port;
  port.kind = kind;
  port.name = entry.name("name");
  port.description = entry.text("description");
  if (kind == "mutant") {
    port.level = entry.integer("level", 0, 4);
    if (entry.contains("erratum")) port.erratum = entry.integer("erratum", 1, 1000);
  }
  if (entry.contains("pace")) port.pace = entry.text("pace");
  if (entry.contains("variants")) port.variants = entry.texts("variants");
  entry.table("arithmetic");
  entry.tables("network");
  port.source = entry.name("file");
  port.changes.push_back(text_change(entry));
  for (TomlTable& also : entry.tables("also")) {
    port.changes.push_back(text_change(also));
    also.reject_unknown_keys();
  }
  entry.reject_unknown_keys();
  return port;
}

}  // namespace

ModificationFile parse_modifications(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlTable table(document, file);
  if (table.text("format") != "lsgd-modifications/1")
    table.fail("format", "format \"lsgd-modifications/1\"");
  ModificationFile result{file, table.name("port"), {}, {}};
  if (table.contains("include"))
    result.include = std::filesystem::path(file).parent_path() / table.name("include");
  table.table("arithmetic");
  const std::string pace = table.contains("pace") ? table.text("pace") : std::string();
  for (const std::string_view kind : {"mutant", "legal_variant"}) {
    std::vector<TomlTable> entries = table.tables(kind);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      ModifiedPort port = modified_port(kind, entries[i]);
      if (std::ranges::find(result.modifications, port.name, &ModifiedPort::name) !=
          result.modifications.end())
        entries[i].fail("name", "every modification to have its own name");
      port.arithmetic = arithmetic_table(document);
      if (port.pace.empty()) port.pace = pace;
      for (const auto& [key, value] : arithmetic_table(*document[kind][i].as_table()))
        port.arithmetic.insert_or_assign(key, value);
      if (const toml::array* const networks = document[kind][i]["network"].as_array())
        port.networks = *networks;
      result.modifications.push_back(std::move(port));
    }
  }
  table.reject_unknown_keys();
  return result;
}

std::string modified_source(std::string source, const ModifiedPort& modification,
                            const std::string& file) {
  for (const TextChange& change : modification.changes) {
    const std::size_t place = source.find(change.original);
    if (place == std::string::npos || source.find(change.original, place + 1) != std::string::npos)
      throw InputError(file, change.line,
                       fmt::format("the original of {} exactly once in {}", modification.name,
                                   modification.source));
    source.replace(place, change.original.size(), change.replacement);
  }
  return source;
}

}  // namespace lsgd
