// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lsgd {

/// The low bits of an integer, at most 32, in two's complement.
inline std::int32_t wrapped(std::int64_t value, int bits) {
  const std::int64_t range = std::int64_t{1} << bits;
  const std::int64_t low = ((value % range) + range) % range;
  return static_cast<std::int32_t>(low >= range / 2 ? low - range : low);
}

}  // namespace lsgd
