// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstddef>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "declared_arithmetics.hpp"
#include "files/input_error.hpp"

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

/// int8 inputs and activations with scale and zero point; everything else is binary32.
Arithmetic affine_numbers(const std::string& calibration,
                          const std::string& scale_format = "binary32") {
  const std::string range = "rule = \"given\"\nrange = [-8, 8]\n" + calibration;
  return declaration(
      "affine_numbers",
      "[formats.n]\nkind = \"affine\"\nbits = 8\nscale = \"tensor\"\nzero_point = true\n"
      "scale_format = \"" +
          scale_format + "\"\n" + rounded_at({"delta", "weight", "bias"}, "format = \"binary32\"") +
          rounded_at({"input", "activation"}, "format = \"n\"") + plain_order + exact_functions +
          "[scale.input]\n" + range + "[scale.activation]\n" + range);
}

const std::string by_max = "calibration = \"max\"\nsamples = 64\n";
const std::string by_mean_square = "calibration = \"mean_square_error\"\nsamples = 64\n";

std::string by_percentile(int percent, int samples) {
  return "calibration = \"percentile\"\npercent = " + std::to_string(percent) +
         "\nsamples = " + std::to_string(samples) + "\n";
}

const Network one_input{{{1, 1, Activation::identity}}, Loss::mse};

DeclaredState calibrated(const std::string& calibration, const std::vector<float>& inputs,
                         const Network& network = one_input,
                         const Parameters<float>& parameters = {{{-2}, {1}}}) {
  return initial_state(affine_numbers(calibration), network, parameters, 0, inputs);
}

/// S and Z for a range.
void expect_range(const TensorScale& scale, double lowest, double highest) {
  const auto expected = static_cast<float>((highest - lowest) / 255);
  EXPECT_EQ(scale.scale.to_double(), double{expected});
  EXPECT_EQ(scale.zero_point, -128 - static_cast<int>(std::lround(lowest / double{expected})));
}

TEST(DeclaredState, CalibratesWithTheSmallestAndTheLargestNumber) {
  const DeclaredState state = calibrated(by_max, {-1, 0.5f, 3});
  expect_range(state.input_scale, -1, 3);
  // 1 - 2 x: 3, 0 and -5.
  expect_range(state.layers[0].activation_scale, -5, 3);
  // 0 is a number of every affine format.
  expect_range(calibrated(by_max, {2, 3}).input_scale, 0, 3);
  expect_range(calibrated(by_max, {-2, -3}).input_scale, -3, 0);
}

TEST(DeclaredState, CalibratesWithTheFirstSamplesOnly) {
  expect_range(calibrated(by_percentile(100, 2), {1, 2, 30}).input_scale, 0, 2);
  expect_range(calibrated(by_percentile(100, 3), {1, 2, 30}).input_scale, 0, 30);
}

/// Ten numbers: 90 % are nine of them, just; 91 % are ten.
TEST(DeclaredState, CalibratesWithTheRankOfAPercentileThatIsWhole) {
  const std::vector<float> inputs{3, -5, 8, -1, 2, -6, 7, 4, -2, 1};
  expect_range(calibrated(by_percentile(90, 64), inputs).input_scale, -5, 7);
  expect_range(calibrated(by_percentile(91, 64), inputs).input_scale, -6, 8);
  expect_range(calibrated(by_percentile(80, 64), inputs).input_scale, -2, 4);
}

/// The scale of the best part of [0, largest], powers of two alone: sums in rationals, of the
/// nearer of two codes.
double scale_of_least_squares(const std::vector<float>& inputs) {
  using Rational = boost::multiprecision::cpp_rational;
  const double largest = *std::ranges::max_element(inputs);
  double best = 0;
  Rational least = -1;
  for (int part = 1; part <= 32; ++part) {
    const double unit = std::exp2(std::ceil(std::log2(largest * part / 32 / 255)));
    Rational sum = 0;
    for (const float input : inputs) {
      Rational nearest = -1;
      const int below = static_cast<int>(double{input} / unit);
      for (int code = std::min(below, 254); code <= std::min(below + 1, 255); ++code) {
        const Rational lost = Rational(input) - Rational(unit) * code;
        const Rational square = lost * lost;
        if (nearest < 0 || square < nearest) nearest = square;
      }
      sum += nearest;
    }
    if (least < 0 || sum <= least) {
      least = sum;
      best = unit;
    }
  }
  return best;
}

