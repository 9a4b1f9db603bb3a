// SPDX-License-Identifier: Apache-2.0
#include "data/data_file.hpp"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "data/network_text.hpp"
#include "files/text_file.hpp"
#include "input_error_of.hpp"
#include "peak_memory.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

DataSet data_of(const std::string& text, std::size_t rows = all_rows,
                const Network* network = nullptr) {
  std::istringstream stream(text);
  return parse_data(stream, "d.csv", rows, network);
}

std::string error_of_data_file(const std::string& text, const Network* network = nullptr) {
  return input_error_of([&] { data_of(text, all_rows, network); });
}

TEST(ParseData, ReadsSamplesAndLabels) {
  const DataSet expected{2, 4, {0.5f, 1, -0.25f, 0}, {3, 0}};
  EXPECT_EQ(data_of("x0,x1,label\n0.5,1,3\n-0x1p-2,0,0\n"), expected);
}

TEST(ParseData, ReadsRealTargets) {
  const DataSet expected{1, 0, {0.5f, -0.25f}, {0, 0}, 2, {1.5f, -2, 0, 1e-3f}};
  const std::string text = "x0,y0,y1\n0.5,1.5,-2\n-0.25,0,1e-3\n";
  EXPECT_EQ(data_of(text), expected);
  EXPECT_EQ(expected.sample(1, 2).target, (std::vector<float>{0, 1e-3f}));
  EXPECT_THROW(expected.sample(0, 1), std::out_of_range);
  EXPECT_EQ(expected.first(1), (DataSet{1, 0, {0.5f}, {0}, 2, {1.5f, -2}}));
  const Network two_outputs = network_from_text("1-2", "identity", "mse");
  const Network one_output = network_from_text("1-1", "identity", "mse");
  const Network network_of_classes = network_from_text("1-2", "sigmoid", "bce");
  EXPECT_EQ(error_of_data_file(text, &two_outputs), "");
  EXPECT_EQ(error_of_data_file(text, &one_output),
            "d.csv:1: expected 1 real targets, one per output, found 2");
  EXPECT_EQ(error_of_data_file(text, &network_of_classes),
            "d.csv:1: expected the column label for a loss of classes, found real targets");
  const TemporaryDirectory directory;
  write_data(directory / "d.csv", expected);
  EXPECT_EQ(read_data(directory / "d.csv"), expected);
}

TEST(ParseData, ReadsAsManyRowsAsAsked) {
  const DataSet expected{1, 2, {1, 2}, {0, 1}};
  EXPECT_EQ(data_of("x0,label\n1,0\n2,1\nrubbish,0\n", 2), expected);
}

TEST(ParseData, NamesWhatIsWrongAndItsLine) {
  EXPECT_EQ(error_of_data_file("x0,x2,label\n"),
            "d.csv:1: expected header x0,x1,label, but column \"x1\" is missing");
  EXPECT_EQ(error_of_data_file("x1,x0,label\n"),
            "d.csv:1: expected header x0,x1,label, but column 1 is \"x1\"");
  EXPECT_EQ(error_of_data_file("label\n"),
            "d.csv:1: expected header x0,label, but column \"x0\" is missing");
  EXPECT_EQ(error_of_data_file("x0,x1\n1,2\n"),
            "d.csv:1: expected header x0,label, but column \"label\" is missing");
  EXPECT_EQ(error_of_data_file("x0,label\n"),
            "d.csv:1: expected at least one row after the header");
  EXPECT_EQ(error_of_data_file("x0,label\n1,0\ninf,0\n"),
            "d.csv:3: expected x0 to be a finite binary32 number, found \"inf\"");
  EXPECT_EQ(error_of_data_file("x0,label\n1,-1\n"),
            "d.csv:2: expected label to be an integer from 0 to 65535, found \"-1\"");
  EXPECT_EQ(error_of_data_file("x0,label\n1,1.0\n"),
            "d.csv:2: expected label to be an integer from 0 to 65535, found \"1.0\"");
}

TEST(ParseData, ChecksTheNetworkItIsFor) {
  const Network one_output = network_from_text("2-1", "sigmoid", "bce");
  const Network three_outputs = network_from_text("2-3", "sigmoid", "bce");
  EXPECT_EQ(error_of_data_file("x0,x1,label\n1,1,1\n", &one_output), "");
  EXPECT_EQ(error_of_data_file("x0,x1,label\n1,1,0\n1,1,2\n", &one_output),
            "d.csv:3: expected label to be an integer from 0 to 1, found \"2\"");
  EXPECT_EQ(error_of_data_file("x0,x1,label\n1,1,2\n", &three_outputs), "");
  EXPECT_EQ(error_of_data_file("x0,x1,label\n1,1,3\n", &three_outputs),
            "d.csv:2: expected label to be an integer from 0 to 2, found \"3\"");
  EXPECT_EQ(error_of_data_file("x0,label\n1,1\n", &three_outputs),
            "d.csv:1: expected header x0,x1,label, but column \"x1\" is missing");
  EXPECT_EQ(error_of_data_file("x0,x1,x2,label\n1,1,1,1\n", &three_outputs),
            "d.csv:1: expected header x0,x1,label, but column \"x2\" is not known");
}

TEST(DataSet, MakesTargetsThatFitTheOutputs) {
  const DataSet data{2, 3, {1, 2, 3, 4}, {2, 1}};
  EXPECT_EQ(data.sample(0, 3).inputs, (std::vector<float>{1, 2}));
  EXPECT_EQ(data.sample(0, 3).target, (std::vector<float>{0, 0, 1}));
  EXPECT_EQ(data.sample(1, 1).target, (std::vector<float>{1}));
  EXPECT_EQ(data.sample(1, 2).target, (std::vector<float>{0, 1}));
  EXPECT_THROW(data.sample(0, 2), std::out_of_range);
  EXPECT_THROW(data.sample(0, 1), std::out_of_range);
  EXPECT_THROW(data.sample(2, 3), std::out_of_range);
}

TEST(WriteData, IsReadBackBitForBit) {
  const TemporaryDirectory directory;
  const DataSet data{3, 7, {0.1f, -0.0f, 1e-45f, 1.0f / 3, 3e38f, -7}, {6, 0}};
  write_data(directory / "d.csv", data);
  EXPECT_EQ(read_data(directory / "d.csv"), data);
  EXPECT_EQ(read_text(directory / "d.csv", 1000),
            "x0,x1,x2,label\n0.1,-0,1e-45,6\n0.33333334,3e+38,-7,0\n");
}

TEST(ReadData, AMillionRowsTakeLittleMoreThanTheirNumbers) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer keeps freed memory";
#endif
  const TemporaryDirectory directory;
  constexpr std::size_t rows = 1'000'000;
  {
    std::ofstream file(directory / "d.csv");
    file << "x0,x1,x2,x3,x4,x5,label\n";
    for (std::size_t row = 0; row < rows; ++row)
      file << fmt::format("0.{:08},0.5,1,0.25,0.66666667,0.33333333,{}\n", row, row % 4);
  }
  const PeakMemory peak;
  const std::size_t before = peak.mebibytes();
  const DataSet data = read_data(directory / "d.csv");
  EXPECT_EQ(data.size(), rows);
  EXPECT_EQ(data.sample(123'456, 4).inputs[0], 0.00123456f);
  // 27 MiB of numbers and the reader's buffers.
  EXPECT_LT(peak.mebibytes() - before, 27 + 48 + 8);
}

}  // namespace
}  // namespace lsgd
