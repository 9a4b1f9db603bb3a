// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "declared_arithmetics.hpp"

namespace lsgd {
namespace {

/// int8 weights by row, or another sharing; everything else is binary32.
Arithmetic affine_weights(const std::string& sharing, const std::string& range) {
  return declaration(
      "affine_weights",
      "[formats.w]\nkind = \"affine\"\nbits = 8\nsymmetric = true\nscale = \"" + sharing + "\"\n" +
          rounded_at({"input", "activation", "delta", "bias"}, "format = \"binary32\"") +
          rounded_at({"weight"}, "format = \"w\"") + plain_order + exact_functions +
          "[scale.weight]\nrule = \"given\"\n" + range);
}

const Network two_layers{{{2, 2, Activation::tanh}, {2, 1, Activation::sigmoid}}, Loss::bce};
const Parameters<float> starting_parameters{{{0.5f, 0.1f, -100, 0}, {0, 0}}, {{0.5f, -0.75f}, {0}}};

const std::string two_ranges =
    "range = { identity = [-1, 1], relu = [-1, 1], tanh = [-3.96875, 3.96875], "
    "sigmoid = [-7.9375, 7.9375] }\n";

TEST(DeclaredState, StartsWeightsWithTheScaleOfTheirRange) {
  for (const std::string sharing : {"row", "tensor", "block:1"}) {
    const DeclaredState state =
        initial_state(affine_weights(sharing, two_ranges), two_layers, starting_parameters, 0);
    const std::size_t count = sharing == "row" ? 2 : sharing == "tensor" ? 1 : 4;
    ASSERT_EQ(state.layers[0].weights.scales.size(), count) << sharing;
    for (const TensorScale& scale : state.layers[0].weights.scales) {
      // 3.96875 = 127 / 32, 7.9375 = 127 / 16.
      EXPECT_EQ(scale.scale.to_double(), 1.0 / 32);
      EXPECT_EQ(scale.zero_point, 0);
    }
    EXPECT_EQ(state.layers[1].weights.scales.front().scale.to_double(), 1.0 / 16);
    const std::vector<double> expected{0.5, 3.0 / 32, -127.0 / 32, 0};
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(state.layers[0].weights.numbers[i].to_double(), expected[i]) << sharing;
  }
}

TEST(DeclaredState, StartsWeightsWithoutARangeWithTheLargestMagnitude) {
  const DeclaredState state =
      initial_state(affine_weights("row", ""), two_layers, starting_parameters, 0);
  const std::vector<TensorScale>& scales = state.layers[0].weights.scales;
  ASSERT_EQ(scales.size(), 2U);
  EXPECT_EQ(scales[0].scale.to_double(), double{0.5f / 127});
  EXPECT_EQ(scales[1].scale.to_double(), double{100.0f / 127});
  EXPECT_EQ(state.layers[0].weights.numbers[2].to_double(), -127 * double{100.0f / 127});
}

/// The digest tells both apart, and a range is written out again.
TEST(DeclaredState, RangeOfWeightsIsPartOfTheDeclaration) {
  const Arithmetic with = affine_weights("row", two_ranges), without = affine_weights("row", "");
  EXPECT_NE(digest_of(with), digest_of(without));
  EXPECT_EQ(parse_arithmetic(declaration_text(with), "again").scales, with.scales);
  EXPECT_FALSE(with.has(Activation::softmax));
  EXPECT_TRUE(without.has(Activation::softmax));
}

}  // namespace
}  // namespace lsgd
