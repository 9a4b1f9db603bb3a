// SPDX-License-Identifier: Apache-2.0
#include "export/export_model.hpp"

#include <gtest/gtest.h>

#include "data/network_text.hpp"
#include "fixture_tensor.hpp"
#include "import/npz_file.hpp"
#include "import/onnx_file.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

const Model exported{network_from_text("2-3-4", "leaky_relu-sigmoid", "bce"),
                     {{fixture_tensor(1, 6), fixture_tensor(2, 3)},
                      {fixture_tensor(3, 12), {0x1.000002p-140f, -0.0f, 3.4e38f, 0.1f}}}};

// The readers are tested on files that onnx and NumPy wrote.

TEST(ExportModel, OnnxIsReadBackToTheBit) {
  EXPECT_EQ(parse_onnx_model(onnx_model(exported), "m.onnx"), exported);
  EXPECT_EQ(onnx_model(exported), onnx_model(exported));
}

TEST(ExportModel, NumpyArraysAreReadBackToTheBit) {
  const TemporaryDirectory directory;
  const auto path = directory.file("m.npz", npz_model(exported));
  EXPECT_EQ(read_npz_model(path, "leaky_relu-sigmoid", "bce").model, exported);
  EXPECT_EQ(npz_model(exported), npz_model(exported));
}

}  // namespace
}  // namespace lsgd
