// SPDX-License-Identifier: Apache-2.0
#include "explanation/int8_devices.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include <lsgd/network/activation_table.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/training_step.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/numbers/random_bits.hpp>
#include <lsgd/numbers/rate_exponent.hpp>
#include <lsgd/step/int8_integer_delta.hpp>

#include "explanation/deviating_numbers.hpp"
#include "explanation/tensor_agreement.hpp"
#include "explanation/wrapped.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

using D = Deviation;

/// An integer multiplied by a factor of Place, rounded down.
std::int64_t scaled(std::int64_t value, double factor) {
  return factor == 1 ? value
                     : static_cast<std::int64_t>(std::floor(static_cast<double>(value) * factor));
}

/// To the nearest integer by adding one half in binary32, which rounds.
double with_half_added(double value) {
  const float sum = static_cast<float>(std::abs(value)) + 0.5f;
  return std::copysign(std::trunc(double{sum}), value);
}

/// How a real number becomes an integer code of 8 bits.
std::int32_t quantized(double value, int fraction_bits, const Changes& changes, bool is_input) {
  const double scaled = std::ldexp(value, fraction_bits);
  const bool truncates =
      changes.makes(D::quantization_truncates) || (is_input && changes.makes(D::inputs_truncated));
  double nearest = truncates ? std::trunc(scaled) : std::round(scaled);
  if (changes.makes(D::ties_up_for_away)) nearest = std::floor(scaled + 0.5);
  if (changes.makes(D::ties_to_even)) nearest = std::nearbyint(scaled);
  if (is_input && changes.makes(D::half_added_in_binary32)) nearest = with_half_added(scaled);
  if (changes.makes(D::ties_to_zero))
    nearest = std::copysign(std::ceil(std::abs(scaled) - 0.5), scaled);
  nearest = std::clamp(nearest, -1e15, 1e15);
  if (changes.makes(D::quantization_wraps) || (is_input && changes.makes(D::inputs_wrap)))
    return wrapped(static_cast<std::int64_t>(nearest), 8);
  const bool is_symmetric =
      changes.makes(D::quantization_symmetric) || (is_input && changes.makes(D::inputs_symmetric));
  return static_cast<std::int32_t>(std::clamp(nearest, is_symmetric ? -127.0 : -128.0, 127.0));
}

/// A layer as its forward pass sees it.
struct ForwardLayer {
  std::vector<std::int32_t> weights, biases;
  int weight_fraction_bits = 7;
  int bias_fraction_bits = 12;
  /// Of sums and of biases, where others are taken than the fraction bits say.
  std::optional<std::pair<int, int>> shifts = {};
};

/// The integer forward pass of both int8 profiles (SPEC 4.4, 11.4).
class Int8ForwardPass {
 public:
  Int8ForwardPass(const Network& network, const Changes& changes)
      : network_(network), changes_(changes) {}

  /// a_l of the inputs below it; fills z.
  std::vector<std::int32_t> layer_outputs(std::size_t l, const ForwardLayer& layer,
                                          const std::vector<ForwardLayer>& all,
                                          const std::vector<std::int32_t>& below,
                                          std::vector<std::int32_t>& z) const {
    std::vector<std::int32_t> outputs;
    z.clear();
    for (std::size_t j = 0; j < network_.layers[l].outputs; ++j) {
      const std::size_t taken =
          changes_.index_of(Place::pre_activation, j, network_.layers[l].outputs);
      z.push_back(pre_activation(l, taken, layer, all, below));
      const std::int64_t a = table_entry(network_.layers[l].activation, z.back());
      outputs.push_back(static_cast<std::int32_t>(
          std::clamp<std::int64_t>(scaled(a, changes_.factor_of(Place::activation)), -128, 127)));
    }
    return outputs;
  }

  int bits_below(std::size_t l) const {
    if (makes(D::input_format_of_the_layer_itself))
      return output_fraction_bits(network_.layers[l].activation);
    return l == 0 ? input_fraction_bits : output_fraction_bits(network_.layers[l - 1].activation);
  }

 private:
  bool makes(Deviation deviation) const { return changes_.makes(deviation); }

  std::int32_t table_entry(Activation function, std::int32_t z) const {
    if (makes(D::table_entries))
      if (const auto entry = changes_.table.find({function, z}); entry != changes_.table.end())
        return entry->second;
    if (makes(D::slope_below_zero) && function == Activation::relu && z < 0)
      return static_cast<std::int32_t>(
          std::clamp<std::int64_t>(scaled(z, changes_.number), -128, 127));
    return cached_activation_table(function)[table_index(static_cast<std::int8_t>(z))];
  }

  std::size_t bias_index(std::size_t l, std::size_t j) const {
    const std::size_t outputs = network_.layers[l].outputs;
    if (makes(D::bias_of_the_next_neuron)) return (j + 1) % outputs;
    if (makes(D::bias_of_the_first_neuron_for_the_last) && outputs % 2 == 1 && j + 1 == outputs)
      return 0;
    return changes_.index_of(Place::bias, j, outputs);
  }

  std::int64_t aligned_bias(std::int32_t bias, int shift) const {
    if (makes(D::bias_not_added)) return 0;
    if (shift < 0 && makes(D::bias_shifted_towards_zero)) return bias / (1 << -shift);
    if (shift < 0) return makes(D::bias_shift_ignored_where_negative) ? bias : bias >> -shift;
    const std::int64_t aligned = std::int64_t{bias} << shift;
    if (makes(D::aligned_bias_of_8_bits)) return wrapped(aligned, 8);
    return makes(D::aligned_bias_of_16_bits) ? wrapped(aligned, 16) : aligned;
  }

