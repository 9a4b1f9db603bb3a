// SPDX-License-Identifier: Apache-2.0
#include "cases/distinguishing_steps.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

using testing::Contains;
using testing::IsSubsetOf;
using testing::Not;

std::vector<std::string> names_of(const std::vector<ChangedArithmetic>& changes) {
  std::vector<std::string> names;
  for (const ChangedArithmetic& change : changes) names.push_back(change.name);
  return names;
}

/// int8_integer, whose every bit is known.
class DistinguishingStepsTest : public testing::Test {
 protected:
  static const Distinctions& distinctions() {
    static const Distinctions found = distinguishing_steps(profile_named("int8_integer"));
    return found;
  }
};

TEST_F(DistinguishingStepsTest, TellEveryChangeButThoseWithoutEffect) {
  // Rates are positive; sums of integers are exact, and cut a bias that was not aligned; no entry
  // of a table is a tie; products with a derivative of integers neither leave int16 nor tie; a
  // weight that has just saturated fits with one fraction bit less; integer sums are limited at
  // their end anyway.
  const std::vector<std::string> without_effect{
      "learning_rate_zero",      "forward_sum_left_out",         "bias_aligned_left_out",
      "activation_nearest_even", "activation_nearest_up",        "activation_nearest_down",
      "activation_nearest_zero", "backward_sum_left_out",        "delta_nearest_even",
      "delta_overflow_wrap",     "weight_widened_overflow_wrap", "saturate_end"};
  EXPECT_THAT(names_of(distinctions().untold), IsSubsetOf(without_effect));
}

TEST_F(DistinguishingStepsTest, TellEachChangeOnce) {
  std::vector<std::string> all = names_of(distinctions().untold);
  for (const DistinguishingSteps& steps : distinctions().cases) {
    EXPECT_FALSE(steps.told.empty());
    for (const std::string& name : names_of(steps.told)) {
      EXPECT_THAT(all, Not(Contains(name)));
      all.push_back(name);
    }
  }
  EXPECT_EQ(all.size(), changed_arithmetics(profile_named("int8_integer").declaration()).size());
}

TEST_F(DistinguishingStepsTest, AreTheSameEveryTime) {
  const Distinctions again = distinguishing_steps(profile_named("int8_integer"));
  ASSERT_EQ(again.cases.size(), distinctions().cases.size());
  for (std::size_t i = 0; i < again.cases.size(); ++i) {
    EXPECT_EQ(again.cases[i].model.network, distinctions().cases[i].model.network);
    EXPECT_EQ(names_of(again.cases[i].told), names_of(distinctions().cases[i].told));
  }
}

}  // namespace
}  // namespace lsgd