/// The largest number is ever farther beyond 255 units of 2^-8: at first it pays to lose it, which
/// makes the others twice as fine.
TEST(DeclaredState, CalibratesWithThePartThatLosesTheLeastSquares) {
  std::mt19937_64 engine(7);
  std::size_t of_parts = 0;
  for (int draw = 1; draw <= 6; ++draw) {
    std::vector<float> inputs{255.0f / 256 + static_cast<float>(draw) / 256};
    while (inputs.size() < 48) inputs.push_back(static_cast<float>(engine() % 4096) / 8192);
    const TensorScale scale =
        initial_state(affine_numbers(by_mean_square, "e8m0"), one_input, {{{1}, {0}}}, 0, inputs)
            .input_scale;
    EXPECT_EQ(scale.scale.to_double(), scale_of_least_squares(inputs)) << draw;
    EXPECT_EQ(scale.zero_point, -128);
    of_parts += scale.scale.to_double() == 1.0 / 256 ? 1 : 0;
  }
  EXPECT_GE(of_parts, 1u);
  EXPECT_LE(of_parts, 5u);
}

/// -1.5 units loses half a unit by Z = -126, the rounded 1.5 of the whole range, and by Z = -127 of
/// the parts from 21 to 31. Scales that are powers of two are the same for all of them.
TEST(DeclaredState, CalibratesWithTheLargestOfEquallyGoodParts) {
  const std::vector<float> inputs{-1.5f / 64, 200.0f / 64};
  const DeclaredState state =
      initial_state(affine_numbers(by_mean_square, "e8m0"), one_input, {{{1}, {0}}}, 0, inputs);
  EXPECT_EQ(state.input_scale.scale.to_double(), 1.0 / 64);
  EXPECT_EQ(state.input_scale.zero_point, -126);
}

/// What has no range, no sample or a number too large takes the declared one.
TEST(DeclaredState, StartsFromTheDeclaredRangeWhereNothingCanBeCalibrated) {
  for (const std::string& calibration : {by_max, by_percentile(99, 64), by_mean_square})
    for (const std::vector<float>& inputs :
         {std::vector<float>{}, {0, 0}, {INFINITY}, {1, NAN}, {0x1p41f}, {0x1p-41f}})
      expect_range(calibrated(calibration, inputs).input_scale, -8, 8);
}

/// Each layer has its own range, of numbers of binary32 that no rounding has touched: with inputs
/// rounded to 16 / 255 first a2 would end elsewhere.
TEST(DeclaredState, CalibratesEachLayerWithUnroundedNumbers) {
  const Network network{{{1, 1, Activation::tanh}, {1, 1, Activation::sigmoid}}, Loss::bce};
  const DeclaredState state =
      calibrated(by_max, {0.3f, 0.9f}, network, {{{2}, {0.1f}}, {{3}, {-1}}});
  const float a1 = static_cast<float>(std::tanh(double{0.1f + 2 * 0.9f}));
  const float a2 = static_cast<float>(1 / (1 + std::exp(-double{-1 + 3 * a1})));
  expect_range(state.layers[0].activation_scale, 0, a1);
  expect_range(state.layers[1].activation_scale, 0, a2);
}

TEST(DeclaredState, CalibrationIsPartOfTheDeclaration) {
  const Arithmetic without = affine_numbers("");
  for (const std::string& calibration : {by_max, by_percentile(99, 64), by_percentile(98, 64),
                                         by_percentile(99, 63), by_mean_square}) {
    const Arithmetic with = affine_numbers(calibration);
    EXPECT_NE(digest_of(with), digest_of(without));
    EXPECT_EQ(parse_arithmetic(declaration_text(with), "again").scales, with.scales);
  }
  EXPECT_NE(digest_of(affine_numbers(by_percentile(99, 64))),
            digest_of(affine_numbers(by_percentile(98, 64))));
}

TEST(DeclaredState, RefusesCalibrationsThatSayTooLittleOrTooMuch) {
  const auto message = [](const std::string& calibration) -> std::string {
    try {
      affine_numbers(calibration);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(message("calibration = \"max\"\n").find("expected key samples in scale"),
            std::string::npos);
  EXPECT_NE(message("samples = 4\n").find("expected no samples"), std::string::npos);
  EXPECT_NE(message("calibration = \"percentile\"\nsamples = 4\n").find("expected key percent"),
            std::string::npos);
  EXPECT_NE(message(by_max + "percent = 99\n").find("expected no percent"), std::string::npos);
  EXPECT_NE(message(by_percentile(50, 4)).find("51 to 100"), std::string::npos);
}

}  // namespace
}  // namespace lsgd
