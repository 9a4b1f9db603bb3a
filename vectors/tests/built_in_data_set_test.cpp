// SPDX-License-Identifier: Apache-2.0
#include "data/built_in_data_set.hpp"

#include <cmath>
#include <filesystem>
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "car/car_data_set.hpp"
#include "data/network_text.hpp"
#include "files/sha256.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::ElementsAre;

TEST(Car, CanonicalTextIsTheOriginal) {
  EXPECT_EQ(sha256_of(car_canonical_text()),
            "b703a9ac69f11e64ce8c223c0a40de4d2e9d769f7fb20be5f8f2e8a619893d83");
}

TEST(Car, PartsTogetherHoldEveryCombinationOnce) {
  std::set<std::vector<float>> inputs;
  std::map<std::uint32_t, int> classes;
  for (const DataSetPart part : {DataSetPart::training, DataSetPart::test}) {
    const DataSet data = load_built_in_data_set("car", part);
    EXPECT_EQ(data.size(), part == DataSetPart::training ? 1209U : 519U);
    EXPECT_EQ(data.inputs, 6U);
    EXPECT_EQ(data.classes, 4U);
    for (std::size_t i = 0; i < data.size(); ++i) {
      inputs.insert(data.sample(i, 4).inputs);
      ++classes[data.labels[i]];
    }
  }
  EXPECT_EQ(inputs.size(), 1728U);
  EXPECT_EQ(classes, (std::map<std::uint32_t, int>{{0, 384}, {1, 69}, {2, 1210}, {3, 65}}));
}

TEST(Car, EncodesAlphabetically) {
  std::map<std::vector<float>, std::uint32_t> labels;
  for (const DataSetPart part : {DataSetPart::training, DataSetPart::test}) {
    const DataSet data = load_built_in_data_set("car", part);
    for (std::size_t i = 0; i < data.size(); ++i) labels[data.sample(i, 4).inputs] = data.labels[i];
  }
  const float third = 1.0f / 3;
  // vhigh,vhigh,2,2,small,low,unacc is the first row, low,low,5more,more,big,high,vgood the last.
  EXPECT_EQ(labels.at({1, 1, 0, 0, 1, 0.5f}), 2U);
  EXPECT_EQ(labels.at({third, third, 1, 1, 0, 0}), 3U);
  // vhigh,med,3,more,med,high,acc and low,med,4,4,med,med,good.
  EXPECT_EQ(labels.at({1, 2.0f / 3, third, 1, 0.5f, 0}), 0U);
  EXPECT_EQ(labels.at({third, 2.0f / 3, 2.0f / 3, 0.5f, 0.5f, 1}), 1U);
}

TEST(BalanceScale, HasTheRowsOfTheOriginal) {
  std::set<std::vector<float>> inputs;
  std::map<std::uint32_t, int> classes;
  for (const DataSetPart part : {DataSetPart::training, DataSetPart::test}) {
    const DataSet data = load_built_in_data_set("balance_scale", part);
    EXPECT_EQ(data.size(), part == DataSetPart::training ? 437U : 188U);
    for (std::size_t i = 0; i < data.size(); ++i) {
      const std::vector<float> x = data.sample(i, 3).inputs;
      const float torque = std::round(25 * (x[0] * x[1] - x[2] * x[3]));
      EXPECT_EQ(data.labels[i], torque == 0 ? 0U : torque > 0 ? 1U : 2U);
      inputs.insert(x);
      ++classes[data.labels[i]];
    }
  }
  EXPECT_EQ(inputs.size(), 625U);
  EXPECT_EQ(classes, (std::map<std::uint32_t, int>{{0, 49}, {1, 288}, {2, 288}}));
}

TEST(Waveform, HasThePublishedMeansAndSpread) {
  const DataSet data = load_built_in_data_set("waveform");
  ASSERT_EQ(data.size(), 3500U);
  EXPECT_EQ(load_built_in_data_set("waveform", DataSetPart::test).size(), 1500U);
  // The triangles at 11 and 15, at 11 and 7, at 15 and 7, of which each sees half in the mean.
  const std::map<std::uint32_t, std::pair<int, int>> tops{
      {0, {11, 15}}, {1, {11, 7}}, {2, {15, 7}}};
  for (const auto& [label, pair] : tops) {
    std::vector<double> sum(21), squares(21);
    double count = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (data.labels[i] != label) continue;
      ++count;
      const Sample sample = data.sample(i, 3);
      for (std::size_t k = 0; k < 21; ++k) {
        const double x = 8.0 * static_cast<double>(sample.inputs[k]);
        sum[k] += x;
        squares[k] += x * x;
      }
    }
    EXPECT_NEAR(count, 3500 / 3.0, 5 * std::sqrt(3500 * 2 / 9.0));
    for (int k = 0; k < 21; ++k) {
      const auto triangle = [&](int top) { return std::max(6.0 - std::abs(k + 1 - top), 0.0); };
      const double h = triangle(pair.first), g = triangle(pair.second);
      const double mean = sum[static_cast<std::size_t>(k)] / count;
      const double variance = squares[static_cast<std::size_t>(k)] / count - mean * mean;
      // The mixture is uniform, with variance 1/12.
      const double expected = 1 + (h - g) * (h - g) / 12;
      EXPECT_NEAR(mean, (h + g) / 2, 5 * std::sqrt(expected / count));
      EXPECT_NEAR(variance, expected, 6 * expected * std::sqrt(2 / count));
    }
  }
}

