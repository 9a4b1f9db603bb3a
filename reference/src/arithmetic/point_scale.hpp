// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// Fraction bits of a format that keeps none with a tensor, at a point of layer l, from 0.
/// `operand_bits` are those of the exact product of the operands.
TensorScale constant_scale(const Network& network, const NumberFormat& format, Point point,
                           std::size_t l, int operand_bits);

/// Whether a tensor's fraction bits at a point are those of the biases; otherwise of the weights.
bool is_bias_point(Point point);

}  // namespace lsgd
