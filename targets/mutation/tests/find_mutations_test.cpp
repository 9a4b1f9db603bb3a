// SPDX-License-Identifier: Apache-2.0
#include "find_mutations.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run_program.hpp"

namespace lsgd {
namespace {

using testing::Contains;
using testing::Not;
using testing::UnorderedElementsAre;

/// The mutations of a C source, in which clang finds the syntax tree.
class FindMutations : public testing::Test {
 protected:
  std::vector<Mutation> mutations(const std::string& source) const {
    const std::filesystem::path directory =
        std::filesystem::path(testing::TempDir()) /
        testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory);
    std::ofstream(directory / "port.c") << source;
    const auto dump = directory / "tree.json";
    EXPECT_EQ(run_program({"clang", "-fsyntax-only", "-Xclang", "-ast-dump=json", "port.c"},
                          directory, dump),
              0);
    auto found = find_mutations(source, "port.c", nlohmann::json::parse(std::ifstream(dump)));
    std::filesystem::remove_all(directory);
    return found;
  }

  /// "original -> replacement" of each.
  std::vector<std::string> changes(const std::string& source) const {
    std::vector<std::string> changes;
    for (const Mutation& mutation : mutations(source))
      changes.push_back(mutation.identity.original + " -> " + mutation.identity.replacement);
    return changes;
  }
};

TEST_F(FindMutations, ReplacesExactlyTheTextOfTheExpression) {
  const std::string source = "int f(int a, int b) {\n  return a - (b  *\n 7) - b;\n}\n";
  std::vector<std::string> results;
  for (const Mutation& mutation : mutations(source)) results.push_back(mutated(source, mutation));
  EXPECT_THAT(results, Contains("int f(int a, int b) {\n  return (a + (b * 7)) - b;\n}\n"));
  EXPECT_THAT(results, Contains("int f(int a, int b) {\n  return a - (b + 7) - b;\n}\n"));
  EXPECT_THAT(results, Contains("int f(int a, int b) {\n  return a - (b  *\n 7) - a;\n}\n"));
}

TEST_F(FindMutations, KeepsTheGroupingOfAnOperationWhoseOperatorChanges) {
  EXPECT_THAT(changes("int f(int a, int b, int c) { return a + b << c; }"),
              Contains("a + b << c -> (a + b) >> c"));
}

TEST_F(FindMutations, TakesIntegersToZeroOneTheirNeighboursAndTheirNegative) {
  EXPECT_THAT(
      changes("int f(void) { return 5; }"),
      UnorderedElementsAre("5 -> 0", "5 -> 1", "5 -> (5 + 1)", "5 -> (5 - 1)", "5 -> (-5)"));
  EXPECT_THAT(changes("int f(void) { return 0; }"), UnorderedElementsAre("0 -> 1", "0 -> (0 - 1)"));
}

TEST_F(FindMutations, TakesTheNameOfAMacroForAConstantAndLeavesItsTextAlone) {
  EXPECT_THAT(changes("#define WIDTH 5\nint f(void) { return WIDTH; }"),
              UnorderedElementsAre("WIDTH -> 0", "WIDTH -> 1", "WIDTH -> (WIDTH + 1)",
                                   "WIDTH -> (WIDTH - 1)", "WIDTH -> (-WIDTH)"));
  EXPECT_THAT(changes("#define NEXT(x) ((x) + 1)\nint f(int a) { return NEXT(a); }"),
              Not(Contains(testing::HasSubstr("NEXT(a)"))));
}

TEST_F(FindMutations, ChangesConditionsIndicesStatementsAndArguments) {
  const auto found = changes(
      "void g(int a, int b);\n"
      "int f(const int* a, int n) {\n"
      "  int sum = 0;\n"
      "  for (int i = 0; i < n; ++i) sum += a[i];\n"
      "  if (!n || sum) g(sum, n);\n"
      "  return sum;\n"
      "}\n");
  for (const char* change :
       {"i < n -> i <= n", "i < n -> i >= n", "i < n -> 0", "i < n -> 1", "++i -> --i",
        "i -> i + 1", "i -> i - 1", "i -> n", "sum += a[i] -> sum -= a[i]", "sum += a[i] -> ",
        "!n || sum -> !n && sum", "!n || sum -> !(!n || sum)", "!n || sum -> sum", "!n -> n",
        "g(sum, n) -> ", "sum, n -> n, sum"})
    EXPECT_THAT(found, Contains(change));
}

TEST_F(FindMutations, CountsEqualChangesOfAFunction) {
  std::vector<int> occurrences;
  for (const Mutation& mutation : mutations("int f(void) { return 0; }\n"
                                            "int g(int a) { return a ? 0 : 0; }\n"))
    if (mutation.identity.original == "0" && mutation.identity.replacement == "1")
      occurrences.push_back(mutation.identity.occurrence);
  EXPECT_THAT(occurrences, testing::ElementsAre(1, 1, 2));
}

TEST_F(FindMutations, LeavesHeadersDeclarationsAndSizesAlone) {
  EXPECT_THAT(changes("#include <stdint.h>\nstatic int table[3] = {1, 2, 3};\n"
                      "int f(void);\nunsigned long g(void) { return sizeof table; }\n"),
              testing::IsEmpty());
}

}  // namespace
}  // namespace lsgd
