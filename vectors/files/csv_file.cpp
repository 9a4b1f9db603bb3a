// SPDX-License-Identifier: Apache-2.0
// Without its read-ahead thread the CSV library needs no thread per open file.
#define CSV_IO_NO_THREAD
#include "files/csv_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <libfccp/csv.h>

#include "files/number_text.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_line = std::size_t{1} << 20;

/// Hands a stream's bytes to the CSV library and refuses what the library would misread: NUL bytes
/// (its lines are C strings), overlong lines, and a last line without its end.
class CheckedSource : public io::ByteSourceBase {
 public:
  CheckedSource(std::istream& stream, std::string file) : stream_(stream), file_(std::move(file)) {}

  int read(char* buffer, int size) override {
    stream_.read(buffer, size);
    const auto count = static_cast<std::size_t>(stream_.gcount());
    if (stream_.bad()) throw InputError(file_, 0, "a readable file");
    check({buffer, count});
    if (stream_.eof() && length_ > 0)
      throw InputError(file_, line_, "an end of line after the last row (is the file truncated?)");
    return static_cast<int>(count);
  }

 private:
  void check(std::string_view bytes) {
    for (const char byte : bytes) {
      ++length_;
      if (byte == '\0') throw InputError(file_, line_, "text, but the line holds a NUL byte");
      if (length_ > longest_line)
        throw InputError(file_, line_, fmt::format("a line of at most {} bytes", longest_line));
      if (byte == '\n') {
        ++line_;
        length_ = 0;
      }
    }
  }

  std::istream& stream_;
  std::string file_;
  std::size_t line_ = 1;
  std::size_t length_ = 0;
};

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    const auto comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

}  // namespace

class CsvReader::Lines : public io::LineReader {
 public:
  using io::LineReader::LineReader;
};

CsvReader::CsvReader(std::istream& stream, std::string file)
    : file_(std::move(file)),
      lines_(std::make_unique<Lines>(file_, std::make_unique<CheckedSource>(stream, file_))) {
  read_header();
}

CsvReader::CsvReader(std::unique_ptr<std::ifstream> owned, std::string file)
    : owned_(std::move(owned)),
      file_(std::move(file)),
      lines_(std::make_unique<Lines>(file_, std::make_unique<CheckedSource>(*owned_, file_))) {
  read_header();
}

CsvReader::CsvReader(const std::filesystem::path& path)
    : CsvReader(std::make_unique<std::ifstream>(open_input(path)), path.string()) {}

CsvReader::~CsvReader() = default;

void CsvReader::read_header() {
  if (!next_line()) throw InputError(file_, 1, "a header line, but the file is empty");
  header_.assign(fields_.begin(), fields_.end());
}

bool CsvReader::next_line() {
  const char* const line = lines_->next_line();
  if (line == nullptr) return false;
  ++line_;
  split(line, fields_);
  return true;
}

bool CsvReader::next() {
  if (!next_line()) return false;
  if (fields_.size() < header_.size()) {
    throw error(fmt::format("{} columns as in the header, but {} is missing", header_.size(),
                            in_quotes(header_[fields_.size()])));
  }
  if (fields_.size() > header_.size()) {
    throw error(
        fmt::format("{} columns as in the header, found {}", header_.size(), fields_.size()));
  }
  return true;
}

void CsvReader::require_header(const std::vector<std::string>& expected) const {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  const auto fail = [&](const std::string& problem) {
    std::string names = fmt::format("{}", fmt::join(expected, ","));
    if (names.size() > 100) names = names.substr(0, 100) + "...";
    throw InputError(file_, 1, fmt::format("header {}, but {}", names, problem));
  };
  for (const auto& name : expected)
    if (!has(header_, name)) fail("column " + in_quotes(name) + " is missing");
  for (const auto& name : header_) {
    if (!has(expected, name)) fail("column " + in_quotes(name) + " is not known");
    if (std::ranges::count(header_, name) > 1) fail("column " + in_quotes(name) + " is repeated");
  }
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (header_[i] != expected[i])
      fail(fmt::format("column {} is {}", i + 1, in_quotes(header_[i])));
}

float CsvReader::number(std::size_t column) const {
  const auto value = float_from_text(fields_[column]);
  if (!value) {
    throw error(fmt::format("{} to be a finite binary32 number, found {}", header_[column],
                            in_quotes(fields_[column])));
  }
  return *value;
}

std::uint64_t CsvReader::integer(std::size_t column, std::uint64_t largest) const {
  const auto value = integer_from_text(fields_[column], largest);
  if (!value) {
    throw error(fmt::format("{} to be an integer from 0 to {}, found {}", header_[column], largest,
                            in_quotes(fields_[column])));
  }
  return *value;
}

InputError CsvReader::error(const std::string& expected) const {
  return InputError(file_, line_, expected);
}

}  // namespace lsgd