  std::int32_t pre_activation(std::size_t l, std::size_t j, const ForwardLayer& layer,
                              const std::vector<ForwardLayer>& all,
                              const std::vector<std::int32_t>& below) const {
    const std::size_t inputs = network_.layers[l].inputs, outputs = network_.layers[l].outputs;
    const int product_bits =
        (makes(D::format_of_the_first_layer) ? all[0] : layer).weight_fraction_bits + bits_below(l);
    const int own_shift =
        product_bits - (makes(D::output_format_fixed_at_3) ? 3 : preactivation_fraction_bits);
    const int shift = layer.shifts ? layer.shifts->first : own_shift;
    const int bias_shift =
        layer.shifts ? layer.shifts->second : product_bits - layer.bias_fraction_bits;
    const bool is_first = makes(D::bias_of_the_first_layer) && outputs <= all[0].biases.size();
    const std::int32_t bias = is_first ? all[0].biases[j] : layer.biases[bias_index(l, j)];
    std::int64_t sum = scaled(aligned_bias(bias, bias_shift), changes_.factor_of(Place::bias));
    const std::size_t row = changes_.index_of(Place::weights_of_a_neuron, j, outputs);
    if (makes(D::bias_added_after_the_shift) && shift > 0) sum = sum >> shift << shift;
    const std::int64_t half = shift > 0 ? std::int64_t{1} << (shift - 1) : 0;
    std::size_t count = inputs;
    if (makes(D::last_input_dropped)) count = inputs - 1;
    if (makes(D::remainder_dropped)) count = inputs / 4 * 4;
    if (makes(D::dimension_of_8_bits)) count = inputs % 256;
    std::int64_t products = 0, pair = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t flat =
          makes(D::weights_transposed_in_forward_pass) ? i * outputs + j : row * inputs + i;
      const bool is_unsigned = makes(D::inputs_unsigned) && i >= inputs / 4 * 4;
      const std::int32_t x = below[changes_.index_of(Place::input, i, inputs)];
      const std::int64_t product = std::int64_t{layer.weights[flat]} * (is_unsigned ? x & 0xff : x);
      products += product;
      pair = i % 2 == 1 ? pair + product : product;
      if (makes(D::pairs_of_products_of_16_bits) && i % 2 == 1)
        products += wrapped(pair, 16) - pair;
    }
    products = scaled(products, changes_.factor_of(Place::input));
    if (makes(D::accumulator_saturates_at_16_bits))
      products = std::clamp<std::int64_t>(products, -32768, 32767);
    if (changes_.bits_of_sums != 0) products = in_fewer_bits(products);
    sum += products;
    if (makes(D::accumulator_of_16_bits)) sum = wrapped(sum + half, 16) - half;
    if (makes(D::accumulator_of_24_bits)) sum = wrapped(sum, 24);
    sum = scaled(sum, changes_.factor_of(Place::pre_activation));
    return limited(shifted_right(sum, half, shift), network_.layers[l].activation);
  }

  std::int64_t in_fewer_bits(std::int64_t sum) const {
    const std::int64_t end = std::int64_t{1} << (changes_.bits_of_sums - 1);
    return changes_.are_sums_limited ? std::clamp(sum, -end, end - 1)
                                     : wrapped(sum, changes_.bits_of_sums);
  }

  std::int64_t shifted_right(std::int64_t sum, std::int64_t half, int shift) const {
    if (shift <= 0) return sum;
    if (makes(D::rounding_term_missing)) return sum >> shift;
    if (makes(D::rounding_term_of_a_whole_unit)) return (sum + 2 * half) >> shift;
    if (makes(D::accumulator_ties_away))
      return sum < 0 ? -((-sum + half) >> shift) : (sum + half) >> shift;
    if (makes(D::division_for_shift)) return (sum + half) / (2 * half);
    if (makes(D::logical_shift))
      return static_cast<std::int32_t>(static_cast<std::uint32_t>(sum + half) >> shift);
    return (sum + half) >> shift;
  }

  std::int32_t limited(std::int64_t z, Activation function) const {
    if (makes(D::wraps_for_saturates)) return wrapped(z, 8);
    // The lowest output of relu is that of 0.
    const int lowest = function == Activation::relu ? 0 : -128;
    if (makes(D::low_sums_at_the_positive_end) && z < lowest) return 127;
    if (makes(D::saturates_at_127_only) && z < -128) return wrapped(z, 8);
    if (makes(D::saturates_at_minus_128_only) && z > 127) return wrapped(z, 8);
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(z, makes(D::symmetric_saturation) ? -127 : -128, 127));
  }

  const Network& network_;
  const Changes& changes_;
};

/// What both profiles compare of a forward pass.
class Int8Device : public DeviatingDevice {
 public:
  explicit Int8Device(const Changes& changes) : DeviatingDevice(changes) {}

 protected:
  bool makes(Deviation deviation) const { return changes_.makes(deviation); }

  /// Compares the activations and goes on with those that are shown.
  void compare_forward(const ShownStep& step, const Sample& sample,
                       const std::vector<ForwardLayer>& layers, StepAgreement& agreement) {
    const Network& network = *step.network;
    const Int8ForwardPass pass(network, changes_);
    const std::vector<std::vector<std::int32_t>> last = std::exchange(activations_, {});
    pre_activations_.assign(network.layers.size(), {});
    inputs_.clear();
    for (const float x : sample.inputs)
      inputs_.push_back(quantized(x, input_fraction_bits, changes_, true));
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const std::size_t outputs = network.layers[l].outputs;
      std::vector<std::int32_t> computed = pass.layer_outputs(
          l, layers[l], layers, l == 0 ? inputs_ : activations_[l - 1], pre_activations_[l]);
      const auto old = [&](std::size_t j) { return last.empty() ? 0 : last[l][j]; };
      const bool is_old = (makes(D::two_layers_only) && l >= 2) ||
                          (makes(D::four_layers_only) && l >= 4) ||
                          (step.trains && makes(D::activations_of_the_last_forward_pass));
      std::size_t first_old = is_old ? 0 : outputs;
      if (makes(D::last_neuron_not_computed)) first_old = outputs / 2 * 2;
      if (makes(D::leftover_neurons_not_computed)) first_old = outputs / 4 * 4;
      for (std::size_t j = first_old; j < outputs; ++j) computed[j] = old(j);
      agreement.push_back(compare_codes(step.activations[l], computed));
      activations_.push_back(is_shown(step.activations[l]) ? integers_of(step.activations[l])
                                                           : std::move(computed));
      if (samples_ != nullptr) add_entries(network.layers[l].activation, l);
    }
  }

  static std::vector<std::int32_t> integers_of(const Tensor& tensor) {
    std::vector<std::int32_t> integers;
    for (const std::uint64_t code : tensor.codes)
      integers.push_back(wrapped(static_cast<std::int64_t>(code), tensor.format.bits));
    return integers;
  }

  std::vector<std::int32_t> inputs_;
  std::vector<std::vector<std::int32_t>> activations_;  ///< of the last pass
  std::vector<std::vector<std::int32_t>> pre_activations_;

 private:
  void add_entries(Activation function, std::size_t l) {
    for (std::size_t j = 0; j < activations_[l].size(); ++j) {
      const std::int32_t z = pre_activations_[l][j], a = activations_[l][j];
      const int expected =
          cached_activation_table(function)[table_index(static_cast<std::int8_t>(z))];
      samples_->add_table_entry(function, z, a, expected);
      if (function == Activation::relu && z < 0 && a != expected)
        samples_->slopes_below_zero.push_back(static_cast<double>(a) / z);
    }
  }
};

