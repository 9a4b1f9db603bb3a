// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <string_view>

#include <lsgd/network/activation.hpp>
#include <lsgd/numbers/real.hpp>

namespace lsgd {
namespace {

constexpr double far_out = 1000;

Exact value_at(Activation activation, const Exact& z) {
  Exact a;
  activate(activation, a, z);
  return a;
}

Exact derivative_at(Activation activation, const Exact& z) {
  const Exact a = value_at(activation, z);
  Exact derivative;
  differentiate(activation, derivative, a, &z);
  return derivative;
}

/// The operations of `slope`, exact.
struct ExactSlope {
  static Exact one() { return 1; }
  static Exact one_where_positive(const Exact& a) { return a > 0 ? 1 : 0; }
  static Exact one_or_part(const Exact& a, int exponent) {
    return a > 0 ? Exact(1) : ldexp(Exact(1), exponent);
  }
  static Exact times_complement(const Exact& a) { return a * (1 - a); }
  static Exact complement_of_square(const Exact& a) { return 1 - a * a; }
};

class EveryActivation : public testing::TestWithParam<Activation> {};

TEST_P(EveryActivation, HasTheDerivativeOfItsValues) {
  const Exact step = 0x1p-60;
  for (const double z : {-20.0, -3.5, -0.75, -0x1p-20, 0x1p-20, 0.3, 1.0, 7.25, 30.0}) {
    const Exact quotient =
        (value_at(GetParam(), z + step) - value_at(GetParam(), z - step)) / (2 * step);
    const Exact difference = abs(quotient - derivative_at(GetParam(), z));
    EXPECT_LT(difference, Exact(0x1p-115)) << z << ", the third derivative leaves 2^-120";
  }
}

TEST_P(EveryActivation, HasTheSameDerivativeByItsOutputAlone) {
  for (const double z : {-3.5, -0.75, 0.3, 1.0, 7.25}) {
    const Exact a = value_at(GetParam(), z);
    const Exact difference =
        abs(activation_slope(GetParam(), ExactSlope(), a) - derivative_at(GetParam(), z));
    EXPECT_LT(difference, Exact(0x1p-200)) << z;
  }
}

TEST_P(EveryActivation, HasTheValuesInBinary64ThatItHasExactly) {
  for (const double z : {-20.0, -0.75, 0.0, 0.3, 7.25}) {
    const double exact = static_cast<double>(value_at(GetParam(), z));
    EXPECT_NEAR(activation_value(GetParam(), Binary64Functions(), z), exact,
                0x1p-50 * std::abs(exact));
  }
}

TEST_P(EveryActivation, IsBoundedWhereItSaysSoAndTendsToItsEnds) {
  for (const double end : {-1.0, 1.0}) {
    const Exact a = value_at(GetParam(), end * far_out);
    if (is_bounded(GetParam()))
      EXPECT_EQ(tends_to(GetParam(), end), abs(a - end) < 0x1p-200) << end;
    else
      EXPECT_FALSE(tends_to(GetParam(), end));
  }
  EXPECT_EQ(is_bounded(GetParam()), value_at(GetParam(), far_out) <= 1);
}

INSTANTIATE_TEST_SUITE_P(Reference, EveryActivation, testing::ValuesIn(neuron_activations),
                         [](const auto& activation) {
                           return std::string(name_of(activation.param));
                         });

TEST(LeakyRelu, HasTheSlopeOfOneEighthAtZeroAndBelow) {
  EXPECT_EQ(value_at(Activation::leaky_relu, -8), Exact(-1));
  EXPECT_EQ(value_at(Activation::leaky_relu, 8), Exact(8));
  EXPECT_EQ(derivative_at(Activation::leaky_relu, 0), Exact(0.125));
  EXPECT_EQ(derivative_at(Activation::leaky_relu, -0x1p-149), Exact(0.125));
  EXPECT_EQ(derivative_at(Activation::leaky_relu, 0x1p-149), Exact(1));
}

TEST(LeakyRelu, ShrinksErrorsWhereNoErrorReachesAPositiveZ) {
  const Exact a = -0.5;  // of z = -4
  EXPECT_EQ(propagated_activation_bound(Activation::leaky_relu, a, 4.0), 0.5);
  EXPECT_EQ(propagated_activation_bound(Activation::leaky_relu, a, 4.25), 4.25);
  EXPECT_EQ(propagated_derivative_bound(Activation::leaky_relu, a, 0.5, 0), 0);
  EXPECT_EQ(propagated_derivative_bound(Activation::leaky_relu, a, 0.625, 0), 0.875);
}

TEST(Activations, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const Activation activation : all_activations) names.insert(name_of(activation));
  EXPECT_EQ(names.size(), all_activations.size());
}

}  // namespace
}  // namespace lsgd
