// SPDX-License-Identifier: Apache-2.0
#include "import/table_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>

#include "files/csv_file.hpp"
#include "files/number_text.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::size_t largest_car_file = 1 << 20;
constexpr std::string_view car_sha256 =
    "b703a9ac69f11e64ce8c223c0a40de4d2e9d769f7fb20be5f8f2e8a619893d83";

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// The columns that matter, as text.
struct Table {
  struct Column {
    std::string name;
    std::size_t place = 0;
    bool is_categorical = false;
    std::vector<std::string> values;
  };
  std::vector<Column> inputs;
  Column label;
};

void require_columns(const CsvReader& reader, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (!contains(reader.header(), name))
      throw InputError(reader.file(), 1, fmt::format("a column {}", in_quotes(name)));
}

Table columns_of(const CsvReader& reader, const TableOptions& options) {
  const bool all_categorical = contains(options.categorical, "all");
  const std::string label = options.label.empty() ? reader.header().back() : options.label;
  require_columns(reader, options.ignored);
  require_columns(reader, {label});
  if (!all_categorical) require_columns(reader, options.categorical);
  Table table;
  std::set<std::string> seen;
  for (std::size_t place = 0; place < reader.header().size(); ++place) {
    const std::string& name = reader.header()[place];
    if (!seen.insert(name).second)
      throw InputError(reader.file(), 1, fmt::format("column {} only once", in_quotes(name)));
    const bool is_categorical = all_categorical || contains(options.categorical, name);
    if (name == label)
      table.label = {name, place, true, {}};
    else if (!contains(options.ignored, name))
      table.inputs.push_back({name, place, is_categorical, {}});
  }
  if (table.inputs.empty()) throw InputError(reader.file(), 1, "a column beside the label");
  return table;
}

Table read_columns(CsvReader& reader, const TableOptions& options) {
  Table table = columns_of(reader, options);
  while (reader.next()) {
    for (Table::Column& column : table.inputs) {
      if (!column.is_categorical) reader.number(column.place);
      column.values.emplace_back(reader.text(column.place));
    }
    table.label.values.emplace_back(reader.text(table.label.place));
  }
  if (table.label.values.empty()) throw reader.error("at least one row");
  return table;
}

/// Place of every value in alphabetical order, and how many different ones there are.
struct Places {
  std::vector<std::uint32_t> places;
  std::size_t count = 0;
};

Places alphabetical_places(const std::vector<std::string>& values) {
  std::vector<std::string> names(values);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  Places result{{}, names.size()};
  for (const std::string& value : values) {
    result.places.push_back(
        static_cast<std::uint32_t>(std::ranges::lower_bound(names, value) - names.begin()));
  }
  return result;
}

std::vector<float> encoded(const Table::Column& column, ColumnScaling scaling) {
  std::vector<float> values;
  if (column.is_categorical) {
    const Places names = alphabetical_places(column.values);
    const float largest = static_cast<float>(std::max<std::size_t>(names.count, 2) - 1);
    for (const std::uint32_t place : names.places)
      values.push_back(static_cast<float>(place) / largest);
    return values;
  }
  for (const std::string& text : column.values) values.push_back(*float_from_text(text));
  if (scaling == ColumnScaling::min_max) {
    const auto [smallest, largest] = std::ranges::minmax(values);
    const double range = double{largest} - double{smallest};
    for (float& value : values)
      value = range == 0 ? 0 : static_cast<float>((double{value} - double{smallest}) / range);
  }
  return values;
}

std::vector<std::uint32_t> labels_of(const Table::Column& column, const std::string& file) {
  std::vector<std::uint32_t> labels;
  for (const std::string& text : column.values) {
    const auto label = integer_from_text(text, largest_label);
    if (!label) break;
    labels.push_back(static_cast<std::uint32_t>(*label));
  }
  if (labels.size() == column.values.size()) return labels;
  Places names = alphabetical_places(column.values);
  if (names.count > largest_label)
    throw InputError(file, 0, fmt::format("at most {} classes in {}", largest_label, column.name));
  return names.places;
}

/// Puts a header before a table that has none, so that all tables are read alike.
class WithHeader {
 public:
  WithHeader(std::istream& table, const std::string& file) {
    std::string first;
    std::getline(table, first);
    if (first.empty()) throw InputError(file, 1, "a row of values");
    const auto columns = std::ranges::count(first, ',') + 1;
    for (std::ptrdiff_t i = 0; i < columns; ++i) text_ += fmt::format("{}{}", i > 0 ? "," : "", i);
    text_ += '\n' + first;
    if (!table.eof()) text_ += '\n';
    text_.append(std::istreambuf_iterator<char>(table), {});
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

DataSet parse_table(std::istream& stream, const std::string& file, const TableOptions& options) {
  if (!options.has_header) {
    std::istringstream with_header(WithHeader(stream, file).text());
    TableOptions named = options;
    named.has_header = true;
    try {
      return parse_table(with_header, file, named);
    } catch (const InputError& error) {
      throw InputError(file, error.line() > 1 ? error.line() - 1 : error.line(), error.expected());
    }
  }
  CsvReader reader(stream, file);
  const Table table = read_columns(reader, options);
  DataSet data{
      static_cast<std::uint32_t>(table.inputs.size()), 2, {}, labels_of(table.label, file)};
  data.classes = std::max(2U, *std::ranges::max_element(data.labels) + 1);
  data.inputs_flat.resize(data.size() * data.inputs);
  for (std::size_t i = 0; i < table.inputs.size(); ++i) {
    const std::vector<float> values = encoded(table.inputs[i], options.scaling);
    for (std::size_t row = 0; row < data.size(); ++row)
      data.inputs_flat[row * data.inputs + i] = values[row];
  }
  return data;
}

DataSet read_table(const std::filesystem::path& path, const TableOptions& options) {
  std::ifstream stream = open_input(path);
  return parse_table(stream, path.string(), options);
}

DataSet read_uci_car(const std::filesystem::path& path) {
  const std::string text = read_text(path, largest_car_file);
  if (const std::string found = sha256_of(text); found != car_sha256) {
    throw InputError(path.string(), 0,
                     fmt::format("SHA-256 {} of the UCI file, found {}", car_sha256, found));
  }
  TableOptions options;
  options.has_header = false;
  options.categorical = {"all"};
  std::istringstream stream(text);
  return parse_table(stream, path.string(), options);
}

}  // namespace lsgd
