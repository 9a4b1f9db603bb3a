// SPDX-License-Identifier: Apache-2.0
#include "import/table_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>

#include "files/number_text.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "import/compressed_file.hpp"
#include "import/delimited_rows.hpp"

namespace lsgd {
namespace {

constexpr std::size_t largest_car_file = 1 << 20;
constexpr std::string_view car_sha256 =
    "b703a9ac69f11e64ce8c223c0a40de4d2e9d769f7fb20be5f8f2e8a619893d83";
constexpr std::size_t most_names = 65536;
constexpr std::ptrdiff_t most_classes_of_one_row = 3;
constexpr std::size_t rows_of_progress = 1'000'000;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool starts_with_digit(std::string_view field) {
  return !field.empty() && field.front() >= '0' && field.front() <= '9';
}

/// What R, pandas, spreadsheets and the UCI repository write for a value that there is not.
bool is_missing(std::string_view field) {
  if (starts_with_digit(field)) return false;
  constexpr std::array<std::string_view, 11> words{"",    "?",   "NA",  "N/A",  "#N/A", "<NA>",
                                                   "n/a", "NaN", "nan", "null", "NULL"};
  return std::ranges::find(words, field) != words.end();
}

/// Words that no number can be, but a name.
bool is_missing_number(std::string_view field) {
  if (starts_with_digit(field)) return false;
  constexpr std::array<std::string_view, 6> words{"None", "none", "-nan", "NAN", ".", "-"};
  return is_missing(field) || std::ranges::find(words, field) != words.end();
}

/// "Unnamed: 0" is what pandas calls a column without a name.
bool is_unnamed(std::string_view column) {
  return column.empty() || column.starts_with("Unnamed: ");
}

/// What labels are usually called, in small letters.
bool is_name_of_label(std::string_view column) {
  constexpr std::array<std::string_view, 7> words{"label",  "labels",  "class", "classes",
                                                  "target", "targets", "y"};
  return std::ranges::find(words, in_small_letters(std::string(column))) != words.end();
}

/// A column while the coding is learned from it.
struct LearnedColumn {
  std::set<std::string, std::less<>> names;
  float smallest = std::numeric_limits<float>::infinity();
  float largest = -std::numeric_limits<float>::infinity();
  double sum = 0;
  std::size_t numbers = 0;
  std::size_t present = 0;  ///< fields that are not missing, of rows that are left out too
  bool counts_rows = true;
};

class TableReader {
 public:
  using Open = std::function<ReadBytes()>;

  TableReader(Open open, std::string file, const TableOptions& options)
      : open_(std::move(open)), file_(std::move(file)), options_(options) {}

  ImportedData read() {
    start();
    bind_columns();
    require_bound_columns();
    learn();
    if (options_.like == nullptr) keep_coding();
    encode();
    require_classes();
    add_notes();
    warn_of_label_in_columns();
    add_warnings(imported_, options_.like != nullptr);
    return std::move(imported_);
  }

 private:
  enum class Role : std::uint8_t { ignored, input, label, target };
  struct Column {
    std::string name;
    Role role = Role::ignored;
    std::size_t place = 0;  ///< among the inputs or targets
    bool is_categorical = false;
  };

  /// Reads the header, or names the columns; the first sample is not read twice.
  void start() {
    rows_ = std::make_unique<DelimitedRows>(open_(), file_, options_.separator);
    row_is_read_ = false;
    rows_read_ = 0;
    if (!rows_->next()) throw InputError(file_, 1, "a row of values, but the file is empty");
    if (!columns_.empty()) {
      row_is_read_ = options_.header == TableHeader::none;
      return;
    }
    for (const std::string_view field : rows_->fields()) columns_.push_back({std::string(field)});
    if (options_.header == TableHeader::none) {
      for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].name = std::to_string(i);
      row_is_read_ = true;
      return;
    }
    if (options_.header == TableHeader::certain) return;
    for (const Column& column : columns_)
      if (number_of(column.name) && !contains(options_.ignored, column.name))
        throw header_error(fmt::format("names of columns, found {}", in_quotes(column.name)));
  }

  InputError header_error(const std::string& expected) const {
    return InputError(file_, rows_->line(),
                      expected + " (--no-header if this row is a sample, --header if it is not)");
  }

