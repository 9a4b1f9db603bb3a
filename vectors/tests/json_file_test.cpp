// SPDX-License-Identifier: Apache-2.0
#include "files/json_file.hpp"

#include <array>
#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "files/text_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

std::string error_of_json_file(std::string_view text) {
  return input_error_of([&] { parse_json(text, "f.json"); });
}

TEST(ParseJson, BuildsTheValueTheLibraryBuilds) {
  const std::string text =
      R"({"a": [1, -2, 3.5, 1e300, true, false, null, {}], "b": {"c/~d": "é\n"}, "": []})";
  EXPECT_EQ(parse_json(text, "f.json").value, nlohmann::json::parse(text));
  EXPECT_EQ(parse_json("7", "f.json").value, 7);
}

TEST(ParseJson, RemembersTheLineOfEveryValue) {
  const auto document = parse_json(
      "\n{\n\"a\"\n:\n1\n,\n\"b/~\": [10,\n\n 20\n],\"c\":\n{\"d\":\n\"x\"}}\n", "f.json");
  EXPECT_EQ(document.line_of(""), 2U);
  EXPECT_EQ(document.line_of("/a"), 5U);
  EXPECT_EQ(document.line_of("/b~1~0"), 7U);
  EXPECT_EQ(document.line_of("/b~1~0/0"), 7U);
  EXPECT_EQ(document.line_of("/b~1~0/1"), 9U);
  EXPECT_EQ(document.line_of("/c"), 11U);
  EXPECT_EQ(document.line_of("/c/d"), 12U);
  EXPECT_EQ(document.line_of("/c/missing/deeper"), 11U);
  EXPECT_STREQ(document.error("/b~1~0/1", "21").what(), "f.json:9: expected 21");
}

TEST(ParseJson, NamesTheLineOfASyntaxError) {
  EXPECT_EQ(error_of_json_file(""),
            "f.json:1: expected '[', '{', or a literal in JSON, found end of input");
  EXPECT_EQ(error_of_json_file("{\n\"a\": 1\n\"b\": 2}"),
            "f.json:3: expected '}' in JSON, found string literal");
  EXPECT_EQ(error_of_json_file("{\"a\":\n[1, 2"),
            "f.json:2: expected ']' in JSON, found end of input");
  EXPECT_EQ(error_of_json_file("{}\n{}"), "f.json:2: expected end of input in JSON, found '{'");
  EXPECT_EQ(error_of_json_file("[1,\n2,]"),
            "f.json:2: expected '[', '{', or a literal in JSON, found ']'");
  EXPECT_EQ(error_of_json_file("[1e999]"),
            "f.json:1: expected valid JSON (number overflow parsing '1e999')");
  EXPECT_LT(error_of_json_file("[1" + std::string(1 << 20, '0') + "]").size(), 200U);
  EXPECT_NE(error_of_json_file("// comment\n1"), "");
  EXPECT_NE(error_of_json_file("[NaN]"), "");
  EXPECT_NE(error_of_json_file("[\"\xff\"]"), "");
}

TEST(ParseJson, RefusesRepeatedKeys) {
  EXPECT_EQ(error_of_json_file("{\"a\": 1, \"b\": {\"a\": 2},\n\"a\": 1}"),
            "f.json:2: expected each key once, but \"a\" is repeated");
}

TEST(ParseJson, RefusesEndlessNesting) {
  EXPECT_EQ(error_of_json_file(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(error_of_json_file(std::string(1'000'000, '[')),
            "f.json:1: expected at most 64 levels of nesting");
}

TEST(ValidateJson, EveryBuiltInSchemaIsItselfValidJson) {
  for (const std::string name : {"model", "manifest", "results"})
    EXPECT_EQ(error_of_json_file(schema_text(name)), "") << name;
  EXPECT_THROW(schema_text("no-such-schema"), std::invalid_argument);
}

TEST(ValidateJson, MayBeTheFirstOnTwoThreadsAtOnce) {
  constexpr unsigned threads = 2;
  const std::array schemas{"arithmetic", "results", "model", "manifest", "baselines"};
  std::array<std::atomic<unsigned>, schemas.size()> arrived{};
  std::atomic<std::size_t> refused = 0;
  const auto validate_with_each = [&] {
    const JsonDocument document = parse_json("{}", "f.json");
    for (std::size_t i = 0; i < schemas.size(); ++i) {
      // A thread that sleeps until the other one arrives would come too late to collide with it.
      for (++arrived[i]; arrived[i] < threads;) std::this_thread::yield();
      const std::string error = input_error_of([&] { validate_json(document, schemas[i]); });
      refused += error.starts_with("f.json:1: expected key") ? 1 : 0;
    }
  };
  {
    const std::jthread other(validate_with_each);
    validate_with_each();
  }
  EXPECT_EQ(refused, threads * schemas.size());
}

TEST(ReadJson, MissingFileIsBadInput) {
  EXPECT_EQ(input_error_of([] { read_json("no-such.json", "model"); }),
            "no-such.json: expected a readable file (No such file or directory)");
}

TEST(WriteJson, IsIndentedAndEndsItsLastLine) {
  const TemporaryDirectory directory;
  write_json(directory / "out.json", nlohmann::ordered_json{{"b", 1}, {"a", {2}}});
  EXPECT_EQ(read_text(directory / "out.json", 100), "{\n  \"b\": 1,\n  \"a\": [\n    2\n  ]\n}\n");
}

}  // namespace
}  // namespace lsgd
