// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/quick_engine.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/rounded_function.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/correctly_rounded_activation.hpp>

#include "arithmetic/function_error.hpp"
#include "arithmetic/quick_tanh.hpp"
#include "arithmetic/tensor_rounding.hpp"

namespace lsgd {

namespace {

/// Relative error of exp and tanh of any libm (as in correctly_rounded_activation.hpp), and more
/// than that of QuickTanh.
constexpr double function_margin = 0x1p-40;

/// An irrational number in (low, high) stands for itself, rounded to odd.
double with_last_bit(double x) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) | 1);
}

}  // namespace

QuickEngine::QuickEngine(const DeclaredShape& shape, const QuickPlan& plan, QuickMemory& memory,
                         QuickState& state)
    : shape_(shape),
      plan_(plan),
      memory_(memory),
      state_(state),
      weight_saturated_(shape.network.layers.size()),
      sees_state_(!plan.rounds_seen_weights && !plan.flushes_operands) {
  if (arithmetic().random.generator != RandomGenerator::none)
    random_.emplace(arithmetic().random.generator, state.random_state);
}

void QuickEngine::round_inputs(std::span<const float> inputs, std::vector<double>& input,
                               std::vector<double>& update_input) {
  input.clear();
  update_input.clear();
  const bool keeps = arithmetic().training.first_layer_input == FirstLayerInput::given;
  for (const float x : inputs) {
    const auto given = static_cast<double>(x);
    input.push_back(rounded(0, Point::input, given));
    update_input.push_back(keeps ? given : input.back());
  }
}

void QuickEngine::begin_layer(std::size_t l) {
  if (sees_state_) return;
  std::vector<double>& seen = memory_.seen_weights[l];
  seen = state_.layers[l].weights;
  Point point = Point::weight;
  if (plan_.rounds_seen_weights) {
    point = Point::effective_weight;
    if (plan_.seen_weight_rule) {
      if (!round_scaled_weights(l, seen)) round_exactly(l, seen);
    } else {
      bool overflowed = false;
      for (const QuickRounding& rounding : site(l, point).roundings)
        for (double& weight : seen) weight = rounding(weight, false, random(), overflowed);
    }
  }
  for (double& weight : seen) weight = operand(l, point, weight);
}

void QuickEngine::round_exactly(std::size_t l, std::vector<double>& weights) {
  DeclaredTensor tensor;
  for (const double weight : weights) tensor.numbers.push_back(BinaryNumber::of_double(weight));
  round_tensor(arithmetic().at(Point::effective_weight), *plan_.seen_weight_rule,
               network().layers[l].inputs, random(), tensor);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = tensor.numbers[i].to_double();
}

/// As round_tensor; false, and nothing changed, where doubles do not hold a sum, or a rounding is
/// none of QuickRounding.
bool QuickEngine::round_scaled_weights(std::size_t l, std::vector<double>& weights) {
  const std::vector<Rounding>& roundings = arithmetic().at(Point::effective_weight);
  if (first_scaled(roundings) != 0) return false;
  const NumberFormat& format = roundings.front().format;
  const std::size_t columns = network().layers[l].inputs;
  struct Group {
    double largest = 0, sum = 0;
    std::size_t count = 0;
  };
  std::vector<Group> groups(scale_position(format, weights.size() - 1, columns) + 1);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    Group& group = groups[scale_position(format, i, columns)];
    const double magnitude = std::abs(weights[i]);
    bool is_cut = false;
    group.largest = std::max(group.largest, magnitude);
    group.sum = added(Exactness::checked, 0, group.sum, magnitude, is_cut);
    if (is_cut && *plan_.seen_weight_rule == ScaleRule::mean_abs) return false;
    ++group.count;
  }
  std::vector<std::vector<QuickRounding>> planned(roundings.size());
  for (const Group& group : groups) {
    const TensorScale scale =
        chosen_scale(format, *plan_.seen_weight_rule, BinaryNumber::of_double(group.largest),
                     BinaryNumber::of_double(group.sum), group.count);
    for (std::size_t k = 0; k < roundings.size(); ++k) {
      const bool is_scaled = has_tensor_scale(roundings[k].format);
      const std::optional<QuickRounding> rounding = QuickRounding::of(
          roundings[k],
          is_scaled ? scale
                    : TensorScale{.fraction_bits = roundings[k].format.fraction_bits.number},
          Digits{});
      if (!rounding) return false;
      planned[k].push_back(*rounding);
    }
  }
  bool overflowed = false;
  for (std::size_t k = 0; k < roundings.size(); ++k)
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::size_t position = scale_position(format, i, columns);
      weights[i] = planned[k][position](weights[i], false, random(), overflowed);
    }
  return true;
}

