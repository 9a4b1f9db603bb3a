// SPDX-License-Identifier: Apache-2.0
#include "export/export_kernel_stream.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "export/npy_file.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "kernel_digest_texts.hpp"

namespace lsgd {
namespace {

constexpr std::int64_t refused = std::numeric_limits<std::int64_t>::min();
/// Results are a few megabytes.
constexpr std::size_t longest_results = std::size_t{1} << 26;

std::vector<std::string> columns_of(const KernelStream& stream) {
  std::vector<std::string> columns = stream.arguments;
  columns.insert(columns.end(), stream.results.begin(), stream.results.end());
  return columns;
}

std::string arguments_text(const KernelRow& row) {
  return fmt::format("{}", fmt::join(row.arguments, ","));
}

std::string csv_line(const KernelRow& row) {
  std::string line = arguments_text(row);
  for (const std::optional<std::int64_t>& result : row.results)
    line += result ? fmt::format(",{}", *result) : ",none";
  return line;
}

std::string csv_header(const KernelStream& stream) {
  return fmt::format("{}", fmt::join(columns_of(stream), ","));
}

std::vector<std::int64_t> numbers_of(const KernelRow& row) {
  std::vector<std::int64_t> numbers = row.arguments;
  for (const std::optional<std::int64_t>& result : row.results)
    numbers.push_back(result.value_or(refused));
  return numbers;
}

std::string csv_of(const KernelStream& stream, std::size_t& rows) {
  std::string text = csv_header(stream) + "\n";
  stream.for_each_row([&](const KernelRow& row) {
    ++rows;
    text += csv_line(row) + "\n";
  });
  return text;
}

std::string c_of(const KernelStream& stream, std::size_t& rows) {
  const std::string name = kernel_file_name(stream);
  std::string guard = name;
  for (char& c : guard) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string text = fmt::format(
      "/* SPDX-License-Identifier: Apache-2.0 */\n#ifndef LSGD_{0}_H\n#define LSGD_{0}_H\n\n"
      "#include <stdint.h>\n\n/* {1}; INT64_MIN: refused. */\n"
      "static const int64_t lsgd_{2}[][{3}] = {{\n",
      guard, fmt::join(columns_of(stream), ", "), name, columns_of(stream).size());
  auto out = std::back_inserter(text);
  stream.for_each_row([&](const KernelRow& row) {
    ++rows;
    text += "    {";
    for (const std::int64_t number : numbers_of(row))
      if (number == refused)
        text += "INT64_MIN, ";
      else
        fmt::format_to(out, "{}, ", number);
    text.replace(text.size() - 2, 2, "},\n");
  });
  return text + fmt::format("}};\n\nenum {{ lsgd_{}_count = {} }};\n\n#endif\n", name, rows);
}

std::string npy_of(const KernelStream& stream, std::size_t& rows) {
  std::string elements;
  stream.for_each_row([&](const KernelRow& row) {
    ++rows;
    for (const std::int64_t number : numbers_of(row))
      append_little_endian(elements, static_cast<std::uint64_t>(number), 8);
  });
  std::string fields;
  for (const std::string& column : columns_of(stream))
    fields += fmt::format("{}('{}', '<i8')", fields.empty() ? "" : ", ", column);
  return npy_file("[" + fields + "]", {rows}, elements);
}

/// Lines of a text one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  bool is_at_end() const { return text_.empty(); }
  std::size_t number() const { return number_; }
  std::string_view next() {
    ++number_;
    const std::size_t end = std::min(text_.find('\n'), text_.size());
    std::string_view line = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

 private:
  std::string_view text_;
  std::size_t number_ = 0;
};

}  // namespace

StreamText kernel_text(const KernelStream& stream, StreamFileFormat format) {
  StreamText text;
  switch (format) {
    case StreamFileFormat::csv:
      text.bytes = csv_of(stream, text.rows);
      return text;
    case StreamFileFormat::c:
      text.bytes = c_of(stream, text.rows);
      return text;
    case StreamFileFormat::npy:
      text.bytes = npy_of(stream, text.rows);
      return text;
  }
  throw std::logic_error("a format of files");
}

std::string kernel_file_name(const KernelStream& stream) {
  std::string name = stream.name;
  std::ranges::replace(name, '/', '_');
  return name;
}

std::string kernel_digests() {
  std::string text = "kernel,rows,sha256\n";
  for (const KernelStream& stream : kernel_streams()) {
    const StreamText csv = kernel_text(stream, StreamFileFormat::csv);
    text += fmt::format("{},{},{}\n", stream.name, csv.rows, sha256_of(csv.bytes));
  }
  return text;
}

std::string_view recorded_kernel_digests() { return kernel_digest_texts.front().text; }

KernelComparison compare_kernel_results(const KernelStream& stream,
                                        const std::filesystem::path& file) {
  const std::string text = read_text(file, longest_results);
  Lines lines(text);
  if (lines.is_at_end() || lines.next() != csv_header(stream))
    throw InputError(file.string(), 1, "the columns " + csv_header(stream));
  KernelComparison comparison;
  stream.for_each_row([&](const KernelRow& row) {
    const std::string expected = csv_line(row);
    const std::string arguments = arguments_text(row) + ",";
    const std::size_t line_number = lines.number() + 1;
    const std::string_view found = lines.is_at_end() ? std::string_view() : lines.next();
    if (!found.starts_with(arguments) ||
        std::ranges::count(found, ',') != std::ranges::count(expected, ','))
      throw InputError(file.string(), line_number, "a row that begins with " + arguments);
    ++comparison.rows;
    if (found == expected) return;
    if (comparison.wrong++ != 0) return;
    comparison.first =
        fmt::format("{}:{}: {} is {} of {}, found {}", file.string(), line_number,
                    fmt::join(stream.results, ","), expected.substr(arguments.size()),
                    arguments_text(row), found.substr(arguments.size()));
  });
  if (!lines.is_at_end())
    throw InputError(file.string(), lines.number() + 1, "the end of the file");
  return comparison;
}

}  // namespace lsgd
