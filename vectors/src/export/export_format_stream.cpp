// SPDX-License-Identifier: Apache-2.0
#include "export/export_format_stream.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <fmt/format.h>
#include <iterator>
#include <stdexcept>

#include "export/npy_file.hpp"
#include "files/number_text.hpp"

namespace lsgd {
namespace {

/// Which columns the rows of a stream fill.
struct StreamColumns {
  bool is_decode = false;
  bool is_encode = false;
  bool has_draws = false;
  int code_digits = 0;  ///< hexadecimal ones of a code

  explicit StreamColumns(const FormatStream& stream)
      : is_decode(stream.operation == FormatOperation::decode),
        is_encode(stream.operation == FormatOperation::encode),
        has_draws(!is_decode && stream.rounding.direction == RoundingDirection::stochastic),
        code_digits((stream.rounding.format.bits + 3) / 4) {}
};

std::int64_t result_or_minus_1(const FormatRow& row) {
  return row.result ? std::int64_t{*row.result} : -1;
}

std::string csv_of(const FormatStream& stream, std::size_t& rows) {
  const StreamColumns columns(stream);
  std::string text = columns.is_decode   ? "code,binary64,value\n"
                     : columns.is_encode ? "binary32,value,"
                                         : "a,b,";
  if (!columns.is_decode) text += columns.has_draws ? "random,result\n" : "result\n";
  auto out = std::back_inserter(text);
  const int digits = columns.code_digits;
  for_each_row(stream, [&](const FormatRow& row) {
    ++rows;
    if (columns.is_decode) {
      fmt::format_to(out, "0x{:0{}x},0x{:016x},{}\n", row.a, digits,
                     std::bit_cast<std::uint64_t>(row.number), to_text(row.number));
      return;
    }
    if (columns.is_encode)
      fmt::format_to(out, "0x{:08x},{},", row.a, to_text(std::bit_cast<float>(row.a)));
    else
      fmt::format_to(out, "0x{:0{}x},0x{:0{}x},", row.a, digits, row.b, digits);
    if (columns.has_draws) fmt::format_to(out, "0x{:x},", row.random);
    if (row.result)
      fmt::format_to(out, "0x{:0{}x}\n", *row.result, digits);
    else
      text += "none\n";
  });
  return text;
}

constexpr std::string_view stream_types = R"(
#ifndef LSGD_FORMAT_STREAM
#define LSGD_FORMAT_STREAM
/* A code, and the binary64 pattern of the number it stands for. */
struct lsgd_format_number {
  uint32_t code;
  uint64_t binary64;
};

/* An operation on codes a and b, or on the binary32 pattern a; random are the bits that a stochastic
   rounding draws, as an integer; result is a code, or -1 where the format has no number. Where result
   is a NaN, every NaN is right. */
struct lsgd_format_vector {
  uint32_t a;
  uint32_t b;
  uint32_t random;
  int32_t result;
};
#endif
)";

std::string c_of(const FormatStream& stream, std::size_t& rows) {
  const StreamColumns columns(stream);
  const std::string name = stream_name(stream);
  std::string guard = name;
  std::ranges::transform(guard, guard.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  std::string text = fmt::format(
      "/* SPDX-License-Identifier: Apache-2.0 */\n#ifndef LSGD_{0}_H\n#define LSGD_{0}_H\n\n"
      "#include <stdint.h>\n{1}\nstatic const struct {2} lsgd_{3}[] = {{\n",
      guard, stream_types, columns.is_decode ? "lsgd_format_number" : "lsgd_format_vector", name);
  auto out = std::back_inserter(text);
  for_each_row(stream, [&](const FormatRow& row) {
    ++rows;
    if (columns.is_decode)
      fmt::format_to(out, "    {{0x{:x}u, 0x{:016x}u}},\n", row.a,
                     std::bit_cast<std::uint64_t>(row.number));
    else
      fmt::format_to(out, "    {{0x{:x}u, 0x{:x}u, 0x{:x}u, {}}},\n", row.a, row.b, row.random,
                     result_or_minus_1(row));
  });
  return text + fmt::format("}};\n\nenum {{ lsgd_{}_count = {} }};\n\n#endif\n", name, rows);
}

std::string npy_of(const FormatStream& stream, std::size_t& rows) {
  const StreamColumns columns(stream);
  std::string elements;
  for_each_row(stream, [&](const FormatRow& row) {
    ++rows;
    append_little_endian(elements, row.a, 4);
    if (columns.is_decode) {
      append_little_endian(elements, std::bit_cast<std::uint64_t>(row.number), 8);
      return;
    }
    if (!columns.is_encode) append_little_endian(elements, row.b, 4);
    if (columns.has_draws) append_little_endian(elements, row.random, 4);
    append_little_endian(elements, static_cast<std::uint64_t>(result_or_minus_1(row)), 4);
  });
  std::string fields = columns.is_decode   ? "('code', '<u4'), ('value', '<f8')"
                       : columns.is_encode ? "('binary32', '<u4'), "
                                           : "('a', '<u4'), ('b', '<u4'), ";
  if (columns.has_draws) fields += "('random', '<u4'), ";
  if (!columns.is_decode) fields += "('result', '<i4')";
  return npy_file("[" + fields + "]", {rows}, elements);
}

}  // namespace

StreamText stream_text(const FormatStream& stream, StreamFileFormat format) {
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

std::string stream_name(const FormatStream& stream) {
  const Rounding& rounding = stream.rounding;
  std::string name = fmt::format("{}_{}", stream.format_name, name_of(stream.operation));
  if (stream.operation != FormatOperation::decode) {
    name += fmt::format("_{}", name_of(rounding.direction));
    if (rounding.direction == RoundingDirection::stochastic)
      name += fmt::format("_{}_{}", rounding.random_bits, name_of(rounding.mapping));
    name += fmt::format("_{}", name_of(rounding.overflow));
  }
  if (rounding.format.subnormals != Subnormals::gradual)
    name += fmt::format("_{}", name_of(rounding.format.subnormals));
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

}  // namespace lsgd
