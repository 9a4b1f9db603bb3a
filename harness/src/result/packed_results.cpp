// SPDX-License-Identifier: Apache-2.0
#include "result/packed_results.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <span>
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

/// The formats that differ in how they say a case, in their order.
enum class PackedFormat { named_members, whole_identities, newest };

PackedFormat format_of(const ordered_json& results) {
  const auto& name = results.at("format");
  if (name == results_format_of_named_members) return PackedFormat::named_members;
  if (name == results_format_of_whole_identities) return PackedFormat::whole_identities;
  return PackedFormat::newest;
}

/// An object of a case whose values alone a file has.
struct PackedRow {
  std::string_view path;  ///< from the case; * is every element of a list
  PackedFormat since;
  std::vector<std::string> columns;
};

const std::vector<PackedRow>& packed_rows() {
  static const std::vector<PackedRow> rows = [] {
    std::vector<PackedRow> all{
        {"statistics/*",
         PackedFormat::whole_identities,
         {"tensor", "name", "value", "low", "high", "verdict"}},
        {"detected/*",
         PackedFormat::whole_identities,
         {"tensor", "has_results", "inverted", "zeroed", "scaled", "stale", "gain", "cut"}},
        {"worst", PackedFormat::newest, {"bound_fraction", "ulp", "tensor", "index", "step"}}};
    for (const std::string_view path :
         {"convergence/epochs/*/training_loss", "convergence/epochs/*/training_accuracy",
          "convergence/epochs/*/test_loss", "convergence/epochs/*/test_accuracy",
          "convergence/epochs/*/distance"})
      all.push_back({path, PackedFormat::newest, {"value", "exact", "low", "high", "verdict"}});
    return all;
  }();
  return rows;
}

/// Calls with everything of `value` that stands at a path of PackedRow.
template <class Json, class Visit>
void visit(Json& value, std::string_view path, const Visit& visitor) {
  if (path.empty()) {
    visitor(value);
    return;
  }
  const std::size_t slash = path.find('/');
  const std::string_view first = path.substr(0, slash);
  const std::string_view rest = slash == path.npos ? "" : path.substr(slash + 1);
  if (first == "*") {
    if (value.is_array())
      for (Json& element : value) visit(element, rest, visitor);
  } else if (value.is_object() && value.contains(first)) {
    visit(value[std::string(first)], rest, visitor);
  }
}

/// Leaves the values alone of objects that have just the members of their rows.
void forget_names(ordered_json& found, PackedFormat format) {
  for (const PackedRow& row : packed_rows()) {
    if (format < row.since) continue;
    visit(found, row.path, [&](ordered_json& element) {
      const bool has_all = element.is_object() && element.size() == row.columns.size() &&
                           std::ranges::all_of(row.columns, [&](const std::string& column) {
                             return element.contains(column);
                           });
      if (!has_all) return;
      ordered_json values = ordered_json::array();
      for (const std::string& column : row.columns) values.push_back(element.at(column));
      element = std::move(values);
    });
  }
}

/// Gives the values of rows their names. The schema has counted them.
void name_members(json& found) {
  for (const PackedRow& row : packed_rows())
    visit(found, row.path, [&](json& element) {
      if (!element.is_array()) return;
      json named = json::object();
      for (std::size_t c = 0; c < row.columns.size(); ++c) named[row.columns[c]] = element.at(c);
      element = std::move(named);
    });
}

/// What cases of the same identity share, in the order of a row of `identities`.
constexpr std::array<const char*, 3> identity_members{"id", "clause", "level"};

/// Every different case and identity, in the order of the targets.
class CaseTable {
 public:
  explicit CaseTable(PackedFormat format) : format_(format) {}

  std::size_t number_of(const ordered_json& whole) { return cases_.number_of(text_of(whole)); }
  const std::vector<const std::string*>& cases() const { return cases_.lines(); }
  const std::vector<const std::string*>& identities() const { return identities_.lines(); }

 private:
  /// Numbers texts in the order in which they come.
  class Lines {
   public:
    std::size_t number_of(std::string line) {
      const auto [place, is_new] = numbers_.emplace(std::move(line), lines_.size());
      if (is_new) lines_.push_back(&place->first);
      return place->second;
    }
    const std::vector<const std::string*>& lines() const { return lines_; }

