// SPDX-License-Identifier: Apache-2.0
#include "judging/detected_changes.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "steps/expected_step.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

const Network two_layers{{{3, 4, Activation::tanh}, {4, 2, Activation::sigmoid}}, Loss::mse};

/// Steps of a device that gives the nearest number everywhere, each from the parameters before it,
/// at a rate that changes every parameter and no fraction bits.
std::vector<ObservedStep> steps_of(const Profile& profile, const ArithmeticModel& model) {
  std::vector<ObservedStep> steps;
  TensorSet before =
      profile.nearest_parameters(two_layers, initial_parameters(two_layers, 3), first_random_state);
  for (const float x : {0.75f, -0.5f, 0.625f, 0.875f, -0.75f, 0.5f, -0.625f, -0.875f}) {
    const Sample sample{{x, 1, -x}, {1, 0}};
    const auto expected = profile.expected_step(two_layers, before, sample, 0.5f, model);
    ObservedStep step{two_layers,
                      before,
                      sample,
                      0.5f,
                      activation_tensors(profile.formats(), two_layers),
                      parameters_after(profile.formats(), two_layers, expected)};
    for (Tensor& tensor : step.activations)
      for (const ExpectedTensor& found : expected)
        if (found.name == tensor.name)
          for (const ExpectedElement& element : found.elements)
            tensor.codes.push_back(element.bits);
    steps.push_back(step);
  }
  return steps;
}

class DetectedChanges : public testing::TestWithParam<const Profile*> {};

TEST_P(DetectedChanges, RefusesOppositeZeroedSmallerAndStaleResultsOfEveryTensor) {
  const ArithmeticModel model;
  const auto steps = steps_of(*GetParam(), model);
  const auto found = detected_changes(judge_of(*GetParam()), steps, model);
  ASSERT_EQ(found.size(), 6U);
  for (const DetectedChange& change : found) {
    EXPECT_TRUE(change.has_results) << change.tensor;
    EXPECT_EQ(change.inverted, true) << change.tensor;
    EXPECT_EQ(change.zeroed, true) << change.tensor;
    // A change of one unit is one unit again where it is scaled.
    EXPECT_NE(change.scaled, false) << change.tensor;
    EXPECT_NE(change.stale, false) << change.tensor;
    EXPECT_GE(change.gain.value_or(0), 1) << change.tensor;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, DetectedChanges, testing::ValuesIn(built_in_profiles()),
                         [](const auto& parameter) { return parameter.param->name(); });

TEST(DetectedChangesOfFloat32, TellLessOfADeviceThatKeepsFewerBits) {
  const Profile& profile = profile_named("float32");
  ArithmeticModel exact, coarse;
  coarse.significand_bits = 8;
  const auto steps = steps_of(profile, exact);
  const auto fine = detected_changes(judge_of(profile), steps, exact);
  const auto rough = detected_changes(judge_of(profile), steps, coarse);
  for (std::size_t t = 0; t < fine.size(); ++t) {
    EXPECT_GT(fine[t].gain, rough[t].gain) << fine[t].tensor;
    EXPECT_GT(fine[t].cut, rough[t].cut) << fine[t].tensor;
  }
}

TEST(DetectedChangesOfFloat32, AreToldOfASingleStepButForWhatIsStale) {
  const Profile& profile = profile_named("float32");
  const ArithmeticModel model;
  const auto steps = steps_of(profile, model);
  for (const DetectedChange& change :
       detected_changes(judge_of(profile), std::span(steps).first(1), model)) {
    EXPECT_EQ(change.inverted, true) << change.tensor;
    EXPECT_EQ(change.stale, std::nullopt) << change.tensor;
    EXPECT_GE(change.gain.value_or(0), 8) << change.tensor;
  }
}

TEST(DetectedChangesOfAnOperation, AreAllThatNoRowAccepts) {
  const std::vector<std::uint32_t> results{0x3f800000, 0xc0400000, 0x3eaaaaab};
  const auto strict = [&](std::size_t row, std::uint32_t got) { return got == results[row]; };
  const DetectedChange told = detected_change(LSGD_OPERATION_FLOAT_ADD, results, strict);
  EXPECT_EQ(told.inverted, true);
  EXPECT_EQ(told.zeroed, true);
  EXPECT_EQ(told.scaled, true);
  EXPECT_EQ(told.stale, true);
  EXPECT_GE(told.gain.value_or(0), 23);
  const auto blind = [](std::size_t, std::uint32_t) { return true; };
  const DetectedChange untold = detected_change(LSGD_OPERATION_FLOAT_ADD, results, blind);
  EXPECT_EQ(untold.inverted, false);
  EXPECT_EQ(untold.zeroed, false);
  EXPECT_EQ(untold.scaled, false);
  EXPECT_EQ(untold.gain, std::nullopt);
  EXPECT_EQ(untold.cut, std::nullopt);
}

/// Three epochs of a network of two parameters, the last one 2^-10 from the exact ones and with
/// an ensemble of distances from `least` to `greatest`.
struct Training {
  Network network{{{1, 1, Activation::identity}}, Loss::mse};
  TrainingState start;
  std::vector<TrainingState> epochs{3};
  ReferenceTraining reference;

  Training(double least, double greatest) {
    start.parameters = {0.125, 0.0625};
    epochs[0].parameters = {0.25, 0};
    epochs[1].parameters = {0.5, 0.125};
    epochs[2].parameters = {1, 0.375};
    reference.exact = epochs;
    reference.exact[2].parameters = {1 + 0x1p-10, 0.375};
    reference.members.resize(3);
    for (int member = 0; member < 47; ++member) {
      TrajectoryPoint point{};
      point.back() = least * std::pow(greatest / least, member / 46.0);
      reference.members[2].push_back(point);
    }
  }
};

TEST(DetectedChangesOfATraining, AreThoseThatLeaveTheEnvelopeOfDistances) {
  const Training narrow(0x1p-10, 0x1.4p-10);
  const auto told =
      detected_changes(narrow.network, narrow.start, narrow.epochs, narrow.reference, false);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].tensor, "W1");
  EXPECT_EQ(told[1].tensor, "b1");
  for (const DetectedChange& change : told) {
    EXPECT_EQ(change.inverted, true) << change.tensor;
    EXPECT_EQ(change.zeroed, true) << change.tensor;
    EXPECT_EQ(change.scaled, true) << change.tensor;
    EXPECT_EQ(change.stale, true) << change.tensor;
    EXPECT_TRUE(change.gain) << change.tensor;
    EXPECT_LT(change.gain.value_or(24), 12) << change.tensor;
  }
}