TEST(Friedman, IsThePublishedSurfaceWithItsNoise) {
  const DataSet data = load_built_in_data_set("friedman");
  ASSERT_EQ(data.size(), 1400U);
  EXPECT_EQ(load_built_in_data_set("friedman", DataSetPart::test).size(), 600U);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto [x, y] = data.sample(i, 1);
    const double surface = 10 * std::sin(std::acos(-1.0) * x[0] * x[1]) +
                           20 * std::pow(x[2] - 0.5, 2) + 10 * x[3] + 5 * x[4];
    const double noise = 32.0 * static_cast<double>(y.at(0)) - surface;
    sum += noise;
    squares += noise * noise;
  }
  EXPECT_NEAR(sum / 1400, 0, 5 / std::sqrt(1400));
  EXPECT_NEAR(squares / 1400, 1, 5 * std::sqrt(2.0 / 1400));
}

/// What is drawn is the same wherever the suite runs.
TEST(DrawnDataSets, KeepTheirBytes) {
  const auto digest = [](const DataSet& data) {
    std::string bytes(reinterpret_cast<const char*>(data.inputs_flat.data()),
                      data.inputs_flat.size() * sizeof(float));
    for (const std::uint32_t label : data.labels) bytes += std::to_string(label);
    bytes.append(reinterpret_cast<const char*>(data.targets_flat.data()),
                 data.targets_flat.size() * sizeof(float));
    return sha256_of(bytes);
  };
  EXPECT_EQ(digest(load_built_in_data_set("waveform")),
            "b82437b63a2d69710c6b16549be61256280c353a1a79e869025e019618cd2318");
  EXPECT_EQ(digest(load_built_in_data_set("friedman")),
            "02b74e49e43f6e8a52eb27015de0fbc792606c847b755532fa0768758f29f0fd");
}

TEST(FashionMnist, IsDebiansPackage) {
  const std::filesystem::path directory = "/usr/share/datasets/fashion-mnist";
  EXPECT_EQ(sha256_of_file(directory / "train-images-idx3-ubyte.gz"),
            "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7");
  EXPECT_EQ(sha256_of_file(directory / "train-labels-idx1-ubyte.gz"),
            "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056");
  EXPECT_EQ(sha256_of_file(directory / "t10k-images-idx3-ubyte.gz"),
            "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa");
  EXPECT_EQ(sha256_of_file(directory / "t10k-labels-idx1-ubyte.gz"),
            "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05");
}

TEST(FashionMnist, HasTenClassesOfTheSameSize) {
  const DataSet data = load_built_in_data_set("fashion_mnist", DataSetPart::test);
  EXPECT_EQ(data.size(), 10'000U);
  EXPECT_EQ(data.inputs, 784U);
  std::vector<int> counts(10);
  for (const auto label : data.labels) ++counts[label];
  EXPECT_THAT(counts, ::testing::Each(1000));
}

TEST(CarAcceptable, HasTheRowsOfCarAndWhetherTheyAreAcceptable) {
  for (const DataSetPart part : {DataSetPart::training, DataSetPart::test}) {
    const DataSet cars = load_built_in_data_set("car", part);
    const DataSet data = load_built_in_data_set("car_acceptable", part);
    EXPECT_EQ(data.inputs_flat, cars.inputs_flat);
    EXPECT_EQ(data.classes, 2U);
    ASSERT_EQ(data.labels.size(), cars.labels.size());
    for (std::size_t row = 0; row < data.labels.size(); ++row)
      EXPECT_EQ(data.labels[row], cars.labels[row] == 2 ? 0U : 1U) << row;
  }
}

TEST(BuiltInDataSet, NamesAreTheFolders) {
  EXPECT_THAT(built_in_data_set_names(), ElementsAre("balance_scale", "car", "car_acceptable",
                                                     "fashion_mnist", "friedman", "waveform"));
  EXPECT_EQ(input_error_of([] { load_built_in_data_set("mnist"); }),
            "mnist: expected the name of a built-in data set: balance_scale car car_acceptable "
            "fashion_mnist friedman waveform");
}

TEST(BuiltInDataSet, LimitsRows) {
  EXPECT_EQ(load_built_in_data_set("car", DataSetPart::training, 10).size(), 10U);
  EXPECT_EQ(load_built_in_data_set("fashion_mnist", DataSetPart::training, 10).size(), 10U);
}

TEST(LoadData, TakesNamesAndPathsAndChecksTheNetwork) {
  const TemporaryDirectory directory;
  const Network car = network_from_text("6-4", "sigmoid", "bce");
  const Network binary = network_from_text("6-1", "sigmoid", "bce");
  const Network wide = network_from_text("7-4", "sigmoid", "bce");
  const DataSet data = load_data("car", DataSetPart::training, 20, &car);
  write_data(directory / "car.csv", data);
  EXPECT_EQ(load_data((directory / "car.csv").string(), DataSetPart::training, all_rows, &car),
            data);
  EXPECT_EQ(input_error_of([&] { load_data("car", DataSetPart::training, all_rows, &binary); }),
            "car: expected labels that 1 outputs can tell apart, found 4 classes");
  EXPECT_EQ(input_error_of([&] { load_data("car", DataSetPart::training, all_rows, &wide); }),
            "car: expected 7 inputs, found 6");
  EXPECT_EQ(input_error_of([&] { load_data("cars", DataSetPart::training); }),
            "cars: expected a readable file (No such file or directory)");
}

}  // namespace
}  // namespace lsgd
