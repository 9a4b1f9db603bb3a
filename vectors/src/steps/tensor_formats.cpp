// SPDX-License-Identifier: Apache-2.0
#include "steps/tensor_formats.hpp"

#include <stdexcept>

#include <lsgd/network/activation_table.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/step/int32_fixed.hpp>

namespace lsgd {
namespace {

constexpr TensorFormats float32_formats{};

constexpr TensorFormats int8_hybrid_formats{
    .weights = fixed_format(8),
    .biases = fixed_format(8),
    .preactivations = fixed_format(8, preactivation_fraction_bits),
    .bounded_activations = fixed_format(8, output_fraction_bits(Activation::tanh)),
    .other_activations = fixed_format(8, output_fraction_bits(Activation::identity)),
    .deltas = {},
};

constexpr TensorFormats int8_integer_formats{
    .weights = fixed_format(8),
    .biases = fixed_format(16, bias_fraction_bits),
    .preactivations = fixed_format(8, preactivation_fraction_bits),
    .bounded_activations = fixed_format(8, output_fraction_bits(Activation::tanh)),
    .other_activations = fixed_format(8, output_fraction_bits(Activation::identity)),
    .deltas = fixed_format(16, delta_fraction_bits),
    .has_random_state = true,
};

constexpr TensorFormats int32_fixed_formats{
    .weights = fixed_format(32, fixed_parameter_bits),
    .biases = fixed_format(32, fixed_parameter_bits),
    .preactivations = fixed_format(32, fixed_preactivation_bits),
    .bounded_activations = fixed_format(32, fixed_activation_bits(Activation::tanh)),
    .other_activations = fixed_format(32, fixed_activation_bits(Activation::identity)),
    .deltas = fixed_format(32, fixed_delta_bits),
};

}  // namespace

const ElementFormat& TensorFormats::activations(Activation activation) const {
  switch (activation) {
    case Activation::sigmoid:
    case Activation::tanh:
      return bounded_activations;
    case Activation::identity:
    case Activation::relu:
      return other_activations;
  }
  throw std::invalid_argument("unknown activation");
}

const TensorFormats& tensor_formats(Profile profile) {
  switch (profile) {
    case Profile::float32:
      return float32_formats;
    case Profile::int8_hybrid:
      return int8_hybrid_formats;
    case Profile::int8_integer:
      return int8_integer_formats;
    case Profile::int32_fixed:
      return int32_fixed_formats;
  }
  throw std::invalid_argument("unknown profile");
}

}  // namespace lsgd
