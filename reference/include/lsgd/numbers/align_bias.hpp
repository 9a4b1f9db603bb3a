// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lsgd {

/// A bias in the format of the accumulator (SPEC 4.4): bias << shift, or, where shift =
/// n_W + n_a - n_b is negative, the arithmetic bias >> -shift, which rounds towards -infinity.
/// shift is -31 to 23.
inline std::int32_t align_bias(std::int8_t bias, int shift) {
  const std::int32_t wide = bias;
  return shift >= 0 ? wide << shift : wide >> -shift;
}

}  // namespace lsgd
