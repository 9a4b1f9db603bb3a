// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>

#include "data/built_in_data_set.hpp"
#include "data/drawn_numbers.hpp"

namespace lsgd {
namespace {

constexpr std::size_t training_rows = 3500;
constexpr std::size_t test_rows = 1500;
constexpr std::uint64_t seed = 1;
constexpr int window = 21;
constexpr int classes = 3;

/// A triangle of height 6 around `top`, at place 1 to 21 of the window.
int triangle(int place, int top) { return std::max(6 - std::abs(place - top), 0); }

/// Where the two waves of each class have their tops.
constexpr int tops[classes][2] = {{11, 15}, {11, 7}, {15, 7}};

}  // namespace

/// Waveforms of Breiman and others: 21 samples of a sensor, which sees a random mixture of two of
/// three triangular waves and noise of variance 1. The label is the pair of waves. Values are
/// rounded to hundredths and divided by 8. Rows are drawn one after the other: 3500 for training,
/// then 1500 for testing.
DataSet waveform_data_set(DataSetPart part, std::size_t rows) {
  DrawnNumbers numbers(seed);
  DataSet data{window, classes, {}, {}};
  for (std::size_t row = 0; row < training_rows + test_rows && data.size() < rows; ++row) {
    const auto label = static_cast<std::uint32_t>(numbers.uniform() * classes);
    const double mixture = numbers.uniform();
    const bool is_chosen = (row < training_rows) == (part == DataSetPart::training);
    for (int place = 1; place <= window; ++place) {
      const double wave = mixture * triangle(place, tops[label][0]) +
                          (1 - mixture) * triangle(place, tops[label][1]);
      const double value = rounded_to_units(wave + numbers.normal(), 100);
      if (is_chosen) data.inputs_flat.push_back(static_cast<float>(value / 8));
    }
    if (is_chosen) data.labels.push_back(label);
  }
  return data;
}

}  // namespace lsgd
