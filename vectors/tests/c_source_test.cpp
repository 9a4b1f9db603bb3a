// SPDX-License-Identifier: Apache-2.0
#include "import/c_source.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

CSource source_of(const std::string& text) {
  CSource source;
  source.add_text(text, "a.h");
  return source;
}

std::string error_of_c_source(const std::string& text) {
  return input_error_of([&] { source_of(text); });
}

TEST(CSource, ReadsArraysAndMacrosThatAreLists) {
  const CSource source = source_of(
      "static const float weights[2][2] = { { 1, -2.5 }, { +3e0f, .5 }, };\n"
      "#define BIASES { 0.25, \\\n  -1 }\n"
      "int8_t small[] = {-128, 0x7f, 3u};\n"
      "float buffer[10];\n"
      "struct model { float dense[6]; } m = { 1 };\n");
  EXPECT_THAT(source.list_names(), ElementsAre("BIASES", "small", "weights"));
  EXPECT_THAT(source.numbers("weights"), ElementsAre(1.0f, -2.5f, 3.0f, 0.5f));
  EXPECT_THAT(source.numbers("BIASES"), ElementsAre(0.25f, -1.0f));
  EXPECT_THAT(source.numbers("small"), ElementsAre(-128.0f, 127.0f, 3.0f));
}

TEST(CSource, RoundsConstantsAsTheCompilerDoes) {
  // Just above the middle of 1 and the next float; binary64 holds the middle itself, from where
  // ties go to even. This compiler's own literals are the independent answer.
  const CSource source =
      source_of("float x[] = {1.00000005960464477540, 1.00000005960464477540f, 0x1p-3, 1e-60, 7};");
  const float converted = static_cast<float>(1.00000005960464477540);
  EXPECT_THAT(source.numbers("x"),
              ElementsAre(converted, 1.00000005960464477540f, 0.125f, 0.0f, 7.0f));
  EXPECT_NE(converted, 1.00000005960464477540f);
}

TEST(CSource, CommentsStringsAndOtherCodeDoNotCount) {
  const CSource source = source_of(
      "// float a[] = {9};\n"
      "/* #define N 9\n */\n"
      "#define N 50 // 1206\n"
      "#define maximum(a, b) { a, b }\n"
      "const char* text = \"float a[] = {8}; // \\\" /*\";\n"
      "float a[N /* many */] = { 1, /* 2, */ 3 };\n"
      "int main(void) { for (int i = 0; i < N; i++) a[i] += '{'; return 0; }\n");
  EXPECT_THAT(source.list_names(), ElementsAre("a"));
  EXPECT_THAT(source.numbers("a"), ElementsAre(1.0f, 3.0f));
  EXPECT_EQ(source.integer("N"), 50);
}

TEST(CSource, FollowsConditions) {
  const std::string text =
      "#define MODEL FIRST\n"
      "#define FIRST 1\n"
      "#define SECOND 2\n"
      "#if MODEL == FIRST || MODEL == UNKNOWN\n"
      "#define SIZE (2 * 3)\n"
      "#elif MODEL == SECOND\n"
      "#define SIZE -10 + 12 / 4 // a comment\n"
      "#else\n"
      "#define SIZE 0\n"
      "#if 1\n#define SIZE 1\n#endif\n"
      "#endif\n"
      "#ifndef GUARD\n#define GUARD\n#endif\n"
      "#if defined(GUARD) && !defined NOWHERE && (SIZE > 5 || 0)\n#define LARGE 1\n#endif\n";
  EXPECT_EQ(source_of(text).integer("SIZE"), 6);
  EXPECT_TRUE(source_of(text).has_macro("LARGE"));
  CSource second;
  second.fix_macro("MODEL", "SECOND");
  second.add_text(text, "a.h");
  EXPECT_EQ(second.integer("SIZE"), -7);
  EXPECT_FALSE(second.has_macro("LARGE"));
  CSource neither;
  neither.fix_macro("MODEL", "7");
  neither.add_text(text, "a.h");
  EXPECT_EQ(neither.integer("SIZE"), 1);
}

