// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

namespace lsgd {

/// Largest k of a learning rate 2^-k in profile int8_integer: the product of delta and activation
/// with its random bits then fits into 32 bits.
inline constexpr int rate_exponent_maximum = 11;

/// k of the largest learning rate 2^-k that is not above `learning_rate`, which is finite and above
/// 0, limited to 0..11 (SPEC 11.2).
inline int rate_exponent(float learning_rate) {
  return std::clamp(-std::ilogb(learning_rate), 0, rate_exponent_maximum);
}

}  // namespace lsgd