TEST(DetectedChangesOfATraining, AreOfTheOnlyEpochWhatTheStartTells) {
  Training only(0x1p-10, 0x1.4p-10);
  only.start = only.epochs[1];
  only.epochs.erase(only.epochs.begin(), only.epochs.begin() + 2);
  only.reference.exact.erase(only.reference.exact.begin(), only.reference.exact.begin() + 2);
  only.reference.members.erase(only.reference.members.begin(), only.reference.members.begin() + 2);
  const auto told = detected_changes(only.network, only.start, only.epochs, only.reference, false);
  ASSERT_EQ(told.size(), 2u);
  for (const DetectedChange& change : told) {
    EXPECT_EQ(change.inverted, true) << change.tensor;
    EXPECT_EQ(change.zeroed, true) << change.tensor;
    EXPECT_EQ(change.scaled, true) << change.tensor;
    EXPECT_EQ(change.stale, std::nullopt) << change.tensor << ": there is no epoch before";
  }
}

TEST(DetectedChangesOfATraining, AreNoneWhereLegalTrainingsLieFarApart) {
  const Training wide(0x1p-20, 0x1p6);
  for (const DetectedChange& change :
       detected_changes(wide.network, wide.start, wide.epochs, wide.reference, false)) {
    EXPECT_EQ(change.inverted, false) << change.tensor;
    EXPECT_EQ(change.scaled, false) << change.tensor;
    EXPECT_EQ(change.gain, std::nullopt) << change.tensor;
  }
  for (const DetectedChange& change :
       detected_changes(wide.network, wide.start, wide.epochs, wide.reference, true))
    EXPECT_EQ(change.inverted, true) << change.tensor;
}

}  // namespace
}  // namespace lsgd
