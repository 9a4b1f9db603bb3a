// SPDX-License-Identifier: Apache-2.0
#include "explanation/deviating_device.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/protocol.h>
#include <lsgd/step/int32_fixed.hpp>

#include "explanation/declared_device.hpp"
#include "explanation/deviating_numbers.hpp"
#include "explanation/int8_devices.hpp"
#include "explanation/tensor_agreement.hpp"
#include "judging/profile_judge.hpp"
#include "steps/declared_profile.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {

namespace {

// Of a device that keeps no samples all of them are tried for so many steps.
constexpr std::size_t most_searches_in_vain = 3;

// A tensor is loaded in parts of so many bytes.
constexpr std::size_t bytes_of_a_load = LSGD_LOAD_MAXIMUM / 8 * 8;

// As many tell a factor as well as all.
constexpr std::size_t most_ratios = 20'000;

}  // namespace

void add_element(TensorAgreement& agreement, const ShownElement& element) {
  const double error = std::abs(element.got - element.exact);
  const bool is_wrong = !(error <= element.bound);
  const double excess =
      is_wrong ? (element.bound == 0 ? std::numeric_limits<double>::max() : error / element.bound)
      : element.bound == 0 ? 0
                           : error / element.bound;
  ++agreement.elements;
  agreement.vagueness += element.bound == 0 ? exponent_of_exact
                                            : std::clamp(std::ilogb(element.bound),
                                                         exponent_of_exact, -exponent_of_exact);
  if (is_wrong) {
    ++agreement.wrong;
    agreement.wrong_elements.push_back(element.index);
  }
  if (!(excess <= agreement.largest_excess)) {
    agreement.largest_excess = std::isfinite(excess) ? excess : std::numeric_limits<double>::max();
    agreement.worst = element;
  }
}

void add_exact_element(TensorAgreement& agreement) {
  ++agreement.elements;
  agreement.vagueness += exponent_of_exact;
}

void add_unjudged_element(TensorAgreement& agreement) {
  ++agreement.unjudged;
  agreement.vagueness -= exponent_of_exact;
}

TensorAgreement compare_codes(const Tensor& shown, const std::vector<std::int32_t>& required) {
  TensorAgreement agreement{shown.name};
  if (!is_shown(shown)) return agreement;
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << shown.format.bits) - 1);
  const auto integer = [&](std::uint64_t code) {
    return static_cast<double>(static_cast<std::int64_t>(code << (64 - shown.format.bits)) >>
                               (64 - shown.format.bits));
  };
  for (std::size_t i = 0; i < shown.count; ++i) {
    const auto code = static_cast<std::uint32_t>(required[i]) & mask;
    if (shown.codes[i] == code)
      add_exact_element(agreement);
    else
      add_element(agreement, {i, integer(shown.codes[i]), integer(code), 0});
  }
  return agreement;
}

void compare_sample(const ShownStep& step, const Changes& changes, StepAgreement& agreement) {
  const TensorSet given = sample_tensors(step.sample);
  for (std::size_t t = 0; t < given.size(); ++t) {
    const Tensor& kept = step.kept_sample[t];
    TensorAgreement found{given[t].name};
    const Deviation overwritten =
        t == 0 ? Deviation::input_overwritten : Deviation::target_overwritten;
    const bool is_excused =
        is_shown(kept) && changes.makes(overwritten) && kept.codes != given[t].codes;
    if (is_excused) {
      found.elements = kept.count;
      found.vagueness = -exponent_of_exact * static_cast<double>(kept.count);
    }
    for (std::size_t i = 0; is_shown(kept) && !is_excused && i < kept.count; ++i)
      if (kept.codes[i] == given[t].codes[i])
        add_exact_element(found);
      else
        add_element(found, {i, binary32_of(kept.codes[i]), binary32_of(given[t].codes[i]), 0});
    agreement.push_back(std::move(found));
  }
}

bool keeps_every_parameter(const ShownStep& step) {
  for (std::size_t t = 0; t < step.after.size(); ++t)
    if (!is_shown(step.after[t]) || step.after[t].codes != step.before[t].codes) return false;
  return true;
}

void compare_kept(const ShownStep& step, StepAgreement& agreement) {
  for (std::size_t t = 0; t < step.after.size(); ++t) {
    const Tensor& after = step.after[t];
    TensorAgreement found{after.name};
    if (is_shown(after))
      for (std::size_t i = 0; i < after.count; ++i) {
        const std::uint64_t was = step.before[t].codes[i];
        if (after.codes[i] == was)
          add_exact_element(found);
        else
          add_element(found, {i, static_cast<double>(after.codes[i]), static_cast<double>(was), 0});
      }
    agreement.push_back(std::move(found));
  }
}

