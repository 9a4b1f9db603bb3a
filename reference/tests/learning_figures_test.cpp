// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <lsgd/ensemble/ensemble_training.hpp>
#include <lsgd/statistics/learning_figures.hpp>

namespace lsgd {
namespace {

/// Ten samples of three classes: class 0 always right, class 1 half the time, class 2 never.
LearningFigures figures() {
  LearningFigures result(3);
  for (int i = 0; i < 4; ++i) result.add(0.5, 0, 0, 3);
  for (int i = 0; i < 2; ++i) result.add(1, 1, 1, 3);
  for (int i = 0; i < 2; ++i) result.add(2, 1, 0, 1);
  for (int i = 0; i < 2; ++i) result.add(3, 2, 0, 2);
  return result;
}

TEST(LearningFigures, AreThoseCountedByHand) {
  const LearningFigures result = figures();
  EXPECT_DOUBLE_EQ(result.accuracy(), 0.6);
  EXPECT_DOUBLE_EQ(result.loss(), 1.4);
  EXPECT_EQ(result.confused(1, 0), 2u);
  EXPECT_DOUBLE_EQ(result.precision(0), 0.5);
  EXPECT_DOUBLE_EQ(result.recall(0), 1);
  EXPECT_DOUBLE_EQ(result.precision(1), 1);
  EXPECT_DOUBLE_EQ(result.recall(1), 0.5);
  EXPECT_DOUBLE_EQ(result.precision(2), 0) << "nothing was named so";
  // F1 of 2/3, 2/3 and 0.
  EXPECT_DOUBLE_EQ(result.macro_f1(), 4.0 / 9);
}

TEST(LearningFigures, NameOneVsRestAgreementAsWhatItIs) {
  // 4 * 3 + 2 * 3 + 2 * 1 + 2 * 2 of 30 outputs: far above the accuracy of 0.6.
  EXPECT_DOUBLE_EQ(figures().one_vs_rest_agreement(), 0.8);
}

TEST(LearningEvaluation, TakesTheFirstOfEqualOutputsAndHalfForOne) {
  // Weights of 0: all outputs are one half, which is class 0.
  const Network two{{{1, 2, Activation::sigmoid}}, Loss::bce};
  EnsembleTraining members(two, StoredParameters::binary32, {}, {}, 0);
  LearningEvaluation evaluation(two);
  evaluation.add(members, {{1}, {1, 0}}, 0);
  evaluation.add(members, {{1}, {0, 1}}, 1);
  EXPECT_DOUBLE_EQ(evaluation[6].accuracy(), 0.5);
  EXPECT_NEAR(evaluation[6].loss(), 2 * std::log(2), 1e-15);

  const Network one{{{1, 1, Activation::sigmoid}}, Loss::bce};
  EnsembleTraining single(one, StoredParameters::binary32, {}, {}, 0);
  single.set_parameters(0, Parameters<float>{{{1}, {0}}});
  LearningEvaluation binary(one);
  binary.add(single, {{1}, {1}}, 1);
  EXPECT_DOUBLE_EQ(binary[0].accuracy(), 1) << "sigmoid(1) is above one half";
  EXPECT_DOUBLE_EQ(binary[1].accuracy(), 0) << "one half is not";
  EXPECT_NEAR(binary[0].loss(), std::log1p(std::exp(-1)), 1e-15);
}

}  // namespace
}  // namespace lsgd
