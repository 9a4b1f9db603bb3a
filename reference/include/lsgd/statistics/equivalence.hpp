// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include <lsgd/statistics/equivalence_test.hpp>
#include <lsgd/statistics/prediction_interval.hpp>

namespace lsgd {

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
