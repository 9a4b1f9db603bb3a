// SPDX-License-Identifier: Apache-2.0
#include "result/packed_results.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace lsgd {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// What a case has where a file leaves it out.
const json& absent_members() {
  static const json members{{"reason", nullptr},      {"worst", nullptr},
                            {"histogram", nullptr},   {"statistics", json::array()},
                            {"exact_order", nullptr}, {"failure", nullptr}};
  return members;
}

/// A list of a case, and the members of each of its elements.
struct PackedColumns {
  std::string_view list;
  std::vector<std::string> columns;
};

const std::array<PackedColumns, 2>& packed_columns() {
  static const std::array<PackedColumns, 2> lists{
      {{"statistics", {"tensor", "name", "value", "low", "high", "verdict"}},
       {"detected",
        {"tensor", "has_results", "inverted", "zeroed", "scaled", "stale", "gain", "cut"}}}};
  return lists;
}

const std::vector<std::string>* columns_of(std::string_view list) {
  const auto found = std::ranges::find(packed_columns(), list, &PackedColumns::list);
  return found == packed_columns().end() ? nullptr : &found->columns;
}

/// The values alone of elements that have just these members.
ordered_json rows_of(const ordered_json& elements, const std::vector<std::string>& columns) {
  ordered_json rows = ordered_json::array();
  for (const ordered_json& element : elements) {
    const bool has_all = element.is_object() && element.size() == columns.size() &&
                         std::ranges::all_of(columns, [&](const std::string& column) {
                           return element.contains(column);
                         });
    if (!has_all) {
      rows.push_back(element);
      continue;
    }
    ordered_json& row = rows.emplace_back(ordered_json::array());
    for (const std::string& column : columns) row.push_back(element.at(column));
  }
  return rows;
}

/// Gives the values in the lists of a case their names. The schema has counted them.
void name_members(json& found) {
  for (const auto& [list, columns] : packed_columns()) {
    const auto elements = found.find(list);
    if (elements == found.end()) continue;
    for (json& element : *elements) {
      if (!element.is_array()) continue;
      json named = json::object();
      for (std::size_t c = 0; c < columns.size(); ++c) named[columns[c]] = element.at(c);
      element = std::move(named);
    }
  }
}

/// A case without what goes without saying.
std::string case_text(const ordered_json& whole, bool has_named_members) {
  ordered_json found = ordered_json::object();
  for (const auto& [key, value] : whole.items()) {
    if (absent_members().contains(key) && json(value) == absent_members().at(key)) continue;
    const auto* const columns = has_named_members ? nullptr : columns_of(key);
    found[key] = columns == nullptr ? value : rows_of(value, *columns);
  }
  return found.dump();
}

/// Every different case, in the order of the targets.
class CaseTable {
 public:
  explicit CaseTable(bool has_named_members) : has_named_members_(has_named_members) {}

  std::size_t number_of(const ordered_json& whole) {
    const auto [place, is_new] =
        numbers_.emplace(case_text(whole, has_named_members_), lines_.size());
    if (is_new) lines_.push_back(&place->first);
    return place->second;
  }
  const std::vector<const std::string*>& lines() const { return lines_; }

 private:
  bool has_named_members_;
  std::map<std::string, std::size_t> numbers_;
  std::vector<const std::string*> lines_;
};

/// Appends `"key": value` in lines that are indented by so many spaces; the first has a comma
/// before it where it follows another member.
void append_member(std::string& text, std::size_t indent, const std::string& key,
                   const std::string& value) {
  text +=
      fmt::format("{}\n{:{}}{}: ", text.ends_with('{') ? "" : ",", "", indent, json(key).dump());
  for (const char c : value) {
    text += c;
    if (c == '\n') text.append(indent, ' ');
  }
}

std::string target_text(const ordered_json& target, CaseTable& table) {
  std::string text = "{";
  for (const auto& [key, value] : target.items()) {
    if (key != "cases") {
      append_member(text, 2, key, value.dump());
      continue;
    }
    json numbers = json::array();
    for (const ordered_json& whole : value) numbers.push_back(table.number_of(whole));
    append_member(text, 2, key, numbers.dump());
  }
  return text + "\n}";
}

/// Elements in lines of their own.
template <class Texts, class TextOf>
std::string list_text(const Texts& texts, const TextOf& text_of) {
  std::string list = "[";
  for (const auto& text : texts) list += (list.size() == 1 ? "" : ",") + ("\n" + text_of(text));
  return list + (list.size() == 1 ? "]" : "\n]");
}

