// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/real.hpp>

namespace lsgd {
namespace {

/// Through e^2z and e^-|z| at 508 bits: neither the formulas nor the precision of the code tested.
float by_definition(Activation activation, float z) {
  DoubleWidthExact value, exponential;
  if (activation == Activation::sigmoid) {
    activate(activation, value, DoubleWidthExact(z));
  } else {
    mpfr_expm1(mpfr_of(exponential), mpfr_of(DoubleWidthExact(2 * DoubleWidthExact(z))), MPFR_RNDN);
    value = exponential / (exponential + 2);
  }
  return round_to_binary32(value);
}

class BothFunctions : public testing::TestWithParam<Activation> {};
INSTANTIATE_TEST_SUITE_P(Spec62, BothFunctions,
                         testing::Values(Activation::sigmoid, Activation::tanh),
                         [](const auto& function) {
                           return function.param == Activation::sigmoid ? "sigmoid" : "tanh";
                         });

TEST_P(BothFunctions, RoundsCorrectlyOverTheWholeRange) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 20000; ++i) {
    const float z = from_bits(static_cast<std::uint32_t>(engine() >> 32));
    if (!(std::abs(z) < 1000)) continue;
    EXPECT_EQ(bits_of(correctly_rounded_activation(GetParam(), z)),
              bits_of(by_definition(GetParam(), z)))
        << hex_bits(z);
  }
}

TEST_P(BothFunctions, RoundsCorrectlyWhereNetworksWork) {
  std::mt19937_64 engine(2);
  for (int i = 0; i < 20000; ++i) {
    const float z = static_cast<float>(engine() >> 40) * 0x1p-20f - 8;
    EXPECT_EQ(bits_of(correctly_rounded_activation(GetParam(), z)),
              bits_of(by_definition(GetParam(), z)))
        << hex_bits(z);
  }
}

TEST_P(BothFunctions, MultiprecisionPathAgreesWithTheFastOne) {
  std::mt19937_64 engine(3);
  for (int i = 0; i < 20000; ++i) {
    const float z = static_cast<float>(engine() >> 40) * 0x1p-19f - 16;
    EXPECT_EQ(bits_of(correctly_rounded_activation(GetParam(), z)),
              bits_of(multiprecision_activation(GetParam(), z)))
        << hex_bits(z);
  }
}

TEST(CorrectlyRoundedActivation, DecidesWhatBinary64Cannot) {
  // z / 4 ends on a midpoint; the cubic term, about 2^-70, moves it to the side of the odd
  // neighbour.
  EXPECT_EQ(correctly_rounded_activation(Activation::sigmoid, 0x3p-23f), 0.5f + 0x1p-24f);
  EXPECT_EQ(correctly_rounded_activation(Activation::sigmoid, -0x3p-24f), 0.5f - 0x1p-25f);
}

TEST(CorrectlyRoundedActivation, KeepsTheEndsOfTheRange) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(bits_of(correctly_rounded_activation(Activation::tanh, -0.0f)), 0x80000000u);
  EXPECT_EQ(correctly_rounded_activation(Activation::tanh, 0x1p-149f), 0x1p-149f);
  EXPECT_EQ(correctly_rounded_activation(Activation::tanh, infinity), 1);
  EXPECT_EQ(correctly_rounded_activation(Activation::sigmoid, 0), 0.5f);
  EXPECT_EQ(correctly_rounded_activation(Activation::sigmoid, -infinity), 0);
  EXPECT_EQ(correctly_rounded_activation(Activation::sigmoid, -100), 0x1.bp-145f);
  EXPECT_EQ(correctly_rounded_activation(Activation::sigmoid, -110), 0);
  EXPECT_TRUE(std::isnan(correctly_rounded_activation(Activation::tanh, std::nanf(""))));
}

}  // namespace
}  // namespace lsgd
