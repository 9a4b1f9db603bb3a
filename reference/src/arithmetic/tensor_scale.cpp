// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/tensor_scale.hpp"

#include <algorithm>
#include <stdexcept>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/round_to_integer.hpp>

#include "arithmetic/point_scale.hpp"

namespace lsgd {

namespace {

/// A zero point lies in the codes, but lowest / S may not.
constexpr int bits_of_quotient = 64;

}  // namespace

BinaryNumber rounded_quotient(const BinaryNumber& numerator, const BinaryNumber& denominator,
                              int precision, RoundingDirection direction) {
  const unsigned guard = 80 + static_cast<unsigned>(msb(denominator.magnitude));
  const Integer scaled = numerator.magnitude << guard;
  UnroundedInteger quotient;
  quotient.magnitude = scaled / denominator.magnitude;
  quotient.sticky = scaled % denominator.magnitude != 0;
  const std::int64_t exponent = numerator.exponent - denominator.exponent - guard;
  quotient.shift = static_cast<std::int64_t>(msb(quotient.magnitude)) + 1 - precision;
  Rounding rounding;
  rounding.direction = direction;
  return BinaryNumber::of(round_to_integer(quotient, rounding, nullptr), exponent + quotient.shift);
}

BinaryNumber rounded_scale(const BinaryNumber& numerator, const BinaryNumber& denominator,
                           ScaleFormat format) {
  switch (format) {
    case ScaleFormat::binary32:
      return rounded_quotient(numerator, denominator, 24, RoundingDirection::nearest_even);
    case ScaleFormat::e8m0:
      return rounded_quotient(numerator, denominator, 1, RoundingDirection::up);
    case ScaleFormat::multiplier_and_shift:
      return rounded_quotient(numerator, denominator, 31, RoundingDirection::nearest_even);
  }
  throw std::logic_error("a format of scales");
}

TensorScale scale_of_range(const NumberFormat& format, const ScaleRange& range) {
  const NumberCodec codes(format);
  const BinaryNumber low = BinaryNumber::of_double(range.lowest);
  const BinaryNumber high = BinaryNumber::of_double(range.highest);
  TensorScale scale;
  if (!format.zero_point) {
    const BinaryNumber largest = compare(magnitude_of(low), high) > 0 ? magnitude_of(low) : high;
    scale.scale = rounded_scale(largest, codes.largest(), format.scale_format);
    return scale;
  }
  scale.scale = rounded_scale(high - low, codes.largest() - codes.smallest(), format.scale_format);
  NumberFormat wide;
  wide.kind = FormatKind::affine;
  wide.bits = bits_of_quotient;
  const NumberCodec quotients(wide, {.scale = scale.scale});
  const auto lowest = static_cast<std::int64_t>(
      quotients.code_of(quotients.rounded(low, Rounding{}, nullptr)).value());
  const auto code = [](const BinaryNumber& x) {
    return (x.significand() << static_cast<unsigned>(x.exponent)).convert_to<std::int64_t>();
  };
  scale.zero_point =
      std::clamp(code(codes.smallest()) - lowest, code(codes.smallest()), code(codes.largest()));
  return scale;
}

TensorScale scale_of_numbers(const Arithmetic& arithmetic, const Network& network, Point tensor,
                             std::size_t l, const DeclaredState& state) {
  if (keeps_scale(arithmetic, tensor))
    return tensor == Point::input ? state.input_scale : state.layers[l].activation_scale;
  const auto function = static_cast<std::size_t>(network.layers[l].activation);
  return scale_of_range(*arithmetic.format(tensor),
                        arithmetic.scale(tensor)->ranges.value().at(function).value());
}

std::vector<TensorScale> forward_operand_scales(const Arithmetic& arithmetic,
                                                const Network& network, std::size_t l,
                                                const DeclaredState& state) {
  const TensorScale below =
      l == 0 ? scale_of_numbers(arithmetic, network, Point::input, 0, state)
             : scale_of_numbers(arithmetic, network, Point::activation, l - 1, state);
  std::vector<TensorScale> scales;
  for (const TensorScale& weight : state.layers[l].weights.scales)
    scales.push_back({.scale = weight.scale * below.scale});
  return scales;
}

TensorScale backward_operand_scale(const Arithmetic& arithmetic, const Network& network,
                                   std::size_t l, const DeclaredState& state) {
  const TensorScale delta = scale_of_numbers(arithmetic, network, Point::delta, l + 1, state);
  return {.scale = state.layers[l + 1].weights.scales.front().scale * delta.scale};
}

std::vector<TensorScale> scales_at(const Arithmetic& arithmetic, const Network& network,
                                   std::size_t l, Point point, const NumberFormat& format,
                                   const DeclaredState& state) {
  const DeclaredLayer& layer = state.layers[l];
  if (is_bias_point(point)) return layer.biases.scales;
  const std::optional<Point> tensor = tensor_of(point);
  if (tensor == Point::weight) return layer.weights.scales;
  if (format.scale == ScaleSharing::operands)
    return point < Point::output_error
               ? forward_operand_scales(arithmetic, network, l, state)
               : std::vector{backward_operand_scale(arithmetic, network, l, state)};
  return {scale_of_numbers(arithmetic, network, tensor.value(), l, state)};
}

}  // namespace lsgd
