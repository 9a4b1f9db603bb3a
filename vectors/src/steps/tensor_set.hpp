// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>

#include "steps/tensor_formats.hpp"
#include "steps/vector_set.hpp"

namespace lsgd {

/// What a tensor holds.
enum class TensorKind : std::uint8_t {
  input,
  target,
  weights,
  fraction_bits_of_weights,
  biases,
  fraction_bits_of_biases,
  random_state,
  preactivations,
  activations,
  deltas,
  scales_of_weights,
  zero_points_of_weights,
  scales_of_activations,
  zero_points_of_activations,
  scale_of_input,
  zero_point_of_input,
};

/// One tensor of a network in the codes of its format.
struct Tensor {
  /// x, t, W1, W1.fraction_bits, W1.scale, W1.zero_point, b1, z1, a1, delta1, ..., random_state
  std::string name;
  TensorKind kind = TensorKind::weights;
  std::size_t layer = 0;  ///< from 1; 0 for what belongs to none
  std::size_t count = 0;
  std::size_t row_length = 1;  ///< elements per neuron
  ElementFormat format;
  /// `count` of them, or none yet; in the low bits.
  std::vector<std::uint64_t> codes = {};

  bool operator==(const Tensor&) const = default;
};

/// Tensors in the order of the files.
using TensorSet = std::vector<Tensor>;

/// The trainable tensors of a network, each after its fraction bits or scales where it has its own,
/// each layer before the scales of its activations, and at last the random state: x.scale,
/// W1.scale, W1, b1, a1.scale, W2, ... Without codes.
TensorSet parameter_tensors(const TensorFormats& formats, const Network& network);

/// The activations a_1..a_L, without codes.
TensorSet activation_tensors(const TensorFormats& formats, const Network& network);

/// All that a training step computes: z1, a1, z2, ..., deltaL, ..., delta1 and the parameters after
/// it. Without codes.
TensorSet step_tensors(const TensorFormats& formats, const Network& network);

/// x and t of a network, without codes.
TensorSet sample_tensors(const Network& network);
/// x and t of a sample.
TensorSet sample_tensors(const Sample& sample);
/// The inverse of sample_tensors.
Sample sample_of(const TensorSet& tensors);

/// Tensors with the codes that they have in a device that was just configured: zeros with 7
/// fraction bits, or scales of 1.
TensorSet zeros_of(TensorSet tensors);

/// The tensor of a name, or nullptr.
const Tensor* find_tensor(const TensorSet& tensors, std::string_view name);

/// One line `BEFOREtensor,index,bits,valueAFTER` for each element.
void write_tensor_lines(const TensorSet& tensors, std::string_view before, std::string_view after,
                        const LineSink& lines);

}  // namespace lsgd
