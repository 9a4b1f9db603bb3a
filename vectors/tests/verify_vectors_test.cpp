// SPDX-License-Identifier: Apache-2.0
#include "cases/verify_vectors.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cases/golden_set.hpp"
#include "data/network_text.hpp"
#include "input_error_of.hpp"
#include "steps/step_vectors.hpp"
#include "temporary_directory.hpp"
#include "vector_directory.hpp"

namespace lsgd {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

/// Copies of the three kinds of vector sets, to be damaged.
class VerifyVectors : public testing::Test {
 protected:
  VerifyVectors() {
    const std::filesystem::path golden = LSGD_GOLDEN_DIRECTORY;
    for (const char* name : {"level0_int8_hybrid", "level1_float32", "level1_int8_hybrid"})
      std::filesystem::copy(golden / name, directory / name);
    const Model model{network_from_text("1-2", "sigmoid", "bce"), {{{0.5f, -0.5f}, {0.25f, 0.0f}}}};
    generate_steps(model, {1, 2, {0.1f, 0.9f}, {1, 0}}, profile_named("float32"), 2, 0.1f,
                   directory / "steps");
  }

  std::string error_of(std::string_view set) const {
    return input_error_of([&] { verify_vectors(directory / set); });
  }

  /// `set`/`name`:LINE: expected ...
  std::string at(std::string_view set, std::string_view name, std::size_t line,
                 std::string_view expected) const {
    return fmt::format("{}:{}: expected {}", (directory / set / name).string(), line, expected);
  }

