// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/bounded_step.hpp>
#include <lsgd/arithmetic/number_codec.hpp>

namespace lsgd {

/// Numbers from `low` to `high`, both included.
struct NumberInterval {
  BinaryNumber low;
  BinaryNumber high;

  bool contains(const BinaryNumber& x) const;
};

/// What a device may make of the new numbers of a tensor whose fraction bits or scale are chosen
/// from them, where each is known to within a bound (SPEC 4.8).
class AcceptanceSet {
 public:
  /// @param parameter Point::weight or Point::bias, whose scale rule follows the numbers
  /// @param numbers row-major, `columns` in each row, as BoundedStep gives them
  /// Throws std::invalid_argument where no scale is chosen at the point.
  AcceptanceSet(const Arithmetic& arithmetic, Point parameter, std::vector<BoundedNumber> numbers,
                std::size_t columns);

  /// Whether a device may choose these fraction bits or this scale for group `position` of numbers
  /// (scale_position): the rule gives it, or one below and one above, for numbers within the
  /// bounds.
  bool accepts_scale(std::size_t position, const TensorScale& scale) const;
  /// Fraction bits that may be chosen for a fixed-point tensor, from the lowest to the highest.
  int lowest_fraction_bits() const;
  int highest_fraction_bits() const;

  /// What number `index` may be, given the device's choice: what numbers within the bound round to.
  /// From -infinity to infinity where it is not judged.
  NumberInterval accepted(std::size_t index, const TensorScale& scale) const;

 private:
  std::vector<Rounding> roundings_;   ///< from the one on whose scale is chosen
  std::vector<NumberInterval> ends_;  ///< of each number, before
  bool is_judged_ = true;             ///< no bound is infinite
  /// By group: chosen for the least and for the greatest magnitudes.
  std::vector<TensorScale> of_smallest_, of_largest_;
  std::vector<bool> may_be_zero_, is_zero_;  ///< by group: all its numbers
};

}  // namespace lsgd