void QuickEngine::finish_update(std::size_t l) {
  QuickLayer& layer = state_.layers[l];
  finish_tensor(l, Point::weight, plan_.layers[l].weights, layer.weights,
                layer.weight_fraction_bits);
  finish_tensor(l, Point::bias, plan_.layers[l].biases, layer.biases, layer.bias_fraction_bits);
  const ScaleDefinition* const scale = arithmetic().scale(Point::weight);
  const bool widens = scale != nullptr && scale->rule == ScaleRule::widen_on_saturation;
  if (!widens || !weight_saturated_[l] || layer.weight_fraction_bits <= scale->minimum) return;
  --layer.weight_fraction_bits;
  round_tensor_from(0, Point::weight_widened, plan_.layers[l].weights, layer.weight_fraction_bits,
                    layer.weights);
}

void QuickEngine::finish_tensor(std::size_t, Point point, const Digits&,
                                std::vector<double>& numbers, int& fraction_bits) {
  const ScaleDefinition* const scale = arithmetic().scale(point);
  if (scale == nullptr || !follows_numbers(scale->rule)) return;
  const std::vector<Rounding>& roundings = arithmetic().at(point);
  const std::size_t first = first_scaled(roundings);
  double largest = 0;
  for (const double number : numbers) largest = std::max(largest, std::abs(number));
  // The largest magnitude alone decides over fraction bits.
  fraction_bits =
      chosen_scales(roundings.at(first).format, scale->rule, {BinaryNumber::of_double(largest)}, 1)
          .front()
          .fraction_bits;
  round_tensor_from(first, point, Digits{}, fraction_bits, numbers);
}

void QuickEngine::round_tensor_from(std::size_t first, Point point, Digits digits,
                                    int fraction_bits, std::vector<double>& numbers) {
  const std::vector<Rounding>& roundings = arithmetic().at(point);
  bool overflowed = false;
  for (std::size_t k = first; k < roundings.size(); ++k) {
    if (roundings[k].format.kind == FormatKind::exact) continue;
    TensorScale scale;
    scale.fraction_bits = has_tensor_scale(roundings[k].format)
                              ? fraction_bits
                              : roundings[k].format.fraction_bits.number;
    const std::optional<QuickRounding> rounding = QuickRounding::of(roundings[k], scale, digits);
    if (!rounding) throw DoesNotFit{};
    for (double& number : numbers) number = (*rounding)(number, false, random(), overflowed);
    digits = rounding->results();
  }
}

double QuickEngine::function_value(std::size_t l, double z) {
  const QuickFunction& function = plan_.layers[l].function;
  if (!function.table.empty() || function.is_kept) {
    const auto code = static_cast<std::int64_t>(z * function.codes_of_one) - function.lowest_code;
    const auto position = static_cast<std::size_t>(code);
    if (position >= function.code_count) throw DoesNotFit{};
    if (!function.table.empty()) return function.table.at(position);
    std::vector<double>& known = memory_.known_activations[l];
    if (known.size() != function.code_count)
      known.assign(function.code_count, std::numeric_limits<double>::quiet_NaN());
    if (std::isnan(known[position])) known[position] = computed_function(l, z);
    return known[position];
  }
  return computed_function(l, z);
}

