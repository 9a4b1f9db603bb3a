// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <mpfr.h>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/real.hpp>
#include <lsgd/step/softmax_bounds.hpp>

#include "random_network.hpp"

namespace lsgd {
namespace {

using MoreBits = RealOf<600>;

/// One quotient for each output: 1 / (sum of e^(z_k - z_j)), in 600 bits.
std::vector<MoreBits> softmax_of(const std::vector<double>& z) {
  std::vector<MoreBits> a;
  for (const double own : z) {
    MoreBits sum = 0;
    for (const double other : z) sum += exp(MoreBits(MoreBits(other) - own));
    a.push_back(MoreBits(1 / sum));
  }
  return a;
}

std::vector<Exact> exactly(const std::vector<double>& z) { return {z.begin(), z.end()}; }

std::vector<double> drawn_arguments(Draw& draw) {
  std::vector<double> z(2 + draw.below(12));
  const int scale = static_cast<int>(draw.below(9)) - 1;
  for (double& each : z) each = static_cast<float>(std::ldexp(draw.signed_unit(), scale));
  // Some are equal, and some far below.
  if (draw.below(4) == 0) z.front() = z.back();
  if (draw.below(4) == 0) z[draw.below(static_cast<std::uint32_t>(z.size()))] -= 96;
  for (double& each : z) each = static_cast<float>(each);
  return z;
}

TEST(Softmax, AgreesWithAnotherFormulaInMoreBits) {
  Draw draw(41);
  std::vector<Exact> a, complement;
  for (int repetition = 0; repetition < 200; ++repetition) {
    const std::vector<double> z = drawn_arguments(draw);
    SoftmaxFunction::evaluate(exactly(z), a, complement);
    const std::vector<MoreBits> expected = softmax_of(z);
    for (std::size_t j = 0; j < z.size(); ++j) {
      EXPECT_LE(abs(MoreBits(MoreBits(a[j]) - expected[j])), MoreBits(expected[j] * 0x1p-245));
      const MoreBits distance = 1 - expected[j];
      EXPECT_LE(abs(MoreBits(MoreBits(complement[j]) - distance)), MoreBits(distance * 0x1p-245));
    }
  }
}

TEST(Softmax, KeepsTheDistanceFromOneWhereADifferenceWouldCancel) {
  std::vector<Exact> a, complement;
  SoftmaxFunction::evaluate(exactly({400, 0}), a, complement);
  EXPECT_EQ(to_decimal(complement[0], 20), to_decimal(a[1], 20));
  EXPECT_EQ(a[0], 1) << "254 bits end before e^-400";
}

TEST(CorrectlyRoundedSoftmax, RoundsTheExactOne) {
  Draw draw(42);
  for (int repetition = 0; repetition < 1000; ++repetition) {
    const std::vector<double> z = drawn_arguments(draw);
    const std::vector<float> a = correctly_rounded_softmax({z.begin(), z.end()});
    const std::vector<MoreBits> expected = softmax_of(z);
    for (std::size_t j = 0; j < z.size(); ++j)
      ASSERT_EQ(bits_of(a[j]), bits_of(round_to_binary32(expected[j])));
  }
}

TEST(CorrectlyRoundedSoftmax, KnowsFractionsAndEnds) {
  EXPECT_EQ(correctly_rounded_softmax({3, 3, 3}), (std::vector<float>(3, 1.0f / 3)));
  EXPECT_EQ(correctly_rounded_softmax({1000, 0}), (std::vector<float>{1, 0}));
  EXPECT_EQ(correctly_rounded_softmax({-5000, -5000}), (std::vector<float>{0.5f, 0.5f}));
}

/// The example of SPEC 5.13.
TEST(SoftmaxBound, IsThatOfTheExample) {
  const std::vector<double> z{1, 2, 3};
  std::vector<Exact> a, complement;
  SoftmaxFunction::evaluate(exactly(z), a, complement);
  const SoftmaxBounds bounds(exactly(z), {0, 0, 0}, a, RoundingModel(ArithmeticModel()));
  EXPECT_EQ(to_decimal(a[2], 10), "6.652409558e-01");
  EXPECT_NEAR(bounds.bound(2, magnitude_above(complement[2])) * 0x1p24, 6.507, 0.0005);
}

/// One device: pre-activations off by up to their bounds, exponentials by up to k ulp, sums in any
/// order, a quotient or a product.
class SoftmaxDevice {
 public:
  SoftmaxDevice(int significand_bits, Draw& draw) : bits_(significand_bits), draw_(draw) {}

