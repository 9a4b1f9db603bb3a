// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/quick_step.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "arithmetic/row_operations.hpp"
#include "arithmetic/tensor_rounding.hpp"

namespace lsgd {

namespace {

using QuickOperations = RowOperations;

/// 2^exponent, of a normal double.
double double_power(std::int64_t exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// A finite number as a double, where that is exact.
bool to_exact_double(const BinaryNumber& x, double& value) {
  if (!x.is_finite()) return false;
  // Limbs have 64 bits.
  const auto& integer = x.magnitude.backend();
  if (integer.size() != 1) return false;
  const auto magnitude = static_cast<std::uint64_t>(*integer.limbs());
  const double sign = x.is_negative ? -1 : 1;
  value = 0 * sign;
  if (magnitude == 0) return true;
  if (x.exponent < -900 || x.exponent > 900) return false;
  if (static_cast<int>(std::bit_width(magnitude)) - std::countr_zero(magnitude) > 53) return false;
  value = sign * static_cast<double>(magnitude) * double_power(x.exponent);
  return true;
}

/// With the exponent that a number of these digits has (see BinaryNumber).
void set_binary_number(const Digits& digits, double x, BinaryNumber& number) {
  number.kind = BinaryNumber::Kind::finite;
  number.is_negative = std::signbit(x);
  if (digits.is_grid) {
    number.magnitude =
        static_cast<std::uint64_t>(std::abs(x) * double_power(-std::int64_t{digits.exponent}));
    number.exponent = digits.exponent;
    return;
  }
  const auto pattern = std::bit_cast<std::uint64_t>(std::abs(x));
  const bool is_zero = pattern == 0;
  const std::uint64_t significand = (pattern & 0xFFFFFFFFFFFFFu) | std::uint64_t{1} << 52;
  const int zeros = std::countr_zero(significand);
  number.magnitude = is_zero ? 0 : significand >> zeros;
  number.exponent =
      is_zero ? BinaryNumber::no_grid : static_cast<std::int64_t>(pattern >> 52) - 1075 + zeros;
}

void binary_numbers(const Digits& digits, const std::vector<double>& from,
                    std::vector<BinaryNumber>& to) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) set_binary_number(digits, from[i], to[i]);
}

bool doubles(const std::vector<BinaryNumber>& from, const Digits& digits, std::vector<double>& to) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    if (!to_exact_double(from[i], to[i]) || !has_digits(digits, to[i])) return false;
  return true;
}

bool has_affine_scales(const Arithmetic& arithmetic) {
  return std::ranges::any_of(arithmetic.points, [](const std::vector<Rounding>& roundings) {
    return std::ranges::any_of(roundings, [](const Rounding& rounding) {
      return rounding.format.kind == FormatKind::affine && has_tensor_scale(rounding.format);
    });
  });
}

bool same_scale(const TensorScale& x, const TensorScale& y) {
  return same_number(x.scale, y.scale) && x.zero_point == y.zero_point;
}

bool same_scales(const DeclaredState& x, const DeclaredState& y) {
  const auto alike = [](const DeclaredTensor& a, const DeclaredTensor& b) {
    return std::ranges::equal(a.scales, b.scales, same_scale);
  };
  return same_scale(x.input_scale, y.input_scale) &&
         std::ranges::equal(x.layers, y.layers,
                            [&](const DeclaredLayer& a, const DeclaredLayer& b) {
                              return same_scale(a.activation_scale, b.activation_scale) &&
                                     alike(a.weights, b.weights) && alike(a.biases, b.biases);
                            });
}

}  // namespace

QuickStep::QuickStep(const DeclaredShape& shape)
    : shape_(shape), has_scales_(has_affine_scales(shape.arithmetic)) {
  memory_.seen_weights.resize(shape.network.layers.size());
  memory_.known_activations.resize(shape.network.layers.size());
}

/// Where they are others, nothing that was planned or kept for them is of use.
void QuickStep::take_scales(const DeclaredState& state) {
  if (!has_scales_ || same_scales(scales_, state)) return;
  scales_.input_scale = state.input_scale;
  scales_.layers.assign(state.layers.size(), {});
  for (std::size_t l = 0; l < state.layers.size(); ++l) {
    scales_.layers[l].activation_scale = state.layers[l].activation_scale;
    scales_.layers[l].weights.scales = state.layers[l].weights.scales;
    scales_.layers[l].biases.scales = state.layers[l].biases.scales;
  }
  plan_.reset();
  for (std::vector<double>& known : memory_.known_activations) known.clear();
}

QuickPlanKey QuickStep::key_for(float learning_rate) const {
  QuickPlanKey key{{}, learning_rate};
  for (const QuickLayer& layer : state_.layers) {
    key.fraction_bits.push_back(layer.weight_fraction_bits);
    key.fraction_bits.push_back(layer.bias_fraction_bits);
  }
  return key;
}

bool QuickStep::plan_for(float learning_rate) {
  QuickPlanKey key = key_for(learning_rate);
  if (plan_ && plan_->key == key) return true;
  plan_ = QuickPlan::of(shape_, key, scales_);
  return plan_.has_value();
}

