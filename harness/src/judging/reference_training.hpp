// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/statistics/interval.hpp>
#include <lsgd/statistics/learning_figures.hpp>

#include "data/data_file.hpp"

namespace lsgd {

/// A training run that is judged: everything but the arithmetic.
struct TrainingTask {
  const Network& network;
  const DataSet& training;
  const DataSet& test;
  const Parameters<float>& start;
  float learning_rate = 0.01f;
  std::size_t epochs = 1;
  std::size_t samples = 0;  ///< of each epoch's order; 0: all
  std::uint64_t seed = 1;   ///< of the order of samples
  bool shuffled = true;     ///< else every epoch takes the samples as they come

  /// Steps of one epoch.
  std::size_t steps() const { return samples == 0 ? training.size() : samples; }
};

/// The samples of every epoch, [epochs][steps]: each a shuffle of its own (SPEC 12.1).
std::vector<std::vector<std::size_t>> sample_orders(const TrainingTask& task);

/// What is judged after every epoch (SPEC 12.4).
enum class TrajectoryQuantity : std::uint8_t {
  training_loss,
  training_accuracy,
  test_loss,
  test_accuracy,
  distance
};

inline constexpr std::array<std::string_view, 5> trajectory_quantities{
    "training_loss", "training_accuracy", "test_loss", "test_accuracy", "distance"};

using TrajectoryPoint = std::array<double, trajectory_quantities.size()>;

/// A network's parameters and figures after an epoch.
struct TrainingState {
  std::vector<double> parameters;  ///< W1, b1, W2, ... row-major
  LearningFigures training;
  LearningFigures test;
  std::vector<int> weight_fraction_bits;  ///< per layer, of int8 parameters
};

/// The exact trajectory and an ensemble of legal ones (SPEC 12.3).
struct ReferenceTraining {
  std::vector<TrainingState> exact;  ///< per epoch
  /// Per epoch and member; no member where every bit of the exact trajectory is required.
  std::vector<std::vector<TrajectoryPoint>> members;
  /// Per epoch, members that extend the envelopes: of more significand bits than are declared, each
  /// number of them up to 24, or those of declared arithmetics that start from moved weights.
  std::vector<std::vector<TrajectoryPoint>> longer_members;
  /// Else distances are sums of what every step cuts (SPEC 12.4).
  bool distances_grow_by_factors = true;

  /// Where the quantity of a legal training lies after an epoch (from 0), at the false-alarm rate
  /// of the whole trajectory.
  Interval envelope(std::size_t epoch, TrajectoryQuantity quantity) const;
  /// Mean and variance of the members, or the exact value and 0, after the last epoch. Among means
  /// for different significands that may have been kept the one nearest to `value`.
  MeanAndVariance distribution_near(double value, TrajectoryQuantity quantity) const;

 private:
  /// By how much the interval of an earlier epoch is wider to either side. Trainings that have
  /// parted are each on a peak of its loss now and then: of 47 perhaps none after this epoch.
  double earlier_width(std::size_t epoch, TrajectoryQuantity quantity, double rate,
                       double largest_term) const;
  /// Of the members, or the exact value where there are none.
  std::vector<double> values_of(std::size_t epoch, TrajectoryQuantity quantity) const;
  std::vector<double> longer_values_of(std::size_t epoch, TrajectoryQuantity quantity) const;
};

/// Members of the ensemble besides the exact trajectory.
inline constexpr std::size_t reference_member_count = 47;

/// Members that keep more bits than are declared, where that is possible: at least one for each
/// number of bits.
inline constexpr std::size_t longer_reference_member_count = 24;

/// The judged quantities of a state; `exact` is the exact trajectory's after the same epoch.
TrajectoryPoint trajectory_point(const TrainingState& state, const TrainingState& exact);

}  // namespace lsgd