  std::vector<double> softmax(std::vector<double> z, double z_bound, double ulps) {
    for (double& each : z) each += z_bound * draw_.signed_unit();
    const double largest = *std::ranges::max_element(z);
    std::vector<double> numerators;
    for (const double each : z) {
      const double e = std::exp(rounded(each - largest));
      const double ulp = std::ldexp(1.0, std::max(std::ilogb(e), -126) + 1 - bits_);
      const double error =
          draw_.coin() ? std::copysign(1.0, draw_.signed_unit()) : draw_.signed_unit();
      numerators.push_back(std::max(0.0, e + 0.999 * ulps * ulp * error));
    }
    std::vector<double> addends = numerators;
    std::shuffle(addends.begin(), addends.end(), draw_.generator());
    double sum = 0;
    for (const double addend : addends) sum = rounded(sum + addend);
    const bool multiplies = draw_.coin();
    for (double& each : numerators)
      each = multiplies ? rounded(each * rounded(1 / sum)) : rounded(each / sum);
    return numerators;
  }

 private:
  double rounded(double x) const {
    if (x == 0) return x;
    const int quantum = std::max(std::ilogb(x), -126) + 1 - bits_;
    return std::ldexp(std::nearbyint(std::ldexp(x, -quantum)), quantum);
  }

  int bits_;
  Draw& draw_;
};

class SoftmaxBoundOf : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(SignificandBits, SoftmaxBoundOf, testing::Values(8, 11, 16, 24));

TEST_P(SoftmaxBoundOf, HoldsForEveryDeviceAndIsNotIdle) {
  const int bits = GetParam();
  ArithmeticModel model;
  model.significand_bits = bits;
  const RoundingModel rounding(model);
  Draw draw(43);
  SoftmaxDevice device(bits, draw);
  std::vector<Exact> a, complement;
  double worst = 0;
  for (int repetition = 0; repetition < 1000; ++repetition) {
    const std::vector<double> z = drawn_arguments(draw);
    const double z_bound = draw.coin() ? 0 : std::ldexp(1.0, -static_cast<int>(draw.below(30)));
    SoftmaxFunction::evaluate(exactly(z), a, complement);
    const SoftmaxBounds bounds(exactly(z), std::vector<double>(z.size(), z_bound), a, rounding);
    const std::vector<MoreBits> expected = softmax_of(z);
    const std::vector<double> computed = device.softmax(z, z_bound, model.activation_ulps);
    for (std::size_t j = 0; j < z.size(); ++j) {
      const double bound = bounds.bound(j, magnitude_above(complement[j]));
      const double error = magnitude_above(MoreBits(expected[j] - computed[j]));
      ASSERT_LE(error, bound) << "z = " << z[j] << " of " << z.size();
      worst = std::max(worst, error / bound);
    }
  }
  EXPECT_GT(worst, 0.5);
}

TEST(SoftmaxBound, IsInfiniteWhereAPreActivationMayOverflow) {
  const std::vector<double> z{1, 2};
  std::vector<Exact> a, complement;
  SoftmaxFunction::evaluate(exactly(z), a, complement);
  const SoftmaxBounds bounds(exactly(z), {0, HUGE_VAL}, a, RoundingModel(ArithmeticModel()));
  EXPECT_TRUE(std::isinf(bounds.bound(0, 1)));
}

TEST(SoftmaxBound, IsThatOfTheLastRoundingWhereOneOutputHasAllOfTheProbability) {
  const std::vector<double> z{90, 0, -1};
  std::vector<Exact> a, complement;
  SoftmaxFunction::evaluate(exactly(z), a, complement);
  const SoftmaxBounds bounds(exactly(z), std::vector<double>(3, 0x1p-10), a,
                             RoundingModel(ArithmeticModel()));
  EXPECT_LT(bounds.bound(0, magnitude_above(complement[0])), 4.001 * 0x1p-24);
}

}  // namespace
}  // namespace lsgd
