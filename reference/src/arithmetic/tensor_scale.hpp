// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// numerator / denominator, both finite and positive, rounded to `precision` significand bits.
BinaryNumber rounded_quotient(const BinaryNumber& numerator, const BinaryNumber& denominator,
                              int precision, RoundingDirection direction);

/// numerator / denominator, both finite and positive, to the nearest number of a format of scales,
/// or to the next power of two above.
BinaryNumber rounded_scale(const BinaryNumber& numerator, const BinaryNumber& denominator,
                           ScaleFormat format);

/// Scale and zero point of the affine numbers of a tensor of layer l, from 0, that is no parameter:
/// those of the state where it keeps them, else those of the declared range.
TensorScale scale_of_numbers(const Arithmetic& arithmetic, const Network& network, Point tensor,
                             std::size_t l, const DeclaredState& state);

/// S_x S_w of layer l, what ScaleSharing::operands means for its forward sums and biases: one, or
/// one for each row where the weights have as many.
std::vector<TensorScale> forward_operand_scales(const Arithmetic& arithmetic,
                                                const Network& network, std::size_t l,
                                                const DeclaredState& state);

/// S_w S_delta of layer l + 1, what ScaleSharing::operands means for backward sums of layer l; the
/// weights share one scale.
TensorScale backward_operand_scale(const Arithmetic& arithmetic, const Network& network,
                                   std::size_t l, const DeclaredState& state);

/// Scales and zero points of the numbers of a point of layer l, whose format has some: one, or one
/// for each row or block that has its own.
std::vector<TensorScale> scales_at(const Arithmetic& arithmetic, const Network& network,
                                   std::size_t l, Point point, const NumberFormat& format,
                                   const DeclaredState& state);

}  // namespace lsgd
