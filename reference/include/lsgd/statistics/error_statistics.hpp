// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/ensemble/legal_ensemble.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/statistics/prediction_interval.hpp>
#include <lsgd/statistics/statistic_verdict.hpp>

namespace lsgd {

/// Probability that one statistic of a legal device falls outside its interval (SPEC 6.3.4).
inline constexpr double statistic_false_alarm_rate = 1e-6;

/// A mean over elements, of the device and of every member of the legal ensemble: first those that
/// keep the declared bits, then those that keep more.
class EnsembleMean {
 public:
  explicit EnsembleMean(std::size_t members) : cluster_(members), totals_(members) {}

  void add(std::size_t member, double value) { cluster_[member] += value; }
  void add_device(double value) { device_ += value; }

  /// Ends a group of elements whose errors may share a cause.
  void close_cluster() {
    double mean = 0;
    for (std::size_t m = 0; m < legal_member_count; ++m) mean += cluster_[m] / legal_member_count;
    for (std::size_t m = 0; m < cluster_.size(); ++m) {
      largest_deviation_ = std::max(largest_deviation_, std::abs(cluster_[m] - mean));
      totals_[m] += cluster_[m];
    }
    std::ranges::fill(cluster_, 0);
  }

  double device(double elements) const { return device_ / elements; }

  /// Where the mean of a legal device lies at the stated false-alarm rate, judged by the first
  /// `members` members and all that keep more bits.
  Interval interval(std::size_t members, double elements) const {
    // The largest deviation is what a few flipped roundings in a short run add.
    const std::span<const double> totals(totals_);
    const auto [low, high] =
        prediction_interval(totals.first(members), totals.subspan(legal_member_count),
                            statistic_false_alarm_rate, largest_deviation_);
    return {low / elements, high / elements};
  }

 private:
  std::vector<double> cluster_;
  std::vector<double> totals_;
  double device_ = 0;
  double largest_deviation_ = 1;  // one flipped rounding is at most one unit
};

/// Exact values, error units and directions of the elements of one tensor in one step.
struct TensorErrors {
  std::vector<double> exact;
  std::vector<double> inverse_unit;      ///< 0 excludes the element: binary32 may overflow there
  std::vector<double> direction;         ///< -1, 0 or 1: what rounding toward zero would follow
  std::vector<double> update_direction;  ///< the sign of the exact change; empty for activations

  void clear() {
    exact.clear();
    inverse_unit.clear();
    direction.clear();
    update_direction.clear();
  }
  double error(std::size_t i, float value) const {
    return inverse_unit[i] == 0 ? 0 : (value - exact[i]) * inverse_unit[i];
  }
};

/// Accumulates the statistics of one tensor.
class TensorStatistics {
 public:
  /// @param members of the ensemble, those that keep more bits than declared included
  explicit TensorStatistics(std::size_t members) : means_(4, EnsembleMean(members)) {}

  /// Adds the elements [first, last) of one step as one cluster.
  /// @param members of every member the tensor's values
  void add_cluster(const TensorErrors& errors, std::size_t first, std::size_t last,
                   const std::vector<const std::vector<float>*>& members,
                   const std::vector<float>& device) {
    for (std::size_t m = 0; m < members.size(); ++m) {
      const Sums sums = sums_of(errors, first, last, *members[m]);
      for (std::size_t k = 0; k < means_.size(); ++k) means_[k].add(m, sums[k]);
    }
    const Sums sums = sums_of(errors, first, last, device);
    for (std::size_t k = 0; k < means_.size(); ++k) {
      means_[k].add_device(sums[k]);
      means_[k].close_cluster();
    }
    for (std::size_t i = first; i < last; ++i) elements_ += errors.inverse_unit[i] != 0 ? 1 : 0;
  }

  /// Admits an error of the activation function of up to `units` in one element.
  void add_allowance(double units) {
    allowance_ += units;
    square_allowance_ += units * units;
  }

