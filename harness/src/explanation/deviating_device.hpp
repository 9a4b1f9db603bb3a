// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/numbers/arithmetic_model.hpp>

#include "explanation/deviation.hpp"
#include "explanation/shown_steps.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// How one element of a tensor compares with a step.
struct ShownElement {
  std::size_t index = 0;
  double got = 0;
  double exact = 0;
  double bound = 0;
};

/// How a tensor that a device showed compares with a step of the reference, or of one with changes.
struct TensorAgreement {
  std::string tensor;
  std::size_t elements = 0;  ///< compared; 0 where the device shows nothing of it
  std::size_t wrong = 0;     ///< outside of their bounds, or of other bits where these are required
  std::size_t other_bits = 0;  ///< not those of the order at hand, where that gives bits
  ShownElement worst = {};     ///< farthest out in units of its bound
  double largest_excess = -1;  ///< error over bound of the worst
  std::size_t unjudged = 0;    ///< elements of which nothing is said
  /// How little is said: the sum over all elements of the binary exponents of their bounds, which
  /// are -64 where the value must be exact, and 64 where it may be anything.
  double vagueness = 0;
  std::vector<std::size_t> wrong_elements = {};  ///< their indices, rising
};

using StepAgreement = std::vector<TensorAgreement>;

bool is_within(const StepAgreement& agreement);
bool has_equal_bits(const StepAgreement& agreement);

/// What is known of the numbers that deviations leave open.
struct FitSamples {
  /// Actual changes over those of the reference, least and largest, of all and of wrong ones alone.
  std::vector<std::pair<double, double>> ratio_ranges, ratio_ranges_of_wrong;
  std::vector<double> rates;              ///< learning rates that explain changes that are wrong
  std::vector<double> slopes_below_zero;  ///< of relu
  std::vector<double> limits;             ///< of relu
  /// What deltas and targets of the output are, and hidden deltas, where they are too small.
  std::vector<double> output_delta_limits, hidden_delta_limits, target_limits;
  std::vector<double> hidden_sum_limits, input_limits;  ///< likewise
  /// Between what the same deltas lie where codes of 8 bits tell them.
  std::vector<std::pair<double, double>> output_delta_ranges, hidden_delta_ranges;
  std::vector<double> hidden_delta_ratios;  ///< over those of the reference
  double lost_change = 0;                   ///< the largest of a weight that stays
  std::vector<double> rate_limits;          ///< learning rates of changes that are too small
  double overflow_start = 0x1p127;          ///< least of what is infinite and should not be
  /// New weights that are farther from 0 than the reference's, and nearer.
  std::size_t weights_above = 0, weights_below = 0;
  int bits_of_weights = 0;  ///< most significand bits of a changed weight
  int bits_of_biases = 0;
  std::optional<double> function_error;  ///< largest beyond what is declared
  std::optional<double> saturation_start;
  /// How often an activation was shown for the code z of a function, and what the table has there.
  std::map<std::pair<Activation, int>, std::map<int, std::size_t>> entries;
  std::map<std::pair<Activation, int>, int> expected_entries;

  void add_ratio(const std::pair<double, double>& range, bool is_of_wrong);
  void add_table_entry(Activation function, int z, int shown, int expected);
  /// Those that are mostly not what the table has.
  std::map<std::pair<Activation, int>, int> other_table_entries() const;

  /// What an answer to an operation of level 0 tells.
  void add_answer(const ShownOperation& shown, bool is_wrong);

  /// The number that fits best; nothing where the device shows none.
  std::optional<double> number_for(Fit fit) const;
};

/// A device of one profile with the changes of a hypothesis. Compares the steps of one
/// conversation, in order.
class DeviatingDevice {
 public:
  /// @param changes outlive it
  explicit DeviatingDevice(const Changes& changes) : changes_(changes) {}
  virtual ~DeviatingDevice() = default;
  StepAgreement compare(const ShownStep& step);

  /// From now on compare() adds to these.
  void collect(FitSamples& samples) { samples_ = &samples; }

 protected:
  virtual StepAgreement compare_step(const ShownStep& step) = 0;

  /// The sample that the device takes for that of the step (SPEC 2.8).
  Sample taken_sample(const ShownStep& step);

  const Changes& changes_;
  FitSamples* samples_ = nullptr;

 private:
  /// A step on the sample at hand, or on the one of a watched training that fits.
  StepAgreement compare_with_samples(const ShownStep& step);
  /// Whether a step shows just what the one before it did.
  bool shows_the_last_activations(const ShownStep& step);
  /// The parameters that the device has where others were loaded.
  TensorSet held_parameters(const ShownStep& step) const;

  TensorSet last_parameters_;  ///< behind the last training step of the network
  Sample first_sample_, last_sample_;
  TensorSet last_activations_;
};

/// Nothing for profiles of which no deviations are known. The model and the changes outlive it.
std::unique_ptr<DeviatingDevice> deviating_device(const Profile& profile,
                                                  const ArithmeticModel& model,
                                                  const Changes& changes);

}  // namespace lsgd
