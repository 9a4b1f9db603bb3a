// SPDX-License-Identifier: Apache-2.0
#include "export/export_vectors.hpp"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cases/golden_set.hpp"
#include "data/network_text.hpp"
#include "input_error_of.hpp"
#include "steps/step_vectors.hpp"
#include "temporary_directory.hpp"
#include "vector_directory.hpp"

namespace lsgd {
namespace {

const std::filesystem::path exported_golden = LSGD_GOLDEN_DIRECTORY;

/// Compiles a C99 program with all warnings and runs it; 0 is success of both.
int compile_and_run(const TemporaryDirectory& directory, const std::string& source) {
  const auto program = directory.file("program.c", source);
  const std::string executable = (directory / "program").string();
  const std::string command = fmt::format(
      "{} -std=c99 -Wall -Wextra -Wpedantic -Werror -O0 -I{} {} -o {} && {}", LSGD_C_COMPILER,
      (directory / ".").string(), program.string(), executable, executable);
  return std::system(command.c_str());
}

TEST(ExportVectors, CHeadersCompileTogetherAndSayWhatTheSetsSay) {
  const TemporaryDirectory directory;
  for (const char* name :
       {"level0_float32", "level0_int8_hybrid", "level1_float32", "level1_int8_hybrid"})
    export_vectors(exported_golden / name, ExportFormat::c, directory / name);
  const GoldenSet set = read_golden_set(exported_golden / "level1_float32");
  const GoldenCase& last = set.cases.back();
  const ExpectedElement& element = last.expected.back().elements.back();
  const ArithmeticCase row =
      read_arithmetic_set(exported_golden / "level0_int8_hybrid").cases.at(3);
  const std::string source = fmt::format(
      R"(#include "level0_float32/level0_float32.h"
#include "level0_int8_hybrid/level0_int8_hybrid.h"
#include "level1_float32/level1_float32.h"
#include "level1_int8_hybrid/level1_int8_hybrid.h"
#include "level1_float32/level1_float32.h"
#include <string.h>
int main(void) {{
  const struct lsgd_vector_case last = lsgd_level1_float32_cases[lsgd_level1_float32_case_count - 1];
  const struct lsgd_vector_tensor tensor =
      lsgd_level1_float32_tensors[last.first_tensor + last.tensor_count - 1];
  const uint32_t index = tensor.first + tensor.count - 1;
  const struct lsgd_arithmetic_vector row = lsgd_level0_int8_hybrid[3];
  if (lsgd_level1_float32_case_count != {}) return 1;
  if (strcmp(last.name, "{}") != 0 || strcmp(last.layers, "{}") != 0) return 2;
  if (strcmp(tensor.name, "{}") != 0 || tensor.is_given || tensor.element_bits != 32) return 3;
  if (lsgd_level1_float32_expected_bits[index] != 0x{:08x}u) return 4;
  if (lsgd_level1_float32_exact[index] != {}) return 5;
  if (lsgd_level1_float32_bound[index] < {} || lsgd_level1_float32_bound[index] > {} * 1.00001) return 6;
  if (index + 1 != sizeof lsgd_level1_float32_expected_bits / sizeof(uint32_t)) return 7;
  if (strcmp(row.name, "{}") != 0 || row.a != 0x{:08x}u || row.result != 0x{:08x}u) return 8;
  return lsgd_level0_float32_count == 0 || lsgd_level1_int8_hybrid_also_count == 0;
}}
)",
      set.cases.size(), last.name, sizes_text(last.network), last.expected.back().name,
      element.bits, element.exact, *element.bound, *element.bound, row.name, row.a, row.bits);
  EXPECT_EQ(compile_and_run(directory, source), 0);
}

TEST(ExportVectors, CHeadersAreValidInEveryCAndCPlusPlus) {
  const TemporaryDirectory directory;
  for (const char* name : {"level0_int8_hybrid", "level1_int32_fixed"})
    export_vectors(exported_golden / name, ExportFormat::c, directory / name);
  const auto source = directory.file("unit",
                                     "#include \"level0_int8_hybrid/level0_int8_hybrid.h\"\n"
                                     "#include \"level1_int32_fixed/level1_int32_fixed.h\"\n");
  for (const char* language : {"c -std=c90", "c -std=c99", "c -std=c11", "c++ -std=c++11",
                               "c++ -std=c++17", "c++ -std=c++20"})
    EXPECT_EQ(std::system(fmt::format("{} -x {} -Wall -Wextra -Wpedantic -Werror -Wno-long-long "
                                      "-fsyntax-only {}",
                                      LSGD_C_COMPILER, language, source.string())
                              .c_str()),
              0)
        << language;
}

TEST(ExportVectors, ChecksInCTakeWhatIsRightAlone) {
  const TemporaryDirectory directory;
  for (const char* name : {"level0_int8_hybrid", "level1_float32", "level1_int8_hybrid"})
    export_vectors(exported_golden / name, ExportFormat::c, directory / name);
  // What each set says of itself is right; beside a bound, and instead of exact bits, it is not.
  const std::string source = R"(#include "level0_int8_hybrid/level0_int8_hybrid.h"
#include "level1_float32/level1_float32.h"
#include "level1_int8_hybrid/level1_int8_hybrid.h"
int main(void) {
  uint32_t i, overflows = 0;
  for (i = 0; i < lsgd_level0_int8_hybrid_count; ++i) {
    const struct lsgd_arithmetic_vector row = lsgd_level0_int8_hybrid[i];
    if (!lsgd_level0_int8_hybrid_check(i, row.result)) return 1;
    if (row.also_count == 0 && lsgd_level0_int8_hybrid_check(i, row.result ^ 1)) return 2;
    if (row.also_count > 0 &&
        !lsgd_level0_int8_hybrid_check(i, lsgd_level0_int8_hybrid_also[row.also_first])) return 3;
  }
  for (i = 0; i < sizeof lsgd_level1_float32_bound / sizeof(double); ++i) {
    const double exact = lsgd_level1_float32_exact[i], bound = lsgd_level1_float32_bound[i];
    if (!lsgd_level1_float32_check(i, ~lsgd_level1_float32_expected_bits[i], exact + bound / 2)) return 4;
    overflows += bound > 1e60;
    if (bound < 1e60 &&
        lsgd_level1_float32_check(i, ~lsgd_level1_float32_expected_bits[i], exact + 2 * bound + 1e-300)) return 5;
  }
  if (overflows == 0) return 6;
  for (i = 0; i < lsgd_level1_int8_hybrid_also_count; ++i) {
    const struct lsgd_vector_also also = lsgd_level1_int8_hybrid_also[i];
    if (!lsgd_level1_int8_hybrid_check(also.index, also.bits, 1e9)) return 7;
    if (lsgd_level1_int8_hybrid_bound[also.index] != -1) return 8;
    if (lsgd_level1_int8_hybrid_check(also.index, 0xffffu, lsgd_level1_int8_hybrid_exact[also.index])) return 9;
  }
  return i == 0;
}
)";
  EXPECT_EQ(compile_and_run(directory, source), 0);
}