  /// Moves to the next sample.
  bool next() {
    if (!row_is_read_ && !rows_->next()) return false;
    row_is_read_ = false;
    const auto fields = rows_->fields();
    const std::string_view as_in =
        options_.header == TableHeader::none ? "as in the first row" : "as in the header";
    if (fields.size() < columns_.size())
      throw rows_->error(fmt::format("{} columns {}, but {} is missing", columns_.size(), as_in,
                                     in_quotes(columns_[fields.size()].name)));
    if (fields.size() > columns_.size())
      throw rows_->error(fmt::format(
          "{} columns {}, found {} ({})", columns_.size(), as_in, fields.size(),
          rows_->separator() == '\t' ? "--separator blanks takes tabulators side by side as one"
                                     : "a separator at the end, or names of rows?"));
    return true;
  }

  const Column& column_named(const std::string& name) const {
    const auto found = std::ranges::find(columns_, name, &Column::name);
    if (found == columns_.end())
      throw InputError(file_, 1, fmt::format("a column {}", in_quotes(name)));
    return *found;
  }

  void bind_columns() {
    std::vector<std::string> ignored = options_.ignored;
    for (const std::string& name : ignored) column_named(name);
    if (options_.like != nullptr)
      ignored.insert(ignored.end(), options_.like->ignored.begin(), options_.like->ignored.end());
    require_names(ignored);
    if (options_.like != nullptr) return bind_as(*options_.like, ignored);
    const bool all_categorical = contains(options_.categorical, "all");
    if (!all_categorical)
      for (const std::string& name : options_.categorical) column_named(name);
    for (const std::string& name : options_.targets) column_named(name);
    std::string label = options_.label;
    if (label.empty() && options_.targets.empty()) label = last_column(ignored);
    if (!label.empty()) column_named(label);
    DataCoding& coding = imported_.coding;
    coding.ignored = ignored;
    coding.label = options_.targets.empty() ? label : "";
    coding.targets = options_.targets;
    for (Column& column : columns_) {
      if (contains(ignored, column.name)) continue;
      if (bind_output(column, coding)) continue;
      column.role = Role::input;
      column.place = coding.inputs.size();
      column.is_categorical = all_categorical || contains(options_.categorical, column.name);
      coding.inputs.push_back({.column = column.name});
    }
    if (coding.inputs.empty()) throw InputError(file_, 1, "a column beside the label");
    coding.scale = options_.scale.value_or(InputScale());
  }

  /// The label where none is named; empty without columns.
  std::string last_column(const std::vector<std::string>& ignored) const {
    std::string last, called_label;
    for (const Column& column : columns_) {
      if (contains(ignored, column.name)) continue;
      last = column.name;
      if (is_name_of_label(last)) called_label = last;
    }
    if (called_label.empty() || is_name_of_label(last)) return last;
    throw InputError(file_, 1,
                     fmt::format("--label to say which column is the label, {} or the last one, {}",
                                 in_quotes(called_label), in_quotes(last)));
  }

  void require_names(const std::vector<std::string>& ignored) const {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& name = columns_[i].name;
      if (contains(ignored, name)) continue;
      if (is_unnamed(name) && options_.header != TableHeader::none)
        throw InputError(
            file_, 1,
            fmt::format("a name of column {}, found {} (row numbers, or a separator at the end of "
                        "every line? --ignore '{}' leaves it out)",
                        i + 1, in_quotes(name), name));
      if (!seen.insert(name).second)
        throw header_error(fmt::format("column {} only once", in_quotes(name)));
    }
  }

  /// Whether a column is the label or a target.
  static bool bind_output(Column& column, const DataCoding& coding) {
    const auto target = std::ranges::find(coding.targets, column.name);
    if (target != coding.targets.end()) {
      column.role = Role::target;
      column.place = static_cast<std::size_t>(target - coding.targets.begin());
      return true;
    }
    if (!coding.targets.empty() || column.name != coding.label) return false;
    column.role = Role::label;
    return true;
  }

  /// A label among the ignored columns, or a target named twice, would stay 0.
  void require_bound_columns() const {
    const DataCoding& coding = imported_.coding;
    const auto count = [this](Role role) {
      return static_cast<std::size_t>(std::ranges::count(columns_, role, &Column::role));
    };
    if (count(Role::input) != coding.inputs.size() ||
        count(Role::target) != coding.targets.size() ||
        (coding.targets.empty() && count(Role::label) != 1))
      throw InputError(file_, 1, "every input, label and target from a column of its own");
  }

