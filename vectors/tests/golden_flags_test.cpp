// SPDX-License-Identifier: Apache-2.0
#include "cases/golden_flags.hpp"

#include <gtest/gtest.h>

#include "input_error_of.hpp"

namespace lsgd {
namespace {

const std::string header = "format = \"lsgd-flags/1\"\n";
const std::string tie =
    "[[flag]]\nlevel = 0\nname = \"tie\"\ncatches = \"rounding half up\"\nclause = \"SPEC 4.3\"\n";

std::string error_of(const std::string& text) {
  return input_error_of([&] { parse_golden_flags(text, "f.toml"); });
}

TEST(GoldenFlags, BelongToEveryProfileUnlessTheyNameSome) {
  const auto flags =
      parse_golden_flags(header + tie + "errata = [2, 5]\n" +
                             "[[flag]]\nlevel = 1\nname = \"z_tie\"\nprofiles = [\"int8_hybrid\"]\n"
                             "catches = \"truncation\"\nclause = \"SPEC 4.4\"\n",
                         "f.toml");
  ASSERT_EQ(flags.size(), 2U);
  EXPECT_EQ(flags[0].profiles.size(), built_in_profiles().size());
  EXPECT_EQ(flags[0].meaning, (VectorFlag{"rounding half up", {2, 5}, "SPEC 4.3"}));
  EXPECT_EQ(flags[1].level, 1);
  EXPECT_EQ(flags[1].profiles, std::vector<std::string>{"int8_hybrid"});
}

TEST(GoldenFlags, OfOneLevelAndProfileAreFoundByName) {
  EXPECT_TRUE(golden_flags(0, profile_named("int8_hybrid")).contains("zero_maximum"));
  EXPECT_FALSE(golden_flags(0, profile_named("int8_integer")).contains("zero_maximum"));
  EXPECT_FALSE(golden_flags(1, profile_named("int8_hybrid")).contains("zero_maximum"));
}

TEST(GoldenFlags, WhatIsWrongWithTheFileNamesItsLine) {
  EXPECT_EQ(error_of("format = \"x\"\n"), "f.toml:1: expected format \"lsgd-flags/1\"");
  EXPECT_EQ(error_of(header + tie + tie),
            "f.toml:9: expected one meaning of \"tie\" at level 0 of float32");
  EXPECT_EQ(error_of(header + tie + "profiles = [\"int4\"]\n"),
            "f.toml:7: expected names of profiles, not \"int4\"");
  EXPECT_EQ(error_of(header + tie + "proflies = [\"float32\"]\n"),
            "f.toml:7: expected no key \"proflies\": it is unknown here");
}

}  // namespace
}  // namespace lsgd
