// SPDX-License-Identifier: Apache-2.0
#include "import/data_coding.hpp"

#include <gmock/gmock.h>

#include "files/text_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const DataCoding of_classes{.scale = {InputScale::Kind::min_max},
                            .inputs = {{.column = "a", .smallest = 0.1f, .largest = 3, .mean = 1},
                                       {.column = "\"b\"", .names = {"blue", "red"}}},
                            .label = "kind",
                            .classes = {"cat", "dog"},
                            .ignored = {""}};

TEST(DataCoding, IsReadBackTheSame) {
  const TemporaryDirectory directory;
  write_coding(directory / "c", of_classes);
  EXPECT_EQ(read_coding(directory / "c"), of_classes);
  DataCoding of_targets = of_classes;
  of_targets.label.clear();
  of_targets.classes.clear();
  of_targets.targets = {"x", "y"};
  of_targets.scale = pixel_scale;
  write_coding(directory / "c", of_targets);
  EXPECT_EQ(read_coding(directory / "c"), of_targets);
}

TEST(DataCoding, NamesWhatIsWrong) {
  const TemporaryDirectory directory;
  write_coding(directory / "c", of_classes);
  const std::string text = read_text(directory / "c", 1 << 20);
  const auto error_with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(text.find(from), from.size(), to);
    return input_error_of([&] { parse_coding(changed, "c"); });
  };
  EXPECT_THAT(error_with("min-max", "maximum"),
              HasSubstr("c:3: expected none, min-max, or a number"));
  EXPECT_THAT(error_with("\"blue\"", "\"teal\""), HasSubstr("different names in the order"));
  EXPECT_THAT(error_with("\"cat\"", "\"elk\""), HasSubstr("different names of classes"));
  EXPECT_THAT(error_with("\"largest\": 3.0", "\"largest\": 0.0"), HasSubstr("at most the largest"));
  EXPECT_THAT(error_with("\"largest\": 3.0", "\"largest\": 1e39"), HasSubstr("finite binary32"));
  EXPECT_THAT(error_with("\"label\"", "\"table\""), HasSubstr("c:"));
  EXPECT_THAT(error_with("\"mean\": 1.0", "\"names\": [\"x\"]"), HasSubstr("either names, or"));
}

TEST(DataCoding, LiesBesideItsData) {
  EXPECT_EQ(coding_path("data/train.csv"), "data/train.csv.coding.json");
  EXPECT_EQ(coding_path("data/train.csv.coding.json"), "data/train.csv.coding.json");
}

TEST(DataCoding, OrdersNumbersByTheirSize) {
  EXPECT_THAT(ordered_names({"10", "9", "+9.0", "-1", "1e1"}), ElementsAre("-1", "9", "10"));
  EXPECT_THAT(ordered_names({"10", "9", "x"}), ElementsAre("10", "9", "x"));
  EXPECT_EQ(NamePlaces({"-1", "9", "10"}).find("9.0"), 1u);
  EXPECT_EQ(NamePlaces({"10", "9", "x"}).find("9.0"), std::nullopt);
}

TEST(DataCoding, ScalesByTheRangeThatWasLearned) {
  const InputCoding input{.column = "a", .smallest = -1, .largest = 3};
  const InputCoding constant{.column = "a", .smallest = 3, .largest = 3};
  const InputScale min_max{InputScale::Kind::min_max};
  EXPECT_EQ(scaled(input, min_max, 5), 1.5f);
  EXPECT_EQ(scaled(constant, min_max, 5), 0.0f);
  EXPECT_EQ(scaled(input, {}, 5), 5.0f);
  // 1 / 255 rounded to binary32, by numpy.float32(1) / numpy.float32(255).
  EXPECT_EQ(scaled(input, pixel_scale, 1), 0x1.010102p-8f);
}

TEST(DataCoding, ReadsScales) {
  EXPECT_EQ(input_scale_from_text("255"), pixel_scale);
  EXPECT_EQ(to_text(pixel_scale), "255");
  for (const char* const wrong : {"0", "-1", "inf", "minmax", "1e-60"})
    EXPECT_THROW(input_scale_from_text(wrong), std::invalid_argument) << wrong;
}

}  // namespace
}  // namespace lsgd