  TemporaryDirectory directory;
};

TEST_F(VerifyVectors, AcceptsWhatTheGeneratorsWrote) {
  EXPECT_EQ(error_of("level0_int8_hybrid"), "");
  EXPECT_EQ(error_of("level1_float32"), "");
  EXPECT_EQ(error_of("level1_int8_hybrid"), "");
  EXPECT_EQ(error_of("steps"), "");
}

TEST_F(VerifyVectors, NamesTheFileWhoseSha256IsAnother) {
  edit(directory / "steps/steps.csv", "0,z1,0,", "0,z1,1,");
  EXPECT_THAT(error_of("steps"),
              AllOf(HasSubstr("manifest.json:"), HasSubstr("SHA-256 of steps.csv")));
}

TEST_F(VerifyVectors, NamesLineEndsThatGitChanged) {
  const std::string text = files_of(directory / "steps")["steps.csv"];
  std::string changed;
  for (const char c : text) changed += c == '\n' ? "\r\n" : std::string(1, c);
  write_file(directory / "steps/steps.csv", changed);
  EXPECT_THAT(error_of("steps"), HasSubstr("its line ends were changed, as git does"));
  // Another change beside them is another change.
  edit(directory / "steps/steps.csv", "0,z1,0,", "0,z1,1,");
  EXPECT_THAT(error_of("steps"),
              AllOf(HasSubstr("SHA-256 of steps.csv"), testing::Not(HasSubstr("line ends"))));
}

TEST_F(VerifyVectors, FindsOneWrongDigitOfAnExactValue) {
  const std::string row = line_of(files_of(directory / "steps")["steps.csv"], 3);
  const auto digit = row.find("e-") - 1;
  std::string wrong = row;
  wrong[digit] = wrong[digit] == '7' ? '3' : '7';
  edit_unnoticed(directory / "steps", "steps.csv", row, wrong);
  EXPECT_THAT(error_of("steps"), HasSubstr("steps.csv:3: expected exact to be "));
}

TEST_F(VerifyVectors, FindsAWrongBitPattern) {
  edit_unnoticed(directory / "level1_float32", "tensors.csv", "zero_network,expected,a2,0,3f000000",
                 "zero_network,expected,a2,0,3f000001");
  EXPECT_THAT(error_of("level1_float32"), HasSubstr("expected bits to be \"3f000000\""));
  edit_unnoticed(directory / "level0_int8_hybrid", "arithmetic.csv",
                 "sigmoid_table_minus_128,sigmoid_table,ffffff80,00000000,00000000",
                 "sigmoid_table_minus_128,sigmoid_table,ffffff80,00000000,00000001");
  EXPECT_THAT(error_of("level0_int8_hybrid"), HasSubstr("expected bits to be \"00000000\""));
}

TEST_F(VerifyVectors, FindsADroppedRow) {
  const std::string row = line_of(files_of(directory / "level1_float32")["tensors.csv"], 100);
  edit_unnoticed(directory / "level1_float32", "tensors.csv", row, "");
  EXPECT_THAT(error_of("level1_float32"), HasSubstr("tensors.csv:100: expected row dense_"));
}

TEST_F(VerifyVectors, FindsARepeatedRow) {
  const std::string row = line_of(files_of(directory / "level1_float32")["tensors.csv"], 100);
  edit_unnoticed(directory / "level1_float32", "tensors.csv", row, row + row);
  EXPECT_THAT(error_of("level1_float32"), HasSubstr("tensors.csv:101: expected row dense_"));
}

TEST_F(VerifyVectors, FindsRowsInAnotherOrder) {
  const std::string text = files_of(directory / "steps")["steps.csv"];
  const std::string first = line_of(text, 2);
  const std::string second = line_of(text, 3);
  edit_unnoticed(directory / "steps", "steps.csv", first + second, second + first);
  EXPECT_THAT(error_of("steps"), HasSubstr("steps.csv:2: expected index to be \"0\", found \"1\""));
}

TEST_F(VerifyVectors, FindsATruncatedFile) {
  const std::string text = files_of(directory / "steps")["steps.csv"];
  const VectorManifest manifest = read_vector_set(directory / "steps");
  write_file(directory / "steps/steps.csv", text.substr(0, text.find("\n1,b1,1,") + 1));
  write_manifest(directory / "steps", manifest);
  EXPECT_THAT(error_of("steps"), HasSubstr("expected row 1,b1,1,"));
}

TEST_F(VerifyVectors, FindsRowsAfterTheLast) {
  const VectorManifest manifest = read_vector_set(directory / "steps");
  write_file(directory / "steps/steps.csv",
             files_of(directory / "steps")["steps.csv"] + "2,z1,0,0,0,0,0,\n");
  write_manifest(directory / "steps", manifest);
  EXPECT_THAT(error_of("steps"), EndsWith("expected no further row"));
}

TEST_F(VerifyVectors, FindsAWrongCaseCount) {
  edit(directory / "level0_int8_hybrid/manifest.json", "\"cases\": ", "\"cases\": 1");
  EXPECT_THAT(error_of("level0_int8_hybrid"), HasSubstr("cases in arithmetic.csv, found "));
}

TEST_F(VerifyVectors, RefusesAnotherFormatVersion) {
  edit(directory / "steps/manifest.json", "lsgd-vectors/1", "lsgd-vectors/2");
  EXPECT_EQ(error_of("steps"), at("steps", "manifest.json", 2,
                                  "/format to be \"lsgd-vectors/1\", found \"lsgd-vectors/2\""))
      << "the line and both versions are named";
}

TEST_F(VerifyVectors, RefusesUnknownKeys) {
  edit(directory / "steps/manifest.json", "\"level\": 2", "\"level\": 2,\n\"colour\": 1");
  EXPECT_THAT(error_of("steps"), HasSubstr("manifest.json:5: expected no key \"colour\""));
}

TEST_F(VerifyVectors, RefusesPathsThatLeaveTheDirectory) {
  for (const char* path : {"../steps.csv", "/etc/passwd", "a/steps.csv", "..\\\\steps.csv"}) {
    const std::string before = read_text(directory / "steps/manifest.json", 10000);
    edit(directory / "steps/manifest.json", "\"steps.csv\"", fmt::format("\"{}\"", path));
    EXPECT_THAT(error_of("steps"), HasSubstr("a file name of small letters")) << path;
    write_file(directory / "steps/manifest.json", before);
  }
}

TEST_F(VerifyVectors, RefusesFilesThatAreMissing) {
  std::filesystem::remove(directory / "steps/samples.csv");
  EXPECT_THAT(error_of("steps"), HasSubstr("samples.csv: expected a readable file"));
}

TEST_F(VerifyVectors, RefusesFlagsThatTheManifestDoesNotDescribe) {
  edit_unnoticed(directory / "level1_float32", "cases.csv", ",odd_length\n", ",off_length\n");
  EXPECT_THAT(error_of("level1_float32"),
              HasSubstr("cases.csv:2: expected flags to be flags that the manifest describes"));
}

TEST_F(VerifyVectors, RefusesCasesThatAreNotNetworks) {
  edit_unnoticed(directory / "level1_float32", "cases.csv", ",1-2,", ",0-2,");
  EXPECT_THAT(error_of("level1_float32"), HasSubstr("cases.csv:2: expected "));
}

TEST_F(VerifyVectors, RefusesGivenValuesThatAreNotFinite) {
  edit_unnoticed(directory / "level1_float32", "tensors.csv", "zero_network,given,x,0,00000000",
                 "zero_network,given,x,0,7f800000");
  EXPECT_THAT(error_of("level1_float32"),
              HasSubstr("expected bits to be a finite binary32 pattern"));
}

TEST_F(VerifyVectors, RefusesFractionBitsAboveSeven) {
  edit_unnoticed(directory / "level1_int8_hybrid", "tensors.csv",
                 "zero_network,given,W1.fraction_bits,0,07,7",
                 "zero_network,given,W1.fraction_bits,0,08,8");
  EXPECT_THAT(error_of("level1_int8_hybrid"), HasSubstr("fraction bits from 0 to 7"));
}

TEST_F(VerifyVectors, RefusesOperandsOutsideTheirRange) {
  edit_unnoticed(directory / "level0_int8_hybrid", "arithmetic.csv", "quantize,3f000000,00000000,",
                 "quantize,3f000000,00000008,");
  EXPECT_THAT(error_of("level0_int8_hybrid"),
              HasSubstr("arithmetic.csv:2: expected operand b to be from 0 to 7"));
}

TEST_F(VerifyVectors, RefusesArithmeticModelsThatAcceptAnything) {
  std::filesystem::copy(std::filesystem::path(LSGD_GOLDEN_DIRECTORY) / "level0_float32",
                        directory / "level0_float32");
  edit(directory / "level0_float32/manifest.json", "\"activation_ulps\": 4.0",
       "\"activation_ulps\": 1e9");
  EXPECT_THAT(error_of("level0_float32"),
              HasSubstr("an arithmetic model of few acceptable results"));
}

TEST_F(VerifyVectors, RefusesNamesThatRepeat) {
  const std::string text = files_of(directory / "level1_float32")["cases.csv"];
  edit_unnoticed(directory / "level1_float32", "cases.csv", line_of(text, 3), line_of(text, 2));
  EXPECT_THAT(error_of("level1_float32"),
              HasSubstr("cases.csv:3: expected case to be a name not used before"));
}

}  // namespace
}  // namespace lsgd
