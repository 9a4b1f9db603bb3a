// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
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

/// Numbers after steps that fill the accumulators of 16 bits many times over.
std::vector<double> numbers_after_filling_steps(const Arithmetic& arithmetic) {
  const Network network{{{40, 5, Activation::tanh}, {5, 3, Activation::identity}}, Loss::mse};
  std::mt19937_64 engine(7);
  const auto numbers = [&](std::size_t count, double size) {
    std::vector<float> values(count);
    for (float& value : values)
      value = static_cast<float>(size * (static_cast<double>(engine() >> 40) * 0x1p-23 - 1));
    return values;
  };
  Parameters<float> start;
  for (const Layer& layer : network.layers)
    start.push_back({numbers(layer.weight_count(), 8), numbers(layer.outputs, 8)});
  DeclaredState state = initial_state(arithmetic, network, start, 1);
  DeclaredStep step(arithmetic, network);
  StepNumbers<BinaryNumber> out;
  std::vector<double> shown;
  for (int i = 0; i < 4; ++i) {
    step.train(state, {numbers(40, 4), numbers(3, 4)}, 0.5f, out);
    for (std::size_t l = 0; l < network.layers.size(); ++l)
      for (const auto* tensor :
           {&out.layers[l].a, &state.layers[l].weights.numbers, &state.layers[l].biases.numbers})
        for (const BinaryNumber& number : *tensor) shown.push_back(number.to_double());
  }
  return shown;
}

/// Other orders of saturating sums, and other registers, are mistakes; of wrapping ones they are
/// not.
TEST(EqualArithmetics, GiveTheSameBits) {
  std::size_t of_wrapping = 0;
  for (const int bits : {16, 24})
    for (const char* const overflow : {"wrap", "saturate_end", "saturate_each", "saturate_lane"}) {
      const std::string name = fmt::format("accumulator{}_{}", bits, overflow);
      const Arithmetic arithmetic = read_arithmetic(name);
      const std::vector<double> expected = numbers_after_filling_steps(arithmetic);
      const std::vector<ChangedArithmetic> equal = equal_arithmetics(arithmetic);
      for (const ChangedArithmetic& other : equal) {
        EXPECT_EQ(numbers_after_filling_steps(other.arithmetic), expected)
            << name << " " << other.name;
        EXPECT_NE(digest_of(other.arithmetic), digest_of(arithmetic));
      }
      if (std::string_view(overflow) == "wrap") of_wrapping += equal.size();
      const bool limits_on_the_way = overflow == std::string_view("saturate_each") ||
                                     overflow == std::string_view("saturate_lane");
      EXPECT_EQ(equal.empty(), limits_on_the_way) << name;
    }
  // Seven other orders and two registers each.
  EXPECT_EQ(of_wrapping, 18u);
}

/// The bits of floats depend on their order.
TEST(EqualArithmetics, AreNoneOfFloats) {
  EXPECT_TRUE(equal_arithmetics(read_arithmetic("bfloat16_storage")).empty());
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, ChangedArithmetics,
                         testing::ValuesIn(built_in_arithmetics()),
                         [](const auto& profile) { return profile.param; });

}  // namespace
}  // namespace lsgd
