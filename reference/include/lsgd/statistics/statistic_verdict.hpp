// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lsgd {

/// One statistic of one tensor over the observed steps, in error units (SPEC 6.3.2).
struct StatisticVerdict {
  std::string tensor;     ///< a1, W1, b1, a2, ...
  std::string statistic;  ///< bias, directed_bias, update_bias or root_mean_square
  double value = 0;       ///< of the device
  double low = 0;         ///< legal computations stay between low and high, both included
  double high = 0;
  bool passed = true;
};

}  // namespace lsgd
