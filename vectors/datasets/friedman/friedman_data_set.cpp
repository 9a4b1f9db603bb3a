// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <numbers>

#include "data/built_in_data_set.hpp"
#include "data/drawn_numbers.hpp"

namespace lsgd {
namespace {

constexpr std::size_t training_rows = 1400;
constexpr std::size_t test_rows = 600;
constexpr std::uint64_t seed = 1;
constexpr std::size_t inputs = 10;

double surface(const std::array<double, inputs>& x) {
  return 10 * std::sin(std::numbers::pi * x[0] * x[1]) + 20 * (x[2] - 0.5) * (x[2] - 0.5) +
         10 * x[3] + 5 * x[4];
}

}  // namespace

/// Friedman's first regression problem: ten inputs uniform in [0, 1), of which the target depends
/// on five, and noise of variance 1. The target is rounded to hundredths and divided by 32. Rows
/// are drawn one after the other: 1400 for training, then 600 for testing.
DataSet friedman_data_set(DataSetPart part, std::size_t rows) {
  DrawnNumbers numbers(seed);
  DataSet data{inputs, 0, {}, {}, 1};
  for (std::size_t row = 0; row < training_rows + test_rows && data.size() < rows; ++row) {
    std::array<double, inputs> x{};
    for (double& value : x) value = numbers.uniform();
    const double y = rounded_to_units(surface(x) + numbers.normal(), 100);
    if ((row < training_rows) != (part == DataSetPart::training)) continue;
    for (const double value : x) data.inputs_flat.push_back(static_cast<float>(value));
    data.targets_flat.push_back(static_cast<float>(y / 32));
    data.labels.push_back(0);
  }
  return data;
}

}  // namespace lsgd