class Int8HybridDevice final : public Int8Device {
 public:
  Int8HybridDevice(const ArithmeticModel& model, const Changes& changes)
      : Int8Device(changes), model_(model) {}

  StepAgreement compare_step(const ShownStep& step) override {
    if (step.is_first) {
      memory_ = {};
      shifts_.clear();
      after_.clear();
      carried_.clear();
      activations_.clear();
    }
    const auto before = parameters_of<Int8Parameters>(step.before);
    const Sample sample = taken_sample(step);
    StepAgreement agreement;
    compare_forward(step, sample, forward_layers(step, before), agreement);
    if (step.trains) {
      if (makes(D::update_lost) && keeps_every_parameter(step))
        compare_kept(step, agreement);
      else
        compare_update(step, sample, before, agreement);
    } else {
      compare_kept(step, agreement);
    }
    compare_sample(step, changes_, agreement);
    after_.clear();
    if (std::ranges::all_of(step.after, is_shown)) after_ = step.after;
    if (!step.trains) after_ = step.before;
    if (step.trains && makes(D::shifts_stale_after_load) && after_ == step.after) {
      shifts_.clear();
      for (const Int8LayerParameters& layer : parameters_of<Int8Parameters>(step.after))
        shifts_.emplace_back(layer.weights.fraction_bits, layer.biases.fraction_bits);
    }
    return agreement;
  }

 private:
  /// Weights and biases, with the fraction bits that the shifts were made for.
  std::vector<ForwardLayer> forward_layers(const ShownStep& step, const Int8Parameters& before) {
    const bool is_carried = step.before == after_;
    std::vector<ForwardLayer> layers;
    for (const Int8LayerParameters& parameters : before) {
      ForwardLayer& layer = layers.emplace_back();
      layer.weights.assign(parameters.weights.values.begin(), parameters.weights.values.end());
      layer.biases.assign(parameters.biases.values.begin(), parameters.biases.values.end());
      layer.weight_fraction_bits = parameters.weights.fraction_bits;
      layer.bias_fraction_bits = parameters.biases.fraction_bits;
    }
    if (makes(D::shifts_unset_at_7_fraction_bits)) {
      // None is set where a network is configured.
      shifts_.resize(layers.size());
      for (std::size_t l = 0; l < layers.size(); ++l) {
        const int bits = layers[l].weight_fraction_bits + bits_below(*step.network, l);
        if (layers[l].weight_fraction_bits != 7)
          shifts_[l] = {bits - preactivation_fraction_bits, bits - layers[l].bias_fraction_bits};
        layers[l].shifts = shifts_[l];
      }
      return layers;
    }
    const bool keeps_after_update = makes(D::fraction_bits_stale_in_shifts) && is_carried;
    // Only an update makes others.
    const bool keeps_after_load = makes(D::shifts_stale_after_load);
    if (keeps_after_load && shifts_.empty()) shifts_.assign(before.size(), {7, 7});
    if ((keeps_after_update || keeps_after_load) && shifts_.size() == layers.size()) {
      for (std::size_t l = 0; l < layers.size(); ++l)
        std::tie(layers[l].weight_fraction_bits, layers[l].bias_fraction_bits) = shifts_[l];
      return layers;
    }
    shifts_.clear();
    for (const ForwardLayer& layer : layers)
      shifts_.emplace_back(layer.weight_fraction_bits, layer.bias_fraction_bits);
    return layers;
  }

  static int bits_below(const Network& network, std::size_t l) {
    return l == 0 ? input_fraction_bits : output_fraction_bits(network.layers[l - 1].activation);
  }