StepAgreement DeviatingDevice::compare_with_samples(const ShownStep& step) {
  StepAgreement own = compare_step(step);
  if (!step.earlier || !step.trains || is_within(own)) return own;
  EarlierSamples& earlier = *step.earlier;
  ShownStep other = step;
  const auto fits = [&](std::size_t number) {
    other.sample = earlier.samples[number];
    StepAgreement agreement = compare_step(other);
    if (!is_within(agreement)) return false;
    earlier.taken_last = number;
    own = std::move(agreement);
    return true;
  };
  if (fits(earlier.taken_last) || earlier.searches_in_vain == most_searches_in_vain) return own;
  for (std::size_t number = 0; number < earlier.samples.size(); ++number)
    if (fits(number)) return own;
  ++earlier.searches_in_vain;
  return own;
}

bool DeviatingDevice::shows_the_last_activations(const ShownStep& step) {
  const bool is_same = step.activations.size() == last_activations_.size() &&
                       std::ranges::equal(step.activations, last_activations_);
  last_activations_ = step.activations;
  return is_same;
}

StepAgreement DeviatingDevice::compare(const ShownStep& step) {
  if (changes_.makes(Deviation::sample_of_an_earlier_step)) return compare_with_samples(step);
  if (changes_.makes(Deviation::update_lost) && shows_the_last_activations(step) && step.trains &&
      keeps_every_parameter(step)) {
    // The step was left out as a whole: what is shown of it is of the one before.
    ShownStep unseen = step;
    for (Tensor& tensor : unseen.activations) tensor.codes.clear();
    return compare_step(unseen);
  }
  if (changes_.makes(Deviation::forward_pass_lost) && shows_the_last_activations(step) &&
      !step.trains) {
    ShownStep unseen = step;
    for (Tensor& tensor : unseen.activations) tensor.codes.clear();
    StepAgreement agreement = compare_step(unseen);
    for (std::size_t l = 0; l < step.activations.size(); ++l)
      for (std::size_t j = 0; is_shown(step.activations[l]) && j < step.activations[l].count; ++j)
        add_exact_element(agreement[l]);
    return agreement;
  }
  const bool keeps_its_own = changes_.makes(Deviation::biases_not_loaded) ||
                             changes_.makes(Deviation::fraction_bits_not_loaded) ||
                             changes_.makes(Deviation::bias_fraction_bits_not_loaded) ||
                             changes_.makes(Deviation::random_state_not_loaded) ||
                             changes_.makes(Deviation::load_offset_of_8_bits);
  if (!keeps_its_own) return compare_step(step);
  if (step.is_first) last_parameters_.clear();
  ShownStep held = step;
  if (step.is_loaded) held.before = held_parameters(step);
  if (step.trains) last_parameters_ = step.after;
  return compare_step(held);
}

TensorSet DeviatingDevice::held_parameters(const ShownStep& step) const {
  TensorSet held = step.before;
  const TensorSet zeros = zeros_of(step.before);
  for (std::size_t t = 0; t < held.size(); ++t) {
    const TensorKind kind = held[t].kind;
    const bool is_fraction_bits =
        kind == TensorKind::fraction_bits_of_weights || kind == TensorKind::fraction_bits_of_biases;
    if (kind == TensorKind::fraction_bits_of_biases &&
        changes_.makes(Deviation::bias_fraction_bits_not_loaded))
      for (const Tensor& other : step.before)
        if (other.layer == held[t].layer && other.kind == TensorKind::fraction_bits_of_weights)
          held[t].codes = other.codes;
    if (changes_.makes(Deviation::load_offset_of_8_bits)) {
      const std::size_t element_bytes = static_cast<std::size_t>(held[t].format.bits + 7) / 8;
      const std::size_t part = bytes_of_a_load / element_bytes;
      if (held[t].codes.size() * element_bytes <= 256) continue;
      const bool is_known = t < last_parameters_.size() && is_shown(last_parameters_[t]);
      std::vector<std::uint64_t> codes = is_known ? last_parameters_[t].codes : zeros[t].codes;
      for (std::size_t i = 0; i < held[t].codes.size(); ++i) {
        const std::size_t first = i / part * part;
        codes[first * element_bytes % 256 / element_bytes + i - first] = held[t].codes[i];
      }
      held[t].codes = std::move(codes);
    }
    const bool is_kept =
        (kind == TensorKind::biases && changes_.makes(Deviation::biases_not_loaded)) ||
        (kind == TensorKind::random_state && changes_.makes(Deviation::random_state_not_loaded)) ||
        (is_fraction_bits && changes_.makes(Deviation::fraction_bits_not_loaded));
    if (!is_kept) continue;
    const bool is_known = t < last_parameters_.size() && is_shown(last_parameters_[t]);
    held[t].codes = is_known ? last_parameters_[t].codes : zeros[t].codes;
  }
  return held;
}

