// SPDX-License-Identifier: Apache-2.0
#include "judging/detected_changes.hpp"

#include <gtest/gtest.h>

#include "steps/expected_step.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

const Network network{{{3, 4, Activation::tanh}, {4, 2, Activation::sigmoid}}, Loss::mse};

/// Steps of a device that gives the nearest number everywhere, each from the parameters before it,
/// at a rate that changes every parameter and no fraction bits.
std::vector<ObservedStep> steps_of(const Profile& profile, const ArithmeticModel& model) {
  std::vector<ObservedStep> steps;
  TensorSet before =
      profile.nearest_parameters(network, initial_parameters(network, 3), first_random_state);
  for (const float x : {0.75f, -0.5f, 0.625f, 0.875f, -0.75f, 0.5f, -0.625f, -0.875f}) {
    const Sample sample{{x, 1, -x}, {1, 0}};
    const auto expected = profile.expected_step(network, before, sample, 0.5f, model);
    ObservedStep step{network,
                      before,
                      sample,
                      0.5f,
                      activation_tensors(profile.formats(), network),
                      parameters_after(profile.formats(), network, expected)};
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
  const auto found = detected_changes(judge_of(*GetParam()), steps, model, 1);
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
  const auto fine = detected_changes(judge_of(profile), steps, exact, 1);
  const auto rough = detected_changes(judge_of(profile), steps, coarse, 1);
  for (std::size_t t = 0; t < fine.size(); ++t) {
    EXPECT_GT(fine[t].gain, rough[t].gain) << fine[t].tensor;
    EXPECT_GT(fine[t].cut, rough[t].cut) << fine[t].tensor;
  }
}

}  // namespace
}  // namespace lsgd