  void compare_update(const ShownStep& step, const Sample& sample, const Int8Parameters& before,
                      StepAgreement& agreement) {
    const Network& network = *step.network;
    std::vector<LayerParameters<double>> numbers(before.size());
    for (std::size_t l = 0; l < before.size(); ++l) {
      const Int8LayerParameters& layer = before[l];
      const auto number = [&](std::int8_t code, int fraction_bits) {
        return std::ldexp(makes(D::minus_128_negated) && code == -128 ? 128 : code, -fraction_bits);
      };
      for (const std::int8_t code : layer.weights.values)
        numbers[l].weights.push_back(number(code, layer.weights.fraction_bits));
      for (const std::int8_t code : layer.biases.values)
        numbers[l].biases.push_back(number(code, layer.biases.fraction_bits));
    }
    DeviatingNumbers policy(network, numbers, sample, step.learning_rate, model_,
                            NumberKind::binary32, changes_, memory_);
    trace_.layers.resize(network.layers.size());
    trace_.update_input.clear();
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      trace_.update_input.push_back(Computed::exactly(
          makes(D::first_layer_from_quantized_input) ? std::ldexp(inputs_[i], -input_fraction_bits)
                                                     : double{sample.inputs[i]}));
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const int bits = output_fraction_bits(network.layers[l].activation);
      auto& layer = trace_.layers[l];
      layer.a.clear();
      for (const std::int32_t a : activations_[l])
        layer.a.push_back(Computed::exactly(makes(D::saturated_output_taken_as_1) &&
                                                    l + 1 == network.layers.size() && bits == 7 &&
                                                    a == 127
                                                ? 1
                                                : std::ldexp(a, -bits)));
      layer.stored = layer.a;
      std::vector<double> z;
      for (const std::int32_t code : pre_activations_[l])
        z.push_back(std::ldexp(code, -preactivation_fraction_bits));
      policy.use(l, layer.a, z);
      if (makes(D::activations_of_7_fraction_bits) && l + 1 < network.layers.size())
        for (std::size_t j = 0; j < activations_[l].size(); ++j)
          policy.use_in_update(l, j, std::ldexp(activations_[l][j], -7));
    }
    if (makes(D::minus_128_as_minus_127_in_the_hidden_delta))
      for (std::size_t l = 0; l < before.size(); ++l)
        policy.take_for_the_hidden_delta(
            l, without_the_lowest(before[l].weights.values, before[l].weights.fraction_bits));
    if (makes(D::hidden_delta_with_bias_fraction_bits))
      for (std::size_t l = 0; l < before.size(); ++l)
        policy.scale_weights_of_hidden_delta(
            l, before[l].weights.fraction_bits - before[l].biases.fraction_bits);
    backward_pass(network, sample.target, policy, trace_);
    for (std::size_t l = network.layers.size(); l-- > 0;) {
      compare_tensor(step, l, true, before[l].weights, policy.weights()[l], agreement);
      compare_tensor(step, l, false, before[l].biases, policy.biases()[l], agreement);
    }
    policy.remember({});
    if (samples_ != nullptr) add_ratios(step, policy);
  }

  static std::vector<double> without_the_lowest(std::span<const std::int8_t> codes,
                                                int fraction_bits) {
    std::vector<double> numbers;
    for (const std::int8_t code : codes)
      numbers.push_back(std::ldexp(std::max<int>(code, -127), -fraction_bits));
    return numbers;
  }

  void add_ratios(const ShownStep& step, const DeviatingNumbers& policy) {
    if (!std::ranges::all_of(step.after, is_shown)) return;
    const auto before = parameters_of<Int8Parameters>(step.before);
    const auto after = parameters_of<Int8Parameters>(step.after);
    for (std::size_t l = 0; l < before.size(); ++l)
      for (std::size_t i = 0; i < before[l].weights.values.size(); ++i) {
        const double then =
            dequantize(before[l].weights.values[i], before[l].weights.fraction_bits);
        const double now = dequantize(after[l].weights.values[i], after[l].weights.fraction_bits);
        const double change = then - policy.weights()[l][i].value;
        const double unit = std::ldexp(1, -after[l].weights.fraction_bits);
        // A change of fewer units than that tells no factor, nor does a code at an end.
        const std::int8_t code = after[l].weights.values[i];
        if (std::abs(change) < 2 * unit || code == -128 || code == 127) continue;
        const std::pair<double, double> range =
            std::minmax({(then - now - unit / 2) / change, (then - now + unit / 2) / change});
        const bool is_wrong =
            std::abs(now - policy.weights()[l][i].value) > policy.weights()[l][i].error + unit / 2;
        samples_->add_ratio(range, is_wrong);
        const double delta = std::abs(policy.deltas()[l][i / step.network->layers[l].inputs].value);
        if (is_wrong && range.first > 0 && range.second < 1)
          (l + 1 == before.size() ? samples_->output_delta_ranges : samples_->hidden_delta_ranges)
              .emplace_back(range.first * delta, range.second * delta);
        if (is_wrong && std::abs(change) >= 24 * unit)
          add_rate((then - now) / change, step.learning_rate);
      }
  }

  void add_rate(double ratio, float learning_rate) {
    samples_->rates.push_back(ratio * double{learning_rate});
    if (ratio > 0 && ratio < 1) samples_->rate_limits.push_back(ratio * double{learning_rate});
  }

  /// Fraction bits of a maximum, or of what the hypothesis takes for it.
  int fraction_bits(double maximum) const {
    if (makes(D::fraction_bits_forced_to_7)) return 7;
    const auto largest =
        static_cast<float>(std::min(maximum, double{std::numeric_limits<float>::max()}));
    if (makes(D::no_fraction_bits_of_zero) && largest == 0) return 0;
    if (makes(D::fraction_bits_unclamped) && largest > 0) {
      int exponent = 0;
      return 7 - (std::frexp(largest, &exponent) == 0.5f ? exponent - 1 : exponent);
    }
    const int bits = fraction_bits_of(largest);
    int exponent = 0;
    if (makes(D::power_of_two_costs_a_bit) && largest >= 1 &&
        std::frexp(largest, &exponent) == 0.5f)
      return std::max(0, bits - 1);
    return bits;
  }

  std::pair<int, int> fraction_bits_range(const Int8Tensor& before, bool is_weights,
                                          const std::vector<Computed>& values,
                                          std::size_t row) const {
    double low = 0, high = 0;
    const bool is_of_old = is_weights && makes(D::range_of_old_weights);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (is_weights && makes(D::maximum_of_the_last_row) && i + row < values.size()) continue;
      const double value =
          is_of_old ? dequantize(before.values[i], before.fraction_bits) : values[i].value;
      if (is_weights && makes(D::maximum_of_positive_weights) && value < 0) continue;
      const double error = is_of_old ? 0 : values[i].error;
      low = std::max(low, std::abs(value) - error);
      high = std::max(high, std::abs(value) + error);
    }
    int most = fraction_bits(low), fewest = fraction_bits(high);
    const bool are_zeros = high == 0 && makes(D::format_of_zeros_kept);
    if (makes(D::fraction_bits_kept) || are_zeros) fewest = most = before.fraction_bits;
    if (is_weights && makes(D::maximum_too_low)) most = 7;
    if (is_weights && makes(D::fraction_bits_never_grow)) {
      most = std::min(most, before.fraction_bits);
      fewest = std::min(fewest, before.fraction_bits);
    }
    return {fewest, most};
  }

  bool rounds_down(bool is_weights) const {
    return makes(D::new_parameters_rounded_down) ||
           (is_weights && makes(D::new_weights_rounded_down));
  }

  std::int32_t code_of(double value, double before, int old_bits, int bits, bool is_weights) const {
    if (is_weights && makes(D::requantized_with_old_fraction_bits))
      return quantized(value, old_bits, changes_, false);
    if (is_weights && makes(D::quantized_twice))
      value = std::ldexp(quantized(value, old_bits, changes_, false), -old_bits);
    if (is_weights && makes(D::update_in_int8))
      value = before - std::ldexp(quantized(before - value, old_bits, changes_, false), -old_bits);
    if (is_weights && makes(D::at_least_one_unit)) {
      const double unit = std::ldexp(1, -old_bits), change = before - value;
      if (change != 0 && std::abs(change) < unit) value = before - std::copysign(unit, change);
    }
    if (is_weights && makes(D::new_weights_truncated))
      return static_cast<std::int32_t>(
          std::clamp(std::trunc(std::ldexp(value, bits)), -128.0, 127.0));
    if (rounds_down(is_weights))
      return static_cast<std::int32_t>(
          std::clamp(std::floor(std::ldexp(value, bits)), -128.0, 127.0));
    if (is_weights && makes(D::weights_wrap))
      return wrapped(static_cast<std::int64_t>(
                         std::clamp(std::round(std::ldexp(value, bits)), -0x1p40, 0x1p40)),
                     8);
    const std::int32_t code = quantized(value, bits, changes_, false);
    return !is_weights && makes(D::new_biases_symmetric) ? std::max(code, -127) : code;
  }

  /// Those in which no weight moves by a quantum stay as they were.
  static void keep_rows(const Int8Tensor& before, std::size_t inputs,
                        std::vector<Computed>& values) {
    const double quantum = std::ldexp(1, -before.fraction_bits);
    for (std::size_t first = 0; first < values.size(); first += inputs) {
      bool is_kept = true;
      for (std::size_t i = first; i < first + inputs; ++i)
        is_kept = is_kept && std::abs(values[i].value - quantum * before.values[i]) < quantum;
      for (std::size_t i = first; is_kept && i < first + inputs; ++i)
        values[i] = Computed::exactly(quantum * before.values[i]);
    }
  }

  void compare_tensor(const ShownStep& step, std::size_t l, bool is_weights,
                      const Int8Tensor& before, const std::vector<Computed>& own_values,
                      StepAgreement& agreement) {
    const TensorKind kind = is_weights ? TensorKind::weights : TensorKind::biases;
    const TensorKind kind_of_bits =
        is_weights ? TensorKind::fraction_bits_of_weights : TensorKind::fraction_bits_of_biases;
    const Tensor *codes = nullptr, *bits = nullptr;
    for (const Tensor& tensor : step.after) {
      if (tensor.layer == l + 1 && tensor.kind == kind) codes = &tensor;
      if (tensor.layer == l + 1 && tensor.kind == kind_of_bits) bits = &tensor;
    }
    TensorAgreement of_bits{bits->name}, of_codes{codes->name};
    if (is_shown(*bits) && is_shown(*codes)) {
      std::vector<Computed> values = own_values;
      if (is_weights && makes(D::rows_below_a_quantum_kept))
        keep_rows(before, step.network->layers[l].inputs, values);
      const auto got = static_cast<int>(bits->codes.front());
      auto [fewest, most] =
          fraction_bits_range(before, is_weights, values, step.network->layers[l].inputs);
      if (!is_weights && makes(D::bias_fraction_bits_of_the_weights)) {
        fewest = weight_range_.first;
        most = weight_range_.second;
      }
      if (is_weights) weight_range_ = {fewest, most};
      const int nearest = std::clamp(got, fewest, most);
      add_element(of_bits, {0, static_cast<double>(got), static_cast<double>(nearest), 0});
      for (std::size_t i = 0; i < codes->count; ++i) {
        if (!std::isfinite(values[i].error) || !(std::abs(values[i].value) <= 1e30)) {
          add_unjudged_element(of_codes);
          continue;
        }
        const double was = std::ldexp(before.values[i], -before.fraction_bits);
        double carried = 0;
        if (!is_weights && makes(D::error_feedback)) {
          carried_.resize(std::max(carried_.size(), i + 1));
          carried = carried_[i];
        }
        if (is_weights && makes(D::minus_128_not_updated) && before.values[i] == -128)
          values[i] = Computed::exactly(was);
        const double value = values[i].value + carried;
        // Half a quantum that is taken away before the rounding leaves a tie where nothing is cut.
        if (rounds_down(is_weights) && value != was) values[i].error += std::ldexp(1, -got - 16);
        const std::int32_t low =
            code_of(value - values[i].error, was, before.fraction_bits, got, is_weights);
        const std::int32_t high =
            code_of(value + values[i].error, was, before.fraction_bits, got, is_weights);
        const std::int32_t shown = wrapped(static_cast<std::int64_t>(codes->codes[i]), 8);
        const bool is_right = std::min(low, high) <= shown && shown <= std::max(low, high);
        const std::int32_t middle = code_of(value, was, before.fraction_bits, got, is_weights);
        add_element(of_codes, {i, static_cast<double>(shown),
                               static_cast<double>(is_right ? shown : middle), 0});
        if (!is_weights && makes(D::error_feedback))
          carried_[i] += values[i].value - std::ldexp(shown, -got);
      }
    }
    agreement.push_back(std::move(of_bits));
    agreement.push_back(std::move(of_codes));
  }

  const ArithmeticModel& model_;
  DeviceMemory memory_;
  ComputedTrace trace_;
  std::vector<std::pair<int, int>> shifts_;  ///< fraction bits that shifts were made for
  TensorSet after_;                          ///< parameters behind the step before
  std::vector<double> carried_;              ///< rounding errors of biases by layer
  std::pair<int, int> weight_range_;
};

