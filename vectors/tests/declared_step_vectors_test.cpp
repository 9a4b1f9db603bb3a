// SPDX-License-Identifier: Apache-2.0
#include "steps/declared_step_vectors.hpp"

#include <gmock/gmock.h>
#include <string>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "cases/verify_vectors.hpp"
#include "data/network_text.hpp"
#include "input_error_of.hpp"
#include "steps/step_vectors.hpp"
#include "temporary_directory.hpp"
#include "vector_directory.hpp"

namespace lsgd {
namespace {

using ::testing::HasSubstr;

/// 2-3-1 with parameters that every int8 tensor of 6 fraction bits holds.
DeclaredStepVectors small_vectors(const Arithmetic& arithmetic) {
  const Model model{network_from_text("2-3-1", "tanh-sigmoid", "bce"),
                    {{{0.5f, -1.25f, 0.3f, 0.7f, -0.2f, 0.1f}, {0.25f, -0.5f, 0.125f}},
                     {{1.5f, -0.75f, 0.4f}, {-0.3f}}}};
  const DataSet data{2, 2, {0.1f, 0.9f, -0.4f, 0.3f, 0.75f, -0.6f}, {1, 0, 1}};
  return {model, data, arithmetic, 4, 0.125f};
}

TEST(DeclaredStepVectors, HaveTheRowsOfTheBuiltInProfileWhereTheDeclarationIsItsOwn) {
  const TemporaryDirectory directory;
  const DeclaredStepVectors vectors = small_vectors(read_arithmetic("int8_integer"));
  const ParameterChange declared = generate_declared_steps(vectors, directory / "declared");
  EXPECT_EQ(generate_steps(vectors.model, vectors.data, profile_named("int8_integer"),
                           vectors.steps, vectors.learning_rate, directory / "built_in"),
            declared);
  EXPECT_GT(declared.changed, 0u);
  EXPECT_EQ(read_text(directory / "declared" / "steps.csv", longest_test_file),
            read_text(directory / "built_in" / "steps.csv", longest_test_file));
}

TEST(DeclaredStepVectors, AreVerifiedFromTheirDeclarationAndRefusedWhereARowWasChanged) {
  const TemporaryDirectory directory;
  generate_declared_steps(small_vectors(read_arithmetic("int8_integer")), directory / "v");
  EXPECT_EQ(verify_vectors(directory / "v"), 4U);
  edit(directory / "v" / "steps.csv", "\n0,z1,0,", "\n0,z1,0,0");
  EXPECT_THAT(input_error_of([&] { verify_vectors(directory / "v"); }),
              HasSubstr("expected the SHA-256 of steps.csv"));
}

TEST(DeclaredStepVectors, AreRefusedWithTheDeclarationOfAnotherArithmetic) {
  const TemporaryDirectory directory;
  generate_declared_steps(small_vectors(read_arithmetic("int8_integer")), directory / "v");
  const std::string digest = digest_of(read_arithmetic("int8_integer"));
  edit(directory / "v" / "manifest.json", digest, std::string(64, '0'));
  EXPECT_THAT(input_error_of([&] { verify_vectors(directory / "v"); }),
              HasSubstr("the digest of arithmetic.toml, which is " + digest));
}

TEST(DeclaredStepVectors, AreTheSameBytesEachTime) {
  const TemporaryDirectory directory;
  const DeclaredStepVectors vectors = small_vectors(read_arithmetic("int8_integer"));
  generate_declared_steps(vectors, directory / "one");
  generate_declared_steps(vectors, directory / "two");
  EXPECT_EQ(files_of(directory / "one"), files_of(directory / "two"));
}

TEST(DeclaredStepVectors, NeedADeclarationThatLeavesNoBitOpen) {
  const TemporaryDirectory directory;
  EXPECT_THAT(input_error_of([&] {
                generate_declared_steps(small_vectors(read_arithmetic("float32")), directory / "v");
              }),
              HasSubstr("expected an arithmetic whose every bit is known"));
  EXPECT_FALSE(std::filesystem::exists(directory / "v"));
}

}  // namespace
}  // namespace lsgd
