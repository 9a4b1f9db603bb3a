// SPDX-License-Identifier: Apache-2.0
#include "description/arithmetic_page.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "description/project_files.hpp"
#include "files/text_file.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

class ArithmeticPage : public testing::TestWithParam<std::string> {
 protected:
  std::string page() const { return arithmetic_page(profile_of(GetParam())); }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::istringstream stream(page());
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }
};

/// `lsgd-conform documents` writes them.
TEST_P(ArithmeticPage, IsTheOneBesideTheDeclarations) {
  const auto file = source_directory() / "reference/arithmetics/pages" / (GetParam() + ".md");
  EXPECT_EQ(read_text(file, 1 << 20), page()) << "lsgd-conform documents writes it";
}

TEST_P(ArithmeticPage, HasASentenceForEachRounding) {
  const Arithmetic arithmetic = read_arithmetic(GetParam());
  std::size_t declared = 0;
  for (const std::vector<Rounding>& roundings : arithmetic.points) declared += roundings.size();
  std::size_t told = 0;
  const std::string text = page();
  for (const char* words : {"rounded to `", "kept in `"})
    for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
      ++told;
  EXPECT_EQ(told, declared);
}

/// The step in binary64, written down once more: what stands in the column of real numbers.
std::map<std::string, double> step_in_binary64() {
  const double x[2] = {0.6f, -0.4f};
  double w1[2][2] = {{0.75, -0.5}, {0.25, 1.0}}, b1[2] = {0.125, -0.25};
  double w2[2] = {0.5, -0.75}, b2 = 0.25;
  const double t = 1, r = 0.5;
  double a1[2];
  std::map<std::string, double> numbers;
  for (int j = 0; j < 2; ++j) {
    const double z = b1[j] + w1[j][0] * x[0] + w1[j][1] * x[1];
    a1[j] = std::tanh(z);
    numbers["a1[" + std::to_string(j) + "]"] = a1[j];
  }
  const double a2 = 1 / (1 + std::exp(-(b2 + w2[0] * a1[0] + w2[1] * a1[1])));
  const double delta2 = (a2 - t) * a2 * (1 - a2);
  numbers["a2"] = a2;
  numbers["b2"] = b2 - r * delta2;
  for (int j = 0; j < 2; ++j) {
    const double delta1 = w2[j] * delta2 * (1 - a1[j] * a1[j]);
    numbers["b1[" + std::to_string(j) + "]"] = b1[j] - r * delta1;
    for (int i = 0; i < 2; ++i)
      numbers["W1[" + std::to_string(2 * j + i) + "]"] = w1[j][i] - r * delta1 * x[i];
    numbers["W2[" + std::to_string(j) + "]"] = w2[j] - r * delta2 * a1[j];
  }
  return numbers;
}

TEST_P(ArithmeticPage, ComparesAStepWithRealNumbers) {
  const auto real = step_in_binary64();
  std::size_t compared = 0;
  for (const std::string& line : lines()) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(cell);
    if (cells.size() < 6 || cells[1].size() < 3) continue;
    const auto found = real.find(cells[1].substr(1, cells[1].size() - 2));
    if (found == real.end()) continue;
    EXPECT_NEAR(std::stod(cells[4]), found->second, 1e-8) << line;
    ++compared;
  }
  EXPECT_GE(compared, 8u);
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, ArithmeticPage, testing::ValuesIn(built_in_arithmetics()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace lsgd