/// The operations of SPEC 11 with the changes of a hypothesis, behind the forward pass.
class DeviatingIntegers {
 public:
  DeviatingIntegers(const Network& network, Int8IntegerParameters& parameters,
                    const std::vector<std::int32_t>& inputs,
                    const std::vector<std::vector<std::int32_t>>& activations, const Sample& sample,
                    float learning_rate, const Changes& changes, std::vector<float>& last_target)
      : network_(network),
        parameters_(parameters),
        inputs_(inputs),
        activations_(activations),
        sample_(sample),
        changes_(changes),
        last_target_(last_target),
        exponent_(rate_exponent(learning_rate)) {
    if (makes(D::rate_exponent_off_by_one)) exponent_ = std::max(0, exponent_ - 1);
    if (makes(D::rate_exponent_limited_to_10)) exponent_ = std::min(exponent_, 10);
    deltas_.resize(network.layers.size());
    for (const Int8IntegerLayerParameters& layer : parameters.layers)
      bits_before_.push_back(layer.weights.fraction_bits);
  }

  std::int32_t output_error(std::size_t l, std::int32_t a, float) {
    const std::size_t j = deltas_[l].size(), outputs = sample_.target.size();
    double t = sample_.target[makes(D::target_of_the_next_output)
                                  ? (j + 1) % outputs
                                  : changes_.index_of(Place::target, j, outputs)];
    t *= changes_.factor_of(Place::target);
    if (makes(D::target_of_the_previous_step)) t = last_target_.empty() ? 0 : last_target_[j];
    const bool is_bce = network_.loss == Loss::bce;
    if (is_bce && makes(D::targets_rounded_to_labels)) t = t > 0.5 ? 1 : 0;
    if (makes(D::targets_from_a_half_are_one)) t = t >= 0.5 ? 1 : 0;
    if (is_bce && makes(D::targets_other_than_zero_are_one)) t = t != 0 ? 1 : 0;
    if (makes(D::targets_limited)) t = std::clamp(t, 0.0, 1.0);
    if (makes(D::target_truncated)) t = std::trunc(t * 128) / 128;
    if (makes(D::target_of_8_bits)) t = std::clamp(t, -1.0, 127.0 / 128);
    const int bits = output_fraction_bits(network_.layers[l].activation);
    std::int32_t output = makes(D::output_delta_in_the_format_of_z) ? a : shifted(a, 7 - bits);
    if (makes(D::saturated_output_taken_as_1) && bits == 7 && a == 127) output = 128;
    output = static_cast<std::int32_t>(scaled(output, changes_.factor_of(Place::output)));
    const std::int32_t target =
        makes(D::half_added_in_binary32)
            ? static_cast<std::int32_t>(std::clamp(with_half_added(t * 128), -32768.0, 32767.0))
            : quantize_int16(static_cast<float>(t), 7);
    std::int32_t difference = output - target;
    if (makes(D::output_delta_sign)) difference = -difference;
    if (makes(D::delta_averaged_over_outputs)) difference /= static_cast<std::int32_t>(outputs);
    if (makes(D::loss_without_half) && network_.loss == Loss::mse) difference *= 2;
    if (makes(D::delta_limited)) difference = std::clamp(difference, -128, 128);
    const auto delta = static_cast<std::int32_t>(scaled(
        difference * (1 << (delta_fraction_bits - 7)), changes_.factor_of(Place::output_delta)));
    return makes(D::output_delta_wraps) ? wrapped(delta, 16) : saturate_int16(delta);
  }

