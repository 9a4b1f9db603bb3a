// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>

namespace lsgd {

/// An accumulator, an integer in units of `accumulator_scale`, in units of `scale`, rounded as a
/// named requantization does (SPEC 15.13); the zero point is added and the range enforced
/// afterwards. With M = accumulator_scale / scale. Throws std::invalid_argument for `exact`, which
/// rounds as declared.
Integer requantized(const Integer& accumulator, const BinaryNumber& accumulator_scale,
                    const BinaryNumber& scale, const Rounding& rounding);

}  // namespace lsgd