  void bind_as(const DataCoding& like, const std::vector<std::string>& ignored) {
    require_scale_of(like, options_.scale, file_);
    if (!options_.label.empty() && options_.label != like.label)
      throw InputError(file_, 0,
                       fmt::format("the label of the coding, {}, found {}", in_quotes(like.label),
                                   in_quotes(options_.label)));
    if (!options_.targets.empty() && options_.targets != like.targets)
      throw InputError(file_, 0, "the targets of the coding");
    imported_.coding = like;
    for (const std::string& target : like.targets) column_named(target);
    if (like.targets.empty()) column_named(like.label);
    for (const InputCoding& input : like.inputs) column_named(input.column);
    for (Column& column : columns_) {
      if (contains(ignored, column.name) || bind_output(column, like)) continue;
      const auto input = std::ranges::find(like.inputs, column.name, &InputCoding::column);
      if (input == like.inputs.end())
        throw InputError(file_, 1,
                         fmt::format("a column of the coding, found {} (--ignore leaves it out)",
                                     in_quotes(column.name)));
      column.role = Role::input;
      column.place = static_cast<std::size_t>(input - like.inputs.begin());
      column.is_categorical = !input->names.empty();
    }
    for (const std::string& name : options_.categorical) {
      const bool are_numbers = name != "all" && column_named(name).role == Role::input &&
                               !column_named(name).is_categorical;
      if (are_numbers)
        throw InputError(file_, 0,
                         fmt::format("{} to be numbers, as the coding has them", in_quotes(name)));
    }
  }

  bool is_missing_in(const Column& column, std::string_view field) const {
    switch (column.role) {
      case Role::ignored:
        return false;
      case Role::label:
        return is_missing(field);
      case Role::target:
        return is_missing_number(field);
      case Role::input:
        return column.is_categorical ? options_.missing != MissingValues::name && is_missing(field)
                                     : is_missing_number(field);
    }
    throw std::invalid_argument("a role of a column");
  }

  /// Whether something missing stands for itself or for the row that is left out.
  bool may_fill(const Column& column) const {
    return options_.missing == MissingValues::mean && column.role == Role::input &&
           !column.is_categorical;
  }

