// SPDX-License-Identifier: Apache-2.0
#include "files/csv_file.hpp"

#include <gtest/gtest.h>
#include <sstream>

#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const std::string& text) {
  std::istringstream stream(text);
  CsvReader reader(stream, "f.csv");
  Rows rows;
  while (reader.next()) rows.emplace_back(reader.fields().begin(), reader.fields().end());
  return rows;
}

std::string error_of_csv_file(const std::string& text) {
  return input_error_of([&] { rows_of(text); });
}

std::string header_error_of(const std::string& header) {
  std::istringstream stream(header + "\n");
  return input_error_of([&] {
    CsvReader(stream, "f.csv").require_header({"tensor", "index", "value"});
  });
}

TEST(CsvReader, GivesTheFieldsAsTheyStand) {
  EXPECT_EQ(rows_of("a,b\n1, 2\n,\n\"x\",y\n"), (Rows{{"1", " 2"}, {"", ""}, {"\"x\"", "y"}}));
}

TEST(CsvReader, TakesWindowsLineEndsAndAByteOrderMark) {
  EXPECT_EQ(rows_of("\xEF\xBB\xBF"
                    "a,b\r\n1,2\r\n"),
            (Rows{{"1", "2"}}));
}

TEST(CsvReader, CountsLines) {
  std::istringstream stream("a\n1\n2\n");
  CsvReader reader(stream, "f.csv");
  EXPECT_EQ(reader.line(), 1U);
  reader.next();
  reader.next();
  EXPECT_EQ(reader.line(), 3U);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.line(), 3U);
}

TEST(CsvReader, RefusesRowsOfAnotherLength) {
  EXPECT_EQ(error_of_csv_file("a,b\n1,2\n3\n"),
            "f.csv:3: expected 2 columns as in the header, but \"b\" is missing");
  EXPECT_EQ(error_of_csv_file("a,b\n1,2,3\n"),
            "f.csv:2: expected 2 columns as in the header, found 3");
  EXPECT_EQ(error_of_csv_file("a,b\n1,2\n\n"),
            "f.csv:3: expected 2 columns as in the header, but \"b\" is missing");
}

TEST(CsvReader, RefusesAnEmptyFile) {
  EXPECT_EQ(error_of_csv_file(""), "f.csv:1: expected a header line, but the file is empty");
}

TEST(CsvReader, RefusesATruncatedLastRow) {
  EXPECT_EQ(error_of_csv_file("a,b\n1,2\n3,0.3"),
            "f.csv:3: expected an end of line after the last row (is the file truncated?)");
  EXPECT_EQ(error_of_csv_file("a,b"),
            "f.csv:1: expected an end of line after the last row (is the file truncated?)");
}

TEST(CsvReader, RefusesBytesThatAreNotText) {
  EXPECT_EQ(error_of_csv_file(std::string("a,b\n1,2\n3\0,4\n", 13)),
            "f.csv:3: expected text, but the line holds a NUL byte");
}

TEST(CsvReader, RefusesEndlessLines) {
  const std::string longest(1 << 20, 'x');
  EXPECT_EQ(error_of_csv_file("a\n" + longest.substr(1) + "\n"), "");
  EXPECT_EQ(error_of_csv_file("a\n" + longest + "x\n"),
            "f.csv:2: expected a line of at most 1048576 bytes");
  EXPECT_EQ(error_of_csv_file(longest + longest),
            "f.csv:1: expected a line of at most 1048576 bytes");
}

TEST(CsvReader, ReadsFilesLongerThanTheLibrarysBuffers) {
  const std::string row(1000, '7');
  std::string text = "a\n";
  constexpr std::size_t count = 60'000;
  for (std::size_t i = 0; i < count; ++i) text += row + "\n";
  std::istringstream stream(text);
  CsvReader reader(stream, "f.csv");
  std::size_t rows = 0;
  for (; reader.next(); ++rows) ASSERT_EQ(reader.text(0), row);
  EXPECT_EQ(rows, count);
  EXPECT_EQ(error_of_csv_file(text + "1,2\n"),
            "f.csv:60002: expected 1 columns as in the header, found 2");
}

TEST(CsvReader, NamesTheColumnThatIsWrong) {
  const std::string start = "f.csv:1: expected header tensor,index,value, but ";
  EXPECT_EQ(header_error_of("tensor,index,value"), "");
  EXPECT_EQ(header_error_of("tensor,index"), start + "column \"value\" is missing");
  EXPECT_EQ(header_error_of("tensor,index,value,note"), start + "column \"note\" is not known");
  EXPECT_EQ(header_error_of("tensor,value,index"), start + "column 2 is \"value\"");
  EXPECT_EQ(header_error_of("tensor,index,value,index"), start + "column \"index\" is repeated");
  EXPECT_EQ(header_error_of("Tensor,index,value"), start + "column \"tensor\" is missing");
}

TEST(CsvReader, NamesTheFieldThatIsNotANumber) {
  std::istringstream stream("index,value\n7,nan\n");
  CsvReader reader(stream, "f.csv");
  reader.next();
  EXPECT_EQ(reader.integer(0, 7), 7U);
  EXPECT_EQ(input_error_of([&] { reader.integer(0, 6); }),
            "f.csv:2: expected index to be an integer from 0 to 6, found \"7\"");
  EXPECT_EQ(input_error_of([&] { reader.number(1); }),
            "f.csv:2: expected value to be a finite binary32 number, found \"nan\"");
}

TEST(CsvReader, MissingFileAndDirectoryAreBadInput) {
  const TemporaryDirectory directory;
  EXPECT_EQ(input_error_of([] { CsvReader("no-such.csv"); }),
            "no-such.csv: expected a readable file (No such file or directory)");
  EXPECT_EQ(input_error_of([&] { CsvReader(directory / "."); }),
            (directory / ".").string() + ": expected a file, but it is a directory");
}

}  // namespace
}  // namespace lsgd
