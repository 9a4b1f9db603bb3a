// SPDX-License-Identifier: Apache-2.0
#include "import/delimited_rows.hpp"

#include <algorithm>
#include <array>
#include <boost/locale/utf.hpp>
#include <csv.h>
#include <fmt/format.h>
#include <iterator>
#include <new>

namespace lsgd {
namespace {

constexpr std::size_t longest_row = std::size_t{1} << 20;
constexpr std::size_t block_size = std::size_t{1} << 16;
constexpr std::string_view utf8_mark = "\xef\xbb\xbf";
/// What Unicode has as white space beyond ASCII, and what has no width at all.
constexpr std::array<std::string_view, 19> wide_blanks{
    "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
    "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87",
    "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\x8b", "\xe2\x80\xa8",
    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe3\x80\x80", utf8_mark};

/// What is no table of rows, by its first bytes.
struct OtherFormat {
  std::string_view start;
  std::string_view words;
};
constexpr std::array<OtherFormat, 17> other_formats{
    {{"PK\x03\x04", "a zip archive or a workbook of a spreadsheet (unpack it, or save as CSV)"},
     {"\xd0\xcf\x11\xe0", "a workbook of a spreadsheet (save it as CSV)"},
     {"BZh91AY&SY", "data compressed by bzip2 (gzip is read)"},
     {"\xfd"
      "7zXZ",
      "data compressed by xz (gzip is read)"},
     {"\x28\xb5\x2f\xfd", "data compressed by zstd (gzip is read)"},
     {"PAR1\x15", "a Parquet file (write it as CSV)"},
     {"\x89HDF",
      "an HDF5 file (write it as CSV, or as NumPy's npz; import h5-model reads models of Keras)"},
     {"\x93NUMPY", "a NumPy array (np.savez writes what import npz-data reads)"},
     {"SQLite format 3", "a database (write the table as CSV)"},
     {"version https://git-lfs", "a pointer of Git LFS (git lfs pull fetches the file)"},
     {"@relation", "an ARFF file (Weka's CSVSaver writes CSV)"},
     {"@RELATION", "an ARFF file (Weka's CSVSaver writes CSV)"},
     {"{\"", "JSON (write it as CSV)"},
     {"[{", "JSON (write it as CSV)"},
     {"<!", "a page (is it the table that was to be downloaded?)"},
     {"<html", "a page (is it the table that was to be downloaded?)"},
     {"<?xml", "XML (write it as CSV)"}}};

bool is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '\v' ||
         byte == '\f';
}

/// Bytes of the blank that a text begins with, or 0.
std::size_t length_of_blank(std::string_view text) {
  if (is_blank(text.front())) return 1;
  if (static_cast<unsigned char>(text.front()) < 0x80) return 0;
  const auto found = std::ranges::find_if(
      wide_blanks, [text](std::string_view blank) { return text.starts_with(blank); });
  return found == wide_blanks.end() ? 0 : found->size();
}

bool is_utf8(std::string_view text) {
  namespace utf = boost::locale::utf;
  const char* place = text.data();
  const char* const end = place + text.size();
  while (place != end)
    if (!utf::is_valid_codepoint(utf::utf_traits<char>::decode(place, end))) return false;
  return true;
}

/// Text in UTF-8 from Latin-1, where every byte is a code point: names keep their order.
std::string from_latin1(std::string_view text) {
  std::string result;
  for (const char byte : text)
    boost::locale::utf::utf_traits<char>::encode(static_cast<unsigned char>(byte),
                                                 std::back_inserter(result));
  return result;
}

/// Appends a field without blanks at its ends, runs of blanks within as one.
void append_without_blanks(std::string& text, std::string_view field) {
  const std::size_t start = text.size();
  bool is_separated = false;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (const std::size_t blank = length_of_blank(field.substr(i)); blank > 0) {
      is_separated = true;
      i += blank - 1;
      continue;
    }
    if (is_separated && text.size() > start) text += ' ';
    is_separated = false;
    text += field[i];
  }
}

bool is_number(std::string_view text) {
  const std::size_t digit = text.find_first_of("0123456789");
  return text.find_first_not_of("+-.") == digit && digit != text.npos &&
         text.find_first_not_of("0123456789+-.eE") == text.npos;
}

/// Whether numbers stand side by side with blanks alone between them, beside a tabulator or not.
bool has_numbers_between_blanks(std::string_view line) {
  bool was_number = false;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const bool number = is_number(line.substr(0, end));
    if (number && was_number) return true;
    was_number = end == 0 ? was_number : number;
    if (end < line.size() && line[end] == '\t') was_number = false;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return false;
}

/// Semicolons and tabulators beside as many commas separate numbers with decimal commas.
char guessed_separator(std::string_view line) {
  bool is_quoted = false;
  std::size_t commas = 0, semicolons = 0, tabulators = 0, blanks = 0, bars = 0;
  for (const char byte : line) {
    if (byte == '"') is_quoted = !is_quoted;
    if (is_quoted) continue;
    commas += byte == ',' ? 1 : 0;
    semicolons += byte == ';' ? 1 : 0;
    tabulators += byte == '\t' ? 1 : 0;
    blanks += byte == ' ' ? 1 : 0;
    bars += byte == '|' ? 1 : 0;
  }
  if (tabulators > 0 && tabulators + 1 >= commas)
    return has_numbers_between_blanks(line) ? ' ' : '\t';
  if (semicolons > 0 && semicolons + 1 >= commas) return ';';
  if (commas == 0 && bars > 0) return '|';
  return commas == 0 && blanks > 0 ? ' ' : ',';
}

}  // namespace

