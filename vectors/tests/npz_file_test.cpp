// SPDX-License-Identifier: Apache-2.0
#include "import/npz_file.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <zip.h>

#include "data/network_text.hpp"
#include "files/text_file.hpp"
#include "fixture_tensor.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

NumpyArray read_npy(const std::string& name) {
  return parse_npy(read_text(fixture(name), 1 << 20), name);
}

TEST(NpzFile, ReadsNamedArraysInEitherOrder) {
  const Model expected{network_from_text("2-3-4", "tanh-sigmoid", "bce"),
                       {{fixture_tensor(1, 6), fixture_tensor(2, 3)},
                        {fixture_tensor(3, 12), fixture_tensor(4, 4)}}};
  EXPECT_EQ(read_npz_model(fixture("model.npz"), "tanh-sigmoid", "bce").model, expected);
}

TEST(NpzFile, ReadsNumberedCompressedTransposedArrays) {
  const Model expected{network_from_text("2-3", "sigmoid", "mse"),
                       {{transposed(fixture_tensor(1, 6), 2, 3), fixture_tensor(2, 3)}}};
  EXPECT_EQ(
      read_npz_model(fixture("layers.npz"), "sigmoid", "mse", WeightsLayout::inputs_outputs).model,
      expected);
}

DataSet data_of(const NumberSamples& samples, std::optional<InputScale> scale = std::nullopt) {
  return code_samples(samples, "f", scale, nullptr).data;
}

TEST(NpzFile, ReadsImagesAndLabels) {
  EXPECT_THAT(NpzArchive(fixture("images.npz")).names(), ElementsAre("x", "y"));
  const NumberSamples samples = read_npz_samples(fixture("images.npz"), "x", "y");
  const DataSet bytes{4, 8, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {7, 0, 2}};
  EXPECT_EQ(data_of(samples, InputScale()), bytes);
  // Pixels are scaled as those of IDX files are, unless something else is asked for.
  DataSet fractions = bytes;
  for (float& pixel : fractions.inputs_flat) pixel /= 255.0f;
  EXPECT_EQ(data_of(samples), fractions);
  EXPECT_EQ(data_of(samples, InputScale{InputScale::Kind::min_max}).inputs_flat,
            (std::vector<float>{0, 0, 0, 0, 0.5f, 0.5f, 0.5f, 0.5f, 1, 1, 1, 1}));
}

/// A .npy file as NumPy writes it.
std::string npy(const std::string& type, const std::string& shape, const std::string& elements) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + elements;
}

/// An archive of arrays.
std::filesystem::path npz(const TemporaryDirectory& directory,
                          const std::vector<std::pair<std::string, std::string>>& arrays) {
  const auto path = directory / "arrays.npz";
  std::filesystem::remove(path);
  zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  for (const auto& [name, bytes] : arrays)
    zip_file_add(archive, (name + ".npy").c_str(),
                 zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0);
  zip_close(archive);
  return path;
}

std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

TEST(NpzFile, ReadsEveryTypeOfNumber) {
  using namespace std::string_literals;
  // By numpy.array([1, -2.5, 6e-8], dtype), 6e-8 being the smallest subnormal of float16: 2^-24.
  EXPECT_EQ(parse_npy(npy("<f2", "(3,)", "\x00\x3c\x00\xc1\x01\x00"s), "a").values,
            (std::vector<float>{1, -2.5f, 0x1p-24f}));
  EXPECT_EQ(parse_npy(npy(">f2", "(3,)", "\x3c\x00\xc1\x00\x7b\xff"s), "a").values,
            (std::vector<float>{1, -2.5f, 65504}));
  EXPECT_EQ(parse_npy(npy(">f4", "(2,)", "\x3f\x80\x00\x00\xc0\x20\x00\x00"s), "a").values,
            (std::vector<float>{1, -2.5f}));
  EXPECT_EQ(parse_npy(npy(">i2", "(2,)", "\x01\x02\xff\xfe"s), "a").values,
            (std::vector<float>{258, -2}));
  EXPECT_EQ(parse_npy(read_text(fixture("big_endian.npy"), 1 << 20), "a").values,
            (std::vector<float>{0, 1, 2}));
  EXPECT_THAT(input_error_of([] { parse_npy(npy("<f2", "(1,)", "\x00\x7c"s), "a"); }),
              HasSubstr("finite"));
  EXPECT_THAT(input_error_of([] { parse_npy(npy("<U3", "(1,)", std::string(12, 'a')), "a"); }),
              EndsWith("numbers of at most 64 bits, found type \"<U3\""));
}

