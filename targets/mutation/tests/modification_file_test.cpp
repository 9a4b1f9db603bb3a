// SPDX-License-Identifier: Apache-2.0
#include "modification_file.hpp"

#include <functional>
#include <gtest/gtest.h>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

const std::string header = "format = \"lsgd-modifications/1\"\nport = \"p\"\n";
const std::string entry =
    "name = \"sign\"\ndescription = \"Sign reversed\"\nfile = \"p.c\"\n"
    "original = \"a - b\"\nreplacement = \"b - a\"\n";

std::string error_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string error_of(const std::string& text) {
  return error_of([&] { parse_modifications(text, "m.toml"); });
}

TEST(ModificationFile, GivesAMutantWithTheArithmeticAndPaceOfItsFileAndItsOwn) {
  const ModificationFile file = parse_modifications(
      header + "include = \"other.h\"\npace = \"slow\"\n" +
          "arithmetic = { summation_order = \"any\", ulps = 1 }\n" + "[[mutant]]\n" + entry +
          "pace = \"fast\"\nlevel = 1\nerratum = 17\narithmetic = { ulps = 4 }\n" +
          "[[legal_variant]]\nname = \"other\"\n" + entry.substr(entry.find('\n') + 1) +
          "variants = [\"host-musl_O2\"]\n",
      "d/m.toml");
  EXPECT_EQ(file.include, "d/other.h");
  ASSERT_EQ(file.modifications.size(), 2U);
  const ModifiedPort& mutant = file.modifications[0];
  EXPECT_EQ(mutant.kind, "mutant");
  EXPECT_EQ(mutant.level, 1);
  EXPECT_EQ(mutant.erratum, 17);
  EXPECT_EQ(mutant.arithmetic["summation_order"].value_or(""), std::string("any"));
  EXPECT_EQ(mutant.arithmetic["ulps"].value_or(0), 4);
  EXPECT_EQ(mutant.pace, "fast");
  EXPECT_EQ(file.modifications[1].pace, "slow");
  EXPECT_EQ(file.modifications[1].variants, std::vector<std::string>{"host-musl_O2"});
}

TEST(ModificationFile, ReplacesEveryOriginalOnce) {
  const ModificationFile file = parse_modifications(
      header + "[[mutant]]\n" + entry +
          "level = 1\n[[mutant.also]]\noriginal = '''\nint c;\n'''\nreplacement = \"\"\n",
      "m.toml");
  EXPECT_EQ(modified_source("int c;\nint f = a - b;\n", file.modifications[0], "m.toml"),
            "int f = b - a;\n");
}

TEST(ModificationFile, AnOriginalThatIsMissingOrThereTwiceNamesItsLine) {
  const ModificationFile file =
      parse_modifications(header + "[[mutant]]\n" + entry + "level = 1\n", "m.toml");
  for (const char* source : {"int f = a + b;", "a - b; a - b;"})
    EXPECT_EQ(error_of([&] { modified_source(source, file.modifications[0], "m.toml"); }),
              "m.toml:3: expected the original of sign exactly once in p.c");
}

TEST(ModificationFile, WhatIsWrongNamesItsLine) {
  EXPECT_EQ(error_of("format = \"x\"\n"), "m.toml:1: expected format \"lsgd-modifications/1\"");
  EXPECT_EQ(error_of(header + "[[mutant]]\n" + entry),
            "m.toml:3: expected \"level\", an integer: the key is missing");
  EXPECT_EQ(error_of(header + "[[legal_variant]]\n" + entry + "level = 1\n"),
            "m.toml:9: expected no key \"level\": it is unknown here");
  EXPECT_EQ(
      error_of(header + "[[legal_variant]]\n" + entry + "[[mutant]]\n" + entry + "level = 1\n"),
      "m.toml:4: expected every modification to have its own name");
}

}  // namespace
}  // namespace lsgd
