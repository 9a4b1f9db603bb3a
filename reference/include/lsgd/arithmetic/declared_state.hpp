// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// The weights or biases of a layer in a declared arithmetic.
struct DeclaredTensor {
  std::vector<BinaryNumber> numbers;
  /// Fraction bits, scale and zero point: one for all numbers, or one for each row or block of a
  /// row (ScaleSharing).
  std::vector<TensorScale> scales = {TensorScale{}};

  /// Position in `scales` of that of an element, in rows of `columns` elements.
  std::size_t scale_of(const NumberFormat& format, std::size_t index, std::size_t columns) const;
};

struct DeclaredLayer {
  DeclaredTensor weights;        ///< row-major [outputs][inputs]
  DeclaredTensor biases;         ///< [outputs]
  TensorScale activation_scale;  ///< where ScaleRule::given keeps one
};

/// All that a training step depends on beside the sample and the learning rate (SPEC 2.8).
struct DeclaredState {
  std::vector<DeclaredLayer> layers;
  TensorScale input_scale;  ///< where ScaleRule::given keeps one
  std::uint32_t random_state = 0;
};

/// How many elements of a tensor of `columns` elements in each row share a scale: position of the
/// scale of element `index`.
std::size_t scale_position(const NumberFormat& format, std::size_t index, std::size_t columns);

/// Scales or fraction bits that the rule of a tensor chooses for numbers of the format, one or as
/// many as ScaleSharing asks for; `given` is taken as max_abs, since a start has to come from
/// somewhere. Scales are rounded to the nearest number of their format, but e8m0 up.
std::vector<TensorScale> chosen_scales(const NumberFormat& format, ScaleRule rule,
                                       const std::vector<BinaryNumber>& numbers,
                                       std::size_t columns);

/// Scale and zero point with which the codes of an affine format reach a range
/// (ScaleDefinition::ranges).
TensorScale scale_of_range(const NumberFormat& format, const ScaleRange& range);

/// The state that a training starts from: binary32 parameters, rounded as initial_weight and
/// initial_bias say. Throws std::invalid_argument where shapes do not fit.
/// @param calibration_inputs [samples][inputs] of the first layer, from which calibrated scales
///   follow (SPEC 15.14); none: these start from their declared ranges
DeclaredState initial_state(const Arithmetic& arithmetic, const Network& network,
                            const Parameters<float>& parameters, std::uint32_t random_state,
                            std::span<const float> calibration_inputs = {});

/// The scales of the biases of layer l, from 0, where these follow from the operands of its sums
/// (ScaleSharing::operands); else none. The state has the other scales.
std::vector<TensorScale> bias_scales(const Arithmetic& arithmetic, const Network& network,
                                     std::size_t l, const DeclaredState& state);

/// The codes of numbers of a format; nothing for those outside the domain.
std::vector<std::optional<std::uint64_t>> codes_of(const NumberFormat& format,
                                                   const DeclaredTensor& tensor,
                                                   std::size_t columns);

/// The tensor that has these codes and scales.
DeclaredTensor tensor_of_codes(const NumberFormat& format, const std::vector<std::uint64_t>& codes,
                               std::vector<TensorScale> scales, std::size_t columns);

}  // namespace lsgd
