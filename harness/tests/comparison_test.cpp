// SPDX-License-Identifier: Apache-2.0
#include "judging/comparison.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <utility>

namespace lsgd {
namespace {

const TensorPlace compared_place{7, 2, "W2", 10};

CaseResult bounded(double exact, double bound, float got) {
  Comparison comparison;
  comparison.bounded(compared_place, 25, Exact(exact), bound, got);
  return std::move(comparison).result();
}

TEST(Comparison, AcceptsExactlyTheBoundAndNotTheNextFloat) {
  const float one = 1;
  EXPECT_EQ(bounded(1 + 0x1p-22, 0x1p-22, one).verdict, Verdict::pass);
  EXPECT_EQ(bounded(1 + 0x1p-22, 0x1p-22, std::nextafter(one, 0.0f)).verdict, Verdict::fail);
  EXPECT_EQ(bounded(1 - 0x1p-22, 0x1p-22, one).verdict, Verdict::pass);
  EXPECT_EQ(bounded(1 - 0x1p-22, 0x1p-22, std::nextafter(one, 2.0f)).verdict, Verdict::fail);
}

TEST(Comparison, WithoutToleranceTakesOnlyTheValueItself) {
  EXPECT_EQ(bounded(0.5, 0, 0.5f).verdict, Verdict::pass);
  EXPECT_EQ(bounded(0.5, 0, std::nextafter(0.5f, 1.0f)).verdict, Verdict::fail);
}

TEST(Comparison, NeverAcceptsWhatIsNoNumber) {
  for (const float got : {std::nanf(""), INFINITY, -INFINITY})
    EXPECT_EQ(bounded(1e30, 1e30, got).verdict, Verdict::fail);
}

TEST(Comparison, DoesNotJudgeOutsideTheDomain) {
  const CaseResult result = bounded(1e39, std::numeric_limits<double>::infinity(), INFINITY);
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_EQ(result.elements, 0u);
}

TEST(Comparison, MeasuresTheErrorInBoundsAndInUlp) {
  const CaseResult result = bounded(1, 0x1p-20, 1 + 0x1p-22f);
  ASSERT_TRUE(result.worst);
  EXPECT_EQ(result.worst->bound_fraction, 0.25);
  EXPECT_EQ(result.worst->ulp, 2);
  EXPECT_EQ(result.worst->tensor, "W2");
  EXPECT_EQ(result.worst->index, 25u);
  EXPECT_EQ(result.worst->step, 7u);
  EXPECT_EQ((*result.histogram)[5], 1u);
}

TEST(Comparison, NamesWhatToDeclareWhereOnlyWhatIsShownLeadsToAFailure) {
  const auto judged = [](float from_parameters) {
    Comparison comparison;
    comparison.bounded(compared_place, 3, Exact(1), 0, from_parameters);
    comparison.judge_from_shown(true);
    comparison.bounded(compared_place, 3, Exact(1), 0, 2);
    comparison.judge_from_shown(false);
    return std::move(comparison).result().failure->message;
  };
  EXPECT_NE(judged(1).find("declares kept_wider"), std::string::npos);
  EXPECT_EQ(judged(2).find("declares kept_wider"), std::string::npos);
}

TEST(Comparison, SaysWhereTheExpectedValueFollowsFromTheActivationsShown) {
  Comparison comparison;
  comparison.judge_from_shown(true);
  comparison.bounded(compared_place, 3, Exact(1), 0, 2);
  const CaseResult result = std::move(comparison).result();
  EXPECT_TRUE(result.failure->expected->ends_with(", from the activations that the device showed"));
  EXPECT_EQ(bounded(1, 0, 2).failure->expected->find("showed"), std::string::npos);
}

TEST(Comparison, NeverListsTheResultAmongThoseExpected) {
  // A declaration of half an ulp refuses what the row allows for one ulp.
  ArithmeticCase row;
  row.operation = LSGD_OPERATION_FLOAT_TANH;
  row.a = 0x3f000000u;
  row.bits = 0x3eec9a9fu;
  row.also = {0x3eec9a9eu, 0x3eec9aa0u};
  const auto expected = [&](std::uint32_t got) {
    Comparison comparison;
    comparison.arithmetic(row, 0, false, got);
    return *std::move(comparison).result().failure->expected;
  };
  EXPECT_NE(expected(0x3eec9aa0u).find("3eec9a9f"), std::string::npos);
  EXPECT_EQ(expected(0x3eec9aa0u).find(" or "), std::string::npos);
  EXPECT_NE(expected(0x3f000000u).find("3eec9a9e"), std::string::npos);
}

TEST(Comparison, NamesTheErrorThatFunctionsDeclare) {
  const auto message = [](std::uint32_t nearest, std::uint32_t got) {
    ArithmeticCase row;
    row.operation = LSGD_OPERATION_FLOAT_SIGMOID;
    row.bits = nearest;
    Comparison comparison;
    comparison.arithmetic(row, 0, false, got);
    return std::move(comparison).result().failure->message;
  };
  // 6 ulps from the nearest number, which is half an ulp from the exact one; 2^-30 for 0.
  EXPECT_TRUE(message(0x3f000000u, 0x3f000006u).ends_with("declare activation_ulps = 7"));
  EXPECT_TRUE(
      message(0x00000000u, 0x30800000u).ends_with("declare activation_absolute_error = 9.4e-10"));
  EXPECT_EQ(message(0x3f000000u, 0x3f100000u).find("declare"), std::string::npos);
}

TEST(Comparison, CountsErrorsBeyondTheBoundInTheLastBin) {
  const CaseResult result = bounded(1, 0x1p-22, 2);
  EXPECT_EQ(result.histogram->back(), 1u);
}

TEST(Comparison, KeepsTheFirstWrongElementAndCountsTheOthers) {
  Comparison comparison;
  comparison.bounded(compared_place, 3, Exact(1), 0, 1);
  comparison.bounded(compared_place, 25, Exact(1), 0x1p-24, 1.5f);
  comparison.bounded(compared_place, 26, Exact(1), 0x1p-24, 99);
  const CaseResult result = std::move(comparison).result();
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->index, 25u);
  EXPECT_EQ(result.failure->neuron, 2u);
  EXPECT_EQ(result.failure->layer, 2u);
  EXPECT_EQ(result.failure->step, 7u);
  EXPECT_EQ(result.failure->got, "1.5 (0x3fc00000)");
  EXPECT_NE(result.failure->message.find("the first of 2"), std::string::npos);
  EXPECT_EQ(result.worst->index, 26u);
}

TEST(Comparison, RequantizedParametersMayFallEitherSideOfATieButNoFurther) {
  // 2.5 / 16 with 4 fraction bits: 2 and 3 within any bound above zero, 3 (away from zero) without.
  const auto verdict = [](double bound, std::int8_t got) {
    Comparison comparison;
    comparison.acceptable(compared_place, 0, Exact(2.5) / 16, bound, 4, got);
    return std::move(comparison).result().verdict;
  };
  EXPECT_EQ(verdict(1e-9, 2), Verdict::pass);
  EXPECT_EQ(verdict(1e-9, 3), Verdict::pass);
  EXPECT_EQ(verdict(1e-9, 1), Verdict::fail);
  EXPECT_EQ(verdict(1e-9, 4), Verdict::fail);
  EXPECT_EQ(verdict(0, 3), Verdict::pass);
  EXPECT_EQ(verdict(0, 2), Verdict::fail);
}

TEST(Comparison, SimulationHasToMatchInBitsExceptForTheSignOfZero) {
  Comparison comparison;
  comparison.exact_order(compared_place, 0, 0x80000000u, 0u, 32);
  comparison.exact_order(compared_place, 1, 0x3f800000u, 0x3f800000u, 32);
  comparison.exact_order(compared_place, 2, 0x3f800000u, 0x3f800001u, 32);
  comparison.exact_order(compared_place, 3, 0xffu, 0x01u, 8);
  // NaN in the declared order: nothing is required.
  comparison.exact_order(compared_place, 4, 0xffc00000u, 0x3f800000u, 32);
  const CaseResult result = std::move(comparison).result();
  EXPECT_EQ(result.exact_order->compared, 4u);
  EXPECT_EQ(result.exact_order->mismatches, 2u);
  EXPECT_EQ(result.failure->index, 2u);
}

TEST(Comparison, AFailedStatisticFailsTheCase) {
  Comparison comparison;
  comparison.statistic({"W1", "bias", 0.1, -1, 1, true});
  comparison.statistic({"W2", "bias", 3, -1, 1, false});
  const CaseResult result = std::move(comparison).result();
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.failure->tensor, "W2");
  EXPECT_EQ(result.failure->message,
            "mean error of 3 units of the last digit over the whole case: something rounds up");
  EXPECT_EQ(result.statistics.size(), 2u);
}