  /// Whether the row counts.
  bool is_kept() {
    bool has_missing = false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string_view field = rows_->fields()[i];
      if (!is_missing_in(columns_[i], field)) continue;
      if (options_.missing != MissingValues::drop && !may_fill(columns_[i]))
        throw rows_->error(fmt::format(
            "{} in {}, found {} ({})", columns_[i].is_categorical ? "a name" : "a value",
            in_quotes(columns_[i].name), in_quotes(field), remedy_for(columns_[i])));
      has_missing = has_missing || !may_fill(columns_[i]);
    }
    return !has_missing;
  }

  static std::string_view remedy_for(const Column& column) {
    if (column.role != Role::input) return "--missing drop leaves such rows out";
    if (column.is_categorical) return "--missing drop leaves such rows out, name keeps it";
    return "--missing drop leaves such rows out, mean fills them in";
  }

  /// A number with a decimal comma as it is written elsewhere; a name as it is.
  std::string name_of(std::string_view field) const {
    std::string name(field);
    if (!options_.decimal_comma) return name;
    std::ranges::replace(name, ',', '.');
    return number_of(name) ? name : std::string(field);
  }

  float number(const Column& column, std::string_view field) const {
    if (!options_.decimal_comma)
      if (const auto value = float_from_text(field)) return *value;
    // There a point stands between thousands: 1.234 is no number with a fraction.
    if (options_.decimal_comma && field.find('.') != field.npos)
      throw rows_->error(
          fmt::format("{} to be a number with a decimal comma and no point, found {}", column.name,
                      in_quotes(field)));
    std::string with_point(field);
    if (options_.decimal_comma) std::ranges::replace(with_point, ',', '.');
    if (with_point.size() > 1 && with_point[0] == '+' && with_point[1] != '-')
      with_point.erase(0, 1);
    if (const auto value = float_from_text(with_point)) return *value;
    std::ranges::replace(with_point, ',', '.');
    const std::string_view hint = float_from_text(with_point) ? " (--decimal-comma?)"
                                  : column.role == Role::input && !number_of(field)
                                      ? " (--categorical for names)"
                                      : "";
    throw rows_->error(fmt::format("{} to be a finite binary32 number, found {}{}", column.name,
                                   in_quotes(field), hint));
  }

  void count_progress(bool are_coded) {
    ++rows_read_;
    if (options_.progress && rows_read_ % rows_of_progress == 0)
      options_.progress(rows_read_, are_coded);
  }

  /// The first reading: what the coding needs to know, and how many rows count.
  void learn() {
    learned_.resize(imported_.coding.inputs.size());
    while (next()) {
      count_progress(false);
      for (std::size_t i = 0; i < columns_.size(); ++i)
        if (columns_[i].role == Role::input && !is_missing_in(columns_[i], rows_->fields()[i]))
          ++learned_[columns_[i].place].present;
      if (!is_kept()) {
        ++dropped_;
        continue;
      }
      for (std::size_t i = 0; i < columns_.size(); ++i)
        learn_field(columns_[i], rows_->fields()[i]);
      ++kept_;
    }
    require_values();
  }

  void learn_field(const Column& column, std::string_view field) {
    switch (column.role) {
      case Role::ignored:
        return;
      case Role::target:
        number(column, field);
        return;
      case Role::label:
        if (options_.like == nullptr) learn_name(column, field, labels_);
        return;
      case Role::input:
        break;
    }
    LearnedColumn& learned = learned_[column.place];
    if (column.is_categorical) {
      if (options_.like == nullptr) learn_name(column, field, learned.names);
      return;
    }
    if (is_missing_in(column, field)) return;
    const float value = number(column, field);
    learned.smallest = std::min(learned.smallest, value);
    learned.largest = std::max(learned.largest, value);
    learned.sum += double{value};
    ++learned.numbers;
    const double row = static_cast<double>(kept_);
    learned.counts_rows = learned.counts_rows &&
                          (double{value} == row || double{value} == row + 1) &&
                          double{value} - double{learned.smallest} == row;
  }

  void learn_name(const Column& column, std::string_view field,
                  std::set<std::string, std::less<>>& names) const {
    if (names.contains(field)) return;
    names.insert(name_of(field));
    if (names.size() > most_names)
      throw rows_->error(fmt::format(
          "at most {} {} in {}{}", most_names, column.role == Role::label ? "classes" : "names",
          in_quotes(column.name), column.role == Role::label ? " (real targets: --targets)" : ""));
  }

  void require_values() const {
    for (const Column& column : columns_)
      if (column.role == Role::input && options_.like == nullptr && kept_ + dropped_ > 0 &&
          learned_[column.place].present == 0)
        throw InputError(
            file_, 0, fmt::format("a value in column {}, which is empty", in_quotes(column.name)));
    if (kept_ == 0)
      throw rows_->error(dropped_ > 0
                             ? fmt::format("a row without missing values, left out {}", dropped_)
                             : "at least one row");
  }

  void keep_coding() {
    DataCoding& coding = imported_.coding;
    for (const Column& column : columns_) {
      if (column.role != Role::input) continue;
      InputCoding& input = coding.inputs[column.place];
      const LearnedColumn& learned = learned_[column.place];
      if (column.is_categorical) {
        input.names = ordered_names({learned.names.begin(), learned.names.end()});
        require_no_sample_as_header(column, learned.names);
        continue;
      }
      input.smallest = learned.smallest;
      input.largest = learned.largest;
      input.mean = static_cast<float>(learned.sum / static_cast<double>(learned.numbers));
    }
    if (!coding.targets.empty()) return;
    require_no_sample_as_header(column_named(coding.label), labels_);
    try {
      coding.classes = class_names({labels_.begin(), labels_.end()});
    } catch (const std::invalid_argument& fault) {
      throw InputError(file_, 0,
                       fmt::format("{} in column {}", fault.what(), in_quotes(coding.label)));
    }
  }

  void require_no_sample_as_header(const Column& column,
                                   const std::set<std::string, std::less<>>& names) const {
    if (options_.header == TableHeader::names && names.contains(column.name))
      throw InputError(
          file_, 1,
          fmt::format("names of columns, but {} is also a value of its column (--no-header if this "
                      "row is a sample, --header if it is not)",
                      in_quotes(column.name)));
  }

  /// The second reading: the samples.
  void encode() {
    start();
    const DataCoding& coding = imported_.coding;
    DataSet& data = imported_.data;
    data.inputs = static_cast<std::uint32_t>(coding.inputs.size());
    data.targets = static_cast<std::uint32_t>(coding.targets.size());
    data.classes =
        data.targets > 0
            ? 0
            : static_cast<std::uint32_t>(std::max<std::size_t>(coding.classes.size(), 2));
    data.inputs_flat.resize(kept_ * data.inputs);
    data.targets_flat.resize(kept_ * data.targets);
    data.labels.resize(kept_);
    const NamePlaces classes(coding.classes);
    std::vector<NamePlaces> names;
    for (const InputCoding& input : coding.inputs) names.emplace_back(input.names);
    std::size_t row = 0;
    while (next()) {
      if (!is_kept()) continue;
      if (row == kept_) throw InputError(file_, 0, "a file that stays the same while it is read");
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = columns_[i];
        const std::string_view field = rows_->fields()[i];
        switch (column.role) {
          case Role::ignored:
            break;
          case Role::label:
            data.labels[row] = place_in(classes, column, field, coding.classes);
            break;
          case Role::target:
            data.targets_flat[row * data.targets + column.place] = number(column, field);
            break;
          case Role::input:
            data.inputs_flat[row * data.inputs + column.place] =
                encoded(column, field, names[column.place]);
            break;
        }
      }
      ++row;
      count_progress(true);
    }
    if (row != kept_) throw InputError(file_, 0, "a file that stays the same while it is read");
  }

  std::uint32_t place_in(const NamePlaces& places, const Column& column, std::string_view field,
                         const std::vector<std::string>& names) const {
    if (const auto place = places.find(options_.decimal_comma ? name_of(field) : field))
      return *place;
    throw rows_->error(fmt::format("{} to be one of {}, as the coding has it, found {}",
                                   in_quotes(column.name), fmt::join(names, ", "),
                                   in_quotes(field)));
  }

  float encoded(const Column& column, std::string_view field, const NamePlaces& places) {
    const DataCoding& coding = imported_.coding;
    const InputCoding& input = coding.inputs[column.place];
    if (column.is_categorical) {
      const auto place = static_cast<float>(place_in(places, column, field, input.names));
      return place / static_cast<float>(std::max<std::size_t>(input.names.size(), 2) - 1);
    }
    const bool is_filled = is_missing_in(column, field);
    filled_ += is_filled ? 1 : 0;
    const float value = scaled(input, coding.scale, is_filled ? input.mean : number(column, field));
    if (!std::isfinite(value))
      throw rows_->error(fmt::format("{} to be finite after scaling by {}, found {}",
                                     in_quotes(column.name), to_text(coding.scale),
                                     in_quotes(field)));
    return value;
  }

  /// Integers of the last column that are nearly all different are rather prices than classes.
  void require_classes() const {
    const bool is_guessed = options_.like == nullptr && options_.label.empty();
    const DataCoding& coding = imported_.coding;
    if (!is_guessed || !imported_.data.has_classes() || !number_of(coding.classes.front())) return;
    std::vector<std::size_t> rows(coding.classes.size());
    for (const std::uint32_t label : imported_.data.labels) ++rows[label];
    const auto single = std::ranges::count(rows, std::size_t{1});
    const auto different = std::ssize(rows) - std::ranges::count(rows, std::size_t{0});
    if (single <= most_classes_of_one_row || 2 * single <= different) return;
    throw InputError(
        file_, 0,
        fmt::format(
            "labels of classes in the last column, {}, but {} of {} different numbers stand "
            "in one row each (--targets {} for real targets, --label {} for classes)",
            in_quotes(coding.label), single, different, coding.label, coding.label));
  }

  /// One-hot columns before a label of which only the last was meant tell it to the network.
  void warn_of_label_in_columns() {
    const DataSet& data = imported_.data;
    if (!data.has_classes() || data.classes != 2 || data.size() < 3) return;
    std::vector<std::string> columns;
    std::vector<std::size_t> places;
    for (auto place = columns_.rbegin(); place != columns_.rend(); ++place) {
      const Column& column = *place;
      if (column.role == Role::ignored || column.role == Role::label) continue;
      if (!is_of_zeros_and_ones(column.place)) break;
      columns.push_back(column.name);
      places.push_back(column.place);
      if (!is_one_hot_with_label(places)) continue;
      std::ranges::reverse(columns);
      imported_.warnings.push_back(fmt::format(
          "in every row one of the columns {} or the label {} is 1: are they one label? "
          "(make it one column, or --targets)",
          fmt::join(columns, ", "), imported_.coding.label));
      return;
    }
  }

  bool is_of_zeros_and_ones(std::size_t input) const {
    const DataSet& data = imported_.data;
    for (std::size_t row = 0; row < data.size(); ++row) {
      const float value = data.inputs_flat[row * data.inputs + input];
      if (value != 0 && value != 1) return false;
    }
    return true;
  }

  bool is_one_hot_with_label(const std::vector<std::size_t>& inputs) const {
    const DataSet& data = imported_.data;
    for (std::size_t row = 0; row < data.size(); ++row) {
      auto ones = static_cast<float>(data.labels[row]);
      for (const std::size_t input : inputs) ones += data.inputs_flat[row * data.inputs + input];
      if (ones != 1) return false;
    }
    return true;
  }

  void add_notes() {
    std::vector<std::string>& notes = imported_.notes;
    if (!options_.separator && rows_->separator() != ',')
      notes.push_back(fmt::format("separated by {}, as the first line shows (--separator)",
                                  separator_in_words(rows_->separator())));
    if (rows_->has_carriage_returns_alone())
      notes.emplace_back("lines end in carriage returns alone");
    if (const std::size_t rows = rows_->rows_without_text(); rows > 0)
      notes.push_back(
          fmt::format("{} {} of separators alone left out", rows, rows == 1 ? "line" : "lines"));
    if (dropped_ > 0)
      notes.push_back(fmt::format("{} {} with missing values left out", dropped_,
                                  dropped_ == 1 ? "row" : "rows"));
    if (filled_ > 0)
      notes.push_back(fmt::format("{} missing {} filled in with the mean of the column", filled_,
                                  filled_ == 1 ? "value" : "values"));
    if (kept_ < 3) return;
    for (const Column& column : columns_)
      if (column.role == Role::input && !column.is_categorical &&
          learned_[column.place].numbers == kept_ && learned_[column.place].counts_rows)
        imported_.warnings.push_back(fmt::format(
            "column {} counts the rows (--ignore {} leaves it out)", column.name, column.name));
  }

  Open open_;
  std::string file_;
  const TableOptions& options_;
  std::unique_ptr<DelimitedRows> rows_;
  bool row_is_read_ = false;
  std::vector<Column> columns_;
  std::vector<LearnedColumn> learned_;
  std::set<std::string, std::less<>> labels_;
  std::size_t rows_read_ = 0;
  std::size_t kept_ = 0;
  std::size_t dropped_ = 0;
  std::size_t filled_ = 0;
  ImportedData imported_;
};

}  // namespace

ImportedData parse_table(std::string_view text, const std::string& file,
                         const TableOptions& options) {
  const auto open = [text] {
    return [rest = text](std::span<char> bytes) mutable {
      const std::size_t count = rest.copy(bytes.data(), bytes.size());
      rest.remove_prefix(count);
      return count;
    };
  };
  return TableReader(open, file, options).read();
}

ImportedData read_table(const std::filesystem::path& path, const TableOptions& options) {
  const auto open = [&path] {
    return [file = std::make_shared<CompressedFile>(path)](std::span<char> bytes) {
      return file->read(bytes);
    };
  };
  return TableReader(open, path.string(), options).read();
}

ImportedData read_uci_car(const std::filesystem::path& path) {
  const std::string text = read_text(path, largest_car_file);
  if (const std::string found = sha256_of(text); found != car_sha256) {
    throw InputError(path.string(), 0,
                     fmt::format("SHA-256 {} of the UCI file, found {}", car_sha256, found));
  }
  TableOptions options;
  options.header = TableHeader::none;
  options.categorical = {"all"};
  return parse_table(text, path.string(), options);
}

}  // namespace lsgd