  void append_verdicts(const std::string& tensor, bool updated,
                       std::vector<StatisticVerdict>& verdicts) const {
    const double elements = std::max<double>(1, static_cast<double>(elements_));
    const double allowance = allowance_ / elements;
    for (std::size_t k = 0; k < (updated ? 3u : 2u); ++k) {
      static constexpr std::array names = {"bias", "directed_bias", "update_bias"};
      const auto [low, high] = means_[k].interval(legal_member_count, elements);
      append(tensor, names[k], means_[k].device(elements), low - allowance, high + allowance,
             verdicts);
    }
    const double high = std::sqrt(means_[3].interval(legal_nearest_count, elements).high) +
                        std::sqrt(square_allowance_ / elements);
    append(tensor, "root_mean_square", std::sqrt(means_[3].device(elements)), 0, high, verdicts);
  }

 private:
  using Sums = std::array<double, 4>;  // of errors, directed, update directed, squared

  static Sums sums_of(const TensorErrors& errors, std::size_t first, std::size_t last,
                      const std::vector<float>& values) {
    Sums sums{};
    const bool updated = !errors.update_direction.empty();
    for (std::size_t i = first; i < last; ++i) {
      const double error = errors.error(i, values[i]);
      sums[0] += error;
      sums[1] += error * errors.direction[i];
      if (updated) sums[2] += error * errors.update_direction[i];
      sums[3] += error * error;
    }
    return sums;
  }

  static void append(const std::string& tensor, const char* statistic, double value, double low,
                     double high, std::vector<StatisticVerdict>& verdicts) {
    verdicts.push_back({tensor, statistic, value, low, high, value >= low && value <= high});
  }

  std::vector<EnsembleMean> means_;
  double allowance_ = 0;
  double square_allowance_ = 0;
  std::size_t elements_ = 0;
};

/// Error statistics of a run of resynchronised float32 steps (SPEC 6.3), conditional on what the
/// device shows: each activation is judged from the device's own activations below it, the new
/// parameters from the device's own activations and its parameters before the step.
///
///     ErrorStatistics statistics(network, model, seed);
///     for each step: statistics.observe(before, sample, learning_rate, activations, after);
///     for (const StatisticVerdict& verdict : statistics.verdicts()) ...
///
/// Exact values are binary64 here: their error is 2^-29 of the units judged.
class ErrorStatistics {
 public:
  ErrorStatistics(const Network& network, const ArithmeticModel& model, std::uint64_t seed)
      : network_(network),
        model_(model),
        members_(legal_ensemble(network, model, seed)),
        activation_statistics_(network.layers.size(), TensorStatistics(members_.size())),
        weight_statistics_(network.layers.size(), TensorStatistics(members_.size())),
        bias_statistics_(network.layers.size(), TensorStatistics(members_.size())),
        member_activations_(members_.size()),
        member_parameters_(members_.size()) {}

  /// Adds one step of the device.
  /// @param before the device's parameters before the step
  /// @param activations the device's a_1..a_L
  /// @param after the device's parameters after the step
  void observe(const Parameters<float>& before, const Sample& sample, float learning_rate,
               const std::vector<std::vector<float>>& activations, const Parameters<float>& after) {
    if (model_.kept_wider != KeptWider::nothing)
      return observe_kept_activations(before, sample, learning_rate, activations, after);
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const std::vector<float>& input = l == 0 ? sample.inputs : activations[l - 1];
      observe_activations(
          l, before[l], input, activations[l], [&](std::size_t) -> const auto& { return input; });
    }
    for (std::size_t m = 0; m < members_.size(); ++m)
      members_[m].backward(network_, before, activations, sample, learning_rate, after,
                           member_parameters_[m]);
    observe_updates(before, sample, learning_rate, activations, after);
  }

