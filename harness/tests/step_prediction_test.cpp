// SPDX-License-Identifier: Apache-2.0
#include "judging/step_prediction.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <vector>

#include <lsgd/step/ordered_step.hpp>

#include "steps/expected_step.hpp"
#include "steps/typed_parameters.hpp"
#include "tiny_workload.hpp"

namespace lsgd {
namespace {

constexpr float learning_rate = 0.5f;

/// The first step of the tiny workload.
struct FirstStep {
  std::shared_ptr<const LoadedWorkload> workload = tiny_workload();
  const Network& network = workload->model.network;
  Sample sample = workload->data.sample(1, network.outputs());

  TensorSet start(const Profile& profile) const {
    return profile.nearest_parameters(network, workload->model.parameters, first_random_state);
  }
};

/// A device in the most usual order whose functions are a unit off above zero.
float unit_off(Activation function, float z) {
  const float a = correctly_rounded_activation(function, z);
  return z > 0 ? std::nextafter(a, std::numeric_limits<float>::infinity()) : a;
}

std::vector<std::vector<std::uint32_t>> codes_of(const TensorSet& tensors) {
  std::vector<std::vector<std::uint32_t>> codes;
  for (const Tensor& tensor : tensors) codes.push_back(tensor.codes);
  return codes;
}

TEST(StepPrediction, TakesTheActivationsThatADeviceShows) {
  const FirstStep step;
  const Profile& profile = profile_named("float32");
  const TensorSet before = step.start(profile);
  auto parameters = parameters_of<Parameters<float>>(before);
  OrderedTrace trace;
  ordered_step(step.network, parameters, step.sample, learning_rate, mock_target().arithmetic,
               unit_off, trace);
  TensorSet shown = activation_tensors(profile.formats(), step.network);
  for (Tensor& tensor : shown)
    for (const float a : trace.layers[tensor.layer - 1].a)
      tensor.codes.push_back(std::bit_cast<std::uint32_t>(a));

  StepPrediction prediction(profile, step.network);
  TensorSet predicted = activation_tensors(profile.formats(), step.network), after = before;
  prediction.predict_step(before, step.sample, learning_rate, predicted);
  EXPECT_NE(codes_of(predicted), codes_of(shown));
  prediction.predict_parameters(step.sample, learning_rate, shown, after);
  EXPECT_EQ(codes_of(after), codes_of(tensors_of(step.network, parameters)));
  // As it would be with functions that are exact.
  prediction.predict_parameters(step.sample, learning_rate, predicted, after);
  EXPECT_NE(codes_of(after), codes_of(tensors_of(step.network, parameters)));
}

TEST(StepPrediction, IsWhatAnArithmeticOfIntegersComputes) {
  const FirstStep step;
  const Profile& profile = profile_named("int8_integer");
  const TensorSet before = step.start(profile);
  const auto expected =
      profile.expected_step(step.network, before, step.sample, learning_rate, ArithmeticModel());
  const auto expected_codes = [&](TensorSet tensors) {
    for (Tensor& tensor : tensors) {
      tensor.codes.clear();
      for (const ExpectedElement& element :
           std::ranges::find(expected, tensor.name, &ExpectedTensor::name)->elements)
        tensor.codes.push_back(element.bits);
    }
    return codes_of(tensors);
  };

  StepPrediction prediction(profile, step.network);
  TensorSet activations = activation_tensors(profile.formats(), step.network), after = before;
  prediction.predict_step(before, step.sample, learning_rate, activations);
  prediction.predict_parameters(step.sample, learning_rate, activations, after);
  EXPECT_EQ(codes_of(activations), expected_codes(activations));
  EXPECT_EQ(codes_of(after), expected_codes(after));
  EXPECT_NE(codes_of(after), codes_of(before));
  TensorSet forward = activation_tensors(profile.formats(), step.network);
  prediction.predict_forward(before, step.sample, forward);
  EXPECT_EQ(codes_of(forward), codes_of(activations));
}

TEST(StepPrediction, LeavesAloneWhatIsNoNumber) {
  const FirstStep step;
  const Profile& profile = profile_named("float32");
  TensorSet before = step.start(profile);
  before[0].codes[0] = 0x7fc00000;
  StepPrediction prediction(profile, step.network);
  TensorSet activations = activation_tensors(profile.formats(), step.network), after = before;
  prediction.predict_step(before, step.sample, learning_rate, activations);
  prediction.predict_parameters(step.sample, learning_rate, activations, after);
  EXPECT_EQ(codes_of(after), codes_of(before));
  // Nor does a device that shows one.
  const TensorSet start = step.start(profile);
  prediction.predict_step(start, step.sample, learning_rate, activations);
  TensorSet shown = activations;
  shown[0].codes[0] = 0x7fc00000;
  TensorSet of_shown = start, of_predicted = start;
  prediction.predict_parameters(step.sample, learning_rate, shown, of_shown);
  prediction.predict_parameters(step.sample, learning_rate, activations, of_predicted);
  EXPECT_EQ(codes_of(of_shown), codes_of(of_predicted));
}

}  // namespace
}  // namespace lsgd
