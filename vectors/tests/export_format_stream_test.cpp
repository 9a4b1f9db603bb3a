// SPDX-License-Identifier: Apache-2.0
#include "export/export_format_stream.hpp"

#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "temporary_directory.hpp"

namespace lsgd {
namespace {

FormatStream e2m1_stream(FormatOperation operation) {
  FormatStream stream{"e2m1", operation, {}};
  stream.rounding.format = named_format("e2m1");
  return stream;
}

std::vector<FormatRow> rows_of(const FormatStream& stream) {
  std::vector<FormatRow> rows;
  for_each_row(stream, [&](const FormatRow& row) { rows.push_back(row); });
  return rows;
}

TEST(ExportFormatStream, CsvHasALineForEachRow) {
  const StreamText text = stream_text(e2m1_stream(FormatOperation::add), StreamFileFormat::csv);
  EXPECT_EQ(text.rows, 256U);
  EXPECT_EQ(text.bytes.substr(0, text.bytes.find("0x0,0x2")),
            "a,b,result\n0x0,0x0,0x0\n0x0,0x1,0x1\n");
  // 3 + 2 is a tie between 4 and 6: the even code 6.
  EXPECT_NE(text.bytes.find("\n0x5,0x4,0x6\n"), std::string::npos);
  const StreamText numbers =
      stream_text(e2m1_stream(FormatOperation::decode), StreamFileFormat::csv);
  EXPECT_NE(numbers.bytes.find("\n0x3,0x3ff8000000000000,1.5\n"), std::string::npos);
  const StreamText encoded =
      stream_text(e2m1_stream(FormatOperation::encode), StreamFileFormat::csv);
  EXPECT_NE(encoded.bytes.find("\n0x3fa00000,1.25,0x2\n"), std::string::npos);
  EXPECT_NE(encoded.bytes.find("\n0x7fc00000,nan,none\n"), std::string::npos);
}

TEST(ExportFormatStream, CsvOfAStochasticRoundingShowsTheDraws) {
  FormatStream stream = e2m1_stream(FormatOperation::encode);
  stream.rounding.direction = RoundingDirection::stochastic;
  stream.rounding.random_bits = 4;
  const StreamText text = stream_text(stream, StreamFileFormat::csv);
  // 1.25 is half way from 1 to 1.5: draws from 8 on carry.
  EXPECT_NE(text.bytes.find("0x3fa00000,1.25,0x0,0x2\n0x3fa00000,1.25,0x7,0x2\n"
                            "0x3fa00000,1.25,0x8,0x3\n0x3fa00000,1.25,0xf,0x3\n"),
            std::string::npos);
}

TEST(ExportFormatStream, CHeadersCompileTogetherAndHoldTheRows) {
  const TemporaryDirectory directory;
  const std::vector<FormatStream> streams{e2m1_stream(FormatOperation::decode),
                                          e2m1_stream(FormatOperation::encode),
                                          e2m1_stream(FormatOperation::multiply)};
  std::string source;
  for (const FormatStream& stream : streams) {
    const std::string name = stream_name(stream) + ".h";
    directory.file(name, stream_text(stream, StreamFileFormat::c).bytes);
    source += fmt::format("#include \"{0}\"\n#include \"{0}\"\n", name);
  }
  const std::vector<FormatRow> products = rows_of(streams[2]);
  source += "int main(void) {\n  uint32_t sum = 0;\n";
  std::uint32_t sum = 0;
  for (const FormatRow& row : products) sum = sum * 31 + row.a + 2 * row.b + 3 * *row.result;
  source += fmt::format(
      "  for (int i = 0; i < lsgd_e2m1_multiply_nearest_even_saturate_count; ++i) {{\n"
      "    struct lsgd_format_vector v = lsgd_e2m1_multiply_nearest_even_saturate[i];\n"
      "    sum = sum * 31 + v.a + 2 * v.b + 3 * (uint32_t)v.result;\n  }}\n"
      "  if (sum != {}u) return 1;\n"
      "  if (lsgd_e2m1_decode[15].binary64 != 0xc018000000000000u) return 2;\n"
      "  if (lsgd_e2m1_encode_nearest_even_saturate[lsgd_e2m1_encode_nearest_even_saturate_count - "
      "1]"
      ".result != -1) return 3;\n"
      "  return 0;\n}}\n",
      sum);
  const auto program = directory.file("program.c", source);
  const std::string executable = (directory / "program").string();
  EXPECT_EQ(std::system(fmt::format("{} -std=c99 -Wall -Wextra -Wpedantic -Werror {} -o {} && {}",
                                    LSGD_C_COMPILER, program.string(), executable, executable)
                            .c_str()),
            0);
}

TEST(ExportFormatStream, NumPyRecordsHoldTheRows) {
  const FormatStream stream = e2m1_stream(FormatOperation::add);
  const std::string bytes = stream_text(stream, StreamFileFormat::npy).bytes;
  ASSERT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\0", 8));
  const std::size_t start = 10 + static_cast<unsigned char>(bytes[8]) +
                            256 * static_cast<std::size_t>(static_cast<unsigned char>(bytes[9]));
  EXPECT_EQ(start % 64, 0U);
  EXPECT_EQ(bytes.substr(10, bytes.find('}') - 9),
            "{'descr': [('a', '<u4'), ('b', '<u4'), ('result', '<i4')], 'fortran_order': False, "
            "'shape': (256,), }");
  const std::vector<FormatRow> rows = rows_of(stream);
  ASSERT_EQ(bytes.size(), start + 12 * rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::uint32_t fields[3];
    std::memcpy(fields, bytes.data() + start + 12 * i, sizeof fields);
    EXPECT_EQ(fields[0], rows[i].a);
    EXPECT_EQ(fields[1], rows[i].b);
    EXPECT_EQ(fields[2], rows[i].result);
  }
}

}  // namespace
}  // namespace lsgd
