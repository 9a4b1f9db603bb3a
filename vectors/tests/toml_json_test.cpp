// SPDX-License-Identifier: Apache-2.0
#include "files/toml_json.hpp"

#include <gtest/gtest.h>

#include "input_error_of.hpp"

namespace lsgd {
namespace {

std::string error_of_toml_json(std::string_view text) {
  return input_error_of([&] { parse_toml_as_json(text, "f.toml"); });
}

TEST(TomlJson, HasTheTablesOfTheText) {
  const std::string text =
      "a = 1\nb = 0x10\nc = [1.5, \"x\", true, {}]\n[d.e]\nf = \"g\"\n[[h]]\ni = 1\n[[h]]\ni = 2\n";
  EXPECT_EQ(parse_toml_as_json(text, "f.toml").value,
            nlohmann::json::parse(R"({"a": 1, "b": 16, "c": [1.5, "x", true, {}],
                                      "d": {"e": {"f": "g"}}, "h": [{"i": 1}, {"i": 2}]})"));
}

TEST(TomlJson, RemembersTheLineOfEveryValue) {
  const auto document = parse_toml_as_json(
      "\na = 1\n\n[b.c]\nd = [\n  1,\n\n  2]\n[[e]]\nf = { g = 3 }\n[[e]]\nf = 4\n", "f.toml");
  EXPECT_EQ(document.line_of(""), 1U);
  EXPECT_EQ(document.line_of("/a"), 2U);
  EXPECT_EQ(document.line_of("/b/c"), 4U);
  EXPECT_EQ(document.line_of("/b/c/d"), 5U);
  EXPECT_EQ(document.line_of("/b/c/d/0"), 6U);
  EXPECT_EQ(document.line_of("/b/c/d/1"), 8U);
  EXPECT_EQ(document.line_of("/e/0"), 9U);
  EXPECT_EQ(document.line_of("/e/0/f/g"), 10U);
  EXPECT_EQ(document.line_of("/e/1"), 11U);
  EXPECT_EQ(document.line_of("/e/1/f"), 12U);
}

TEST(TomlJson, NamesValuesAsTomlDoes) {
  const auto document = parse_toml_as_json("a = 1", "f.toml");
  EXPECT_EQ(document.shown(""), "the file");
  EXPECT_EQ(document.shown("/at/weight/1/format"), "at.weight.format");
  EXPECT_EQ(document.shown("/b~1~0"), "b/~");
}

TEST(TomlJson, RefusesWhatJsonHasNot) {
  EXPECT_EQ(error_of_toml_json("a = 1\nb = 2026-01-02\n"), "f.toml:2: expected no date or time");
  EXPECT_EQ(error_of_toml_json("[a]\nb = [1, 07:32:00]\n"), "f.toml:2: expected no date or time");
  EXPECT_EQ(error_of_toml_json("a = nan"), "f.toml:1: expected a finite number");
  EXPECT_EQ(error_of_toml_json("a = [0,\n-inf]"), "f.toml:2: expected a finite number");
}

}  // namespace
}  // namespace lsgd