TEST(ExportVectors, CHeadersOfTrainingStepsCompile) {
  const TemporaryDirectory directory;
  const Model model{network_from_text("1-2", "sigmoid", "bce"), {{{0.5f, -0.5f}, {0.25f, 0.0f}}}};
  generate_steps(model, {1, 2, {0.1f, 0.9f}, {1, 0}}, profile_named("int8_hybrid"), 2, 0.1f,
                 directory / "v");
  export_vectors(directory / "v", ExportFormat::c, directory / "c");
  EXPECT_EQ(compile_and_run(directory,
                            "#include \"c/steps.h\"\n"
                            "int main(void) { return lsgd_steps_case_count != 2; }\n"),
            0);
}

/// A NumPy file taken apart: the documented dtype, the number of elements, their bytes.
struct Array {
  std::string dtype;
  std::size_t length = 0;
  std::string elements;
};

/// Reads format 1.0 by its definition (NEP 1).
Array parse_npy(const std::string& bytes) {
  Array array;
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t header_length =
      static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ((10 + header_length) % 64, 0U);
  const std::string header = bytes.substr(10, header_length);
  EXPECT_EQ(header.back(), '\n');
  char dtype[16] = {};
  EXPECT_EQ(
      std::sscanf(header.c_str(), "{'descr': '%15[^']', 'fortran_order': False, 'shape': (%zu,), }",
                  dtype, &array.length),
      2);
  array.dtype = dtype;
  array.elements = bytes.substr(10 + header_length);
  EXPECT_EQ(array.elements.size(), array.length * std::stoul(array.dtype.substr(2)));
  return array;
}