Sample DeviatingDevice::taken_sample(const ShownStep& step) {
  Sample taken = step.sample;
  if (step.is_first) first_sample_ = last_sample_ = step.sample;
  const bool is_known = first_sample_.inputs.size() == taken.inputs.size() &&
                        first_sample_.target.size() == taken.target.size();
  if (!is_known) first_sample_ = last_sample_ = step.sample;
  if (changes_.makes(Deviation::input_of_the_first_step)) taken.inputs = first_sample_.inputs;
  if (changes_.makes(Deviation::input_of_the_previous_step)) taken.inputs = last_sample_.inputs;
  if (changes_.makes(Deviation::target_of_the_first_step)) taken.target = first_sample_.target;
  last_sample_ = step.sample;
  return taken;
}

namespace {

constexpr double largest_finite = std::numeric_limits<float>::max();

/// Elements that may overflow are outside the domain (SPEC 5.8).
bool is_judged(const Computed& computed) {
  return std::abs(computed.value) + computed.error <= largest_finite;
}

/// The real number of a code of float32 or int32_fixed.
double number_of(const Tensor& tensor, std::size_t i) {
  const std::uint64_t code = tensor.codes[i];
  if (tensor.format.meaning == ElementFormat::Meaning::binary32) return binary32_of(code);
  return fixed_value(static_cast<std::int32_t>(code), *tensor.format.fraction_bits);
}

/// Whether all elements are NaN.
bool shows_no_number(const Tensor& tensor) {
  for (std::size_t i = 0; i < tensor.codes.size(); ++i)
    if (!std::isnan(number_of(tensor, i))) return false;
  return is_shown(tensor);
}

TensorAgreement compare_computed(const Tensor& shown, const std::vector<Computed>& computed) {
  TensorAgreement agreement{shown.name};
  if (!is_shown(shown)) return agreement;
  for (std::size_t i = 0; i < computed.size() && i < shown.count; ++i) {
    const double got = number_of(shown, i);
    const bool may_be_infinite = std::isnan(computed[i].value) && computed[i].error != 0;
    if (may_be_infinite && !std::isfinite(got)) {
      add_exact_element(agreement);  // as it has to be
      continue;
    }
    if (!std::isfinite(computed[i].value) && computed[i].error == 0) {
      if (got == computed[i].value || (std::isnan(got) && std::isnan(computed[i].value)))
        add_exact_element(agreement);
      else
        add_element(agreement, {i, got, computed[i].value, 0});
      continue;
    }
    if (!is_judged(computed[i])) {
      add_unjudged_element(agreement);
      continue;
    }
    add_element(agreement, {i, got, computed[i].value, computed[i].error});
    if (!std::isnan(computed[i].bits) && double{computed[i].bits} != got) ++agreement.other_bits;
  }
  return agreement;
}

std::vector<LayerParameters<double>> numbers_of_parameters(const TensorSet& tensors,
                                                           std::size_t layers) {
  std::vector<LayerParameters<double>> parameters(layers);
  for (const Tensor& tensor : tensors) {
    LayerParameters<double>& layer = parameters[tensor.layer - 1];
    std::vector<double>& numbers =
        tensor.kind == TensorKind::weights ? layer.weights : layer.biases;
    for (std::size_t i = 0; i < tensor.count; ++i) numbers.push_back(number_of(tensor, i));
  }
  return parameters;
}

/// Of a normal binary32 number, up to its last bit that is 1.
int significand_bits(std::uint64_t code) { return 24 - std::min(23, std::countr_zero(code)); }

/// What the bias of a neuron tells of its delta: (b - b') / r.
TensorAgreement compare_delta(const Tensor& before, const Tensor& after, float learning_rate,
                              const std::vector<Computed>& deltas) {
  TensorAgreement agreement{"delta" + std::to_string(after.layer)};
  if (!is_shown(after) || learning_rate == 0) return agreement;
  for (std::size_t j = 0; j < deltas.size(); ++j) {
    const double now = number_of(after, j), then = number_of(before, j);
    if (!is_judged(deltas[j]) || !std::isfinite(now) || !std::isfinite(then)) continue;
    const double unit = after.format.fraction_bits
                            ? std::ldexp(1, -*after.format.fraction_bits)
                            : ulp_of(std::max(std::abs(now), std::abs(then)));
    const double bound = deltas[j].error + 2 * unit / double{learning_rate};
    add_element(agreement, {j, (then - now) / double{learning_rate}, deltas[j].value, bound});
  }
  return agreement;
}

/// float32 and int32_fixed: bounds, and in a declared order the bits of float32.
class RealDevice final : public DeviatingDevice {
 public:
  RealDevice(const ArithmeticModel& model, NumberKind kind, const Changes& changes)
      : DeviatingDevice(changes), model_(model), kind_(kind) {}