/// Durations of many cases take a line for each target.
std::string timing_text(const ordered_json& timing) {
  std::string text = "{";
  for (const auto& [key, value] : timing.items())
    append_member(text, 2, key,
                  key == "targets"
                      ? list_text(value, [](const ordered_json& target) { return target.dump(); })
                      : value.dump());
  return text + "\n}";
}

[[noreturn]] void fail(const JsonDocument& results, const std::string& pointer,
                       const std::string& expected) {
  throw results.error(pointer, results.shown(pointer) + " to be " + expected);
}

}  // namespace

std::string packed_results(const ordered_json& results) {
  const bool has_named_members = results.at("format") == results_format_of_named_members;
  CaseTable table(has_named_members);
  std::vector<std::string> targets;
  for (const ordered_json& target : results.at("targets"))
    targets.push_back(target_text(target, table));
  std::string text = "{";
  for (const auto& [key, value] : results.items())
    if (key == "targets") {
      append_member(text, 2, "cases",
                    list_text(table.lines(), [](const std::string* line) { return *line; }));
      append_member(text, 2, key,
                    list_text(targets, [](const std::string& target) { return target; }));
    } else if (key == "timing") {
      append_member(text, 2, key, timing_text(value));
    } else {
      append_member(
          text, 2, key,
          key == "format" && !has_named_members ? json(results_format).dump() : value.dump(2));
    }
  return text + "\n}\n";
}

void unpack_results(JsonDocument& results) {
  json table = json::array();
  if (results.value.contains("cases")) {
    table = std::move(results.value["cases"]);
    results.value.erase("cases");
  }
  std::vector<std::size_t> lengths;
  for (json& found : table) {
    if (!found.is_object())
      fail(results, fmt::format("/cases/{}", lengths.size()), "a case, found " + found.dump());
    name_members(found);
    lengths.push_back(found.dump().size());
  }
  std::vector<bool> is_used(table.size());
  std::size_t length = 0;
  for (std::size_t t = 0; t < results.value["targets"].size(); ++t) {
    json& cases = results.value["targets"][t]["cases"];
    for (std::size_t c = 0; c < cases.size(); ++c) {
      if (cases[c].is_number()) {
        const std::string pointer = fmt::format("/targets/{}/cases/{}", t, c);
        const json number = cases[c];
        if (number >= table.size())
          fail(results, pointer,
               fmt::format("the number of one of {} cases, found {}", table.size(), number.dump()));
        const auto place = number.get<std::size_t>();
        length += lengths[place];
        if (length > longest_results)
          throw results.error(
              pointer, fmt::format("results of at most {} bytes when whole", longest_results));
        is_used[place] = true;
        cases[c] = table[place];
      } else {
        name_members(cases[c]);
      }
      for (const auto& [key, value] : absent_members().items()) cases[c].emplace(key, value);
    }
  }
  for (std::size_t place = 0; place < table.size(); ++place)
    if (!is_used[place]) fail(results, fmt::format("/cases/{}", place), "a case of some target");
}

std::string place_in_file(const JsonDocument& results, const std::string& pointer) {
  json::json_pointer place(pointer);
  std::vector<std::string> tokens;
  for (json::json_pointer rest = place; !rest.empty(); rest.pop_back())
    tokens.insert(tokens.begin(), rest.back());
  constexpr std::size_t tokens_of_a_case = 4;  // /targets/3/cases/17
  if (results.text.empty() || tokens.size() < tokens_of_a_case || tokens[0] != "targets" ||
      tokens[2] != "cases")
    return pointer;
  const json file = json::parse(results.text);
  json::json_pointer found;
  for (std::size_t i = 0; i < tokens_of_a_case; ++i) found /= tokens[i];
  if (!file.contains(found) || !file.at(found).is_number()) return pointer;
  json::json_pointer in_file;
  in_file /= "cases";
  in_file /= file.at(found).get<std::size_t>();
  for (std::size_t i = tokens_of_a_case; i < tokens.size(); ++i) {
    // CASE/statistics/3/low
    const auto* const columns =
        i == tokens_of_a_case + 2 ? columns_of(tokens[tokens_of_a_case]) : nullptr;
    if (columns != nullptr && file.contains(in_file) && file.at(in_file).is_array())
      in_file /=
          static_cast<std::size_t>(std::ranges::find(*columns, tokens[i]) - columns->begin());
    else
      in_file /= tokens[i];
  }
  return in_file.to_string();
}

JsonDocument read_whole_results(const std::filesystem::path& file) {
  JsonDocument results = read_json_document(file, "results", longest_results);
  unpack_results(results);
  return results;
}

}  // namespace lsgd