   private:
    std::map<std::string, std::size_t> numbers_;
    std::vector<const std::string*> lines_;
  };

  /// A case without what goes without saying.
  std::string text_of(const ordered_json& whole) {
    ordered_json found = ordered_json::object();
    const bool has_number = format_ == PackedFormat::newest && has_identity(whole);
    if (has_number) found["id"] = identities_.number_of(identity_of(whole));
    for (const auto& [key, value] : whole.items()) {
      if (absent_members().contains(key) && json(value) == absent_members().at(key)) continue;
      if (has_number && (std::ranges::find(identity_members, key) != identity_members.end() ||
                         (key == "verdict" && value == "pass")))
        continue;
      found[key] = value;
    }
    forget_names(found, format_);
    return found.dump();
  }

  /// Not of what no run has written: the schema says what is wrong with it.
  static bool has_identity(const ordered_json& whole) {
    return whole.contains("verdict") && whole.contains("id") && whole.at("id").is_string() &&
           whole.contains("clause") && whole.contains("level");
  }

  static std::string identity_of(const ordered_json& whole) {
    ordered_json row = ordered_json::array();
    for (const char* member : identity_members) row.push_back(whole.at(member));
    return row.dump();
  }

  PackedFormat format_;
  Lines cases_, identities_;
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

/// What is read of the table of identities.
class Identities {
 public:
  explicit Identities(JsonDocument& results) : results_(results) {
    if (!results.value.contains("identities")) return;
    rows_ = std::move(results.value["identities"]);
    results.value.erase("identities");
    is_used_.resize(rows_.size());
    require_not_too_long();
  }

  /// Makes a case whole that stands at `pointer`; schema and format are as the file has them.
  void complete(json& found, const std::string& pointer) {
    name_members(found);
    if (!found.contains("id") || !found.at("id").is_number()) return;
    for (const char* member : {"clause", "level"})
      if (found.contains(member))
        fail(results_, pointer + "/" + member, "absent where the identity has a number");
    const json number = found["id"];
    if (number >= rows_.size())
      fail(
          results_, pointer + "/id",
          fmt::format("the number of one of {} identities, found {}", rows_.size(), number.dump()));
    const auto place = number.get<std::size_t>();
    is_used_[place] = true;
    for (std::size_t i = 0; i < identity_members.size(); ++i)
      found[identity_members[i]] = rows_[place].at(i);
    found.emplace("verdict", "pass");
  }

  void require_all_used() const {
    for (std::size_t place = 0; place < is_used_.size(); ++place)
      if (!is_used_[place])
        fail(results_, fmt::format("/identities/{}", place), "the identity of some case");
  }

  [[noreturn]] void fail_as_too_long(const std::string& pointer) const {
    throw results_.error(pointer,
                         fmt::format("results of at most {} bytes when whole", longest_results));
  }

 private:
  /// Before anything is copied.
  void require_not_too_long() const {
    std::size_t length = 0;
    const auto add = [&](const json& cases) {
      for (const json& found : cases) {
        const bool has_number = found.is_object() && found.contains("id") &&
                                found.at("id").is_number() && found.at("id") < rows_.size();
        if (has_number)
          length +=
              rows_[found.at("id").get<std::size_t>()].at(0).get_ref<const std::string&>().size();
        if (length > longest_results) fail_as_too_long("/identities");
      }
    };
    if (results_.value.contains("cases")) add(results_.value.at("cases"));
    for (const json& target : results_.value.at("targets")) add(target.at("cases"));
  }

  JsonDocument& results_;
  json rows_ = json::array();
  std::vector<bool> is_used_;
};

/// The columns of a row of a case, found by the tokens that lead to it; null where it is none.
const std::vector<std::string>* columns_at(std::span<const std::string> tokens) {
  const auto leads_to = [&](std::string_view path) {
    for (const std::string& token : tokens) {
      const std::size_t slash = path.find('/');
      const std::string_view first = path.substr(0, slash);
      if (first.empty() || (first != "*" && first != token)) return false;
      path = slash == path.npos ? "" : path.substr(slash + 1);
    }
    return path.empty();
  };
  const auto row = std::ranges::find_if(packed_rows(), leads_to, &PackedRow::path);
  return row == packed_rows().end() ? nullptr : &row->columns;
}

}  // namespace

