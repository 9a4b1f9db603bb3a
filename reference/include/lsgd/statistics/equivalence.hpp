// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include <lsgd/statistics/prediction_interval.hpp>

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

/// @param differences from the reference, one per independent initialisation, at least two
/// @param standard_deviation between legal trainings from the same parameters: differences that
///     happen to vary less than a legal port's do not count as known better
inline EquivalenceTest equivalence_test(std::span<const double> differences, double margin,
                                        double standard_deviation) {
  const auto [mean, variance] = mean_and_variance(differences);
  const double deviation = std::max(std::sqrt(variance), standard_deviation);
  const double half_width = student_quantile(differences.size() - 1, equivalence_significance) *
                            deviation / std::sqrt(static_cast<double>(differences.size()));
  return {mean, {mean - half_width, mean + half_width}, margin};
}

/// The margin of an outcome over `initialisations` trainings: what the test set can resolve, or
/// what the arithmetic leaves open where that is more (SPEC 12.5).
/// @param standard_error of the figure as measured on the test set
/// @param standard_deviation of the figure between legal trainings from the same parameters
inline double equivalence_margin(double standard_error, double standard_deviation,
                                 std::size_t initialisations) {
  const std::size_t degrees = initialisations - 1;
  const double quantiles = student_quantile(degrees, equivalence_significance) +
                           student_quantile(degrees, equivalence_refusal_rate / 2);
  return std::max(standard_error,
                  quantiles * standard_deviation / std::sqrt(static_cast<double>(initialisations)));
}

}  // namespace lsgd
