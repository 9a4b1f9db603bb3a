// SPDX-License-Identifier: Apache-2.0
#include "csv_report.hpp"

#include <array>
#include <fmt/format.h>
#include <regex>
#include <set>
#include <string>
#include <string_view>

#include "printable_text.hpp"

namespace lsgd {
namespace {

struct Column {
  std::string_view name;
  const char* pointer;  ///< JSON pointer from the target or the case
};

constexpr std::array<Column, 5> target_columns{{{"target", "/name"},
                                                {"port", "/port"},
                                                {"platform", "/platform"},
                                                {"variant", "/variant"},
                                                {"profile", "/profile"}}};

constexpr std::array<Column, 33> case_columns{
    {{"case", "/id"},
     {"clause", "/clause"},
     {"level", "/level"},
     {"verdict", "/verdict"},
     {"reason", "/reason"},
     {"elements", "/elements"},
     {"worst_bound_fraction", "/worst/bound_fraction"},
     {"worst_ulp", "/worst/ulp"},
     {"worst_tensor", "/worst/tensor"},
     {"worst_index", "/worst/index"},
     {"worst_step", "/worst/step"},
     {"exact_compared", "/exact_order/compared"},
     {"exact_mismatches", "/exact_order/mismatches"},
     {"forward_cycles_median", "/resources/forward/cycles_median"},
     {"forward_cycles_worst", "/resources/forward/cycles_worst"},
     {"forward_instructions_median", "/resources/forward/instructions_median"},
     {"forward_instructions_worst", "/resources/forward/instructions_worst"},
     {"step_cycles_median", "/resources/step/cycles_median"},
     {"step_cycles_worst", "/resources/step/cycles_worst"},
     {"step_instructions_median", "/resources/step/instructions_median"},
     {"step_instructions_worst", "/resources/step/instructions_worst"},
     {"stack_bytes", "/resources/stack_bytes"},
     {"heap_bytes", "/resources/heap_bytes"},
     {"failure_step", "/failure/step"},
     {"failure_layer", "/failure/layer"},
     {"failure_tensor", "/failure/tensor"},
     {"failure_neuron", "/failure/neuron"},
     {"failure_index", "/failure/index"},
     {"expected", "/failure/expected"},
     {"got", "/failure/got"},
     {"tolerance", "/failure/tolerance"},
     {"message", "/failure/message"},
     {"repeat", "/failure/repeat"}}};

/// Whether a spreadsheet would take the text for a formula. A number with a sign, as comparisons
/// write it, is none: -1.5 (0xbfc00000), -3 to 4, -3 to -2 (-0.2 with 4 fraction bits).
bool looks_like_a_formula(const std::string& text) {
  static const std::regex number(
      R"([+-](inf|nan|[0-9][0-9a-fxp.+-]*)( to [0-9a-fxp.+-]+)?)"
      R"(( \((0x[0-9a-f]+|[0-9a-fxp.+-]+ with [0-9]+ fraction bits)\))?)");
  const bool begins_one = text.find_first_of("=+-@") == 0;
  return begins_one && !std::regex_match(text, number);
}

std::string field(const nlohmann::json& value) {
  if (value.is_null()) return {};
  if (!value.is_string()) return value.dump();
  std::string text = printable_text(value.get_ref<const std::string&>());
  if (looks_like_a_formula(text)) text.insert(0, 1, '\'');
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + '"';
}

/// Null where a member on the way is missing or null.
const nlohmann::json& at_or_null(const nlohmann::json& object, std::string_view pointer) {
  static const nlohmann::json null;
  const nlohmann::json* value = &object;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view key = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(key.size());
    if (!value->is_object()) return null;
    const auto member = value->find(key);
    if (member == value->end()) return null;
    value = &*member;
  }
  return *value;
}

template <std::size_t count>
std::string fields(const nlohmann::json& object, const std::array<Column, count>& columns) {
  std::string line;
  for (const Column& column : columns) {
    if (!line.empty() || &column != columns.data()) line += ',';
    line += field(at_or_null(object, column.pointer));
  }
  return line;
}

/// What tells an entry of a list from the others.
std::string key_of(const nlohmann::json& entry, const std::string& index) {
  std::string key;
  for (const char* part : {"tensor", "network", "name"})
    if (entry.is_object() && entry.contains(part) && entry.at(part).is_string())
      key += (key.empty() ? "" : "/") + entry.at(part).get<std::string>();
  return key.empty() ? index : key;
}

/// A row for each number in `value`; every row begins with `before` and the place.
void add_figures(const std::string& before, const nlohmann::json& value, const std::string& place,
                 std::string& csv) {
  if (value.is_number()) csv += fmt::format("{},{},{}\r\n", before, field(place), value.dump());
  if (!value.is_structured()) return;
  for (const auto& [key, member] : value.items())
    add_figures(before, member, place + '/' + (value.is_array() ? key_of(member, key) : key), csv);
}

}  // namespace

std::string csv_report(const nlohmann::json& results) {
  std::string csv;
  for (const Column& column : target_columns) csv += std::string(column.name) + ',';
  for (const Column& column : case_columns) csv += std::string(column.name) + ',';
  csv.pop_back();
  csv += "\r\n";
  for (const auto& target : results.at("targets")) {
    const std::string target_fields = fields(target, target_columns);
    for (const auto& test_case : target.at("cases"))
      csv += target_fields + ',' + fields(test_case, case_columns) + "\r\n";
  }
  return csv;
}

std::string figures_report(const nlohmann::json& results) {
  static const std::set<std::string> not_figures{"level", "failure", "histogram", "detected"};
  std::string csv;
  for (const Column& column : target_columns) csv += std::string(column.name) + ',';
  csv += "case,level,quantity,value\r\n";
  for (const auto& target : results.at("targets")) {
    const std::string target_fields = fields(target, target_columns);
    if (target.contains("resources"))
      add_figures(target_fields + ",,", target.at("resources"), "resources", csv);
    for (const auto& found : target.at("cases")) {
      const std::string case_fields =
          fmt::format("{},{},{}", target_fields, field(found.at("id")), found.at("level").dump());
      for (const auto& [key, member] : found.items())
        if (!not_figures.contains(key)) add_figures(case_fields, member, key, csv);
    }
  }
  return csv;
}

}  // namespace lsgd