TEST(Comparison, SaysWhatAFailedStatisticTells) {
  const auto message = [](const char* statistic, double value) {
    Comparison comparison;
    comparison.statistic({"W1", statistic, value, -1, 1, false});
    return std::move(comparison).result().failure->message;
  };
  EXPECT_EQ(
      message("bias", -1.234),
      "mean error of -1.2 units of the last digit over the whole case: something rounds down");
  EXPECT_EQ(
      message("directed_bias", -2),
      "mean error of -2 units of the last digit away from zero over the whole case: something "
      "rounds towards zero");
  EXPECT_EQ(
      message("update_bias", -2),
      "mean error of -2 units of the last digit along the update over the whole case: updates "
      "come out too small");
  EXPECT_EQ(message("root_mean_square", 2),
            "root mean square error of 2 units of the last digit over the whole case: larger than "
            "roundings make it");
}

TEST(Comparison, NoticesASingleChangedBit) {
  const std::vector<std::uint64_t> before{0x04030201, 0x08070605};
  std::vector<std::uint64_t> after = before;
  Comparison same;
  same.unchanged(compared_place, before, after, 32, "changed");
  EXPECT_EQ(std::move(same).result().verdict, Verdict::pass);
  after[1] ^= 1u << 17;
  Comparison changed;
  changed.unchanged(compared_place, before, after, 32, "changed");
  const CaseResult result = std::move(changed).result();
  EXPECT_EQ(result.failure->index, 1u);
  EXPECT_EQ(result.failure->message, "changed");
}

}  // namespace
}  // namespace lsgd
