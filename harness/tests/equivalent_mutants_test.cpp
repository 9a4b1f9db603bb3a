// SPDX-License-Identifier: Apache-2.0
#include "selftest/equivalent_mutants.hpp"

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

const std::string listed = R"toml(format = "lsgd-equivalent-mutants/1"
[[equivalent]]
file = "quantization.c"
function = "saturate"
original = "128"
replacement = "(128 - 1)"
reason = "-128 is the only int8 below -127"

[[equivalent]]
file = "quantization.c"
function = "saturate"
original = "128"
replacement = "(128 - 1)"
occurrence = 2
reason = "another place"
)toml";

const SourceMutation first{"quantization.c", "saturate", "128", "(128 - 1)", 1};

std::string error_of_list(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(EquivalentMutants, AreFoundByEveryPartOfTheirIdentity) {
  const EquivalentMutants mutants(listed, "list.toml");
  ASSERT_NE(mutants.find(first), nullptr);
  EXPECT_EQ(mutants.find(first)->reason, "-128 is the only int8 below -127");
  SourceMutation other = first;
  other.occurrence = 2;
  EXPECT_EQ(mutants.find(other)->reason, "another place");
  for (std::string SourceMutation::*member :
       {&SourceMutation::file, &SourceMutation::function, &SourceMutation::original,
        &SourceMutation::replacement}) {
    other = first;
    other.*member += 'x';
    EXPECT_EQ(mutants.find(other), nullptr);
  }
}

TEST(EquivalentMutants, AnEntryThatTheSourcesNoLongerAllowIsAnError) {
  const EquivalentMutants mutants(listed, "list.toml");
  SourceMutation second = first;
  second.occurrence = 2;
  mutants.require_known({digest_of(first), digest_of(second)});
  EXPECT_THAT(error_of_list([&] { mutants.require_known({digest_of(first)}); }),
              testing::StartsWith("list.toml:9: expected a mutation that the source"));
}

TEST(EquivalentMutants, AnEntryThatIsCaughtIsAnError) {
  const EquivalentMutants mutants(listed, "list.toml");
  EXPECT_THAT(
      error_of_list([&] { mutants.fail_as_caught(*mutants.find(first), "level0/requantize"); }),
      testing::StartsWith("list.toml:2: expected a mutant that conforms; level0/requantize"));
}

TEST(EquivalentMutants, MalformedListsAreErrors) {
  EXPECT_THAT(error_of_list(
                  [] { EquivalentMutants(listed + listed.substr(listed.find('[')), "list.toml"); }),
              testing::HasSubstr("expected a mutation that is not listed above"));
  EXPECT_THAT(error_of_list([] { EquivalentMutants("format = \"other/1\"\n", "list.toml"); }),
              testing::StartsWith("list.toml:1: expected format"));
  EXPECT_THAT(error_of_list([] { EquivalentMutants(listed + "why = \"\"\n", "list.toml"); }),
              testing::HasSubstr("expected no key \"why\""));
}

}  // namespace
}  // namespace lsgd