class DelimitedRows::Parser {
 public:
  Parser(ReadBytes read, std::string file, std::optional<char> separator)
      : file_(std::move(file)), read_(std::move(read)) {
    if (csv_init(&csv_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    read_block();
    skip_byte_order_mark();
    require_table();
    require_text();
    const std::optional<char> stated = take_stated_separator();
    separator_ = separator ? *separator : stated ? *stated : guessed_separator(first_line());
    skip_comment_sign();
    csv_set_delim(&csv_, static_cast<unsigned char>(separator_));
  }
  ~Parser() { csv_free(&csv_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  bool next() {
    do {
      if (!read_row()) return false;
      if (is_without_text()) ++rows_without_text_;
    } while (is_without_text());
    std::size_t first = 0;
    for (const std::size_t end : ends_) {
      fields_.emplace_back(std::string_view(text_).substr(first, end - first));
      first = end;
    }
    return true;
  }

  InputError error(const std::string& expected) const {
    return InputError(file_, line_of_row_, expected);
  }

  std::string file_;
  std::vector<std::string_view> fields_;
  std::size_t line_of_row_ = 1;
  char separator_ = ',';
  bool has_line_feeds_ = false;
  bool has_carriage_returns_alone_ = false;
  std::size_t rows_without_text_ = 0;

 private:
  bool read_row() {
    start_row();
    while (!is_complete_) {
      if (place_ == block_.size() && !fill()) {
        finish();
        break;
      }
      feed_line();
    }
    return is_complete_;
  }

  /// Spreadsheets write separators alone where their cells are empty.
  bool is_without_text() const { return text_.empty() && ends_.size() > 1; }

  void require_table() const {
    const std::string_view text = std::string_view(block_).substr(place_);
    for (const OtherFormat& format : other_formats)
      if (text.starts_with(format.start))
        throw InputError(file_, 0, fmt::format("a table of rows, found {}", format.words));
  }

  /// A first line of sep=;, which Excel heeds and shows nobody.
  std::optional<char> take_stated_separator() {
    constexpr std::string_view key = "sep=";
    const std::string_view line = first_line();
    if (line.size() != key.size() + 1 || !line.starts_with(key)) return std::nullopt;
    place_ = static_cast<std::size_t>(line.data() + line.size() - block_.data());
    return line.back();
  }

  /// NumPy's savetxt writes names of columns as a comment. A column may be called # itself.
  void skip_comment_sign() {
    const std::string_view line = first_line();
    if (!line.starts_with("# ")) return;
    const std::size_t name = line.find_first_not_of(' ', 1);
    if (name == line.npos || line[name] == separator_) return;
    place_ = static_cast<std::size_t>(line.data() + name - block_.data());
  }

  bool fill() {
    read_block();
    require_text();
    return !block_.empty();
  }

  void read_block() {
    block_.resize(block_size);
    block_.resize(read_(block_));
    place_ = 0;
  }

  void require_text() const {
    if (block_.find('\0') == std::string::npos) return;
    const bool is_utf16 = block_.starts_with("\xff\xfe") || block_.starts_with("\xfe\xff");
    throw InputError(file_, line_,
                     fmt::format("text in UTF-8 or ASCII, {}",
                                 is_utf16 ? "found UTF-16" : "but the file holds a NUL byte"));
  }

  void skip_byte_order_mark() {
    if (block_.starts_with(utf8_mark)) place_ = utf8_mark.size();
  }

  /// The first line that is not blank, as far as it is in the first block.
  std::string_view first_line() const {
    std::string_view text = std::string_view(block_).substr(place_);
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    return text.substr(0, text.find_first_of("\r\n"));
  }

  void start_row() {
    is_complete_ = false;
    row_has_started_ = false;
    bytes_of_row_ = 0;
    text_.clear();
    ends_.clear();
    fields_.clear();
  }

  /// Hands the CSV library the bytes as far as the next end of a line, so that no row begins behind
  /// one that is complete.
  void feed_line() {
    const std::string_view rest = std::string_view(block_).substr(place_);
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size() - 1);
    const std::string_view line = rest.substr(0, end + 1);
    place_ += line.size();
    if (!row_has_started_) {
      line_of_row_ = line_;
      bytes_of_row_ = 0;
      row_has_started_ = line.find_first_not_of(" \t\r\n") != line.npos;
    }
    count_line_end(line);
    bytes_of_row_ += line.size();
    if (bytes_of_row_ > longest_row)
      throw error(
          fmt::format("a row of at most {} bytes (is a quote missing at its end?)", longest_row));
    feed(separator_ == ' ' ? with_single_blanks(line) : line);
  }

  void count_line_end(std::string_view line) {
    const bool is_pair = ended_in_carriage_return_ && line.front() == '\n';
    if (ended_in_carriage_return_ && !is_pair) has_carriage_returns_alone_ = true;
    ended_in_carriage_return_ = line.back() == '\r';
    has_line_feeds_ = has_line_feeds_ || line.back() == '\n';
    if (ended_in_carriage_return_ || (line.back() == '\n' && !is_pair)) ++line_;
  }

  /// Runs of blanks outside quotes as one, none at the ends of the line.
  std::string_view with_single_blanks(std::string_view line) {
    squeezed_.clear();
    for (const char byte : line) {
      const bool is_end = byte == '\r' || byte == '\n';
      if (byte == '"') is_quoted_ = !is_quoted_;
      if (!is_quoted_ && (byte == ' ' || byte == '\t')) {
        is_separated_ = true;
        continue;
      }
      if (is_separated_ && !is_end && has_text_) squeezed_ += ' ';
      is_separated_ = false;
      has_text_ = !is_end;
      squeezed_ += byte;
    }
    return squeezed_;
  }

  void feed(std::string_view bytes) {
    const std::size_t taken =
        csv_parse(&csv_, bytes.data(), bytes.size(), &Parser::add_field, &Parser::end_row, this);
    if (taken != bytes.size()) throw wrong_quotes();
  }

  void finish() {
    if (csv_fini(&csv_, &Parser::add_field, &Parser::end_row, this) != 0) throw wrong_quotes();
  }

  InputError wrong_quotes() {
    if (csv_error(&csv_) == CSV_ENOMEM) throw std::bad_alloc();
    return error(
        "quotes around a whole field, those within it doubled (is one missing at its end?)");
  }

  static void add_field(void* bytes, std::size_t length, void* parser) {
    auto& self = *static_cast<Parser*>(parser);
    const std::string_view field(static_cast<const char*>(bytes), length);
    if (is_utf8(field))
      append_without_blanks(self.text_, field);
    else
      append_without_blanks(self.text_, from_latin1(field));
    self.ends_.push_back(self.text_.size());
  }

  static void end_row(int, void* parser) { static_cast<Parser*>(parser)->is_complete_ = true; }

  csv_parser csv_{};
  ReadBytes read_;
  std::string block_;
  std::size_t place_ = 0;  ///< in the block
  std::string squeezed_;
  // Of blanks as separators: whether the text so far ends within quotes, behind a blank, and in a
  // line with other text.
  bool is_quoted_ = false;
  bool is_separated_ = false;
  bool has_text_ = false;
  std::size_t line_ = 1;
  bool ended_in_carriage_return_ = false;
  std::size_t bytes_of_row_ = 0;
  bool row_has_started_ = false;
  bool is_complete_ = false;
  std::string text_;  ///< of the row's fields, one behind the other
  std::vector<std::size_t> ends_;
};

DelimitedRows::DelimitedRows(ReadBytes read, std::string file, std::optional<char> separator)
    : parser_(std::make_unique<Parser>(std::move(read), std::move(file), separator)) {}

DelimitedRows::~DelimitedRows() = default;

bool DelimitedRows::next() { return parser_->next(); }

std::span<const std::string_view> DelimitedRows::fields() const { return parser_->fields_; }

std::size_t DelimitedRows::line() const { return parser_->line_of_row_; }

const std::string& DelimitedRows::file() const { return parser_->file_; }

InputError DelimitedRows::error(const std::string& expected) const {
  return parser_->error(expected);
}

char DelimitedRows::separator() const { return parser_->separator_; }

bool DelimitedRows::has_carriage_returns_alone() const {
  return parser_->has_carriage_returns_alone_ && !parser_->has_line_feeds_;
}

std::size_t DelimitedRows::rows_without_text() const { return parser_->rows_without_text_; }

std::string separator_in_words(char separator) {
  if (separator == '\t') return "tabulators";
  if (separator == ' ') return "blanks";
  return fmt::format("'{}'", separator);
}

}  // namespace lsgd