 private:
  StepAgreement compare_step(const ShownStep& step) override {
    if (step.is_first) memory_ = {};
    if (step.is_first || step.is_loaded) {
      lowest_rate_.reset();
      memory_.biases.clear();
    }
    const Network& network = *step.network;
    const std::size_t layers = network.layers.size();
    const auto before = numbers_of_parameters(step.before, layers);
    const Sample sample = taken_sample(step);
    memory_.is_input_elsewhere = shows_no_number(step.activations.front());
    float learning_rate =
        step.trains && changes_.makes(Deviation::learning_rate_of_its_own)
            ? static_cast<float>(double{step.learning_rate} * rate_factor(step, sample, before))
            : step.learning_rate;
    if (step.trains && changes_.makes(Deviation::learning_rate_never_rises))
      lowest_rate_ = learning_rate = std::min(learning_rate, lowest_rate_.value_or(learning_rate));
    DeviatingNumbers numbers(network, before, sample, learning_rate, model_, kind_, changes_,
                             memory_);
    if (std::ranges::all_of(step.activations, is_shown) && are_usable(step.activations) &&
        model_.kept_wider == KeptWider::nothing)
      numbers.go_on_with(shown_activations(step));
    forward_pass(network, sample.inputs, numbers, trace_);
    if (step.trains) backward_pass(network, sample.target, numbers, trace_);
    StepAgreement agreement;
    for (std::size_t l = 0; l < layers; ++l) {
      const bool is_covered =
          step.trains && l + 1 == layers && changes_.makes(Deviation::output_deltas_over_outputs);
      agreement.push_back(compare_computed(
          step.activations[l], is_covered ? numbers.deltas()[l] : numbers.activations()[l]));
    }
    if (!step.trains)
      compare_kept(step, agreement);
    else if (changes_.makes(Deviation::update_lost) && keeps_every_parameter(step))
      compare_kept(step, agreement);
    else
      compare_parameters(step, numbers, agreement);
    compare_sample(step, changes_, agreement);
    if (samples_ != nullptr) add_samples(step, numbers, *samples_);
    if (step.trains) memory_.bias_changes = shown_changes(step, layers, TensorKind::biases);
    numbers.remember(step.trains ? shown_changes(step, layers, TensorKind::weights)
                                 : std::vector<std::vector<Computed>>());
    return agreement;
  }

  /// How many times as large as in a right step the changes of this one are; 1 where none tells.
  double rate_factor(const ShownStep& step, const Sample& sample,
                     const std::vector<LayerParameters<double>>& before) {
    const Changes none;
    DeviceMemory memory;
    DeviatingNumbers numbers(*step.network, before, sample, step.learning_rate, model_, kind_, none,
                             memory);
    if (std::ranges::all_of(step.activations, is_shown) && are_usable(step.activations) &&
        model_.kept_wider == KeptWider::nothing)
      numbers.go_on_with(shown_activations(step));
    forward_pass(*step.network, sample.inputs, numbers, trace_);
    backward_pass(*step.network, sample.target, numbers, trace_);
    FitSamples found;
    add_samples(step, numbers, found);
    return found.number_for(Fit::rate_factor).value_or(1);
  }

  static std::vector<std::vector<double>> shown_activations(const ShownStep& step) {
    std::vector<std::vector<double>> shown;
    for (const Tensor& tensor : step.activations) {
      std::vector<double>& layer = shown.emplace_back();
      for (std::size_t j = 0; j < tensor.count; ++j) layer.push_back(number_of(tensor, j));
    }
    return shown;
  }