TEST(NpzFile, PassesOverArraysThatAreNotAskedFor) {
  const TemporaryDirectory directory;
  const auto path = npz(directory, {{"x", npy("<f4", "(2, 1)", floats({3, 4}))},
                                    {"folds", npy("|O", "(2,)", "pickle")},
                                    {"name", npy("<U3", "()", std::string(12, 'c'))},
                                    {"y", npy("<f4", "(2,)", floats({1, 0}))}});
  EXPECT_EQ(data_of(read_npz_samples(path, "x", "y")), (DataSet{1, 2, {3, 4}, {1, 0}}));
  EXPECT_THAT(input_error_of([&] { read_npz_samples(path, "x", "name"); }),
              HasSubstr("numbers of at most 64 bits"));
}

TEST(NpzFile, ReadsLabelsHoweverTheyAreCoded) {
  const TemporaryDirectory directory;
  const auto labels_of = [&](const std::string& shape, const std::vector<float>& labels) {
    return data_of(read_npz_samples(npz(directory, {{"x", npy("<f4", "(3, 1)", floats({3, 4, 5}))},
                                                    {"y", npy("<f4", shape, floats(labels))}}),
                                    "x", "y"));
  };
  // One-hot, of a class without a sample; -1 and 1; from 1 on.
  EXPECT_EQ(labels_of("(3, 4)", {0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0}),
            (DataSet{1, 4, {3, 4, 5}, {2, 0, 1}}));
  EXPECT_EQ(labels_of("(3,)", {1, -1, -1}), (DataSet{1, 2, {3, 4, 5}, {1, 0, 0}}));
  EXPECT_EQ(labels_of("(3, 1)", {3, 1, 2}), (DataSet{1, 3, {3, 4, 5}, {2, 0, 1}}));
  for (const std::vector<float>& wrong :
       {std::vector<float>{1, 1, 0, 1, 0, 1}, {0, 0, 0, 1, 0, 1}, {2, 0, 0, 1, 0, 1}})
    EXPECT_THAT(input_error_of([&] { labels_of("(3, 2)", wrong); }),
                HasSubstr("a one and zeros in each row of \"y\""));
}

TEST(NpzFile, ReadsRealTargets) {
  const TemporaryDirectory directory;
  const auto path = npz(directory, {{"x", npy("<f4", "(2, 1)", floats({3, 4}))},
                                    {"y", npy("<f4", "(2, 2)", floats({0.5f, 1, 2.5f, -3}))}});
  EXPECT_EQ(data_of(read_npz_samples(path, "x", "y", true)),
            (DataSet{1, 0, {3, 4}, {0, 0}, 2, {0.5f, 1, 2.5f, -3}}));
}

TEST(NpzFile, ReadsModelsByTheNamesOfOthers) {
  const TemporaryDirectory directory;
  const std::vector<float> first = fixture_tensor(1, 6), second = fixture_tensor(3, 12);
  const std::string b1 = npy("<f4", "(3,)", floats(fixture_tensor(2, 3)));
  const std::string b2 = npy("<f4", "(4,)", floats(fixture_tensor(4, 4)));
  const std::string outputs_first = npy("<f4", "(3, 2)", floats(first));
  const std::string outputs_second = npy("<f4", "(4, 3)", floats(second));
  const std::string inputs_first = npy("<f4", "(2, 3)", floats(transposed(first, 3, 2)));
  const std::string inputs_second = npy("<f4", "(3, 4)", floats(transposed(second, 4, 3)));
  const Model expected{network_from_text("2-3-4", "tanh-sigmoid", "bce"),
                       {{first, fixture_tensor(2, 3)}, {second, fixture_tensor(4, 4)}}};
  const auto model_of = [&](const std::vector<std::pair<std::string, std::string>>& arrays) {
    return read_npz_model(npz(directory, arrays), "tanh-sigmoid", "bce").model;
  };
  // PyTorch's order is that of the archive, in which fc10 follows fc9.
  EXPECT_EQ(model_of({{"fc9.weight", outputs_first},
                      {"fc9.bias", b1},
                      {"fc10.weight", outputs_second},
                      {"fc10.bias", b2}}),
            expected);
  EXPECT_EQ(model_of({{"coefs_0", inputs_first},
                      {"coefs_1", inputs_second},
                      {"intercepts_0", b1},
                      {"intercepts_1", b2},
                      {"classes_", npy("<U3", "(1,)", std::string(12, 'c'))}}),
            expected);
  EXPECT_EQ(model_of({{"dense/kernel:0", inputs_first},
                      {"dense/bias:0", b1},
                      {"dense_1/kernel:0", inputs_second},
                      {"dense_1/bias:0", b2}}),
            expected);
  Model without_biases = expected;
  for (auto& layer : without_biases.parameters) std::ranges::fill(layer.biases, 0.0f);
  EXPECT_EQ(model_of({{"0.weight", outputs_first}, {"2.weight", outputs_second}}), without_biases);
  EXPECT_THAT(input_error_of([&] {
                model_of({{"W1", outputs_first}, {"b1", b1}, {"W3", outputs_second}, {"b3", b2}});
              }),
              HasSubstr("weights and biases of every layer, found \"W3\" alone"));
}

