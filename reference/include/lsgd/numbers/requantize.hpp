// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lsgd/numbers/quantize.hpp>

namespace lsgd {

/// Rounding term of an arithmetic right shift by `shift` >= 0: half a unit of the result
/// (SPEC 4.4).
inline std::int32_t rounding_term(int shift) { return shift > 0 ? 1 << (shift - 1) : 0; }

/// saturate((accumulator + rounding_term(shift)) >> shift), arithmetic, shift 0 to 30 (SPEC 4.4): a
/// tie goes towards +infinity. `accumulator` does not hold the rounding term; the sum is taken in
/// 64 bits, so no accumulator overflows.
inline std::int8_t requantize(std::int32_t accumulator, int shift) {
  return saturate_int8((std::int64_t{accumulator} + rounding_term(shift)) >> shift);
}

}  // namespace lsgd
