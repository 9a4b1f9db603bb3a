// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lsgd {

/// A number of a step that a device may take from elsewhere or of another size, in any profile.
enum class Place : std::uint8_t {
  bias,
  weights_of_a_neuron,
  input,
  pre_activation,
  activation,
  target,
  output_delta,
  row_of_the_hidden_delta,
  column_of_the_hidden_delta,
  delta_above,
  hidden_sum,
  activation_of_the_derivative,
  delta_of_the_update,
  input_of_the_update,
  change_of_weights,
  change_of_biases,
  derivative,
  output,  ///< in the output delta
  network_input,
};

/// The element that it takes for the right one.
enum class Displacement : std::uint8_t { none, previous, next, first, first_of_four, last };

/// One number of a step taken from elsewhere, or so many times as large.
struct PlacedChange {
  Place place = Place::bias;
  Displacement displacement = Displacement::none;
  int sign = 1;      ///< -1 where the number is inverted, 0 where it is taken for 0
  int exponent = 0;  ///< powers of two by which it is larger
  /// Where not 0, the significand bits of binary32, or the fraction bits of a fixed-point number,
  /// that are kept of it.
  int kept_bits = 0;

  /// Of `count` elements the one that is taken for `index`.
  std::size_t index_of(std::size_t index, std::size_t count) const;
  double factor() const;

  std::string name() const;      ///< of the hypothesis
  std::string sentence() const;  ///< behind "as one that "
  std::string_view clause() const;
};

/// All that are tried.
std::span<const PlacedChange> placed_changes();

}  // namespace lsgd