TEST(NpzFile, LayersInTheOrderOfTheirTextsAreRefused) {
  const TemporaryDirectory directory;
  // Square layers fit in any order.
  const std::string square = npy("<f4", "(2, 2)", floats(fixture_tensor(1, 4)));
  const auto read = [&](const char* first, const char* second) {
    return read_npz_model(npz(directory, {{first, square}, {second, square}}), "tanh-sigmoid",
                          "bce");
  };
  EXPECT_THAT(input_error_of([&] { read("layers.10.weight", "layers.2.weight"); }),
              EndsWith("expected layers in their order, but \"layers.10.weight\" stands before "
                       "\"layers.2.weight\""));
  EXPECT_EQ(read("layers.2.weight", "layers.10.weight").model.network.layers.size(), 2u);
  EXPECT_EQ(read("b.9.weight", "a.1.weight").model.network.layers.size(), 2u);
}

TEST(NpzFile, SaysThatSquareLayersMayBeTransposed) {
  const TemporaryDirectory directory;
  const auto path = npz(directory, {{"arr_0", npy("<f4", "(2, 2)", floats(fixture_tensor(1, 4)))},
                                    {"arr_1", npy("<f4", "(2,)", floats(fixture_tensor(2, 2)))}});
  EXPECT_THAT(read_npz_model(path, "sigmoid", "bce").notes,
              ElementsAre("layer 1: arr_0 [outputs][inputs], arr_1",
                          HasSubstr("every layer is square: if the arrays are [inputs][outputs]")));
  EXPECT_EQ(read_npz_model(path, "sigmoid", "bce", WeightsLayout::inputs_outputs).notes.size(), 1u);
}

TEST(NpzFile, SaysWhichArraysOfAModelAreNotUsed) {
  const TemporaryDirectory directory;
  const std::string square = npy("<f4", "(2, 2)", floats(fixture_tensor(1, 4)));
  EXPECT_THAT(read_npz_model(npz(directory, {{"lstm.weight_ih_l0", square}, {"fc.weight", square}}),
                             "sigmoid", "bce")
                  .notes,
              ElementsAre("layer 1: fc.weight [outputs][inputs], biases of 0",
                          "not used: lstm.weight_ih_l0"));
}

TEST(NpzFile, NamesWhatIsWrong) {
  const auto model_error = [](const std::string& name, const std::string& activations) {
    return input_error_of([&] { read_npz_model(fixture(name), activations, "bce"); });
  };
  EXPECT_THAT(
      model_error("layers.npz", "sigmoid"),
      EndsWith(
          "layers.npz: expected layer 1, \"arr_0\", to have 2 biases and the outputs of the layer "
          "before, any, as inputs, found 3 and 3"));
  EXPECT_THAT(model_error("model.npz", "sigmoid"), HasSubstr("model.npz: expected "));
  EXPECT_THAT(model_error("images.npz", "sigmoid"), EndsWith("or dense/kernel, ..., found x, y"));
  EXPECT_THAT(model_error("gemm.onnx", "sigmoid"), EndsWith("expected a .npz archive (zip)"));
  EXPECT_THAT(input_error_of([] { read_npz_samples(fixture("images.npz"), "x", "labels"); }),
              EndsWith("expected an array \"labels\", found x, y"));
  EXPECT_THAT(input_error_of([] { data_of(read_npz_samples(fixture("model.npz"), "W1", "b1")); }),
              HasSubstr("expected labels that are names or integers, found \"1.5\""));
  EXPECT_THAT(input_error_of([] { read_npy("not_finite.npy"); }),
              EndsWith("expected finite binary32 numbers, but not element 1"));
}

TEST(NpzFile, TruncationsAreRefused) {
  const TemporaryDirectory directory;
  const std::string bytes = read_text(fixture("images.npz"), 1 << 20);
  for (std::size_t length = 0; length < bytes.size(); length += 5) {
    const auto path = directory.file("short.npz", bytes.substr(0, length));
    EXPECT_NE(input_error_of([&] { read_npz_samples(path, "x", "y"); }), "") << length;
  }
}

TEST(NpzFile, DamagedElementsAreRefused) {
  const TemporaryDirectory directory;
  std::string bytes = read_text(fixture("model.npz"), 1 << 20);
  bytes[170] = static_cast<char>(bytes[170] ^ 1);  // inside W1, stored without compression
  EXPECT_THAT(input_error_of([&] { NpzArchive(directory.file("bad.npz", bytes)).array("W1"); }),
              EndsWith("expected intact data in the archive"));
}

}  // namespace
}  // namespace lsgd
