// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

namespace lsgd {
namespace {

class ChangedArithmetics : public testing::TestWithParam<std::string> {
 protected:
  Arithmetic original_ = read_arithmetic(GetParam());
  std::vector<ChangedArithmetic> changes_ = changed_arithmetics(original_);
};

TEST_P(ChangedArithmetics, MeanSomethingElseEach) {
  std::set<std::string> digests{digest_of(original_)}, names;
  for (const ChangedArithmetic& change : changes_) {
    EXPECT_TRUE(digests.insert(digest_of(change.arithmetic)).second) << change.name;
    EXPECT_TRUE(names.insert(change.name).second) << change.name;
  }
  EXPECT_GT(changes_.size(), 30u);
}

TEST_P(ChangedArithmetics, AreValidDeclarations) {
  for (const ChangedArithmetic& change : changes_)
    EXPECT_EQ(digest_of(parse_arithmetic(declaration_text(change.arithmetic), change.name)),
              digest_of(change.arithmetic));
}

TEST_P(ChangedArithmetics, LeaveTheCodesOfTensorsTheirMeaning) {
  for (const ChangedArithmetic& change : changes_)
    for (const Point tensor : {Point::weight, Point::bias, Point::activation})
      EXPECT_EQ(*change.arithmetic.format(tensor), *original_.format(tensor)) << change.name;
}

TEST_P(ChangedArithmetics, AreTheSameEveryTime) {
  const std::vector<ChangedArithmetic> again = changed_arithmetics(original_);
  ASSERT_EQ(again.size(), changes_.size());
  for (std::size_t i = 0; i < again.size(); ++i) EXPECT_EQ(again[i].name, changes_[i].name);
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, ChangedArithmetics,
                         testing::ValuesIn(built_in_arithmetics()),
                         [](const auto& profile) { return profile.param; });

}  // namespace
}  // namespace lsgd
