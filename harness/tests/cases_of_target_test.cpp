// SPDX-License-Identifier: Apache-2.0
#include "levels/cases_of_target.hpp"

#include <algorithm>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "data/network_text.hpp"
#include "description/project_files.hpp"
#include "judging/device_tensors.hpp"
#include "mock_device.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

const Network car = network_from_text("6-32-16-4", "tanh-tanh-sigmoid", "bce");
const Network cogdist = network_from_text("6-40-32-1", "tanh-tanh-sigmoid", "bce");

const CaseList& standard() {
  static const CaseList list = list_cases(read_built_in_suite("standard"));
  return list;
}

std::size_t executed(const std::vector<ConformanceCase>& cases, int level) {
  return static_cast<std::size_t>(std::ranges::count_if(
      cases, [&](const ConformanceCase& c) { return c.level == level && c.run; }));
}

TEST(CasesOfTarget, AreThoseOfTheSuiteWhereNoNetworkIsNamed) {
  const Profile& profile = profile_named("int8_hybrid");
  const auto cases = cases_of_target(standard(), profile, Pace::fast, {});
  const auto& listed = standard().cases.at({"int8_hybrid", Pace::fast});
  ASSERT_EQ(cases.size(), listed.size());
  for (std::size_t c = 0; c < cases.size(); ++c) EXPECT_EQ(cases[c].id, listed[c].id);
}

TEST(CasesOfTarget, HaveALevel1WithinEachPublishedNetworkInEveryProfile) {
  for (const Profile* profile : built_in_profiles())
    for (const Network& network : {car, cogdist}) {
      const auto cases = cases_of_target(standard(), *profile, Pace::fast, {network});
      EXPECT_GT(executed(cases, 1), 120u) << profile->name() << " " << sizes_text(network);
      EXPECT_EQ(executed(cases, 0),
                executed(standard().cases.at({profile->name(), Pace::fast}), 0));
      for (const ConformanceCase& each : cases)
        if (each.level > 0 && each.run) {
          EXPECT_EQ(each.network, network) << each.id;
        }
    }
}

// The example of SPEC 7.9.
TEST(CasesOfTarget, OfInt8HybridIn6_32_16_4Are375AndRefuse504) {
  const auto cases = cases_of_target(standard(), profile_named("int8_hybrid"), Pace::fast, {car});
  EXPECT_EQ(executed(cases, 1), 375u);
  EXPECT_EQ(std::ranges::count(cases, 1, &ConformanceCase::level), 375 + 504);
}

TEST(CasesOfTarget, AskNoDeviceForAFunctionThatItsArithmeticLeavesOut) {
  CaseList list;
  for (const char* function : {"leaky_relu", "relu"})
    for (const char* profile : {"float32", "int8_hybrid"})
      list.cases[{profile, Pace::fast}].push_back(
          {.id = function,
           .clause = "SPEC 15.7",
           .run = [](AgentSession&, const ArithmeticModel&) { return CaseResult(); },
           .network = network_from_text("2-1", function, "mse")});
  const auto of_int8 = cases_of_target(list, profile_named("int8_hybrid"), Pace::fast, {});
  ASSERT_EQ(of_int8.size(), 2u);
  ASSERT_TRUE(!of_int8[0].run && of_int8[0].judge && of_int8[1].run);
  const CaseResult skipped = of_int8[0].judge({});
  EXPECT_EQ(skipped.verdict, Verdict::skipped);
  EXPECT_EQ(skipped.reason,
            "this needs a network without leaky_relu, which int8_hybrid leaves out");
  EXPECT_TRUE(cases_of_target(list, profile_named("float32"), Pace::fast, {})[0].run);
}

TEST(CasesOfTarget, RefuseOtherNetworksAndSayWhichAreTaken) {
  const auto cases =
      cases_of_target(standard(), profile_named("float32"), Pace::fast, {car, cogdist});
  const auto refused = std::ranges::find(cases, "level2/fashion_mnist/1", &ConformanceCase::id);
  ASSERT_TRUE(refused != cases.end() && refused->judge);
  const CaseResult result = refused->judge({});
  EXPECT_EQ(result.verdict, Verdict::refused);
  EXPECT_THAT(*result.reason, HasSubstr("the target takes 6-32-16-4 tanh-tanh-sigmoid bce and "
                                        "6-40-32-1 tanh-tanh-sigmoid bce alone"));
}

TEST(CasesOfTarget, HaveNoStandInsForANetworkThatTheTargetNames) {
  CaseList list;
  list.cases[{"float32", Pace::fast}] = {{.id = "level2/car/1",
                                          .clause = "SPEC 7.3",
                                          .level = 2,
                                          .run =
                                              [](AgentSession&, const ArithmeticModel&) {
                                                CaseResult result;
                                                result.reason = "6-32-16-4 relu-relu-identity mse";
                                                return result;
                                              },
                                          .network = car}};
  MockState state;
  AgentSession session(std::make_unique<MockDevice>(state), std::chrono::seconds(60), 1);
  const auto run = [&](const std::vector<Network>& networks) {
    const auto cases = cases_of_target(list, profile_named("float32"), Pace::fast, networks);
    return cases.at(0).run(session, ArithmeticModel{});
  };
  EXPECT_EQ(run({}).verdict, Verdict::pass);
  EXPECT_EQ(run({car}).verdict, Verdict::skipped);
  EXPECT_EQ(run({car}).reason, network_unsupported);
}

TEST(CasesOfTarget, HaveIdentitiesOfTheirOwnForEveryNetwork) {
  const Network with_relu = network_from_text("6-32-16-4", "relu-tanh-sigmoid", "bce");
  std::set<std::string> identities;
  for (const ConformanceCase& each : cases_of_target(standard(), profile_named("int32_fixed"),
                                                     Pace::slow, {car, cogdist, with_relu}))
    EXPECT_TRUE(identities.insert(each.id).second) << each.id;
}

TEST(CasesOfTarget, TellADeclaredArithmeticFromChangesOfItWithinItsNetwork) {
  const Profile& profile =
      profile_of((source_directory() / "reference/tests/arithmetics/q6_10_wrapping.toml").string());
  const CaseList list = list_cases(read_built_in_suite("smoke"), {&profile});
  const Network small = network_from_text("3-4-2", "tanh-sigmoid", "bce");
  const auto cases = cases_of_target(list, profile, Pace::fast, {small});
  const auto told = std::ranges::count_if(cases, [](const ConformanceCase& c) {
    return c.run && c.id.starts_with("level1/declaration_") &&
           c.id.ends_with("_in_3_4_2_tanh_sigmoid_bce");
  });
  EXPECT_GT(told, 5);
}

}  // namespace
}  // namespace lsgd
