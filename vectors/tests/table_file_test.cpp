// SPDX-License-Identifier: Apache-2.0
#include "import/table_file.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <sstream>

#include "car/car_data_set.hpp"
#include "data/built_in_data_set.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::EndsWith;

DataSet parse(const std::string& text, const TableOptions& options = {}) {
  std::istringstream stream(text);
  return parse_table(stream, "t.csv", options);
}

std::string error_of(const std::string& text, const TableOptions& options = {}) {
  return input_error_of([&] { parse(text, options); });
}

TableOptions without_header() {
  TableOptions options;
  options.has_header = false;
  return options;
}

TEST(TableFile, TakesTheLastColumnAsLabel) {
  EXPECT_EQ(parse("a,b,class\n1,2.5,0\n-3,0x1p-2,4\n"),
            (DataSet{2, 5, {1, 2.5f, -3, 0.25f}, {0, 4}}));
}

TEST(TableFile, TakesAnyColumnAsLabelAndLeavesOutOthers) {
  TableOptions options;
  options.label = "class";
  options.ignored = {"id"};
  EXPECT_EQ(parse("id,class,a\n17,1,0.5\n18,0,0.75\n", options),
            (DataSet{1, 2, {0.5f, 0.75f}, {1, 0}}));
}

TEST(TableFile, EncodesNamesByTheirAlphabeticalPlace) {
  TableOptions options;
  options.categorical = {"colour"};
  EXPECT_EQ(parse("colour,class\nred,yes\nblue,no\ngreen,yes\n", options),
            (DataSet{1, 2, {1, 0, 0.5f}, {1, 0, 1}}));
}

TEST(TableFile, ScalesNumbersToTheUnitInterval) {
  TableOptions options;
  options.scaling = ColumnScaling::min_max;
  EXPECT_EQ(parse("a,b,label\n-1,7,0\n3,7,1\n0,7,1\n", options),
            (DataSet{2, 2, {0, 0, 1, 0, 0.25f, 0}, {0, 1, 1}}));
}

TEST(TableFile, NamesColumnsByNumberWithoutHeader) {
  TableOptions options = without_header();
  options.label = "0";
  EXPECT_EQ(parse("1,0.5,2\n0,4,8\n", options), (DataSet{2, 2, {0.5f, 2, 4, 8}, {1, 0}}));
}

TEST(TableFile, NamesWhatIsWrong) {
  EXPECT_EQ(error_of("a,label\n1,0\nx,0\n"),
            "t.csv:3: expected a to be a finite binary32 number, found \"x\"");
  EXPECT_EQ(error_of("1,0\nx,0\n", without_header()),
            "t.csv:2: expected 0 to be a finite binary32 number, found \"x\"");
  EXPECT_EQ(error_of("1,0\n1,2,3\n", without_header()),
            "t.csv:2: expected 2 columns as in the header, found 3");
  TableOptions options;
  options.label = "class";
  EXPECT_EQ(error_of("a,label\n1,0\n", options), "t.csv:1: expected a column \"class\"");
  EXPECT_EQ(error_of("a,a,label\n1,1,0\n"), "t.csv:1: expected column \"a\" only once");
  EXPECT_EQ(error_of("label\n1\n"), "t.csv:1: expected a column beside the label");
  EXPECT_THAT(error_of("a,label\n"), EndsWith("expected at least one row"));
  EXPECT_THAT(error_of("", without_header()), EndsWith("t.csv:1: expected a row of values"));
}

std::vector<std::vector<float>> sorted_rows(const DataSet& data) {
  std::vector<std::vector<float>> rows;
  for (std::size_t i = 0; i < data.size(); ++i) {
    rows.push_back(data.sample(i, 1 + data.classes).inputs);
    rows.back().push_back(static_cast<float>(data.labels[i]));
  }
  std::ranges::sort(rows);
  return rows;
}

TEST(TableFile, ReadsTheUciFileAsTheBuiltInDataSetEncodesIt) {
  // The text comes from the decision model that the data set is published with.
  const TemporaryDirectory directory;
  const DataSet car = read_uci_car(directory.file("car.data", car_canonical_text()));
  auto built_in = sorted_rows(load_built_in_data_set("car", DataSetPart::training));
  const auto test = sorted_rows(load_built_in_data_set("car", DataSetPart::test));
  built_in.insert(built_in.end(), test.begin(), test.end());
  std::ranges::sort(built_in);
  EXPECT_EQ(sorted_rows(car), built_in);
  EXPECT_EQ(car.classes, 4u);
}

TEST(TableFile, RefusesAUciFileWithAnotherChecksum) {
  const TemporaryDirectory directory;
  std::string text = car_canonical_text();
  text[0] = 'w';
  EXPECT_THAT(input_error_of([&] { read_uci_car(directory.file("car.data", text)); }),
              ::testing::HasSubstr("car.data: expected SHA-256 b703a9ac"));
}

}  // namespace
}  // namespace lsgd