  std::int32_t hidden_error(std::size_t l, std::size_t i, const std::vector<std::int32_t>& above) {
    const Int8Tensor& weights = parameters_.layers[l + 1].weights;
    const Layer& layer = network_.layers[l + 1];
    if (makes(D::leftover_columns_dropped) && i >= layer.inputs / 4 * 4) return 0;
    std::int64_t sum = 0;
    const std::size_t column =
        changes_.index_of(Place::column_of_the_hidden_delta, i, layer.inputs);
    const std::size_t count =
        above.size() - (makes(D::last_neuron_left_out_of_the_hidden_delta) ? 1 : 0);
    for (std::size_t j = 0; j < count; ++j) {
      const std::size_t row = changes_.index_of(Place::row_of_the_hidden_delta, j, above.size());
      const std::size_t flat = makes(D::weights_transposed) ? i * layer.outputs + j
                               : makes(D::delta_stride)     ? j * layer.outputs + i
                                                            : row * layer.inputs + column;
      const bool is_overwritten = makes(D::delta_buffers_the_same) && j < i;
      const std::int32_t d = is_overwritten
                                 ? deltas_[l][j]
                                 : above[changes_.index_of(Place::delta_above, j, above.size())];
      const bool is_left_out =
          (makes(D::fourth_neuron_left_out_of_the_hidden_delta) && j % 4 == 3) ||
          (makes(D::leftover_neurons_left_out_of_the_hidden_delta) && j >= above.size() / 4 * 4);
      if (is_left_out) continue;
      if (flat >= weights.values.size()) continue;
      const bool is_lowest = weights.values[flat] == -128;
      const bool is_limited = is_lowest && makes(D::minus_128_as_minus_127_in_the_hidden_delta);
      sum += std::int64_t{d} * (is_limited ? -127 : weights.values[flat]);
    }
    if (makes(D::hidden_sum_of_16_bits)) sum = wrapped(sum, 16);
    sum = scaled(sum, changes_.factor_of(Place::hidden_sum));
    const std::int64_t half = std::int64_t{1} << weights.fraction_bits >> 1;
    if (makes(D::hidden_delta_rounded)) sum += half;
    if (makes(D::hidden_delta_rounded_to_zero) && sum < 0) sum += 2 * half - 1;
    sum >>= weights.fraction_bits;
    if (makes(D::hidden_delta_wraps)) return wrapped(sum, 16);
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(sum, -32768, 32767));
  }

  std::int32_t delta(std::size_t l, std::int32_t error) {
    const std::size_t j = deltas_[l].size();
    if (makes(D::bce_with_derivative)) error = times_derivative(l, error, activations_[l][j]);
    deltas_[l].push_back(error);
    return error;
  }

  std::int32_t delta(std::size_t l, std::int32_t error, std::int32_t a) {
    const bool is_last = l + 1 == network_.layers.size();
    const bool keeps = (is_last && makes(D::mse_without_derivative)) ||
                       (!is_last && makes(D::hidden_delta_without_derivative));
    deltas_[l].push_back(keeps ? error : times_derivative(l, error, a));
    return deltas_[l].back();
  }

  bool trains(std::size_t) const { return true; }
  bool keeps_neuron(std::int32_t delta) const {
    if (makes(D::deltas_below_4_units_skipped) && std::abs(delta) < 4) return true;
    return delta == 0 && !makes(D::draws_for_zero_deltas) && !makes(D::delta_buffer_stale);
  }
  bool updates_bias_first() const { return makes(D::bias_drawn_before_its_weights); }
  static std::int32_t learning_rate_times_delta(std::size_t, std::int32_t delta) { return delta; }

  void update_weight(std::size_t l, std::size_t j, std::size_t i, std::int32_t,
                     std::int32_t own_delta, std::int32_t below) {
    const Layer& layer = network_.layers[l];
    const std::size_t taken = changes_.index_of(Place::input_of_the_update, i, layer.inputs);
    if (taken != i) below = l == 0 ? inputs_[taken] : activations_[l - 1][taken];
    const std::int32_t delta = used_delta(l, j, own_delta);
    if (makes(D::last_input_not_updated) && i + 1 == layer.inputs) return;
    if (makes(D::leftover_weights_not_updated) && i >= layer.inputs / 4 * 4) return;
    if (makes(D::last_neuron_not_updated) && j + 1 == layer.outputs) return;
    Int8Tensor& weights = parameters_.layers[l].weights;
    std::int8_t& weight = weights.values[j * layer.inputs + i];
    const int bits_below = makes(D::update_format_of_the_layer_itself)
                               ? output_fraction_bits(layer.activation)
                           : l == 0 ? input_fraction_bits
                                    : output_fraction_bits(network_.layers[l - 1].activation);
    int bits_of_weights = weights.fraction_bits;
    if (makes(D::update_format_of_7_bits)) bits_of_weights = 7;
    if (makes(D::halving_within_the_layer)) bits_of_weights = bits_before_[l];
    const int shift = delta_fraction_bits + bits_below - bits_of_weights + exponent_;
    const std::int64_t product =
        scaled(std::int64_t{delta} * below, changes_.factor_of(Place::change_of_weights));
    if (makes(D::draw_of_a_change_only) && product == 0) return;
    std::int64_t drawn = draw(makes(D::random_bits_of_twice) ? std::min(shift + 1, 30) : shift);
    if (makes(D::weights_rounded_down)) drawn = 0;
    std::int64_t change = (product + drawn) >> shift;
    if (makes(D::gradient_ascent)) change = -change;
    if (makes(D::weights_not_updated) || makes(D::nothing_updated)) return;
    if (makes(D::minus_128_not_updated) && weight == -128) return;
    const std::int64_t updated = weight - change;
    const std::int64_t limited = std::clamp<std::int64_t>(
        updated, makes(D::weights_limited_to_minus_127) ? -127 : -128, 127);
    const bool is_kept = (makes(D::negative_overflow_keeps_the_format) && updated < 0) ||
                         (makes(D::positive_overflow_keeps_the_format) && updated > 0);
    if (!is_kept && (updated < -128 || updated > 127)) overflowing_neuron_ = j;
    weight = static_cast<std::int8_t>(makes(D::weights_wrap) ? wrapped(updated, 8) : limited);
  }

  void update_bias(std::size_t l, std::size_t j, std::int32_t, std::int32_t own_delta) {
    const std::int32_t delta = used_delta(l, j, own_delta);
    if (makes(D::last_neuron_not_updated) && j + 1 == network_.layers[l].outputs) return;
    std::int16_t& bias =
        parameters_.layers[l].biases[makes(D::all_updates_to_the_first_bias) ? 0 : j];
    std::int64_t drawn = 0;
    if (makes(D::bias_draw_reused))
      drawn = static_cast<std::int64_t>(std::uint64_t{parameters_.random_bits.state} >>
                                        (32 - exponent_));
    else
      drawn = draw(exponent_);
    if (makes(D::bias_not_updated) || makes(D::nothing_updated)) return;
    if (makes(D::bias_rounded_down)) drawn = 0;
    const std::size_t taken =
        changes_.index_of(Place::change_of_biases, j, network_.layers[l].outputs);
    const std::int64_t step =
        scaled(taken == j ? delta : deltas_[l][taken], changes_.factor_of(Place::change_of_biases));
    std::int64_t change = (step + drawn) >> exponent_;
    if (makes(D::bias_added) || makes(D::gradient_ascent)) change = -change;
    const std::int64_t updated = bias - change;
    bias = static_cast<std::int16_t>(makes(D::biases_wrap)
                                         ? wrapped(updated, 16)
                                         : std::clamp<std::int64_t>(updated, -32768, 32767));
    if (makes(D::bias_update_of_11_bits)) bias = static_cast<std::int16_t>(bias & ~1);
    if (makes(D::halving_within_the_layer)) halve_if_overflowing(l);
  }

  void finish_update(std::size_t l) {
    halve_if_overflowing(l);
    if (makes(D::state_lost_between_layers) && l > 0) parameters_.random_bits.state = start_;
  }

  void start_at(std::uint32_t state) { start_ = state; }

  /// Where bits are unknown: all that are drawn are 1, or 0.
  void draw_ones(bool draws_ones) { draws_ones_ = draws_ones; }

 private:
  bool makes(Deviation deviation) const { return changes_.makes(deviation); }

  void halve_if_overflowing(std::size_t l) {
    Int8Tensor& weights = parameters_.layers[l].weights;
    int floor = 5;
    if (makes(D::halving_below_the_floor)) floor = 0;
    if (makes(D::floor_of_4)) floor = 4;
    if (makes(D::floor_of_6)) floor = 6;
    const bool is_overlooked = makes(D::halving_of_the_last_neuron_alone) && overflowing_neuron_ &&
                               *overflowing_neuron_ + 1 != network_.layers[l].outputs;
    if (overflowing_neuron_ && !is_overlooked && weights.fraction_bits > floor) {
      if (makes(D::halving_of_every_layer))
        for (Int8IntegerLayerParameters& layer : parameters_.layers) --layer.weights.fraction_bits;
      else if (!makes(D::format_kept_after_halving))
        --weights.fraction_bits;
      std::span<std::int8_t> halved = weights.values;
      if (makes(D::halving_without_the_last_weight)) halved = halved.first(halved.size() - 1);
      for (std::int8_t& weight : halved) {
        const std::int64_t bit = makes(D::halving_bit_reused)
                                     ? std::int64_t{parameters_.random_bits.state >> 31}
                                     : draw(1);
        std::int64_t drawn = makes(D::halving_truncates) ? 0 : bit;
        if (makes(D::halving_rounds_up)) drawn = 1;
        weight = static_cast<std::int8_t>((weight + drawn) >> 1);
      }
    }
    overflowing_neuron_.reset();
  }

  std::int64_t draw(int count) {
    if (makes(D::other_random_bits))
      return draws_ones_ && count > 0 ? (std::int64_t{1} << count) - 1 : 0;
    if (makes(D::updates_rounded_to_nearest)) {
      parameters_.random_bits.state = 0x80000000u;
      return count > 0 ? std::int64_t{1} << (count - 1) : 0;
    }
    return parameters_.random_bits.draw(count);
  }

  std::int32_t used_delta(std::size_t l, std::size_t j, std::int32_t own) const {
    const std::size_t taken =
        makes(D::deltas_modulo_32)
            ? j % 32
            : changes_.index_of(Place::delta_of_the_update, j, deltas_[l].size());
    if (taken != j) own = deltas_[l][taken];
    if (makes(D::delta_buffers_the_same) && l > 0 && j < deltas_[l - 1].size())
      return deltas_[l - 1][j];
    if (!makes(D::delta_buffer_stale) || l + 1 == network_.layers.size()) return own;
    return j < deltas_.back().size() ? deltas_.back()[j] : own;
  }

  std::int32_t times_derivative(std::size_t l, std::int32_t error, std::int32_t a) const {
    const bool is_last = l + 1 == network_.layers.size();
    Activation function =
        network_.layers[makes(D::derivative_of_the_layer_above) && !is_last ? l + 1 : l].activation;
    if (makes(D::derivative_of_tanh_for_all)) function = Activation::tanh;
    if (function == Activation::relu && makes(D::relu_derivative_missing)) return error;
    const auto s = static_cast<std::int16_t>(error);
    const std::size_t own = deltas_[l].size();
    const std::size_t taken =
        changes_.index_of(Place::activation_of_the_derivative, own, activations_[l].size());
    if (taken != own) a = activations_[l][taken];
    const bool is_curved = function == Activation::sigmoid || function == Activation::tanh;
    if (!is_curved) return times_integer_derivative(s, function, static_cast<std::int8_t>(a));
    if (makes(D::derivative_missing)) return error;
    std::int64_t slope =
        function == Activation::sigmoid ? std::int64_t{a} * (128 - a) : 16384 - std::int64_t{a} * a;
    if (function == Activation::tanh && makes(D::tanh_derivative_of_127))
      slope = std::int64_t{127} * 127 - std::int64_t{a} * a;
    if (function == Activation::sigmoid && makes(D::sigmoid_derivative_without_complement))
      slope = std::int64_t{a} * 128;
    return static_cast<std::int32_t>(
        (error * slope + (makes(D::derivative_truncated) ? 0 : 8192)) >> 14);
  }

  const Network& network_;
  Int8IntegerParameters& parameters_;
  const std::vector<std::int32_t>& inputs_;
  const std::vector<std::vector<std::int32_t>>& activations_;
  const Sample& sample_;
  const Changes& changes_;
  std::vector<float>& last_target_;
  int exponent_;
  std::vector<std::vector<std::int32_t>> deltas_;
  std::vector<int> bits_before_;  ///< of the weights of each layer, before the update
  std::optional<std::size_t> overflowing_neuron_;  ///< the last one of the layer
  bool draws_ones_ = false;
  std::uint32_t start_ = 0;
};