  static std::vector<std::vector<Computed>> shown_changes(const ShownStep& step, std::size_t layers,
                                                          TensorKind kind) {
    std::vector<std::vector<Computed>> changes(layers);
    for (std::size_t t = 0; t < step.after.size(); ++t) {
      const Tensor& after = step.after[t];
      if (after.kind != kind) continue;
      if (!is_shown(after)) return {};
      for (std::size_t i = 0; i < after.count; ++i) {
        const double then = number_of(step.before[t], i), now = number_of(after, i);
        const bool is_known = std::isfinite(then) && std::isfinite(now);
        const double unit = is_known ? ulp_of(std::max(std::abs(then), std::abs(now)))
                                     : std::numeric_limits<double>::infinity();
        changes[after.layer - 1].push_back({then - now, unit, 0});
      }
    }
    return changes;
  }

  static void add_samples(const ShownStep& step, const DeviatingNumbers& numbers,
                          FitSamples& samples) {
    for (std::size_t l = 0; l < step.activations.size(); ++l)
      for (std::size_t j = 0; is_shown(step.activations[l]) && j < step.activations[l].count; ++j)
        add_activation(step.network->layers[l].activation, numbers.activations()[l][j],
                       numbers.pre_activations()[l][j], number_of(step.activations[l], j), samples);
    for (std::size_t l = 0; l < step.activations.size(); ++l)
      add_overflow(step.activations[l], numbers.activations()[l], samples);
    if (!step.trains) return;
    add_limits(step, numbers, samples);
    add_input_limits(step, samples);
    for (std::size_t t = 0; t < step.after.size(); ++t) {
      const Tensor& after = step.after[t];
      if (!is_shown(after)) continue;
      int& most_bits =
          after.kind == TensorKind::weights ? samples.bits_of_weights : samples.bits_of_biases;
      for (std::size_t i = 0; i < after.count; ++i)
        if (after.codes[i] != step.before[t].codes[i])
          most_bits = std::max(most_bits, significand_bits(after.codes[i]));
      const bool is_weights = after.kind == TensorKind::weights;
      const std::vector<Computed>& computed =
          is_weights ? numbers.weights()[after.layer - 1] : numbers.biases()[after.layer - 1];
      add_overflow(after, computed, samples);
      add_rate_limits(step, step.before[t], after, computed, samples);
      if (!is_weights) continue;
      for (std::size_t i = 0; i < after.count; ++i) {
        const double before = number_of(step.before[t], i);
        const double change = before - computed[i].value;
        const double beyond = std::abs(number_of(after, i)) - std::abs(computed[i].value);
        if (std::abs(beyond) > 0x1p-20 * std::abs(computed[i].value))
          ++(beyond > 0 ? samples.weights_above : samples.weights_below);
        if (std::abs(change) > 2 * computed[i].error && after.codes[i] == step.before[t].codes[i])
          samples.lost_change = std::max(samples.lost_change, std::abs(change));
        // Only changes of at least so many times their error tell a factor.
        if (!(std::abs(change) > 4096 * computed[i].error) || computed[i].error == 0) continue;
        const double ratio = (before - number_of(after, i)) / change;
        if (!std::isfinite(ratio)) continue;
        const double reach = computed[i].error / std::abs(change);
        samples.add_ratio({ratio - reach, ratio + reach}, !(std::abs(ratio - 1) <= reach));
        if (std::abs(ratio - 1) > reach)
          samples.rates.push_back(ratio * double{step.learning_rate});
      }
    }
  }

  /// What learning rates are where changes are smaller than they should be.
  static void add_rate_limits(const ShownStep& step, const Tensor& before, const Tensor& after,
                              const std::vector<Computed>& computed, FitSamples& samples) {
    for (std::size_t i = 0; i < after.count; ++i) {
      const double then = number_of(before, i), change = then - computed[i].value;
      // Only changes of at least so many times their error tell a factor.
      if (!(std::abs(change) > 4096 * computed[i].error) || !std::isfinite(change)) continue;
      const double ratio = (then - number_of(after, i)) / change;
      if (ratio > 0 && ratio < 1 - 2 * computed[i].error / std::abs(change))
        samples.rate_limits.push_back(ratio * double{step.learning_rate});
    }
  }

