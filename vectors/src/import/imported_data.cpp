// SPDX-License-Identifier: Apache-2.0
#include "import/imported_data.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

#include "files/input_error.hpp"
#include "files/number_text.hpp"

namespace lsgd {
namespace {

/// Smallest and largest value of each column of rows.
std::vector<std::pair<float, float>> ranges_of(const std::vector<float>& values,
                                               std::size_t columns) {
  std::vector<std::pair<float, float>> ranges;
  for (std::size_t i = 0; i < columns; ++i) ranges.emplace_back(values[i], values[i]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto& [smallest, largest] = ranges[i % columns];
    smallest = std::min(smallest, values[i]);
    largest = std::max(largest, values[i]);
  }
  return ranges;
}

std::string range_text(float smallest, float largest) {
  return fmt::format("{} to {}", to_text(smallest), to_text(largest));
}

std::string range_in_file(const InputCoding& input) {
  if (input.names.empty()) return range_text(input.smallest, input.largest);
  constexpr std::size_t longest_list = 60;
  const std::string names = fmt::format("{}", fmt::join(input.names, ", "));
  if (names.size() <= longest_list) return names;
  return fmt::format("{} names, {} to {}", input.names.size(), input.names.front(),
                     input.names.back());
}

/// Names of classes that differ from another one only in the case of letters.
std::vector<std::string> names_alike(const std::vector<std::string>& names) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& name : names) ++counts[in_small_letters(name)];
  std::vector<std::string> alike;
  for (const std::string& name : names)
    if (counts[in_small_letters(name)] > 1) alike.push_back(name);
  return alike;
}

std::vector<std::size_t> rows_of_classes(const ImportedData& imported) {
  std::vector<std::size_t> rows(std::max<std::size_t>(imported.coding.classes.size(), 1));
  for (const std::uint32_t label : imported.data.labels) ++rows[label];
  return rows;
}

void learn_ranges(const NumberSamples& samples, DataCoding& coding) {
  const std::size_t rows = samples.inputs_flat.size() / samples.inputs;
  const auto ranges = ranges_of(samples.inputs_flat, samples.inputs);
  std::vector<double> sums(samples.inputs);
  for (std::size_t i = 0; i < samples.inputs_flat.size(); ++i)
    sums[i % samples.inputs] += double{samples.inputs_flat[i]};
  for (std::size_t i = 0; i < samples.inputs; ++i) {
    coding.inputs.push_back({.column = fmt::format("{}[{}]", samples.columns, i),
                             .smallest = ranges[i].first,
                             .largest = ranges[i].second,
                             .mean = static_cast<float>(sums[i] / static_cast<double>(rows))});
  }
}

DataCoding learned_coding(const NumberSamples& samples, const std::string& file,
                          const std::optional<InputScale>& scale) {
  DataCoding coding;
  coding.scale = scale.value_or(samples.are_bytes ? pixel_scale : InputScale());
  learn_ranges(samples, coding);
  for (std::uint32_t i = 0; i < samples.targets; ++i)
    coding.targets.push_back(fmt::format("{}[{}]", samples.label, i));
  if (samples.targets > 0) return coding;
  coding.label = samples.label;
  coding.classes = samples.classes;
  if (!coding.classes.empty()) return coding;
  std::vector<float> different = samples.labels;
  std::ranges::sort(different);
  different.erase(std::unique(different.begin(), different.end()), different.end());
  std::vector<std::string> texts;
  for (const float label : different) texts.push_back(to_text(label));
  try {
    coding.classes = class_names(texts);
  } catch (const std::invalid_argument& fault) {
    throw InputError(file, 0, fmt::format("{} in {}", fault.what(), in_quotes(samples.label)));
  }
  return coding;
}

void require_alike(const NumberSamples& samples, const std::string& file, const DataCoding& like) {
  const auto is_of_names = [](const InputCoding& input) { return !input.names.empty(); };
  if (like.inputs.size() != samples.inputs || std::ranges::any_of(like.inputs, is_of_names)) {
    throw InputError(file, 0,
                     fmt::format("{} inputs as the coding has, all of them numbers, found {}",
                                 like.inputs.size(), samples.inputs));
  }
  if (like.targets.size() != samples.targets) {
    throw InputError(file, 0,
                     fmt::format("{} real targets as the coding has, found {}", like.targets.size(),
                                 samples.targets));
  }
}

