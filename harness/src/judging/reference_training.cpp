// SPDX-License-Identifier: Apache-2.0
#include "judging/reference_training.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include <lsgd/statistics/equivalence_test.hpp>
#include <lsgd/statistics/prediction_interval.hpp>

#include "training/seeded_shuffle.hpp"

namespace lsgd {

std::vector<std::vector<std::size_t>> sample_orders(const TrainingTask& task) {
  std::mt19937_64 engine(task.seed);
  std::vector<std::vector<std::size_t>> orders;
  for (std::size_t epoch = 0; epoch < task.epochs; ++epoch) {
    if (task.shuffled) {
      orders.push_back(shuffled_indices(task.training.size(), engine));
    } else {
      std::vector<std::size_t>& order = orders.emplace_back(task.training.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
    }
    orders.back().resize(std::min(task.steps(), orders.back().size()));
  }
  return orders;
}

TrajectoryPoint trajectory_point(const TrainingState& state, const TrainingState& exact) {
  double squares = 0;
  for (std::size_t i = 0; i < state.parameters.size(); ++i) {
    const double difference = state.parameters[i] - exact.parameters[i];
    squares += difference * difference;
  }
  return {state.training.loss(), state.training.accuracy(), state.test.loss(),
          state.test.accuracy(), std::sqrt(squares)};
}

std::vector<double> ReferenceTraining::values_of(std::size_t epoch,
                                                 TrajectoryQuantity quantity) const {
  const auto index = static_cast<std::size_t>(quantity);
  if (members[epoch].empty()) return {trajectory_point(exact[epoch], exact[epoch])[index]};
  std::vector<double> values;
  for (const TrajectoryPoint& member : members[epoch]) values.push_back(member[index]);
  return values;
}

std::vector<double> ReferenceTraining::longer_values_of(std::size_t epoch,
                                                        TrajectoryQuantity quantity) const {
  std::vector<double> values;
  if (!longer_members.empty())
    for (const TrajectoryPoint& member : longer_members[epoch])
      values.push_back(member[static_cast<std::size_t>(quantity)]);
  return values;
}

MeanAndVariance ReferenceTraining::distribution_near(double value,
                                                     TrajectoryQuantity quantity) const {
  const std::size_t last = exact.size() - 1;
  const std::vector<double> values = values_of(last, quantity);
  MeanAndVariance distribution = mean_and_variance(values);
  std::vector<double> means = longer_values_of(last, quantity);
  means.push_back(distribution.mean);
  const auto [least, greatest] = std::ranges::minmax(means);
  distribution.mean = std::clamp(value, least, greatest);
  return distribution;
}

double ReferenceTraining::earlier_width(std::size_t epoch, TrajectoryQuantity quantity, double rate,
                                        double largest_term) const {
  const auto half_width = [&](std::size_t of_epoch) {
    const Interval interval =
        prediction_interval(values_of(of_epoch, quantity), rate, largest_term);
    return (interval.high - interval.low) / 2;
  };
  const double own = half_width(epoch);
  double largest = own;
  for (std::size_t earlier = 0; earlier < epoch; ++earlier)
    largest = std::max(largest, half_width(earlier));
  return largest - own;
}

Interval ReferenceTraining::envelope(std::size_t epoch, TrajectoryQuantity quantity) const {
  const double rate = trajectory_false_alarm_rate /
                      static_cast<double>(members.size() * trajectory_quantities.size());
  const std::vector<double> values = values_of(epoch, quantity);
  const std::vector<double> longer = longer_values_of(epoch, quantity);
  if (members[epoch].empty()) return {values.front(), values.front()};
  const bool is_training = quantity == TrajectoryQuantity::training_accuracy;
  if (is_training || quantity == TrajectoryQuantity::test_accuracy) {
    const LearningFigures& figures = is_training ? exact[epoch].training : exact[epoch].test;
    const double one_sample = 1 / static_cast<double>(figures.samples());
    const Interval interval = prediction_interval(values, longer, rate, one_sample);
    const double wider = earlier_width(epoch, quantity, rate, one_sample);
    return {std::max(0.0, interval.low - wider), std::min(1.0, interval.high + wider)};
  }
  if (quantity != TrajectoryQuantity::distance) {
    const Interval interval = prediction_interval(values, longer, rate);
    const double wider = earlier_width(epoch, quantity, rate, 0);
    return {interval.low - wider, interval.high + wider};
  }
  if (!distances_grow_by_factors) {
    const Interval interval = prediction_interval(values, longer, rate);
    return {longer.empty() ? interval.low : 0, interval.high};
  }
  // It is their logarithm that is nearly normal.
  if (std::ranges::min(values) <= 0) return {0, prediction_interval(values, longer, rate).high};
  std::vector<double> logarithms;
  for (const double value : values) logarithms.push_back(std::log(value));
  const Interval interval = prediction_interval(logarithms, rate);
  const double high = std::max(std::exp(interval.high), std::ranges::max(values));
  // A distance measures errors, and a device may make smaller ones where it keeps more bits.
  if (!longer.empty()) return {0, std::max(high, std::ranges::max(longer))};
  return {std::min(std::exp(interval.low), std::ranges::min(values)), high};
}

}  // namespace lsgd