  /// What biases tell of deltas that are smaller than they should be.
  static void add_limits(const ShownStep& step, const DeviatingNumbers& numbers,
                         FitSamples& samples) {
    const std::size_t last = step.network->layers.size() - 1;
    for (std::size_t t = 0; t < step.after.size(); ++t) {
      const Tensor& after = step.after[t];
      if (after.kind != TensorKind::biases || !is_shown(after) || step.learning_rate == 0) continue;
      const std::size_t l = after.layer - 1;
      for (std::size_t j = 0; j < after.count; ++j) {
        const double then = number_of(step.before[t], j), now = number_of(after, j);
        const Computed& right = numbers.deltas()[l][j];
        const double shown = (then - now) / double{step.learning_rate};
        // A bias of many times the change tells it badly.
        const bool is_told = std::isfinite(shown) && std::abs(then) <= 0x1p8 * std::abs(then - now);
        if (is_told && l < last && std::abs(right.value) > 64 * right.error)
          samples.hidden_delta_ratios.push_back(shown / right.value);
        const double missing = std::abs(right.value) - std::abs(shown);
        if (!is_told || !(missing > right.error + 0x1p-10 * std::abs(shown)) ||
            shown * right.value < 0)
          continue;
        (l == last ? samples.output_delta_limits : samples.hidden_delta_limits)
            .push_back(std::abs(shown));
        if (l < last && right.value != 0)
          samples.hidden_sum_limits.push_back(
              std::abs(numbers.hidden_sums()[l][j].value * shown / right.value));
        if (l == last) samples.target_limits.push_back(numbers.activations()[l][j].value - shown);
      }
    }
  }

  /// What changes of weights and biases of the first layer tell of inputs that are too small.
  static void add_input_limits(const ShownStep& step, FitSamples& samples) {
    const Layer& layer = step.network->layers.front();
    const auto changes = shown_changes(step, step.network->layers.size(), TensorKind::weights);
    const auto steps = shown_changes(step, step.network->layers.size(), TensorKind::biases);
    if (changes.empty() || steps.empty()) return;
    for (std::size_t j = 0; j < layer.outputs; ++j)
      for (std::size_t i = 0; i < layer.inputs; ++i) {
        const Computed& change = changes[0][j * layer.inputs + i];
        const Computed& by = steps[0][j];
        const double x = step.sample.inputs[i], shown = change.value / by.value;
        const bool is_told = std::abs(by.value) > 0x1p12 * by.error &&
                             std::abs(change.value) > 0x1p12 * change.error;
        if (is_told && shown > 0 && shown < x * (1 - 0x1p-9)) samples.input_limits.push_back(shown);
      }
  }

  /// Of what is infinite and should not be.
  static void add_overflow(const Tensor& shown, const std::vector<Computed>& computed,
                           FitSamples& samples) {
    for (std::size_t i = 0; is_shown(shown) && i < computed.size(); ++i) {
      const double least = std::abs(computed[i].value) - computed[i].error;
      if (std::isinf(number_of(shown, i)) && std::isfinite(least) && least > 0)
        samples.overflow_start = std::min(samples.overflow_start, least);
    }
  }

  static void add_activation(Activation function, const Computed& computed, double z, double got,
                             FitSamples& samples) {
    const double excess = std::abs(got - computed.value) - computed.error;
    if (!(excess > 0) || !std::isfinite(got)) return;
    if (!is_approximated(function)) {
      (z < 0 ? samples.slopes_below_zero : samples.limits).push_back(z < 0 ? got / z : got);
      return;
    }
    if (function == Activation::sigmoid && (got == 0 || got == 1))
      samples.saturation_start =
          std::min(std::abs(z), samples.saturation_start.value_or(std::abs(z)));
    samples.function_error = std::max(excess * (1 + 0x1p-20), samples.function_error.value_or(0));
  }

  static void compare_parameters(const ShownStep& step, const DeviatingNumbers& numbers,
                                 StepAgreement& agreement) {
    for (std::size_t t = 0; t < step.after.size(); ++t) {
      const Tensor& after = step.after[t];
      const std::size_t l = after.layer - 1;
      if (after.kind == TensorKind::biases)
        agreement.push_back(
            compare_delta(step.before[t], after, step.learning_rate, numbers.deltas()[l]));
      agreement.push_back(compare_computed(
          after, after.kind == TensorKind::weights ? numbers.weights()[l] : numbers.biases()[l]));
    }
  }