std::vector<std::uint32_t> coded_labels(const NumberSamples& samples, const std::string& file,
                                        const DataCoding& coding) {
  const NamePlaces places(coding.classes);
  std::vector<std::uint32_t> labels;
  for (const float label : samples.labels) {
    const auto place = places.find(to_text(label));
    if (!place)
      throw InputError(file, 0,
                       fmt::format("a label among the classes {}, found {}",
                                   fmt::join(coding.classes, ", "), to_text(label)));
    labels.push_back(*place);
  }
  return labels;
}

}  // namespace

void require_scale_of(const DataCoding& like, const std::optional<InputScale>& scale,
                      const std::string& file) {
  if (scale && *scale != like.scale)
    throw InputError(
        file, 0,
        fmt::format("the scale of the coding, {}, found {}", to_text(like.scale), to_text(*scale)));
}

ImportedData code_samples(NumberSamples samples, const std::string& file,
                          const std::optional<InputScale>& scale, const DataCoding* like) {
  if (like != nullptr) {
    require_alike(samples, file, *like);
    require_scale_of(*like, scale, file);
  }
  ImportedData imported;
  imported.coding = like != nullptr ? *like : learned_coding(samples, file, scale);
  const DataCoding& coding = imported.coding;
  DataSet& data = imported.data;
  data.inputs = samples.inputs;
  data.inputs_flat = std::move(samples.inputs_flat);
  for (std::size_t i = 0; i < data.inputs_flat.size(); ++i) {
    const InputCoding& input = coding.inputs[i % samples.inputs];
    data.inputs_flat[i] = scaled(input, coding.scale, data.inputs_flat[i]);
    if (!std::isfinite(data.inputs_flat[i]))
      throw InputError(file, 0,
                       fmt::format("{} to be finite after scaling by {}", in_quotes(input.column),
                                   to_text(coding.scale)));
  }
  if (samples.targets > 0) {
    data.targets = samples.targets;
    data.targets_flat = std::move(samples.targets_flat);
    data.labels.assign(data.targets_flat.size() / data.targets, 0);
  } else {
    data.labels = coded_labels(samples, file, coding);
    data.classes = static_cast<std::uint32_t>(std::max<std::size_t>(coding.classes.size(), 2));
  }
  if (coding.scale.kind == InputScale::Kind::divisor)
    imported.notes.push_back(fmt::format(
        "inputs are divided by {}{}", to_text(coding.scale),
        samples.are_bytes && !scale ? ", as they are bytes (--scale none keeps them)" : ""));
  add_warnings(imported, like != nullptr);
  return imported;
}

void add_warnings(ImportedData& imported, bool is_like_another) {
  const DataCoding& coding = imported.coding;
  const auto ranges = ranges_of(imported.data.inputs_flat, imported.data.inputs);
  const auto warn_of_columns = [&](const std::vector<std::string>& columns, std::string_view what) {
    constexpr std::size_t most_named = 5;
    if (columns.empty()) return;
    const auto named = std::span(columns).first(std::min(columns.size(), most_named));
    imported.warnings.push_back(fmt::format(
        "{} {}{}{} {}", columns.size() == 1 ? "column" : "columns", fmt::join(named, ", "),
        columns.size() > most_named ? " and " : "",
        columns.size() > most_named ? fmt::format("{} more", columns.size() - most_named) : "",
        what));
  };
  std::vector<std::string> constant, beyond;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const InputCoding& input = coding.inputs[i];
    const auto [smallest, largest] = ranges[i];
    if (smallest == largest && imported.data.size() > 1) constant.push_back(input.column);
    const bool is_beyond = smallest < scaled(input, coding.scale, input.smallest) ||
                           largest > scaled(input, coding.scale, input.largest);
    if (is_like_another && input.names.empty() && is_beyond) beyond.push_back(input.column);
  }
  warn_of_columns(constant, "with the same value in every row");
  warn_of_columns(beyond, "beyond the range in the data that the coding was learned from");
  if (!imported.data.has_classes()) return;
  if (const std::vector<std::string> alike = names_alike(coding.classes); !alike.empty())
    imported.warnings.push_back(
        fmt::format("classes {} differ in the case of letters alone", fmt::join(alike, ", ")));
  const std::vector<std::size_t> rows = rows_of_classes(imported);
  std::vector<std::string> single;
  std::size_t without_rows = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == 1) single.push_back(coding.classes[i]);
    without_rows += rows[i] == 0 ? 1 : 0;
  }
  const auto most = std::ranges::max_element(rows);
  const std::string& most_frequent = coding.classes[static_cast<std::size_t>(most - rows.begin())];
  if (single.size() > 3 && 2 * single.size() > rows.size() - without_rows)
    imported.warnings.push_back(
        fmt::format("{} of {} classes have one row each (are they real targets? --targets)",
                    single.size(), rows.size() - without_rows));
  else if (!single.empty())
    imported.warnings.push_back(fmt::format("one row alone of {} {}",
                                            single.size() == 1 ? "class" : "classes",
                                            fmt::join(single, ", ")));
  if (without_rows + 1 == rows.size() || rows.size() == 1)
    imported.warnings.push_back(fmt::format("every row is of class {}", most_frequent));
  else if (without_rows > 0)
    imported.warnings.push_back(
        fmt::format("{} of {} classes have no row", without_rows, rows.size()));
  const auto is_a_tenth = [&](std::size_t count) { return count > 0 && count * 10 <= *most; };
  if (std::ranges::any_of(rows, is_a_tenth))
    imported.warnings.push_back(fmt::format(
        "classes differ in rows tenfold or more: naming {} is right in {:.1f} %", most_frequent,
        100 * static_cast<double>(*most) / static_cast<double>(imported.data.size())));
}

