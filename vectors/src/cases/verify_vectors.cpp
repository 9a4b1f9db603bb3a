// SPDX-License-Identifier: Apache-2.0
#include "cases/verify_vectors.hpp"

#include <fmt/format.h>
#include <stdexcept>

#include "cases/golden_set.hpp"
#include "files/input_error.hpp"
#include "steps/declared_step_vectors.hpp"
#include "steps/expected_step.hpp"
#include "steps/step_vectors.hpp"

namespace lsgd {
namespace {

std::uint64_t verify_level_0(const std::filesystem::path& directory) {
  const ArithmeticSet set = read_arithmetic_set(directory);
  try {
    verify_lines(directory / "arithmetic.csv", [&](const LineSink& lines) {
      write_arithmetic_cases(set.cases, set.manifest.arithmetic, lines);
    });
  } catch (const std::invalid_argument& problem) {
    throw InputError(
        (directory / "manifest.json").string(), 0,
        fmt::format("an arithmetic model of few acceptable results ({})", problem.what()));
  }
  return set.cases.size();
}

std::uint64_t verify_level_1(const std::filesystem::path& directory) {
  const GoldenSet set = read_golden_set(directory);
  verify_lines(directory / "cases.csv",
               [&](const LineSink& lines) { write_golden_cases(set.cases, lines); });
  verify_lines(directory / "tensors.csv", [&](const LineSink& lines) {
    write_golden_tensors(set.cases, *set.manifest.profile, set.manifest.arithmetic, lines);
  });
  return set.cases.size();
}

std::uint64_t verify_level_2(const std::filesystem::path& directory) {
  const StepVectors vectors = read_step_vectors(directory);
  if (!vectors.profile->has_binary32_weights()) {
    verify_lines(directory / quantized_parameters_file(*vectors.profile),
                 [&](const LineSink& lines) { write_quantized_parameter_lines(vectors, lines); });
  }
  verify_lines(directory / "steps.csv",
               [&](const LineSink& lines) { write_step_lines(vectors, lines); });
  return vectors.steps;
}

}  // namespace

std::uint64_t verify_vectors(const std::filesystem::path& directory) {
  if (holds_declared_vectors(directory)) return verify_declared_vectors(directory);
  switch (read_vector_set(directory).level) {
    case 0:
      return verify_level_0(directory);
    case 1:
      return verify_level_1(directory);
    case 2:
      return verify_level_2(directory);
    default:
      throw InputError((directory / "manifest.json").string(), 0,
                       "a vector set of level 0, 1 or 2");
  }
}

}  // namespace lsgd