  const ArithmeticModel& model_;
  NumberKind kind_;
  DeviceMemory memory_;
  ComputedTrace trace_;
  std::optional<float> lowest_rate_;  ///< since parameters were loaded
};

/// What makes the device of a profile.
struct NamedDevice {
  std::string_view profile;
  std::unique_ptr<DeviatingDevice> (*make)(const ArithmeticModel&, const Changes&);
};

constexpr NamedDevice devices[] = {
    {"float32",
     [](const ArithmeticModel& model, const Changes& changes) -> std::unique_ptr<DeviatingDevice> {
       return std::make_unique<RealDevice>(model, NumberKind::binary32, changes);
     }},
    {"int8_hybrid", deviating_int8_hybrid},
    {"int8_integer", deviating_int8_integer},
    {"int32_fixed",
     [](const ArithmeticModel& model, const Changes& changes) -> std::unique_ptr<DeviatingDevice> {
       return std::make_unique<RealDevice>(model, NumberKind::fixed, changes);
     }},
};

}  // namespace

void FitSamples::add_ratio(const std::pair<double, double>& range, bool is_of_wrong) {
  for (auto* ranges : {&ratio_ranges, &ratio_ranges_of_wrong})
    if ((is_of_wrong || ranges == &ratio_ranges) && ranges->size() < most_ratios)
      ranges->push_back(range);
}

void FitSamples::add_table_entry(Activation function, int z, int shown, int expected) {
  ++entries[{function, z}][shown];
  expected_entries[{function, z}] = expected;
}

void FitSamples::add_answer(const ShownOperation& shown, bool is_wrong) {
  const auto integer = static_cast<std::int32_t>(shown.a);
  const auto add_entry = [&](Activation function) {
    add_table_entry(
        function, integer, static_cast<std::int32_t>(shown.result),
        static_cast<std::int32_t>(arithmetic_result(shown.operation, shown.a, shown.b)));
  };
  const auto add_value = [&](double z, double got, double right) {
    if (!is_wrong || !std::isfinite(got)) return;
    function_error = std::max(std::abs(got - right) * (1 + 0x1p-20), function_error.value_or(0));
    if (got == 0 || got == 1)
      saturation_start = std::min(std::abs(z), saturation_start.value_or(std::abs(z)));
  };
  const double z = from_bits(shown.a);
  const double fixed_z = fixed_value(integer, fixed_preactivation_bits);
  const double fixed =
      fixed_value(static_cast<std::int32_t>(shown.result), fixed_activation_bits(Activation::tanh));
  switch (shown.operation) {
    case LSGD_OPERATION_RELU:
      return add_entry(Activation::relu);
    case LSGD_OPERATION_SIGMOID_TABLE:
      return add_entry(Activation::sigmoid);
    case LSGD_OPERATION_TANH_TABLE:
      return add_entry(Activation::tanh);
    case LSGD_OPERATION_FLOAT_SIGMOID:
      return add_value(z, from_bits(shown.result), Binary64Functions::sigmoid(z));
    case LSGD_OPERATION_FLOAT_TANH:
      return add_value(z, from_bits(shown.result), std::tanh(z));
    case LSGD_OPERATION_FIXED_SIGMOID:
      return add_value(fixed_z, fixed, Binary64Functions::sigmoid(fixed_z));
    case LSGD_OPERATION_FIXED_TANH:
      return add_value(fixed_z, fixed, std::tanh(fixed_z));
    case LSGD_OPERATION_QUANTIZE:
    case LSGD_OPERATION_FRACTION_BITS:
    case LSGD_OPERATION_REQUANTIZE:
    case LSGD_OPERATION_ALIGN_BIAS:
    case LSGD_OPERATION_FLOAT_ADD:
    case LSGD_OPERATION_FLOAT_SUBTRACT:
    case LSGD_OPERATION_FLOAT_MULTIPLY:
    case LSGD_OPERATION_FLOAT_DIVIDE:
    case LSGD_OPERATION_FLOAT_FROM_INT8:
    case LSGD_OPERATION_QUANTIZE_INT16:
    case LSGD_OPERATION_ALIGN_INT16_BIAS:
    case LSGD_OPERATION_RATE_EXPONENT:
    case LSGD_OPERATION_RANDOM_DRAW:
    case LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE:
    case LSGD_OPERATION_TIMES_TANH_DERIVATIVE:
    case LSGD_OPERATION_QUANTIZE_INT32:
      return;
  }
}

std::map<std::pair<Activation, int>, int> FitSamples::other_table_entries() const {
  std::map<std::pair<Activation, int>, int> table;
  for (const auto& [place, shown] : entries) {
    const auto most =
        std::ranges::max_element(shown, {}, [](const auto& count) { return count.second; });
    if (most->first != expected_entries.at(place)) table[place] = most->first;
  }
  return table;
}

