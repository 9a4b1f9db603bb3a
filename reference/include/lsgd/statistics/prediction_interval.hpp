// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstddef>
#include <span>

#include <lsgd/statistics/interval.hpp>

namespace lsgd {

/// Quantile of Student's distribution: exceeded with probability `tail`.
inline double student_quantile(std::size_t degrees_of_freedom, double tail) {
  const boost::math::students_t distribution(static_cast<double>(degrees_of_freedom));
  return boost::math::quantile(boost::math::complement(distribution, tail));
}

/// Where one more value like `members` lies but for the false-alarm rate: the prediction interval
/// of a normal variable, enlarged as in Bernstein's inequality where the values are sums of terms
/// of size `largest_term`, and extended to contain every member (SPEC 6.3.4, 12.4). At least two
/// members.
inline Interval prediction_interval(std::span<const double> members, double false_alarm_rate,
                                    double largest_term = 0) {
  const auto [mean, variance] = mean_and_variance(members);
  const double student = student_quantile(members.size() - 1, false_alarm_rate / 2);
  const double jump = largest_term * std::log(2 / false_alarm_rate) / 3;
  const double half_width =
      jump + std::sqrt(jump * jump + student * student * variance *
                                         (1 + 1 / static_cast<double>(members.size())));
  const auto [smallest, largest] = std::ranges::minmax(members);
  return {std::min(mean - half_width, smallest), std::max(mean + half_width, largest)};
}

/// The same for devices that may keep more bits than is declared: `members` keep exactly those, one
/// of `more` each number up to 24. A device that keeps more scatters by less, but about another
/// mean; so each of `more` is surrounded by half the interval of `members` (SPEC 6.3.4).
/// @param more may be empty
inline Interval prediction_interval(std::span<const double> members, std::span<const double> more,
                                    double false_alarm_rate, double largest_term = 0) {
  const Interval declared = prediction_interval(members, false_alarm_rate, largest_term);
  if (more.empty()) return declared;
  const Interval mixed = prediction_interval(more, false_alarm_rate, largest_term);
  const double half_width = (declared.high - declared.low) / 2;
  const auto [smallest, largest] = std::ranges::minmax(more);
  return {std::min({declared.low, mixed.low, smallest - half_width}),
          std::max({declared.high, mixed.high, largest + half_width})};
}

}  // namespace lsgd