double QuickEngine::computed_function(std::size_t l, double z) {
  const Activation activation = network().layers[l].activation;
  const std::vector<QuickRounding>& roundings = site(l, Point::activation).roundings;
  bool overflowed = false;
  double value = 0;
  const auto exactly = [&] {
    const QuickFunction& function = plan_.layers[l].function;
    const BinaryNumber exact = rounded_function(activation, BinaryNumber::of_double(z),
                                                *function.codec, function.rounding, random());
    if (!exact.is_finite()) throw DoesNotFit{};
    return exact.to_double();
  };
  if (z == 0) {
    const double at_zero = activation_value(activation, Binary64Functions(), z);
    value = roundings.front()(at_zero, false, random(), overflowed);
  } else if (roundings.front().is_nearest_binary64()) {
    value = roundings.front()(exactly(), false, random(), overflowed);
  } else {
    static const QuickTanh quick_tanh;
    value = activation == Activation::tanh ? quick_tanh(z)
                                           : activation_value(activation, Binary64Functions(), z);
    // The functions stay below 1; where they are tiny a relative error says nothing.
    constexpr double below_one = 1 - 0x1p-53;
    if (const std::optional<double> rounded =
            roundings.front().rounded_within(value, function_margin))
      return finished_function(l, z, *rounded);
    const double size = std::abs(value);
    const double low = with_last_bit(std::min(size * (1 - function_margin), below_one));
    const double high = with_last_bit(std::min(size * (1 + function_margin), below_one));
    std::optional<RandomStream> draws[2] = {random_, random_};
    const auto rounded_from = [&](double bound, std::optional<RandomStream>& draw) {
      return roundings.front()(std::copysign(bound, value), true, draw ? &*draw : nullptr,
                               overflowed);
    };
    const double from_low = rounded_from(low, draws[0]);
    if (size > 0x1p-480 && from_low == rounded_from(high, draws[1])) {
      value = from_low;
      random_ = draws[0];
    } else {
      value = exactly();
    }
  }
  return finished_function(l, z, value);
}

/// From a value that was rounded for the first time.
double QuickEngine::finished_function(std::size_t l, double z, double value) {
  const std::vector<QuickRounding>& roundings = site(l, Point::activation).roundings;
  bool overflowed = false;
  for (std::size_t k = 1; k < roundings.size(); ++k)
    value = roundings[k](value, false, random(), overflowed);
  if (const auto moved = moved_value(shape_, l, z, value))
    value = roundings.back()(*moved, false, nullptr, overflowed);
  return value;
}

void QuickEngine::softmax(std::size_t l, const std::vector<double>& z, std::vector<double>& a) {
  if (!std::ranges::all_of(z, [](double each) { return std::isfinite(each); })) throw DoesNotFit{};
  const std::vector<QuickRounding>& roundings = site(l, Point::activation).roundings;
  binary64_softmax(z, a);
  const double margin = function_margin * (1 + static_cast<double>(z.size()) / 256);
  std::optional<SoftmaxValues> exact;  // where bounds do not decide
  bool overflowed = false;
  for (std::size_t j = 0; j < z.size(); ++j) {
    double value = a[j];
    std::optional<RandomStream> draws[2] = {random_, random_};
    // Of two outputs or more each stays below 1.
    const auto rounded_from = [&](double bound, std::optional<RandomStream>& draw) {
      return roundings.front()(with_last_bit(std::min(bound, 1 - 0x1p-53)), true,
                               draw ? &*draw : nullptr, overflowed);
    };
    const bool has_margin =
        z.size() > 1 && value > 0x1p-480 && !roundings.front().is_nearest_binary64();
    const double from_low = has_margin ? rounded_from(value * (1 - margin), draws[0]) : 0;
    if (has_margin && from_low == rounded_from(value * (1 + margin), draws[1])) {
      value = from_low;
      random_ = draws[0];
    } else {
      if (!exact) {
        std::vector<BinaryNumber> numbers;
        for (const double each : z) numbers.push_back(BinaryNumber::of_double(each));
        exact.emplace(numbers);
      }
      const QuickFunction& function = plan_.layers[l].function;
      const BinaryNumber rounded = exact->rounded(j, *function.codec, function.rounding, random());
      if (!rounded.is_finite()) throw DoesNotFit{};
      value = rounded.to_double();
      if (roundings.front().is_nearest_binary64())
        value = roundings.front()(value, false, random(), overflowed);
    }
    for (std::size_t k = 1; k < roundings.size(); ++k)
      value = roundings[k](value, false, random(), overflowed);
    if (const auto moved = moved_value(shape_, l, z[j], value))
      value = roundings.back()(*moved, false, nullptr, overflowed);
    a[j] = value;
  }
}

}  // namespace lsgd
