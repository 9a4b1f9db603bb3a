// SPDX-License-Identifier: Apache-2.0
#include "judging/step_prediction.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/step/ordered_step.hpp>

#include "cases/golden_set.hpp"
#include "description/project_files.hpp"
#include "levels/level1_kernels.hpp"
#include "mock_device.hpp"
#include "run/case_selection.hpp"
#include "run/target_run.hpp"
#include "steps/expected_step.hpp"
#include "steps/typed_parameters.hpp"
#include "temporary_directory.hpp"
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

std::vector<std::vector<std::uint64_t>> codes_of(const TensorSet& tensors) {
  std::vector<std::vector<std::uint64_t>> codes;
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

/// Level 1 of the float32 golden set, some cases of it, by a device on a line.
class Level1OnALine : public testing::Test {
 protected:
  ~Level1OnALine() override { std::fclose(quiet_); }

  /// What was judged; `state` has the bytes that it took.
  std::string judged(MockState& state) {
    const auto set =
        std::make_shared<const GoldenSet>(read_golden_set(golden_directory() / "level1_float32"));
    std::vector<ConformanceCase> cases;
    std::size_t number = 0;
    for (ConformanceCase& each : level1_cases(set))
      if (number++ % 16 == 0) cases.push_back(std::move(each));
    const Target target = mock_target();
    const TargetPlan plan{target, cases, select(cases, {}), "float32", 1, "key"};
    Journal journal(directory_.path() / "journal.jsonl", false);
    Progress progress(quiet_, plan.selected_cases.size(), 1);
    const TargetResult result = run_target(
        plan, [&state] { return std::make_unique<MockDevice>(state); }, journal, progress);
    std::string text;
    for (const FinishedCase& finished : result.cases) text += finished.json.dump() + "\n";
    return text;
  }

  TemporaryDirectory directory_;
  std::FILE* quiet_ = std::fopen("/dev/null", "w");
};

// Of a device whose functions are a unit off, and of one whose second run is another than its
// first, which is expected of it.
TEST_F(Level1OnALine, TakesFewerBytesAndHidesNothing) {
  for (const Fault fault : {Fault::none, Fault::wrong_element}) {
    MockState whole{.fault = fault, .is_line = true, .function = &unit_off};
    MockState predicted = whole;
    predicted.knows_digests = true;
    const std::string right = judged(whole);
    EXPECT_EQ(right, judged(predicted));
    EXPECT_EQ(right.find("the second run of the same case") != std::string::npos,
              fault == Fault::wrong_element);
    EXPECT_LT(4 * predicted.bytes, 3 * whole.bytes) << static_cast<int>(fault);
  }
}

}  // namespace
}  // namespace lsgd
