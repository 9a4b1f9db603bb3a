// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/random_stream.hpp>

namespace lsgd {

/// Whether a direction leads to the nearer of two neighbours, and differs from others in ties
/// alone.
bool takes_nearest(RoundingDirection direction);

/// A number to round to an integer: magnitude * 2^-shift with its sign.
struct UnroundedInteger {
  Integer magnitude;
  std::int64_t shift = 0;
  bool is_negative = false;
  /// The number lies strictly between magnitude and magnitude + 1 instead: a quotient or an
  /// irrational number. shift then leaves at least 2 more bits than the rounding looks at.
  bool sticky = false;
  /// Whether an even magnitude has an odd code: ties to even and `odd` look at codes.
  bool flips_parity = false;
  /// Which part a stochastic rounding discards: that of the magnitude, as in sign-magnitude
  /// arithmetic, or that above the next integer below, as in two's complement.
  bool discards_from_floor = false;
};

/// The magnitude of the integer that `direction` leads to: any but `any` and `none`.
/// @param random of `stochastic`: each call is one draw, also of a number that is an integer
Integer round_to_integer(const UnroundedInteger& number, const Rounding& rounding,
                         RandomStream* random);

}  // namespace lsgd
