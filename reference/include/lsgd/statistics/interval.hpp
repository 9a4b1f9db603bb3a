// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace lsgd {

struct Interval {
  double low = 0;
  double high = 0;

  bool contains(double value) const { return low <= value && value <= high; }
};

struct MeanAndVariance {
  double mean = 0;
  double variance = 0;  ///< unbiased; 0 for a single value
};

inline MeanAndVariance mean_and_variance(std::span<const double> values) {
  const double size = static_cast<double>(values.size());
  MeanAndVariance result;
  for (const double value : values) result.mean += value / size;
  for (const double value : values)
    result.variance += (value - result.mean) * (value - result.mean) / std::max(1.0, size - 1);
  return result;
}

}  // namespace lsgd
