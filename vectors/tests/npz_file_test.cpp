// SPDX-License-Identifier: Apache-2.0
#include "import/npz_file.hpp"

#include <gmock/gmock.h>

#include "data/network_text.hpp"
#include "files/text_file.hpp"
#include "fixture_tensor.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

NumpyArray read_npy(const std::string& name) {
  return parse_npy(read_text(fixture(name), 1 << 20), name);
}

TEST(NpzFile, ReadsNamedArraysInEitherOrder) {
  const Model expected{network_from_text("2-3-4", "tanh-sigmoid", "bce"),
                       {{fixture_tensor(1, 6), fixture_tensor(2, 3)},
                        {fixture_tensor(3, 12), fixture_tensor(4, 4)}}};
  EXPECT_EQ(
      read_npz_model(fixture("model.npz"), "tanh-sigmoid", "bce", WeightsLayout::outputs_inputs),
      expected);
}

TEST(NpzFile, ReadsNumberedCompressedTransposedArrays) {
  const Model expected{network_from_text("2-3", "sigmoid", "mse"),
                       {{transposed(fixture_tensor(1, 6), 2, 3), fixture_tensor(2, 3)}}};
  EXPECT_EQ(read_npz_model(fixture("layers.npz"), "sigmoid", "mse", WeightsLayout::inputs_outputs),
            expected);
}

TEST(NpzFile, ReadsImagesAndLabels) {
  EXPECT_THAT(read_npz(fixture("images.npz")), UnorderedElementsAre(Key("x"), Key("y")));
  EXPECT_EQ(read_npz_data(fixture("images.npz"), "x", "y"),
            (DataSet{4, 8, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {7, 0, 2}}));
}

TEST(NpzFile, NamesWhatIsWrong) {
  const auto model_error = [](const std::string& name, const std::string& activations) {
    return input_error_of(
        [&] { read_npz_model(fixture(name), activations, "bce", WeightsLayout::outputs_inputs); });
  };
  EXPECT_THAT(model_error("layers.npz", "sigmoid"),
              EndsWith("layers.npz: expected layer 1 to have 2 biases and the outputs of the layer "
                       "before, any, as inputs, found 3 and 3"));
  EXPECT_THAT(model_error("model.npz", "sigmoid"), HasSubstr("model.npz: expected "));
  EXPECT_THAT(model_error("images.npz", "sigmoid"), EndsWith("expected an array \"W1\""));
  EXPECT_THAT(model_error("gemm.onnx", "sigmoid"), EndsWith("expected a .npz archive (zip)"));
  EXPECT_THAT(input_error_of([] { read_npz_data(fixture("images.npz"), "x", "labels"); }),
              EndsWith("expected an array \"labels\""));
  EXPECT_THAT(input_error_of([] { read_npz_data(fixture("model.npz"), "W1", "b1"); }),
              EndsWith("expected integers from 0 to 65535 in \"b1\", found 1.5"));
  EXPECT_THAT(input_error_of([] { read_npy("big_endian.npy"); }),
              EndsWith("expected little-endian numbers of at most 64 bits, found type \">f4\""));
  EXPECT_THAT(input_error_of([] { read_npy("not_finite.npy"); }),
              EndsWith("expected finite binary32 numbers, but not element 1"));
}

TEST(NpzFile, TruncationsAreRefused) {
  const TemporaryDirectory directory;
  const std::string bytes = read_text(fixture("images.npz"), 1 << 20);
  for (std::size_t length = 0; length < bytes.size(); length += 5) {
    const auto path = directory.file("short.npz", bytes.substr(0, length));
    EXPECT_NE(input_error_of([&] { read_npz(path); }), "") << length;
  }
}

TEST(NpzFile, DamagedElementsAreRefused) {
  const TemporaryDirectory directory;
  std::string bytes = read_text(fixture("model.npz"), 1 << 20);
  bytes[170] = static_cast<char>(bytes[170] ^ 1);  // inside W1, stored without compression
  EXPECT_THAT(input_error_of([&] { read_npz(directory.file("bad.npz", bytes)); }),
              EndsWith("expected intact data in the archive"));
}

}  // namespace
}  // namespace lsgd