TEST(CSource, ReplacesMacrosInLists) {
  const CSource source = source_of(
      "#define DIMENSIONS { INPUTS, 4, OUTPUTS }\n"
      "#define OUTPUTS INPUTS - 1\n"
      "#define INPUTS 3\n"
      "#define FUNCTIONS { TANH, SIGMOID }\n"
      "#define TANH 2\n"
      "#define RATE (0.01)\n");
  EXPECT_THAT(source.integers("DIMENSIONS"), ElementsAre(3, 4, 2));
  EXPECT_THAT(source.identifiers("FUNCTIONS"), ElementsAre("TANH", "SIGMOID"));
  EXPECT_EQ(source.number("RATE"), 0.01f);
}

TEST(CSource, FindsIncludesWhereTheCompilerDoes) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "inc/data");
  std::filesystem::create_directories(directory / "src");
  directory.file("inc/data/d.h", "#include \"e.h\"\nfloat d[] = {E};\n");
  directory.file("inc/data/e.h", "#define E 5\n");
  const auto main = directory.file(
      "src/main.c", "#include <stdio.h>\n#include \"sdk.h\"\n#include \"data/d.h\"\n");
  CSource source({directory / "inc"});
  source.add_file(main);
  EXPECT_THAT(source.numbers("d"), ElementsAre(5.0f));

  CSource without;
  without.add_file(main);
  EXPECT_THAT(input_error_of([&] { without.numbers("d"); }),
              EndsWith("main.c: expected d to be defined (data/d.h was not found)"));
}

TEST(CSource, NamesTheLineThatIsWrong) {
  const auto numbers_error = [](const std::string& text) {
    return input_error_of([&] { source_of(text).numbers("a"); });
  };
  EXPECT_EQ(numbers_error("float a[] = {1,\n2,\nx };"),
            "a.h:3: expected a number within binary32's range, found \"x\"");
  EXPECT_EQ(numbers_error("float a[] = {1,\n1e99 };"),
            "a.h:2: expected a number within binary32's range, found \"1e99\"");
  EXPECT_EQ(numbers_error("float a[] = {1\n{2}};"), "a.h:2: expected \",\" between two elements");
  EXPECT_EQ(numbers_error("float a[] = {1,\n,2};"), "a.h:2: expected an element before \",\"");
  EXPECT_EQ(numbers_error("\nfloat a[] = {1, 2"), "a.h:2: expected a \"}\" for every \"{\" of a");
  EXPECT_EQ(numbers_error("float a[] = {[3] = 2};"),
            "a.h:1: expected a number as element of a, found \"[\"");
  EXPECT_EQ(error_of_c_source("#if 1\n#else\n"), "a.h:1: expected an #endif to this #if");
  EXPECT_EQ(error_of_c_source("\n#endif\n"), "a.h:2: expected an #if before this #endif");
  EXPECT_EQ(error_of_c_source("#if (1\n#endif\n"), "a.h:1: expected \")\"");
  EXPECT_EQ(error_of_c_source("#define\n"), "a.h:1: expected a name after #define");
  EXPECT_EQ(error_of_c_source("#if 9223372036854775807 + 1\n#endif"),
            "a.h:1: expected an expression of 64-bit integers");
}

TEST(CSource, EndsInSpiteOfEndlessMacrosAndIncludes) {
  const CSource itself = source_of("#define A {B}\n#define B B, B\n");
  EXPECT_THAT(input_error_of([&] { itself.numbers("A"); }), EndsWith("do not nest so deeply"));
  std::string doubling = "#define M0\n";
  for (int i = 1; i < 60; ++i) doubling += fmt::format("#define M{} M{} M{}\n", i, i - 1, i - 1);
  const CSource exponential = source_of(doubling + "#define A {M59}\n");
  EXPECT_THAT(input_error_of([&] { exponential.numbers("A"); }), EndsWith("shorter macros"));

  const TemporaryDirectory directory;
  const auto loop = directory.file("loop.h", "#include \"loop.h\"\n");
  EXPECT_THAT(input_error_of([&] { CSource().add_file(loop); }), EndsWith("nested includes"));
}

}  // namespace
}  // namespace lsgd
