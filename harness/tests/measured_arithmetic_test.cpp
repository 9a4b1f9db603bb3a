// SPDX-License-Identifier: Apache-2.0
#include "measuring/measured_arithmetic.hpp"

#include <chrono>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string_view>
#include <vector>

#include "description/target_file.hpp"
#include "files/input_error.hpp"
#include "mock_device.hpp"

namespace lsgd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Target float32_target(std::string_view arithmetic = "") {
  return parse_target(std::string(R"(format = "lsgd-target/1"
name = "mock"
port = "mock"
platform = "here"
variant = "none"
profile = "float32"
command = ["mock"]
)") + std::string(arithmetic),
                      "mock.toml");
}

MeasuredArithmetic measure(MockState& state, const Target& target = float32_target()) {
  AgentSession session(std::make_unique<MockDevice>(state), std::chrono::seconds(1), 7);
  return measure_arithmetic(target, session, 1, [](std::string_view) {});
}

/// What the mock computes in: exact functions, nothing flushed or kept wider.
std::vector<ArithmeticModel> declared_orders() {
  std::vector<ArithmeticModel> orders;
  for (const FusedMultiplyAdd fused : {FusedMultiplyAdd::no, FusedMultiplyAdd::yes})
    for (const SummationOrder sum : {SummationOrder::ascending, SummationOrder::descending})
      for (const BiasPosition bias : {BiasPosition::first, BiasPosition::last})
        for (const UpdateProduct update :
             {UpdateProduct::learning_rate_times_delta, UpdateProduct::delta_times_activation})
          orders.push_back({.fused_multiply_add = fused,
                            .summation_order = sum,
                            .bias_position = bias,
                            .update_product = update});
  return orders;
}

float tanh_off_by_a_thousandth(Activation activation, float z) {
  const float exact = correctly_rounded_activation(activation, z);
  return activation == Activation::tanh && z > 0.5f && z < 0.6f ? exact + 0x1p-10f : exact;
}

float sigmoid_without_small_results(Activation activation, float z) {
  if (activation == Activation::sigmoid && z < -20) return 0;
  return correctly_rounded_activation(activation, z);
}

TEST(MeasuredArithmetic, IsTheOrderThatADeviceComputesIn) {
  for (const ArithmeticModel& order : declared_orders()) {
    MockState state;
    state.model = order;
    ArithmeticModel expected = order;
    // The least that is declared: half an ulp is the result's own rounding, a quarter the margin.
    expected.activation_ulps = 0.75;
    const MeasuredArithmetic measured = measure(state);
    EXPECT_EQ(measured.model, expected) << findings_text(measured);
    EXPECT_THAT(measured.illegal, IsEmpty());
  }
}

TEST(MeasuredArithmetic, IsTheSameEveryTime) {
  MockState state;
  const MeasuredArithmetic measured = measure(state);
  EXPECT_EQ(findings_text(measure(state)), findings_text(measured));
}

TEST(MeasuredArithmetic, FindsAnErrorOfAFunctionThatFewArgumentsHave) {
  MockState state;
  state.function = tanh_off_by_a_thousandth;
  const MeasuredArithmetic measured = measure(state);
  EXPECT_GE(measured.model.activation_absolute_error, 0x1p-10);
  EXPECT_LE(measured.model.activation_absolute_error, 0x1.1p-10);
}

TEST(MeasuredArithmetic, DeclaresWhatASigmoidLosesAsAnAbsoluteErrorRatherThanAsUlps) {
  MockState state;
  state.function = sigmoid_without_small_results;
  const MeasuredArithmetic measured = measure(state);
  const double lost = 1 / (1 + std::exp(20.0));
  EXPECT_LE(measured.model.activation_ulps, 1);
  EXPECT_GE(measured.model.activation_absolute_error, 0.999 * lost);
  EXPECT_LE(measured.model.activation_absolute_error, 1.1 * lost);
}

TEST(MeasuredArithmetic, IsATableThatTargetFilesHave) {
  MockState state;
  state.model = declared_orders().back();
  state.function = sigmoid_without_small_results;
  const MeasuredArithmetic measured = measure(state);
  EXPECT_EQ(float32_target(arithmetic_table(measured)).arithmetic, measured.model);
}

TEST(MeasuredArithmetic, SaysWhatCouldNotBeSeenInADeviceThatTakesNoNetwork) {
  MockState state;
  state.fault = Fault::refuses_networks;
  const MeasuredArithmetic measured = measure(state);
  EXPECT_THAT(findings_text(measured), HasSubstr("summation_order = \"any\"\n      not seen"));
  EXPECT_THAT(findings_text(measured), HasSubstr("activation_ulps = 4\n      not seen"));
  EXPECT_EQ(measured.model, ArithmeticModel());
}

TEST(MeasuredArithmetic, HasNoDeclarationForADeviceThatIsWrong) {
  MockState state;
  state.fault = Fault::wrong_element;
  EXPECT_THAT(measure(state).illegal, testing::Not(IsEmpty()));
}

TEST(DeclarationDifference, SaysWhichKeysAreNarrowerWiderAndWrong) {
  ArithmeticModel declared, measured;
  declared.summation_order = SummationOrder::ascending;
  measured.summation_order = SummationOrder::descending;
  measured.bias_position = BiasPosition::first;
  measured.flush_to_zero = true;
  measured.activation_ulps = 1;
  const DeclarationDifference difference = compare_declarations(declared, measured);
  EXPECT_THAT(difference.narrower, ElementsAre("bias_position", "activation_ulps"));
  EXPECT_THAT(difference.wider, ElementsAre("flush_to_zero"));
  EXPECT_THAT(difference.other, ElementsAre("summation_order"));
  EXPECT_EQ(difference_text(compare_declarations(declared, declared)), "as declared");
}

}  // namespace
}  // namespace lsgd
