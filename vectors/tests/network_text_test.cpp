// SPDX-License-Identifier: Apache-2.0
#include "data/network_text.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace lsgd {
namespace {

std::string error_of_network_text(std::string_view sizes, std::string_view activations,
                                  std::string_view loss) {
  try {
    network_from_text(sizes, activations, loss);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST(NetworkText, DescribesANetworkAndBack) {
  const Network network = network_from_text("6-32-1", "relu-identity", "mse");
  const Network expected{{{6, 32, Activation::relu}, {32, 1, Activation::identity}}, Loss::mse};
  EXPECT_EQ(network, expected);
  EXPECT_EQ(sizes_text(network), "6-32-1");
  EXPECT_EQ(activations_text(network), "relu-identity");
  EXPECT_EQ(to_text(network.loss), "mse");
}

TEST(NetworkText, SaysWhatIsWrong) {
  EXPECT_EQ(error_of_network_text("6", "tanh", "mse"),
            "2 to 257 sizes joined by dashes, found \"6\"");
  EXPECT_EQ(error_of_network_text("6-4", "tanh-tanh", "mse"),
            "1 activations for 2 sizes, found \"tanh-tanh\"");
  EXPECT_EQ(error_of_network_text("6-0", "tanh", "mse"),
            "sizes from 1 to 1000000 joined by dashes, found \"0\"");
  EXPECT_EQ(error_of_network_text("6--4", "tanh-tanh", "mse"),
            "sizes from 1 to 1000000 joined by dashes, found \"\"");
  EXPECT_EQ(
      error_of_network_text("6-4", "tan", "mse"),
      "activation identity or relu or sigmoid or tanh or leaky_relu or softmax, found \"tan\"");
  EXPECT_EQ(error_of_network_text("6-4", "tanh", "l2"),
            "loss mse or bce or cross_entropy, found \"l2\"");
  EXPECT_EQ(error_of_network_text("6-4", "tanh", "bce"),
            "activation sigmoid in the last layer, because the loss is bce, found tanh");
  EXPECT_EQ(error_of_network_text("6-4", "tanh", "cross_entropy"),
            "activation softmax in the last layer, because the loss is cross_entropy, found tanh");
  EXPECT_EQ(error_of_network_text("6-4", "softmax", "mse"),
            "loss cross_entropy, because the last layer is softmax, found mse");
  EXPECT_EQ(error_of_network_text("6-4-3", "softmax-softmax", "cross_entropy"),
            "activation softmax in the last layer alone, found it in layer 1");
  EXPECT_EQ(error_of_network_text("6-1", "softmax", "cross_entropy"),
            "2 outputs of softmax or more, found 1");
  EXPECT_EQ(error_of_network_text("1000000-1000000", "tanh", "mse"),
            "a network of at most 100000000 parameters");
}

}  // namespace
}  // namespace lsgd
