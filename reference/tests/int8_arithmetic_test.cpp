// SPDX-License-Identifier: Apache-2.0
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <gtest/gtest.h>

#include <lsgd/network/activation_table.hpp>
#include <lsgd/numbers/align_bias.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/int8_range.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/numbers/requantize.hpp>
#include <lsgd/step/int8_forward.hpp>

#include "random_network.hpp"

namespace lsgd {
namespace {

using Rational = boost::multiprecision::cpp_rational;

int clamp_to_int8(const boost::multiprecision::cpp_int& value) {
  if (value > 127) return 127;
  if (value < -128) return -128;
  return value.convert_to<int>();
}

/// Rounds a rational to the nearest integer, ties away from zero, by integer division alone.
int rounded_and_saturated(const Rational& value) {
  const boost::multiprecision::cpp_int doubled_numerator = 2 * abs(numerator(value));
  const boost::multiprecision::cpp_int quotient =
      (doubled_numerator + denominator(value)) / (2 * denominator(value));
  return clamp_to_int8(value < 0 ? boost::multiprecision::cpp_int(-quotient) : quotient);
}

TEST(Quantize, MatchesRationalRoundingAroundEveryTie) {
  for (int n = 0; n <= 7; ++n) {
    for (int half_steps = -300; half_steps <= 300; ++half_steps) {
      const float tie = std::ldexp(static_cast<float>(half_steps), -n - 1);
      for (const float value : {std::nextafter(tie, -1e9f), tie, std::nextafter(tie, 1e9f)}) {
        const Rational scaled = Rational(static_cast<double>(value)) * (1 << n);
        ASSERT_EQ(quantize(value, n), rounded_and_saturated(scaled)) << value << " n " << n;
        ASSERT_EQ(quantize(Exact(value), n), rounded_and_saturated(scaled)) << value;
      }
    }
  }
}

TEST(Quantize, MatchesRationalRoundingOfAnyBinary32) {
  for (std::uint32_t bits = 0; bits < 0x7f800000; bits += 104729 * 5) {
    for (const float value : {from_bits(bits), -from_bits(bits)}) {
      const Rational scaled = Rational(static_cast<double>(value)) * 32;
      ASSERT_EQ(quantize(value, 5), rounded_and_saturated(scaled)) << value;
      ASSERT_EQ(quantize(Exact(value), 5), rounded_and_saturated(scaled)) << value;
    }
  }
}

TEST(Quantize, TiesGoAwayFromZeroAndEndsSaturate) {
  EXPECT_EQ(quantize(0.5f, 0), 1);
  EXPECT_EQ(quantize(-0.5f, 0), -1);
  EXPECT_EQ(quantize(0x1.fffffep-2f, 0), 0) << "the number below one half";
  EXPECT_EQ(quantize(1.0f, 7), 127);
  EXPECT_EQ(quantize(-1.0f, 7), -128);
  EXPECT_EQ(quantize(-0.0f, 7), 0);
  EXPECT_EQ(quantize(1e38f, 7), 127);
}

TEST(Dequantize, InvertsQuantize) {
  for (int n = 0; n <= 7; ++n)
    for (int q = -128; q <= 127; ++q)
      ASSERT_EQ(quantize(dequantize(static_cast<std::int8_t>(q), n), n), q);
}

/// ceil(log2 m) by counting doublings of an exact rational.
int slow_fraction_bits(const Rational& maximum) {
  if (maximum == 0) return 7;
  int logarithm = 0;
  while (logarithm < 7 && maximum > Rational(1 << logarithm)) ++logarithm;
  return 7 - logarithm;
}

TEST(FractionBits, MatchesTheDefinitionAroundEveryPowerOfTwo) {
  for (int exponent = -149; exponent <= 127; ++exponent) {
    const float power = std::ldexp(1.0f, exponent);
    for (const float maximum :
         {std::nextafter(power, 0.0f), power, std::nextafter(power, 1e38f), power * 1.5f}) {
      const Rational exact(static_cast<double>(maximum));
      ASSERT_EQ(fraction_bits_of(maximum), slow_fraction_bits(exact)) << maximum;
      ASSERT_EQ(fraction_bits_of(Exact(maximum)), slow_fraction_bits(exact)) << maximum;
    }
  }
}

TEST(FractionBits, OfThePublishedDefects) {
  EXPECT_EQ(fraction_bits_of(0.0f), 7) << "an all-zero tensor";
  EXPECT_EQ(fraction_bits_of(0.5f), 7) << "not 8";
  EXPECT_EQ(fraction_bits_of(1e-11f), 7) << "not 43";
  EXPECT_EQ(fraction_bits_of(0.3f), 7);
  EXPECT_EQ(fraction_bits_of(1.0f), 7) << "1.0 itself saturates to 127/128";
  EXPECT_EQ(fraction_bits_of(1.5f), 6);
  EXPECT_EQ(fraction_bits_of(20.0f), 2);
  EXPECT_EQ(fraction_bits_of(1000.0f), 0);
}

/// floor(value / 2^shift) by rational division, without a shift.
std::int64_t floor_shifted(std::int64_t value, int shift) {
  const std::int64_t divisor = std::int64_t{1} << shift;
  const std::int64_t quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1 : quotient;
}

TEST(Requantize, MatchesFlooredDivisionOfEverySmallAccumulator) {
  for (int shift = 0; shift <= 10; ++shift) {
    const std::int64_t half = shift == 0 ? 0 : std::int64_t{1} << (shift - 1);
    for (std::int32_t accumulator = -150000; accumulator <= 150000; accumulator += 7) {
      const auto expected =
          std::clamp<std::int64_t>(floor_shifted(accumulator + half, shift), -128, 127);
      ASSERT_EQ(requantize(accumulator, shift), expected) << accumulator << " >> " << shift;
    }
  }
}

TEST(Requantize, TiesGoUpAndNoAccumulatorOverflows) {
  EXPECT_EQ(requantize(8, 4), 1);
  EXPECT_EQ(requantize(-8, 4), 0) << "half up, not half away from zero";
  EXPECT_EQ(requantize(-9, 4), -1);
  EXPECT_EQ(requantize(INT32_MAX, 10), 127);
  EXPECT_EQ(requantize(INT32_MIN, 10), -128);
}

TEST(AlignBias, EveryBiasAndShift) {
  for (int bias = -128; bias <= 127; ++bias) {
    for (int shift = -7; shift <= 16; ++shift) {
      const std::int64_t expected = shift >= 0 ? std::int64_t{bias} * (std::int64_t{1} << shift)
                                               : floor_shifted(bias, -shift);
      ASSERT_EQ(align_bias(static_cast<std::int8_t>(bias), shift), expected);
    }
  }
}

TEST(ActivationTable, EveryEntryMatchesTheDefinition) {
  const auto nearest = [](const Hundred& value) {
    const Hundred scaled = 128 * value;
    return clamp_to_int8(
        (scaled < 0 ? Hundred(-floor(-scaled + 0.5)) : Hundred(floor(scaled + 0.5)))
            .convert_to<boost::multiprecision::cpp_int>());
  };
  for (int z = -128; z <= 127; ++z) {
    const Hundred real = Hundred(z) / 16;
    const std::size_t index = table_index(static_cast<std::int8_t>(z));
    EXPECT_EQ(activation_table(Activation::sigmoid)[index], nearest(1 / (1 + exp(-real)))) << z;
    EXPECT_EQ(activation_table(Activation::tanh)[index], nearest(sinh(real) / cosh(real))) << z;
    EXPECT_EQ(activation_table(Activation::relu)[index], std::max(z, 0));
    EXPECT_EQ(activation_table(Activation::identity)[index], z);
  }
  EXPECT_EQ(table_index(-1), 255U);
}

TEST(Int8PreActivation, MatchesTheRealNumbersItStandsFor) {
  Draw draw(21);
  const auto fill = [&](std::vector<std::int8_t>& values, std::size_t count) {
    values.resize(count);
    for (auto& value : values) value = static_cast<std::int8_t>(draw.below(256));
  };
  for (int repetition = 0; repetition < 3000; ++repetition) {
    const Layer layer{1 + draw.below(17), 1 + draw.below(17), Activation::identity};
    Int8LayerParameters parameters;
    fill(parameters.weights.values, layer.weight_count());
    fill(parameters.biases.values, layer.outputs);
    parameters.weights.fraction_bits = static_cast<int>(draw.below(8));
    parameters.biases.fraction_bits = static_cast<int>(draw.below(8));
    const int n_a = draw.coin() ? 7 : 4;
    std::vector<std::int8_t> inputs;
    fill(inputs, layer.inputs);
    const int n_w = parameters.weights.fraction_bits;
    const int n_b = parameters.biases.fraction_bits;
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      // In units of 2^-(n_w + n_a), the bias cut down to that grid.
      std::int64_t sum = n_w + n_a >= n_b
                             ? parameters.biases.values[j] * (std::int64_t{1} << (n_w + n_a - n_b))
                             : floor_shifted(parameters.biases.values[j], n_b - n_w - n_a);
      for (std::size_t i = 0; i < layer.inputs; ++i)
        sum += std::int64_t{parameters.weights.values[j * layer.inputs + i]} * inputs[i];
      // floor(x + 1/2) in units of 2^-4.
      const int s = n_w + n_a - 4;
      const auto nearest = floor_shifted(2 * sum + (std::int64_t{1} << s), s + 1);
      ASSERT_EQ(int8_pre_activation(parameters, j, inputs, n_a),
                std::clamp<std::int64_t>(nearest, -128, 127))
          << "neuron " << j;
    }
  }
}

TEST(Int8Range, HoldsExactlyTheIntegersOfTheInterval) {
  Draw draw(22);
  for (int repetition = 0; repetition < 20000; ++repetition) {
    const int n = static_cast<int>(draw.below(8));
    const double value = std::ldexp(draw.signed_unit(), 8 - n);
    const double bound =
        std::ldexp(std::abs(draw.signed_unit()), -static_cast<int>(draw.below(30)));
    const Int8Range range = acceptable(Exact(value), bound, n);
    const Rational low = (Rational(value) - Rational(bound)) * (1 << n);
    const Rational high = (Rational(value) + Rational(bound)) * (1 << n);
    ASSERT_EQ(range.low, rounded_and_saturated(low));
    ASSERT_EQ(range.high, rounded_and_saturated(high));
    ASSERT_TRUE(range.contains(quantize(Exact(value), n)));
  }
}

TEST(Int8Range, NextToATieHoldsBothNeighbours) {
  EXPECT_EQ(acceptable(Exact("2.5"), 1e-7, 0), (Int8Range{2, 3}));
  EXPECT_EQ(acceptable(Exact("2.5"), 0, 0), (Int8Range{3, 3}));
  EXPECT_EQ(acceptable(Exact("2.4"), 1e-7, 0), (Int8Range{2, 2}));
  EXPECT_EQ(acceptable(Exact("500"), 1e-7, 7), (Int8Range{127, 127}));
}

}  // namespace
}  // namespace lsgd
