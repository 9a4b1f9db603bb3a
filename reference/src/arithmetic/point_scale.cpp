// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/point_scale.hpp"

#include <stdexcept>

namespace lsgd {

namespace {

/// Fraction bits that a function made at a point of layer l (FractionBits::by_activation).
int bits_by_activation(const FractionBits& bits, const Network& network, Point point,
                       std::size_t l) {
  const bool is_of_input = point <= Point::bias_aligned ||
                           (Point::learning_rate_times_delta <= point && point <= Point::weight);
  if (is_of_input && l == 0) return bits.of_input;
  const Activation function = network.layers[is_of_input ? l - 1 : l].activation;
  return bits.by_activation.at(static_cast<std::size_t>(function)).value();
}

}  // namespace

TensorScale constant_scale(const Network& network, const NumberFormat& format, Point point,
                           std::size_t l, int operand_bits) {
  TensorScale scale;
  const FractionBits& bits = format.fraction_bits;
  switch (bits.source) {
    case FractionBitsSource::number:
      scale.fraction_bits = bits.number;
      break;
    case FractionBitsSource::activation:
      scale.fraction_bits = bits_by_activation(bits, network, point, l);
      break;
    case FractionBitsSource::operands:
      scale.fraction_bits = operand_bits + bits.number;
      break;
    case FractionBitsSource::tensor:
      throw std::logic_error("fraction bits that are no state");
  }
  return scale;
}

bool is_bias_point(Point point) {
  return point == Point::bias || point == Point::bias_change || point == Point::initial_bias;
}

}  // namespace lsgd