class Int8IntegerDevice final : public Int8Device {
 public:
  explicit Int8IntegerDevice(const Changes& changes) : Int8Device(changes) {}

  StepAgreement compare_step(const ShownStep& step) override {
    if (step.is_first) {
      last_target_.clear();
      rate_.reset();
      activations_.clear();
    }
    if (!step.trains || !makes(D::learning_rate_of_its_own)) return compare_at_its_rate(step);
    // Of all exponents the one whose step is shown, the right one first.
    StepAgreement found = compare_at_its_rate(step);
    ShownStep other = step;
    for (int exponent = 0; exponent <= rate_exponent_maximum && !is_within(found); ++exponent) {
      other.learning_rate = std::ldexp(1.0f, -exponent);
      StepAgreement agreement = compare_at_its_rate(other);
      if (is_within(agreement)) found = std::move(agreement);
    }
    return found;
  }

 private:
  StepAgreement compare_at_its_rate(const ShownStep& step) {
    const Network& network = *step.network;
    auto parameters = parameters_of<Int8IntegerParameters>(step.before);
    std::vector<ForwardLayer> layers;
    for (const Int8IntegerLayerParameters& own : parameters.layers) {
      ForwardLayer& layer = layers.emplace_back();
      layer.weights.assign(own.weights.values.begin(), own.weights.values.end());
      layer.biases.assign(own.biases.begin(), own.biases.end());
      layer.weight_fraction_bits = own.weights.fraction_bits;
      layer.bias_fraction_bits = bias_fraction_bits;
    }
    const Sample sample = taken_sample(step);
    StepAgreement agreement;
    compare_forward(step, sample, layers, agreement);
    if (step.trains && !(makes(D::update_lost) && keeps_every_parameter(step))) {
      auto parameters_of_ones = parameters;
      train(step, sample, network, parameters, false);
      const TensorSet expected = tensors_of(network, parameters);
      TensorSet of_ones = expected;
      if (makes(D::other_random_bits)) {
        train(step, sample, network, parameters_of_ones, true);
        of_ones = tensors_of(network, parameters_of_ones);
      }
      for (std::size_t t = expected.size(); t-- > 0;)
        agreement.push_back(makes(D::other_random_bits)
                                ? compare_drawn(step.after[t], expected[t], of_ones[t])
                                : compare_codes(step.after[t], integers_of(expected[t])));
    } else {
      compare_kept(step, agreement);
    }
    compare_sample(step, changes_, agreement);
    return agreement;
  }