std::string packed_results(const ordered_json& results) {
  const PackedFormat format = format_of(results);
  CaseTable table(format);
  std::vector<std::string> targets;
  for (const ordered_json& target : results.at("targets"))
    targets.push_back(target_text(target, table));
  const auto as_it_is = [](const std::string* line) { return *line; };
  std::string text = "{";
  for (const auto& [key, value] : results.items())
    if (key == "targets") {
      if (format == PackedFormat::newest)
        append_member(text, 2, "identities", list_text(table.identities(), as_it_is));
      append_member(text, 2, "cases", list_text(table.cases(), as_it_is));
      append_member(text, 2, key,
                    list_text(targets, [](const std::string& target) { return target; }));
    } else if (key == "timing") {
      append_member(text, 2, key, timing_text(value));
    } else {
      append_member(text, 2, key,
                    key == "format" && format == PackedFormat::newest ? json(results_format).dump()
                                                                      : value.dump(2));
    }
  return text + "\n}\n";
}

void unpack_results(JsonDocument& results) {
  Identities identities(results);
  json table = json::array();
  if (results.value.contains("cases")) {
    table = std::move(results.value["cases"]);
    results.value.erase("cases");
  }
  std::vector<std::size_t> lengths;
  for (json& found : table) {
    const std::string pointer = fmt::format("/cases/{}", lengths.size());
    if (!found.is_object()) fail(results, pointer, "a case, found " + found.dump());
    identities.complete(found, pointer);
    lengths.push_back(found.dump().size());
  }
  std::vector<bool> is_used(table.size());
  std::size_t length = 0;
  for (std::size_t t = 0; t < results.value["targets"].size(); ++t) {
    json& cases = results.value["targets"][t]["cases"];
    for (std::size_t c = 0; c < cases.size(); ++c) {
      const std::string pointer = fmt::format("/targets/{}/cases/{}", t, c);
      if (cases[c].is_number()) {
        const json number = cases[c];
        if (number >= table.size())
          fail(results, pointer,
               fmt::format("the number of one of {} cases, found {}", table.size(), number.dump()));
        const auto place = number.get<std::size_t>();
        length += lengths[place];
        if (length > longest_results) identities.fail_as_too_long(pointer);
        is_used[place] = true;
        cases[c] = table[place];
      } else {
        identities.complete(cases[c], pointer);
      }
      for (const auto& [key, value] : absent_members().items()) cases[c].emplace(key, value);
    }
  }
  for (std::size_t place = 0; place < table.size(); ++place)
    if (!is_used[place]) fail(results, fmt::format("/cases/{}", place), "a case of some target");
  identities.require_all_used();
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
  json::json_pointer in_file;
  for (std::size_t i = 0; i < tokens_of_a_case; ++i) in_file /= tokens[i];
  if (!file.contains(in_file)) return pointer;
  if (file.at(in_file).is_number()) {
    const auto number = file.at(in_file).get<std::size_t>();
    in_file = json::json_pointer("/cases") / number;
  }
  const std::span<const std::string> members = std::span(tokens).subspan(tokens_of_a_case);
  const json& found = file.at(in_file);
  const auto* const shared =
      members.empty() ? nullptr : std::ranges::find(identity_members, members.front());
  if (shared != nullptr && shared != identity_members.end() && found.at("id").is_number())
    return (json::json_pointer("/identities") / found.at("id").get<std::size_t>() /
            static_cast<std::size_t>(shared - identity_members.begin()))
        .to_string();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto* const columns = columns_at(members.first(i));
    if (columns != nullptr && file.contains(in_file) && file.at(in_file).is_array())
      in_file /=
          static_cast<std::size_t>(std::ranges::find(*columns, members[i]) - columns->begin());
    else
      in_file /= members[i];
  }
  return in_file.to_string();
}

JsonDocument read_whole_results(const std::filesystem::path& file) {
  JsonDocument results = read_json_document(file, "results", longest_results);
  unpack_results(results);
  return results;
}

}  // namespace lsgd
