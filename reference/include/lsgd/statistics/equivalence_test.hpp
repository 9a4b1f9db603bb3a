// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/statistics/interval.hpp>

namespace lsgd {

/// Probability that the trajectory of a legal training leaves its envelope anywhere (SPEC 12.4).
inline constexpr double trajectory_false_alarm_rate = 1e-6;

/// Probability that a port whose mean outcome is off by the margin is accepted (SPEC 12.5).
inline constexpr double equivalence_significance = 0.05;

/// Probability, at most, that a legal port's outcome is refused (SPEC 12.5).
inline constexpr double equivalence_refusal_rate = 0.02;

/// Two one-sided tests of a mean difference against +-margin (SPEC 12.5).
struct EquivalenceTest {
  double mean_difference = 0;
  Interval confidence;  ///< of the mean; 1 - 2 equivalence_significance
  double margin = 0;

  /// Differences of exactly the margin are refused, whatever the last bit of their mean.
  bool passed() const {
    const double inside = margin * (1 - 0x1p-30);
    return -inside < confidence.low && confidence.high < inside;
  }
};

}  // namespace lsgd
