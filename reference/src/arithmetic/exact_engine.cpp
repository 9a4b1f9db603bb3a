// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/exact_engine.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/rounded_function.hpp>

#include "arithmetic/function_error.hpp"
#include "arithmetic/point_scale.hpp"
#include "arithmetic/requantization.hpp"
#include "arithmetic/tensor_rounding.hpp"
#include "arithmetic/tensor_scale.hpp"

namespace lsgd {

ExactEngine::ExactEngine(DeclaredShape& shape, DeclaredState& state, float learning_rate,
                         RoundingWatch* watch)
    : shape_(shape), state_(state), watch_(watch), layers_(shape.network.layers.size()) {
  if (state.layers.size() != layers_.size())
    throw std::invalid_argument("parameters of every layer");
  if (arithmetic().random.generator != RandomGenerator::none)
    random_.emplace(arithmetic().random.generator, state.random_state);
  shape_.forget_activations_of_other_scales(state);
  learning_rate_ =
      operand(0, Point::learning_rate,
              rounded(0, Point::learning_rate, BinaryNumber::of_double(learning_rate)));
}

void ExactEngine::finish() {
  if (random_) state_.random_state = random_->state();
}

void ExactEngine::round_inputs(std::span<const float> inputs, std::vector<Number>& input,
                               std::vector<Number>& update_input) {
  input.clear();
  update_input.clear();
  for (const float x : inputs) {
    const Number given = BinaryNumber::of_double(x);
    input.push_back(rounded(0, Point::input, given));
    const bool keeps = arithmetic().training.first_layer_input == FirstLayerInput::given;
    update_input.push_back(keeps ? given : input.back());
  }
}

void ExactEngine::begin_layer(std::size_t l) {
  LayerState& layer = layers_[l];
  layer.weights = state_.layers[l].weights;
  const std::vector<Rounding>& roundings = arithmetic().at(Point::effective_weight);
  if (!roundings.empty()) {
    give_up_watching(Point::effective_weight);
    const ScaleDefinition* scale = arithmetic().scale(Point::effective_weight);
    round_tensor(roundings, scale == nullptr ? ScaleRule::given : scale->rule, inputs(l), random(),
                 layer.weights);
  }
  const Point point = roundings.empty() ? Point::weight : Point::effective_weight;
  if (shape_.flushes_operands)
    for (Number& weight : layer.weights.numbers) weight = operand(l, point, std::move(weight));
}

void ExactEngine::finish_update(std::size_t l) {
  finish_tensor(Point::weight, inputs(l), state_.layers[l].weights);
  finish_tensor(Point::bias, 1, state_.layers[l].biases);
  const ScaleDefinition* scale = arithmetic().scale(Point::weight);
  const bool widens = scale != nullptr && scale->rule == ScaleRule::widen_on_saturation;
  DeclaredTensor& weights = state_.layers[l].weights;
  if (!widens || !layers_[l].weight_saturated ||
      weights.scales.front().fraction_bits <= scale->minimum)
    return;
  for (TensorScale& own : weights.scales) --own.fraction_bits;
  give_up_watching(Point::weight_widened);
  round_tensor_from(0, arithmetic().at(Point::weight_widened), inputs(l), random(), weights);
}

ExactEngine::Number ExactEngine::target(std::size_t l, float t) {
  return operand(l, Point::target, rounded(l, Point::target, BinaryNumber::of_double(t)));
}

void ExactEngine::begin_sum(std::size_t l, Point, std::size_t j, const Number& x, const Number& y) {
  // Fixed-point numbers keep their grids.
  layers_[l].operand_bits = static_cast<int>(-(x.exponent + y.exponent));
  layers_[l].row = j;
}

ExactEngine::Number ExactEngine::clamped(std::size_t l, std::size_t j, Number x) {
  bool overflowed = false;
  Number z = rounded_by(arithmetic().at(Point::pre_activation).size(), l, Point::pre_activation,
                        std::move(x), 0, &overflowed);
  std::vector<bool>& clamped = layers_[l].clamped;
  if (clamped.size() <= j) clamped.resize(j + 1);
  clamped[j] = overflowed;
  return z;
}

ExactEngine::Number ExactEngine::gradient_factor(std::size_t l, Point point,
                                                 std::size_t index) const {
  const DeclaredTensor& weights = state_.layers[l].weights;
  const bool is_bias = is_bias_point(point);
  Number scale =
      weights.scales
          .at(is_bias ? std::min(index, weights.scales.size() - 1)
                      : weights.scale_of(*arithmetic().format(Point::weight), index, inputs(l)))
          .scale;
  if (is_bias) {
    const Point below = l == 0 ? Point::input : Point::activation;
    if (arithmetic().scale(below) != nullptr)
      scale = scale *
              scale_of_numbers(arithmetic(), network(), below, l == 0 ? 0 : l - 1, state_).scale;
  }
  return rounded_quotient(BinaryNumber::of(1), scale * scale, 24, RoundingDirection::nearest_even);
}

/// The scales and fraction bits of a format at a point: one, or one for each row or element that
/// has its own.
std::vector<TensorScale> ExactEngine::scales_of(std::size_t l, Point point,
                                                const NumberFormat& format,
                                                int operand_bits) const {
  if (!has_tensor_scale(format))
    return {constant_scale(shape_.network, format, point, l, operand_bits)};
  return scales_at(arithmetic(), network(), l, point, format, state_);
}

const std::vector<std::vector<NumberCodec>>& ExactEngine::codecs_of(std::size_t l, Point point,
                                                                    int operand_bits) {
  auto& codecs = layers_[l].codecs[static_cast<std::size_t>(point)];
  if (!codecs.empty()) return codecs;
  for (const Rounding& rounding : arithmetic().at(point)) {
    std::vector<NumberCodec>& own = codecs.emplace_back();
    for (const TensorScale& scale : scales_of(l, point, rounding.format, operand_bits))
      own.emplace_back(rounding.format, scale);
  }
  return codecs;
}

/// A forward sum of layer l, requantized as it is named.
ExactEngine::Number ExactEngine::requantized_sum(std::size_t l, const Number& x,
                                                 const NumberCodec& codec, const Rounding& rounding,
                                                 bool* overflowed) {
  const auto& sums = codecs_of(l, Point::forward_sum, layers_[l].operand_bits).back();
  const NumberCodec& sum = sums.at(sums.size() == 1 ? 0 : layers_[l].row);
  if (!x.is_finite()) return codec.rounded(x, rounding, random(), overflowed);
  const std::uint64_t code = sum.code_of(x).value();
  const int unused = 64 - sum.format().bits;
  const auto accumulator = static_cast<std::int64_t>(code << unused) >> unused;
  const BinaryNumber& scale = codec.tensor_scale().scale;
  const Integer result = requantized(accumulator, sum.tensor_scale().scale, scale, rounding);
  // Already on the grid: only the zero point and the range are left.
  return codec.rounded(BinaryNumber::of(result) * scale, rounding, nullptr, overflowed);
}

ExactEngine::Number ExactEngine::rounded_once(std::size_t l, const Number& x,
                                              const NumberCodec& codec, const Rounding& rounding,
                                              bool& overflowed) {
  return rounding.requantization == Requantization::exact
             ? codec.rounded(x, rounding, random(), &overflowed)
             : requantized_sum(l, x, codec, rounding, &overflowed);
}

/// What the changes of a rounding make of x, whose result is known.
void ExactEngine::watch_rounding(std::size_t l, const Number& x, const NumberCodec& codec,
                                 const Number& result, bool overflowed,
                                 std::vector<RoundingWatch::ChangedRounding>& changes) {
  // What becomes of an infinity is a matter of overflow.
  const bool stays = x.is_finite() && !overflowed && watch_->are_same(x, result);
  for (RoundingWatch::ChangedRounding& changed : changes) {
    if (watch_->may_differ(changed) || (stays && changed.keeps_exact_results)) continue;
    bool leaves_range = false;
    Number other = x;
    if (changed.rounding) {
      std::optional<NumberCodec>& own = changed.codec;
      const TensorScale& scale = codec.tensor_scale();
      const bool serves = own && own->tensor_scale().fraction_bits == scale.fraction_bits &&
                          !has_tensor_scale(own->format());
      if (changed.has_other_format && !serves) own.emplace(changed.rounding->format, scale);
      other = rounded_once(l, x, changed.has_other_format ? *own : codec, *changed.rounding,
                           leaves_range);
    }
    if (leaves_range != overflowed || !watch_->are_same(other, result)) watch_->differs(changed);
  }
}

/// The first `count` roundings of a point.
ExactEngine::Number ExactEngine::rounded_by(std::size_t count, std::size_t l, Point point, Number x,
                                            std::size_t index, bool* overflowed) {
  if (count == 0) return x;
  const bool is_in_sum = (Point::forward_sum <= point && point <= Point::pre_activation) ||
                         point == Point::backward_sum || point == Point::hidden_error;
  const int operand_bits = is_in_sum ? layers_[l].operand_bits : static_cast<int>(-x.exponent);
  const auto& codecs = codecs_of(l, point, operand_bits);
  const std::vector<Rounding>& roundings = arithmetic().at(point);
  const bool is_of_row = Point::forward_product <= point && point <= Point::pre_activation;
  for (std::size_t k = 0; k < count; ++k) {
    std::size_t position = 0;
    if (codecs[k].size() > 1)
      position = is_of_row ? layers_[l].row
                           : scale_position(roundings[k].format, index,
                                            is_bias_point(point) ? 1 : inputs(l));
    const NumberCodec& codec = codecs[k].at(position);
    bool leaves_range = false;
    Number result = rounded_once(l, x, codec, roundings[k], leaves_range);
    if (watch_ != nullptr) watch_rounding(l, x, codec, result, leaves_range, watch_->of(point, k));
    if (leaves_range && overflowed != nullptr) *overflowed = true;
    x = std::move(result);
  }
  return x;
}

ExactEngine::Number ExactEngine::rounded(std::size_t l, Point point, Number x, std::size_t index) {
  return rounded_by(arithmetic().at(point).size(), l, point, std::move(x), index, nullptr);
}

ExactEngine::Number ExactEngine::updated(std::size_t l, Point point, const Number& x,
                                         const Number& change, std::size_t index) {
  const ScaleDefinition* scale = arithmetic().scale(point);
  const std::vector<Rounding>& roundings = arithmetic().at(point);
  const bool waits = scale != nullptr && follows_numbers(scale->rule);
  bool overflowed = false;
  Number result = rounded_by(waits ? first_scaled(roundings) : roundings.size(), l, point,
                             x - change, index, &overflowed);
  if (point == Point::weight && overflowed) layers_[l].weight_saturated = true;
  return result;
}

void ExactEngine::finish_tensor(Point point, std::size_t columns, DeclaredTensor& tensor) {
  const ScaleDefinition* scale = arithmetic().scale(point);
  if (scale == nullptr || !follows_numbers(scale->rule)) return;
  give_up_watching(point);
  const std::vector<Rounding>& roundings = arithmetic().at(point);
  const std::size_t first = first_scaled(roundings);
  tensor.scales = chosen_scales(roundings.at(first).format, scale->rule, tensor.numbers, columns);
  round_tensor_from(first, roundings, columns, random(), tensor);
}

ExactEngine::Number ExactEngine::operand(std::size_t l, Point point, Number x) {
  if (!shape_.flushes_operands || arithmetic().at(point).empty()) return x;
  const auto fraction_bits = static_cast<int>(-x.exponent);
  return codecs_of(l, point, fraction_bits).back().front().operand(std::move(x));
}

ExactEngine::Number ExactEngine::function_value(std::size_t l, const Number& z) {
  const Activation function = shape_.network.layers[l].activation;
  const ActivationDefinition& definition = arithmetic().activation(function);
  const std::vector<Rounding>& roundings = arithmetic().at(Point::activation);
  const auto& codecs = codecs_of(l, Point::activation, 0);
  give_up_watching(Point::activation);
  const bool draws = std::ranges::any_of(roundings, [](const Rounding& rounding) {
    return rounding.direction == RoundingDirection::stochastic;
  });
  const NumberFormat* const z_format = arithmetic().format(Point::pre_activation);
  std::optional<std::uint64_t> code;
  if (z_format != nullptr && z_format->bits <= 16 && z.is_finite())
    code = codecs_of(l, Point::pre_activation, 0).back().front().code_of(z);
  if (definition.rule == ActivationRule::table && code) {
    const NumberCodec& z_codec = codecs_of(l, Point::pre_activation, 0).back().front();
    // Codes of two's complement, counted from the lowest.
    const std::uint64_t z_mask = (std::uint64_t{1} << z_codec.format().bits) - 1;
    const std::uint64_t position = (*code - z_codec.code_of(z_codec.smallest()).value()) & z_mask;
    const std::int64_t entry = definition.table.at(position);
    const std::uint64_t mask = (std::uint64_t{1} << codecs.back().front().format().bits) - 1;
    return codecs.back().front().number_of(static_cast<std::uint64_t>(entry) & mask);
  }
  auto& known = shape_.known_activations[l];
  if (code && !draws) {
    const auto found = known.find(*code);
    if (found != known.end()) return found->second;
  }
  Number value = rounded_function(function, z, codecs.front().front(), roundings.front(), random());
  for (std::size_t k = 1; k < roundings.size(); ++k)
    value = codecs[k].front().rounded(value, roundings[k], random());
  if (const auto moved = moved_value(shape_, l, z.to_double(), value.to_double()))
    value =
        codecs.back().front().rounded(BinaryNumber::of_double(*moved), roundings.back(), nullptr);
  if (code && !draws) known.emplace(*code, value);
  return value;
}

void ExactEngine::softmax(std::size_t l, const std::vector<Number>& z, std::vector<Number>& a) {
  const std::vector<Rounding>& roundings = arithmetic().at(Point::activation);
  const auto& codecs = codecs_of(l, Point::activation, 0);
  give_up_watching(Point::activation);
  SoftmaxValues values(z);
  a.clear();
  for (std::size_t j = 0; j < z.size(); ++j) {
    Number value = values.rounded(j, codecs.front().front(), roundings.front(), random());
    for (std::size_t k = 1; k < roundings.size(); ++k)
      value = codecs[k].front().rounded(value, roundings[k], random());
    if (const auto moved = moved_value(shape_, l, z[j].to_double(), value.to_double()))
      value =
          codecs.back().front().rounded(BinaryNumber::of_double(*moved), roundings.back(), nullptr);
    a.push_back(value);
  }
}

}  // namespace lsgd