template <class T>
T element(const Array& array, std::size_t index) {
  T value;
  std::memcpy(&value, array.elements.data() + index * sizeof(T), sizeof(T));
  return value;
}

std::string text(const Array& array, std::size_t index) {
  const std::size_t width = std::stoul(array.dtype.substr(2));
  return array.elements.substr(index * width, width).c_str();
}

TEST(ExportVectors, NumPyArraysHoldTheCases) {
  static_assert(std::endian::native == std::endian::little);
  const TemporaryDirectory directory;
  export_vectors(exported_golden / "level1_int8_hybrid", ExportFormat::npy, directory / "npy");
  std::map<std::string, Array> arrays;
  for (const auto& [name, bytes] : files_of(directory / "npy"))
    if (name != "layout.csv") arrays[name.substr(0, name.size() - 4)] = parse_npy(bytes);
  const GoldenSet set = read_golden_set(exported_golden / "level1_int8_hybrid");
  ASSERT_EQ(arrays["case_name"].length, set.cases.size());
  EXPECT_EQ(arrays["case_learning_rate"].dtype, "<f4");
  EXPECT_EQ(arrays["expected_exact"].dtype, "<f8");
  EXPECT_EQ(arrays["given_bits"].dtype, "<u4");
  std::size_t tensor = 0;
  for (std::size_t c = 0; c < set.cases.size(); ++c) {
    const GoldenCase& row = set.cases[c];
    EXPECT_EQ(text(arrays["case_name"], c), row.name);
    EXPECT_EQ(element<float>(arrays["case_learning_rate"], c), row.learning_rate);
    while (text(arrays["tensor_role"], tensor) == "given") ++tensor;
    for (const ExpectedTensor& expected : row.expected) {
      EXPECT_EQ(element<std::uint32_t>(arrays["tensor_case"], tensor), c);
      EXPECT_EQ(text(arrays["tensor_name"], tensor), expected.name);
      ASSERT_EQ(element<std::uint32_t>(arrays["tensor_count"], tensor), expected.elements.size());
      const auto first = element<std::uint32_t>(arrays["tensor_first"], tensor);
      for (std::size_t i = 0; i < expected.elements.size(); ++i) {
        EXPECT_EQ(element<std::uint32_t>(arrays["expected_bits"], first + i),
                  expected.elements[i].bits);
        const double bound = element<double>(arrays["expected_bound"], first + i);
        EXPECT_EQ(bound < 0, !expected.elements[i].bound.has_value());
        if (bound >= 0) {
          EXPECT_GE(bound, *expected.elements[i].bound);
        }
        EXPECT_EQ(element<double>(arrays["expected_exact"], first + i),
                  std::stod(expected.elements[i].exact));
      }
      ++tensor;
    }
  }
}

TEST(ExportVectors, LayoutDescribesEveryArray) {
  const TemporaryDirectory directory;
  export_vectors(exported_golden / "level0_float32", ExportFormat::npy, directory / "npy");
  const auto files = files_of(directory / "npy");
  for (const auto& [name, bytes] : files) {
    if (name == "layout.csv") continue;
    const Array array = parse_npy(bytes);
    const std::string line = fmt::format("\n{},{},{},", name, array.dtype, array.length);
    EXPECT_NE(files.at("layout.csv").find(line), std::string::npos) << line;
  }
}

TEST(ExportVectors, ADamagedSetIsNotExported) {
  const TemporaryDirectory directory;
  std::filesystem::copy(exported_golden / "level0_float32", directory / "set");
  edit_unnoticed(directory / "set", "arithmetic.csv", ",33800000,3f800000,", ",33800000,3f800001,");
  EXPECT_NE(
      input_error_of([&] { export_vectors(directory / "set", ExportFormat::c, directory / "c"); }),
      "");
  EXPECT_FALSE(directory.entries().contains("c"));
}

TEST(ExportVectors, FormatsHaveNames) {
  EXPECT_EQ(export_format_from_text("c"), ExportFormat::c);
  EXPECT_EQ(export_format_from_text("npy"), ExportFormat::npy);
  EXPECT_FALSE(export_format_from_text("xml"));
}

}  // namespace
}  // namespace lsgd
