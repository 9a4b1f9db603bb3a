// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace lsgd {

/// Whether a number below 2^-126 in magnitude becomes another binary32 number when it is rounded to
/// 24 significant bits first, and only then to the spacing of subnormal numbers.
inline bool is_rounded_twice_wrongly(double value) {
  constexpr int out_of_the_way = 100;  // the first rounding meets no subnormal number there
  if (!(std::abs(value) < 0x1p-126)) return false;
  const double once = static_cast<float>(std::ldexp(value, out_of_the_way));
  return static_cast<float>(std::ldexp(once, -out_of_the_way)) != static_cast<float>(value);
}

}  // namespace lsgd
