// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include <lsgd/numbers/quantize.hpp>

namespace lsgd {

/// Acceptance set of one requantized parameter (SPEC 4.8): the int8 values low to high.
struct Int8Range {
  std::int8_t low = 0;
  std::int8_t high = 0;

  bool contains(std::int8_t value) const { return low <= value && value <= high; }
  bool operator==(const Int8Range&) const = default;
};

/// The int8 values that quantize(v, fraction_bits) takes for v in [value - bound, value + bound];
/// all of them where `bound` is infinite.
template <class Real>
Int8Range acceptable(const Real& value, double bound, int fraction_bits) {
  if (!std::isfinite(bound)) return {-128, 127};
  const DoubleOperand distance(bound);
  Real low, high;
  mpfr_sub(mpfr_of(low), mpfr_of(value), distance.get(), MPFR_RNDD);
  mpfr_add(mpfr_of(high), mpfr_of(value), distance.get(), MPFR_RNDU);
  return {quantize(low, fraction_bits), quantize(high, fraction_bits)};
}

}  // namespace lsgd