bool QuickStep::load(const DeclaredState& state) {
  if (!is_suited_ || state.layers.size() != shape_.network.layers.size()) return false;
  state_.layers.resize(state.layers.size());
  state_.random_state = state.random_state;
  for (std::size_t l = 0; l < state.layers.size(); ++l) {
    state_.layers[l].weight_fraction_bits = state.layers[l].weights.scales.front().fraction_bits;
    state_.layers[l].bias_fraction_bits = state.layers[l].biases.scales.front().fraction_bits;
  }
  const float learning_rate = plan_ ? plan_->key.learning_rate : 1.0f;
  take_scales(state);
  if (!plan_for(learning_rate)) {
    is_suited_ = false;
    return false;
  }
  for (std::size_t l = 0; l < state.layers.size(); ++l)
    if (!doubles(state.layers[l].weights.numbers, plan_->layers[l].weights,
                 state_.layers[l].weights) ||
        !doubles(state.layers[l].biases.numbers, plan_->layers[l].biases, state_.layers[l].biases))
      return false;
  return true;
}

void QuickStep::store(DeclaredState& state) const {
  state.layers.resize(state_.layers.size());
  state.random_state = state_.random_state;
  // Fraction bits of a tensor may be others than before the step.
  const auto digits_of = [&](Point point, Digits before, int fraction_bits) {
    const NumberFormat& format = *shape_.arithmetic.format(point);
    if (format.kind == FormatKind::fixed && has_tensor_scale(format))
      before.exponent = -fraction_bits;
    return before;
  };
  for (std::size_t l = 0; l < state_.layers.size(); ++l) {
    const QuickLayer& layer = state_.layers[l];
    DeclaredLayer& out = state.layers[l];
    binary_numbers(digits_of(Point::weight, plan_->layers[l].weights, layer.weight_fraction_bits),
                   layer.weights, out.weights.numbers);
    binary_numbers(digits_of(Point::bias, plan_->layers[l].biases, layer.bias_fraction_bits),
                   layer.biases, out.biases.numbers);
    for (TensorScale& scale : out.weights.scales) scale.fraction_bits = layer.weight_fraction_bits;
    for (TensorScale& scale : out.biases.scales) scale.fraction_bits = layer.bias_fraction_bits;
  }
}

template <class Work>
bool QuickStep::attempt(const Work& work) {
  before_ = state_;
  try {
    QuickOperations numbers(shape_, *plan_, memory_, state_);
    work(numbers);
    numbers.finish();
    return true;
  } catch (const DoesNotFit&) {
    std::swap(state_, before_);
    return false;
  }
}

bool QuickStep::forward(std::span<const float> inputs) {
  if (!plan_for(plan_ ? plan_->key.learning_rate : 1.0f)) return false;
  return attempt(
      [&](QuickOperations& numbers) { forward_pass(shape_.network, inputs, numbers, numbers_); });
}

bool QuickStep::train(const Sample& sample, float learning_rate) {
  if (!plan_for(learning_rate)) return false;
  return attempt([&](QuickOperations& numbers) {
    forward_pass(shape_.network, sample.inputs, numbers, numbers_);
    backward_pass(shape_.network, sample.target, numbers, numbers_);
  });
}

bool QuickStep::train_from_activations(const StepNumbers<BinaryNumber>& given, const Sample& sample,
                                       float learning_rate) {
  if (!plan_for(learning_rate)) return false;
  numbers_.layers.resize(given.layers.size());
  if (!doubles(given.input, plan_->inputs, numbers_.input) ||
      !doubles(given.update_input, plan_->update_inputs, numbers_.update_input))
    return false;
  for (std::size_t l = 0; l < given.layers.size(); ++l) {
    const QuickLayerPlan& plan = plan_->layers[l];
    if (!doubles(given.layers[l].a, plan.activations, numbers_.layers[l].a) ||
        !doubles(given.layers[l].stored, plan.stored, numbers_.layers[l].stored))
      return false;
  }
  return attempt([&](QuickOperations& numbers) {
    for (std::size_t l = 0; l < given.layers.size(); ++l) numbers.begin_layer(l);
    backward_pass(shape_.network, sample.target, numbers, numbers_);
  });
}

void QuickStep::store_forward(StepNumbers<BinaryNumber>& out) const {
  out.layers.resize(numbers_.layers.size());
  binary_numbers(plan_->inputs, numbers_.input, out.input);
  binary_numbers(plan_->update_inputs, numbers_.update_input, out.update_input);
  for (std::size_t l = 0; l < numbers_.layers.size(); ++l) {
    const QuickLayerPlan& plan = plan_->layers[l];
    binary_numbers(plan.pre_activations, numbers_.layers[l].z, out.layers[l].z);
    binary_numbers(plan.activations, numbers_.layers[l].a, out.layers[l].a);
    binary_numbers(plan.stored, numbers_.layers[l].stored, out.layers[l].stored);
  }
}

void QuickStep::store_deltas(StepNumbers<BinaryNumber>& out) const {
  for (std::size_t l = 0; l < numbers_.layers.size(); ++l)
    binary_numbers(plan_->layers[l].deltas, numbers_.layers[l].delta, out.layers[l].delta);
}

}  // namespace lsgd