  /// Parameters between those of bits that are all 0 and all 1. The state may be anything.
  static TensorAgreement compare_drawn(const Tensor& shown, const Tensor& of_zeros,
                                       const Tensor& of_ones) {
    TensorAgreement agreement{shown.name};
    if (!is_shown(shown)) return agreement;
    const auto got = integers_of(shown), one_end = integers_of(of_zeros),
               other_end = integers_of(of_ones);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const auto [low, high] = std::minmax(one_end[i], other_end[i]);
      if (shown.kind == TensorKind::random_state)
        add_unjudged_element(agreement);
      else if (low == got[i] && high == got[i])
        add_exact_element(agreement);
      else
        add_element(agreement, {i, static_cast<double>(got[i]), (low + high) / 2.0,
                                std::max(0.25, (high - low) / 2.0)});
    }
    return agreement;
  }

  void train(const ShownStep& step, const Sample& sample, const Network& network,
             Int8IntegerParameters& parameters, bool draws_ones) {
    const float rate = rate_.value_or(step.learning_rate);
    if (makes(D::learning_rate_latched)) rate_ = rate;
    DeviatingIntegers integers(network, parameters, inputs_, activations_, sample,
                               makes(D::learning_rate_latched) ? rate : step.learning_rate,
                               changes_, last_target_);
    integers.start_at(parameters.random_bits.state);
    integers.draw_ones(draws_ones);
    StepNumbers<std::int32_t> trace;
    trace.update_input = inputs_;
    trace.layers.resize(network.layers.size());
    for (std::size_t l = 0; l < network.layers.size(); ++l)
      trace.layers[l].a = trace.layers[l].stored = activations_[l];
    if (makes(D::network_input_in_every_update))
      for (std::size_t l = 0; l + 1 < network.layers.size(); ++l)
        for (std::size_t j = 0; j < trace.layers[l].stored.size() && j < inputs_.size(); ++j)
          trace.layers[l].stored[j] = inputs_[j];
    if (makes(D::update_before_delta))
      update_before_delta(network, sample, integers, trace);
    else
      backward_pass(network, sample.target, integers, trace);
    last_target_ = step.sample.target;
  }

  static void update_before_delta(const Network& network, const Sample& sample,
                                  DeviatingIntegers& integers, StepNumbers<std::int32_t>& trace) {
    const std::size_t last = network.layers.size() - 1;
    output_deltas(network, sample.target, integers, trace.layers[last]);
    for (std::size_t l = last + 1; l-- > 0;) {
      update_neurons(l, trace.layers[l].delta,
                     l == 0 ? trace.update_input : trace.layers[l - 1].stored, integers);
      if (l > 0) hidden_deltas(l - 1, trace.layers[l].delta, integers, trace.layers[l - 1]);
    }
  }

  std::vector<float> last_target_;
  std::optional<float> rate_;
};

}  // namespace

std::unique_ptr<DeviatingDevice> deviating_int8_hybrid(const ArithmeticModel& model,
                                                       const Changes& changes) {
  return std::make_unique<Int8HybridDevice>(model, changes);
}

std::unique_ptr<DeviatingDevice> deviating_int8_integer(const ArithmeticModel&,
                                                        const Changes& changes) {
  return std::make_unique<Int8IntegerDevice>(changes);
}

}  // namespace lsgd
