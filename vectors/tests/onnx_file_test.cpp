// SPDX-License-Identifier: Apache-2.0
#include "import/onnx_file.hpp"

#include <gmock/gmock.h>

#include "data/network_text.hpp"
#include "files/text_file.hpp"
#include "fixture_tensor.hpp"
#include "input_error_of.hpp"

namespace lsgd {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string error_of(const std::string& name) {
  return input_error_of([&] { read_onnx_model(fixture(name)); });
}

TEST(OnnxFile, ReadsGemmsWithEitherLayoutOfWeights) {
  const Model expected{network_from_text("2-3-4", "relu-sigmoid", "bce"),
                       {{fixture_tensor(1, 6), fixture_tensor(2, 3)},
                        {transposed(fixture_tensor(3, 12), 3, 4), {0, 0, 0, 0}}}};
  EXPECT_EQ(read_onnx_model(fixture("gemm.onnx")), expected);
}

TEST(OnnxFile, ReadsMatMulAndAdd) {
  const Model expected{network_from_text("2-3-1", "tanh-identity", "mse"),
                       {{transposed(fixture_tensor(1, 6), 2, 3), fixture_tensor(2, 3)},
                        {fixture_tensor(3, 3), fixture_tensor(4, 1)}}};
  EXPECT_EQ(read_onnx_model(fixture("matmul.onnx")), expected);
}

TEST(OnnxFile, ReadsALeakyReluOfOurSlopeAlone) {
  EXPECT_EQ(read_onnx_model(fixture("leaky_relu.onnx")).network,
            network_from_text("2-3", "leaky_relu", "mse"));
  EXPECT_THAT(error_of("leaky_relu_of_a_hundredth.onnx"),
              EndsWith("expected alpha 0.125 (node \"leak\" of type \"LeakyRelu\")"));
}

TEST(OnnxFile, TakesTheLossItIsGiven) {
  EXPECT_EQ(read_onnx_model(fixture("gemm.onnx"), Loss::mse).network.loss, Loss::mse);
  EXPECT_THAT(input_error_of([&] { read_onnx_model(fixture("matmul.onnx"), Loss::bce); }),
              HasSubstr("activation of layer 2"));
}

TEST(OnnxFile, NamesTheNodeThatIsNotAChainOfLayers) {
  EXPECT_THAT(error_of("softmax.onnx"),
              EndsWith("expected Gemm, MatMul, Add, Identity, Relu, Sigmoid, Tanh, LeakyRelu or "
                       "Flatten (node "
                       "\"probabilities\" of type \"Softmax\")"));
  EXPECT_THAT(error_of("branch.onnx"),
              EndsWith("expected \"z1\" to be an initializer (node \"shortcut\" of type \"Add\")"));
  EXPECT_THAT(error_of("scaled.onnx"),
              EndsWith("expected alpha 1, beta 1 and transA 0 (node \"scaled\" of type \"Gemm\")"));
}

TEST(OnnxFile, EveryTruncationIsRefused) {
  const std::string bytes = read_text(fixture("gemm.onnx"), 1 << 20);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    // Without the operator set at the end, the model itself is complete.
    const std::string error =
        input_error_of([&] { parse_onnx_model(bytes.substr(0, length), "m.onnx"); });
    if (error.empty()) {
      EXPECT_EQ(parse_onnx_model(bytes.substr(0, length), "m.onnx"),
                parse_onnx_model(bytes, "m.onnx"));
    } else {
      EXPECT_THAT(error, HasSubstr("m.onnx: expected "));
    }
  }
}

}  // namespace
}  // namespace lsgd