  /// Verdicts on everything observed, in the order a1, W1, b1, a2, ...
  std::vector<StatisticVerdict> verdicts() const {
    std::vector<StatisticVerdict> verdicts;
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const std::string number = std::to_string(l + 1);
      activation_statistics_[l].append_verdicts("a" + number, false, verdicts);
      weight_statistics_[l].append_verdicts("W" + number, true, verdicts);
      bias_statistics_[l].append_verdicts("b" + number, true, verdicts);
    }
    return verdicts;
  }

 private:
  /// A device whose activations are wider than what it shows: it and each member go on with their
  /// own, and what follows is judged from the exact ones.
  void observe_kept_activations(const Parameters<float>& before, const Sample& sample,
                                float learning_rate, const std::vector<std::vector<float>>& shown,
                                const Parameters<float>& after) {
    kept_.resize(network_.layers.size());
    member_kept_.resize(members_.size());
    for (std::vector<std::vector<double>>& own : member_kept_) own.resize(network_.layers.size());
    const std::vector<double> inputs(sample.inputs.begin(), sample.inputs.end());
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      observe_activations(
          l, before[l], l == 0 ? inputs : kept_[l - 1],
          shown[l], [&](std::size_t m) -> const auto& {
            return l == 0 ? inputs : member_kept_[m][l - 1];
          });
      kept_[l] = errors_.exact;
      for (std::size_t m = 0; m < members_.size(); ++m)
        member_kept_[m][l] = members_[m].unrounded_activations();
    }
    for (std::size_t m = 0; m < members_.size(); ++m)
      members_[m].backward(network_, before, member_kept_[m], sample, learning_rate, after,
                           member_parameters_[m]);
    observe_updates(before, sample, learning_rate, kept_, after);
  }

  template <class Value>
  void observe_updates(const Parameters<float>& before, const Sample& sample, float learning_rate,
                       const std::vector<std::vector<Value>>& activations,
                       const Parameters<float>& after) {
    BackwardNumbers<Value> step{sample.inputs, {}};
    for (const std::vector<Value>& a : activations) step.layers.push_back({a, {}});
    errors_.clear();
    bias_errors_.clear();
    UpdateNumbers numbers(*this, before, learning_rate, after);
    backward_pass(network_, sample.target, numbers, step);
  }

  static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

  double unit_roundoff() const { return std::ldexp(1, -model_.significand_bits); }

  /// Spacing of the declared numbers at x, or the smallest normal number where subnormal ones may
  /// be flushed.
  double spacing(double x) const {
    const int exponent = std::abs(x) >= 0x1p-126 ? std::ilogb(x) : -126;
    const double spacing = std::ldexp(1, exponent - model_.significand_bits + 1);
    return model_.flush_to_zero ? std::max(spacing, 0x1p-126) : spacing;
  }

  /// f'(z) by a = f(z), and the absolute error of computing it in units of roundoff.
  struct Derivative {
    double value = 1;
    double rounding_mass = 0;
  };
  struct DerivativeOperations {
    static Derivative one() { return {1, 0}; }
    static Derivative one_where_positive(double a) { return {a > 0 ? 1.0 : 0.0, 0}; }
    static Derivative one_or_part(double a, int exponent) {
      return {a > 0 ? 1.0 : std::ldexp(1.0, exponent), 0};
    }
    static Derivative times_complement(double a) { return {a * (1 - a), a * a}; }
    static Derivative complement_of_square(double a) { return {1 - a * a, a * a}; }
  };
  static Derivative derivative(Activation activation, double a) {
    return activation_slope(activation, DerivativeOperations(), a);
  }

  static void push_element(double exact, double unit, double direction, TensorErrors& errors) {
    const bool judged = std::abs(exact) + unit <= std::numeric_limits<float>::max();
    errors.exact.push_back(exact);
    errors.inverse_unit.push_back(judged ? 1 / unit : 0);
    errors.direction.push_back(direction);
  }

  /// A number, and the sum of the magnitudes that its error is measured by, in units of roundoff.
  struct MassedNumber {
    double value = 0;
    double mass = 0;
  };

  /// The operations of a forward pass in binary64. An activation is an element of the statistics.
  class ActivationNumbers {
   public:
    ActivationNumbers(ErrorStatistics& statistics, const LayerParameters<float>& parameters)
        : statistics_(statistics), parameters_(parameters) {}

    static void begin_layer(std::size_t) {}

    template <class Value>
    MassedNumber pre_activation(std::size_t, std::size_t j, const std::vector<Value>& below) const {
      const float* row = parameters_.weights.data() + j * below.size();
      MassedNumber z{parameters_.biases[j], std::abs(parameters_.biases[j])};
      for (std::size_t i = 0; i < below.size(); ++i) {
        const double term = double{row[i]} * double{below[i]};
        z.value += term;
        z.mass += std::abs(term);
      }
      return z;
    }

    double activation(std::size_t l, const MassedNumber& z) {
      const Activation function = statistics_.network_.layers[l].activation;
      const double a = binary64_activation(function, z.value);
      const double spacing = statistics_.spacing(a);
      const double slope = multiplies(function) ? derivative(function, a).value : 1;
      statistics_.push_element(a, spacing + statistics_.unit_roundoff() * slope * z.mass,
                               sign(z.value), statistics_.errors_);
      if (is_approximated(function))
        statistics_.activation_statistics_[l].add_allowance(
            (statistics_.model_.activation_ulps * spacing +
             statistics_.model_.activation_absolute_error) *
            statistics_.errors_.inverse_unit.back());
      return a;
    }

    /// Of softmax, whose value moves with every z of the layer.
    void activations(std::size_t l, const std::vector<MassedNumber>& z, std::vector<double>& a) {
      std::vector<double> arguments;
      for (const MassedNumber& each : z) arguments.push_back(each.value);
      binary64_softmax(arguments, a);
      const double largest = *std::ranges::max_element(arguments);
      double all = 0;  // of a times what its argument is measured by, the difference included
      const auto mass_of = [&](std::size_t k) { return z[k].mass + largest - arguments[k]; };
      for (std::size_t k = 0; k < a.size(); ++k) all += a[k] * mass_of(k);
      const double outputs = static_cast<double>(a.size());
      for (std::size_t j = 0; j < a.size(); ++j) {
        const double spacing = statistics_.spacing(a[j]);
        const double mass = a[j] * (all + (1 - 2 * a[j]) * mass_of(j));
        statistics_.push_element(a[j], spacing + statistics_.unit_roundoff() * mass,
                                 sign(arguments[j]), statistics_.errors_);
        // An exponential's error moves its own value and, by the sum, all others.
        const ArithmeticModel& model = statistics_.model_;
        statistics_.activation_statistics_[l].add_allowance(
            (4 * (1 - a[j]) * model.activation_ulps * spacing +
             (1 + outputs * a[j]) * model.activation_absolute_error) *
            statistics_.errors_.inverse_unit.back());
      }
    }

   private:
    ErrorStatistics& statistics_;
    const LayerParameters<float>& parameters_;
  };

  /// @param input_of_member what each member has instead
  template <class Value, class InputOfMember>
  void observe_activations(std::size_t l, const LayerParameters<float>& parameters,
                           const std::vector<Value>& input, const std::vector<float>& device,
                           const InputOfMember& input_of_member) {
    const Layer& layer = network_.layers[l];
    struct {
      std::vector<MassedNumber> z;
      std::vector<double> a;
    } exact;
    errors_.clear();
    ActivationNumbers numbers(*this, parameters);
    forward_neurons(l, layer, input, numbers, exact);
    for (std::size_t m = 0; m < members_.size(); ++m)
      members_[m].forward(layer, l, parameters, input_of_member(m), device, member_activations_[m]);
    point_members([&](std::size_t m) { return &member_activations_[m]; });
    for (std::size_t j = 0; j < layer.outputs; ++j)
      activation_statistics_[l].add_cluster(errors_, j, j + 1, member_values_, device);
  }

  /// What a backward pass starts from, and its deltas (see StepNumbers).
  template <class Value>
  struct BackwardNumbers {
    struct LayerNumbers {
      const std::vector<Value>& a;
      std::vector<MassedNumber> delta;
    };
    const std::vector<float>& update_input;
    std::vector<LayerNumbers> layers;
  };

  /// The operations of a backward pass in binary64. An update is an element of the statistics.
  class UpdateNumbers {
   public:
    UpdateNumbers(ErrorStatistics& statistics, const Parameters<float>& before,
                  double learning_rate, const Parameters<float>& after)
        : statistics_(statistics), before_(before), learning_rate_(learning_rate), after_(after) {}

    static MassedNumber output_error(std::size_t, double a, double target) {
      return {a - target, std::abs(a - target)};
    }

    /// Neuron by neuron of the layer above.
    std::vector<MassedNumber> hidden_errors(std::size_t l,
                                            const std::vector<MassedNumber>& above) const {
      const std::vector<float>& weights = before_[l + 1].weights;
      std::vector<MassedNumber> errors(statistics_.network_.layers[l].outputs);
      for (std::size_t j = 0; j < above.size(); ++j)
        for (std::size_t i = 0; i < errors.size(); ++i) {
          const double weight = weights[j * errors.size() + i];
          errors[i].value += weight * above[j].value;
          errors[i].mass += std::abs(weight) * above[j].mass;
        }
      return errors;
    }

    static MassedNumber delta(std::size_t, const MassedNumber& error) { return error; }
    MassedNumber delta(std::size_t l, const MassedNumber& error, double a) const {
      const Derivative slope = derivative(statistics_.network_.layers[l].activation, a);
      return {error.value * slope.value,
              error.mass * std::abs(slope.value) + std::abs(error.value) * slope.rounding_mass};
    }

    static bool trains(std::size_t) { return true; }
    static bool keeps_neuron(const MassedNumber&) { return false; }
    static bool updates_bias_first() { return false; }

    /// The change of the bias.
    double learning_rate_times_delta(std::size_t, const MassedNumber& delta) const {
      return -learning_rate_ * delta.value;
    }

    void update_weight(std::size_t l, std::size_t j, std::size_t i, double change,
                       const MassedNumber& delta, double below) {
      statistics_.push_updated(before_[l].weights[j * statistics_.network_.layers[l].inputs + i],
                               change * below, std::abs(learning_rate_ * below) * delta.mass,
                               statistics_.errors_);
    }

    void update_bias(std::size_t l, std::size_t j, double change, const MassedNumber& delta) {
      statistics_.push_updated(before_[l].biases[j], change, std::abs(learning_rate_) * delta.mass,
                               statistics_.bias_errors_);
    }

    void finish_update(std::size_t l) { statistics_.observe_update(l, after_[l]); }

   private:
    ErrorStatistics& statistics_;
    const Parameters<float>& before_;
    double learning_rate_;
    const Parameters<float>& after_;
  };

  void push_updated(double before, double change, double change_mass, TensorErrors& errors) const {
    const double exact = before + change;
    push_element(exact, spacing(exact) + unit_roundoff() * change_mass, sign(exact), errors);
    errors.update_direction.push_back(sign(change));
  }

  /// The elements of a layer that its update pushed.
  void observe_update(std::size_t l, const LayerParameters<float>& device) {
    point_members([&](std::size_t m) { return &member_parameters_[m][l].weights; });
    weight_statistics_[l].add_cluster(errors_, 0, device.weights.size(), member_values_,
                                      device.weights);
    errors_.clear();
    point_members([&](std::size_t m) { return &member_parameters_[m][l].biases; });
    bias_statistics_[l].add_cluster(bias_errors_, 0, device.biases.size(), member_values_,
                                    device.biases);
    bias_errors_.clear();
  }

  template <class ValuesOfMember>
  void point_members(const ValuesOfMember& values_of_member) {
    member_values_.clear();
    for (std::size_t m = 0; m < members_.size(); ++m) member_values_.push_back(values_of_member(m));
  }

  Network network_;
  ArithmeticModel model_;
  std::vector<LegalMember> members_;
  std::vector<TensorStatistics> activation_statistics_, weight_statistics_, bias_statistics_;
  std::vector<std::vector<float>> member_activations_;
  std::vector<std::vector<double>> kept_;                      // exact, per layer
  std::vector<std::vector<std::vector<double>>> member_kept_;  // per member and layer
  std::vector<Parameters<float>> member_parameters_;
  std::vector<const std::vector<float>*> member_values_;
  TensorErrors errors_, bias_errors_;
};

}  // namespace lsgd