std::vector<std::string> table_of(const ImportedData& imported, std::size_t most) {
  const DataCoding& coding = imported.coding;
  const auto ranges = ranges_of(imported.data.inputs_flat, imported.data.inputs);
  using Row = std::vector<std::string>;
  std::vector<std::string> lines;
  const auto append = [&](const std::vector<Row>& rows, std::size_t count, const char* of_what) {
    Row::size_type columns = rows.front().size();
    std::vector<std::size_t> widths(columns);
    for (const Row& row : rows)
      for (std::size_t i = 0; i + 1 < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const Row& row : rows) {
      std::string line;
      for (std::size_t i = 0; i < columns; ++i) line += fmt::format("  {:<{}}", row[i], widths[i]);
      lines.push_back(line);
    }
    if (count > most) lines.push_back(fmt::format("  ... and {} more {}", count - most, of_what));
  };
  std::vector<Row> inputs{{"input", "column", "in the file", "here"}};
  for (std::size_t i = 0; i < std::min(coding.inputs.size(), most); ++i)
    inputs.push_back({fmt::format("x{}", i), coding.inputs[i].column,
                      range_in_file(coding.inputs[i]),
                      range_text(ranges[i].first, ranges[i].second)});
  append(inputs, coding.inputs.size(), "inputs");
  if (imported.data.has_classes()) {
    const std::vector<std::size_t> counts = rows_of_classes(imported);
    std::vector<Row> classes{{"class", "name", "rows"}};
    for (std::size_t i = 0; i < std::min(coding.classes.size(), most); ++i)
      classes.push_back({std::to_string(i), coding.classes[i], std::to_string(counts[i])});
    append(classes, coding.classes.size(), "classes");
    return lines;
  }
  const auto target_ranges = ranges_of(imported.data.targets_flat, imported.data.targets);
  std::vector<Row> targets{{"target", "column", "range"}};
  for (std::size_t i = 0; i < std::min(coding.targets.size(), most); ++i)
    targets.push_back({fmt::format("y{}", i), coding.targets[i],
                       range_text(target_ranges[i].first, target_ranges[i].second)});
  append(targets, coding.targets.size(), "targets");
  return lines;
}

std::size_t repeated_rows(const DataSet& training, const DataSet& test) {
  if (training.inputs != test.inputs) return 0;
  const auto row_of = [](const DataSet& data, std::size_t row) {
    return std::span(data.inputs_flat).subspan(row * data.inputs, data.inputs);
  };
  std::vector<std::size_t> order(test.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto precedes = [](std::span<const float> a, std::span<const float> b) {
    return std::ranges::lexicographical_compare(a, b);
  };
  std::ranges::sort(order, precedes, [&](std::size_t row) { return row_of(test, row); });
  std::vector<bool> is_repeated(test.size());
  for (std::size_t row = 0; row < training.size(); ++row) {
    const auto place = [&](std::size_t other) { return row_of(test, other); };
    const auto wanted = row_of(training, row);
    auto same = std::ranges::lower_bound(order, wanted, precedes, place);
    // Those behind one that was found before were found with it.
    while (same != order.end() && !precedes(wanted, place(*same)) && !is_repeated[*same])
      is_repeated[*same++] = true;
  }
  return static_cast<std::size_t>(std::ranges::count(is_repeated, true));
}

}  // namespace lsgd
