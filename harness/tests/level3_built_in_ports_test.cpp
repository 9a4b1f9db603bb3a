// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <string>

#include "description/built_in_targets.hpp"
#include "device/device.hpp"
#include "levels/level3_convergence.hpp"
#include "tiny_workload.hpp"

namespace lsgd {
namespace {

/// Runs the first level 3 case on a built-in target.
CaseResult train_built_in(const std::string& name) {
  const Target target = select_targets({name}).front();
  Device device(target, connect_to(target));
  return tiny_convergence_cases(Pace::fast, *target.profile)[0].run(device.session(),
                                                                    target.arithmetic);
}

TEST(Level3InIntegers, ShowsTheTrainingAndAcceptsNothingElse) {
  const CaseResult result = train_built_in("int8_integer_c99-host-gcc_O2");
  EXPECT_EQ(result.verdict, Verdict::pass);
  ASSERT_TRUE(result.convergence);
  const auto& epochs = result.convergence->at("epochs");
  ASSERT_EQ(epochs.size(), 3u);
  // k = 6, 6, 7, 8, 9 for the fifths of the training (SPEC 11.10).
  EXPECT_EQ(epochs[0].at("learning_rate"), 0x1p-6);
  EXPECT_EQ(epochs[1].at("learning_rate"), 0x1p-6);
  EXPECT_EQ(epochs[2].at("learning_rate"), 0x1p-8);
  for (const auto& epoch : epochs) {
    EXPECT_EQ(epoch.at("weight_fraction_bits").size(), 2u);
    const auto& loss = epoch.at("test_loss");
    EXPECT_GT(loss.at("value"), 0);
    EXPECT_EQ(loss.at("low"), loss.at("value")) << "no other value is legal";
    EXPECT_EQ(loss.at("high"), loss.at("value"));
    EXPECT_EQ(epoch.at("distance").at("value"), 0);
  }
}

TEST(Level3InIntegers, RefusesRoundingToNearest) {
  const CaseResult result = train_built_in("int8_integer_c99.round_to_nearest-host-gcc_O2");
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.failure->tensor, "random_state");
  EXPECT_EQ(result.convergence->at("epochs")[2].at("distance").at("verdict"), "fail");
}

TEST(Level3InFixedPoint, AcceptsThePort) {
  const CaseResult result = train_built_in("int32_fixed_c99-host-gcc_O2");
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_GT(result.elements, 4U) << "the activations that the device shows at the end";
  ASSERT_TRUE(result.convergence);
  const auto& distance = result.convergence->at("epochs")[2].at("distance");
  EXPECT_GT(distance.at("value"), 0);
  EXPECT_LT(distance.at("high"), 1e-5);
}

TEST(Level3InFixedPoint, RefusesALearningRateOffByAThousandth) {
  const CaseResult result =
      train_built_in("int32_fixed_c99.learning_rate_off_by_a_thousandth-host-gcc_O2");
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.convergence->at("epochs")[0].at("distance").at("verdict"), "fail");
}

}  // namespace
}  // namespace lsgd