namespace {

/// A factor that is a power of two but for the roundings that it was found through is one.
std::optional<double> power_of_two_near(std::optional<double> factor) {
  if (!factor || *factor == 0) return factor;
  const double power = std::copysign(std::exp2(std::round(std::log2(std::abs(*factor)))), *factor);
  return std::abs(*factor - power) <= 0x1p-14 * std::abs(power) ? power : *factor;
}

/// The middle of what most ranges have in common, or the power of two in it; 0 where that is in it.
std::optional<double> common_number(const std::vector<std::pair<double, double>>& ranges) {
  std::vector<std::pair<double, int>> ends;
  for (const auto& [least, most] : ranges) {
    ends.emplace_back(least, -1);  // before another range ends there
    ends.emplace_back(most, 1);
  }
  std::ranges::sort(ends);
  std::size_t open = 0, most_open = 0;
  std::optional<double> common;
  for (std::size_t k = 0; k + 1 < ends.size(); ++k) {
    if (ends[k].second > 0) {
      --open;
    } else if (++open > most_open) {
      most_open = open;
      const double low = ends[k].first, high = ends[k + 1].first;
      const double middle = (low + high) / 2;
      const double power =
          middle == 0 ? 0
                      : std::copysign(std::exp2(std::round(std::log2(std::abs(middle)))), middle);
      common = low <= 0 && 0 <= high ? 0 : low <= power && power <= high ? power : middle;
    }
  }
  return common;
}

/// A limit is a number of few bits, found through roundings.
std::optional<double> round_near(std::optional<double> limit) {
  if (!limit || *limit == 0) return limit;
  const double unit = std::ldexp(1, std::ilogb(*limit) - 7);
  const double rounded = std::round(*limit / unit) * unit;
  return std::abs(*limit - rounded) <= 0x1p-12 * std::abs(rounded) ? rounded : *limit;
}

}  // namespace

std::optional<double> FitSamples::number_for(Fit fit) const {
  const auto median = [](std::vector<double> numbers) -> std::optional<double> {
    if (numbers.empty()) return std::nullopt;
    const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
    std::ranges::nth_element(numbers, middle);
    return *middle;
  };
  switch (fit) {
    case Fit::none:
      return 0;
    case Fit::function_error:
      return function_error;
    case Fit::saturation_start:
      return saturation_start;
    case Fit::slope_below_zero:
      return median(slopes_below_zero);
    case Fit::limit_above:
      return median(limits);
    case Fit::rate_factor:
      return common_number(ratio_ranges);
    case Fit::rate_factor_of_wrong:
      return common_number(ratio_ranges_of_wrong);
    case Fit::table_entries:
      if (const std::size_t count = other_table_entries().size(); count > 0)
        return static_cast<double>(count);
      return std::nullopt;
    case Fit::rate:
      return median(rates);
    case Fit::output_delta_limit:
      return output_delta_limits.empty() ? common_number(output_delta_ranges)
                                         : round_near(median(output_delta_limits));
    case Fit::hidden_delta_limit:
      return hidden_delta_limits.empty() ? common_number(hidden_delta_ranges)
                                         : round_near(median(hidden_delta_limits));
    case Fit::hidden_delta_factor: {
      const auto factor = median(hidden_delta_ratios);
      return factor && std::abs(*factor - 1) > 0x1p-7 ? power_of_two_near(factor) : std::nullopt;
    }
    case Fit::target_limit:
      return round_near(median(target_limits));
    case Fit::hidden_sum_limit:
      return round_near(median(hidden_sum_limits));
    case Fit::input_limit:
      return round_near(median(input_limits));
    case Fit::overflow_start:
      return overflow_start;
    case Fit::rate_limit:
      return round_near(median(rate_limits));
    case Fit::lost_change:
      return lost_change > 0 ? std::optional(lost_change) : std::nullopt;
  }
  return std::nullopt;
}

bool is_within(const StepAgreement& agreement) {
  return std::ranges::all_of(agreement, [](const TensorAgreement& tensor) {
    return tensor.wrong == 0 || tensor.tensor.starts_with("delta");
  });
}

bool has_equal_bits(const StepAgreement& agreement) {
  return std::ranges::all_of(agreement,
                             [](const TensorAgreement& tensor) { return tensor.other_bits == 0; });
}

std::unique_ptr<DeviatingDevice> deviating_device(const Profile& profile,
                                                  const ArithmeticModel& model,
                                                  const Changes& changes) {
  if (is_declared(profile)) return deviating_declared(profile, changes);
  for (const NamedDevice& device : devices)
    if (device.profile == profile.name()) return device.make(model, changes);
  return nullptr;
}

}  // namespace lsgd
