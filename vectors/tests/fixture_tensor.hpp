// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace lsgd {

/// A file of vectors/tests/fixtures.
inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(LSGD_FIXTURES_DIRECTORY) / name;
}

/// Tensor `number` of the fixtures, as make_fixtures.py defines it.
inline std::vector<float> fixture_tensor(int number, std::size_t count) {
  std::vector<float> values;
  for (std::size_t k = 0; k < count; ++k)
    values.push_back(static_cast<float>(number) + (3 * static_cast<float>(k) - 4) / 8);
  return values;
}

/// [columns][rows] from [rows][columns].
inline std::vector<float> transposed(const std::vector<float>& values, std::size_t rows,
                                     std::size_t columns) {
  std::vector<float> result;
  for (std::size_t c = 0; c < columns; ++c)
    for (std::size_t r = 0; r < rows; ++r) result.push_back(values[r * columns + c]);
  return result;
}

}  // namespace lsgd
