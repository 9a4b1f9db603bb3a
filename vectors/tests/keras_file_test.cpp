// SPDX-License-Identifier: Apache-2.0

// Files of Keras that are damaged, or none; what whole ones mean is in tool_files_test.cpp.
#include "import/keras_file.hpp"

#include <gmock/gmock.h>

#include "files/text_file.hpp"
#include "fixture_tensor.hpp"
#include "import/hdf5_file.hpp"
#include "import/npz_file.hpp"
#include "import/onnx_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

/// A copy of a file of fixtures/tools with other bytes in the place of some, of the same length.
class KerasFile : public testing::Test {
 protected:
  std::string error_with(const std::string& from, const std::string& to,
                         const KerasOptions& options = {}) {
    std::string bytes = read_text(fixture("tools/keras_save.h5"), 1 << 20);
    const auto place = bytes.find(from);
    EXPECT_NE(place, bytes.npos) << from;
    EXPECT_EQ(from.size(), to.size());
    return error_of(bytes.replace(place, from.size(), to), options);
  }

  std::string error_of(const std::string& bytes, const KerasOptions& options = {}) {
    const auto path = write(bytes);
    return input_error_of([&] { read_keras_model(path, options); });
  }

  std::filesystem::path write(const std::string& bytes) {
    std::ofstream(directory_ / "model.h5", std::ios::binary) << bytes;
    return directory_ / "model.h5";
  }

 private:
  TemporaryDirectory directory_;
};

TEST_F(KerasFile, LayersThatAreNotReadAreNamed) {
  EXPECT_THAT(error_with("\"Dropout\"", "\"Cropout\""),
              EndsWith("found \"Cropout\" (layer \"dropout\")"));
  EXPECT_THAT(error_with("\"activation\": \"relu\"", "\"activation\": \"selu\""),
              EndsWith("or linear (layer \"zeta\")"));
  EXPECT_THAT(error_with("[null, 2, 1]", "[[null,  2]]"),
              EndsWith("one input (layer \"flatten\")"));
  EXPECT_THAT(error_with("\"class_name\": \"Flatten\"", "\"class_name\": \"Softmax\""),
              EndsWith("one activation behind each Dense layer (layer \"flatten\")"));
  // The kernel would be of another layer.
  EXPECT_THAT(error_with("\"name\": \"zeta\"", "\"name\": \"beta\""),
              EndsWith("of model_config, in their order (layer \"zeta\")"));
}

TEST_F(KerasFile, WhatIsNoConfigurationIsRefused) {
  EXPECT_THAT(error_with("{\"class_name\": \"Seq", "[\"class_name\": \"Seq"),
              HasSubstr("model.h5, attribute model_config:1: expected "));
  EXPECT_THAT(error_with("\"layers\": [", "\"lasers\": ["),
              EndsWith("expected model_config and training_config as Keras writes them"));
  EXPECT_THAT(error_with("\"Sequential\"", "\"Sequestral\""),
              EndsWith("a Sequential or Functional model, found \"Sequestral\""));
  EXPECT_THAT(
      error_with("\"sparse_categorical_crossentropy\"", "\"sparse_categorical_crossentrope\""),
      HasSubstr("--loss mse, bce or cross_entropy: the model was compiled with"));
}

TEST_F(KerasFile, ElementsThatAreNotFiniteAreRefused) {
  const float first = 2 - 0.5f;  // of the first bias
  std::string before(reinterpret_cast<const char*>(&first), sizeof first);
  EXPECT_THAT(error_with(before, std::string("\0\0\x80\x7f", 4)), HasSubstr("finite binary32"));
}

TEST_F(KerasFile, DamagedFilesAreRefusedInOneLine) {
  const std::string bytes = read_text(fixture("tools/keras_save.h5"), 1 << 20);
  EXPECT_THAT(error_of(bytes.substr(0, bytes.size() / 2)), HasSubstr("an undamaged HDF5 file"));
  EXPECT_THAT(error_of(bytes.substr(0, 8)), HasSubstr("an undamaged HDF5 file"));
  EXPECT_THAT(error_of(""), EndsWith("model.h5: expected an HDF5 file"));
  const auto path = write(bytes);
  const Hdf5File file(path);
  EXPECT_EQ(file.find("model_weights/zeta/zeta/bias:0")->shape, std::vector<std::uint64_t>{3});
  EXPECT_EQ(file.elements(*file.find("model_weights/zeta/zeta/bias:0")), fixture_tensor(2, 3));
  EXPECT_EQ(file.find("model_weights/zeta/zeta"), file.find("model_weights/zeta/zeta/bias:0") - 1);
  EXPECT_THAT(input_error_of([&] { (void)file.elements(file.objects()[0]); }),
              HasSubstr("integers or floating-point numbers"));
}

TEST_F(KerasFile, EveryImporterOfModelsNamesTheFilesOfOthers) {
  const std::string safetensors = std::string("\x40\0\0\0\0\0\0\0", 8) +
                                  "{\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],"
                                  "\"data_offsets\":[0,4]}}  \0\0\0\0";
  const auto errors_of = [&](const std::filesystem::path& path) {
    return std::vector{input_error_of([&] { read_keras_model(path); }),
                       input_error_of([&] { read_npz_model(path, "relu", "mse"); }),
                       input_error_of([&] { read_onnx_model(path); })};
  };
  for (const std::string& error : errors_of(write(safetensors)))
    EXPECT_THAT(error, HasSubstr(", found a safetensors file (numpy.savez("));
  const std::vector<std::string> of_hdf5 = errors_of(fixture("tools/keras3_branch.h5"));
  EXPECT_THAT(of_hdf5[1], HasSubstr(", found an HDF5 file (import h5-model reads those of Keras)"));
  EXPECT_THAT(of_hdf5[2], HasSubstr(", found an HDF5 file (import h5-model reads those of Keras)"));
  const std::vector<std::string> of_zip = errors_of(fixture("tools/torch_state.npz"));
  EXPECT_THAT(of_zip[0],
              HasSubstr(", found a zip archive (import npz-model reads npz; of a .keras"));
  EXPECT_THAT(of_zip[2],
              HasSubstr(", found a zip archive (import npz-model reads npz; of a .keras"));
}

}  // namespace
}  // namespace lsgd
