/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LSGD_OTHER_ROUNDING_H
#define LSGD_OTHER_ROUNDING_H

/* Roundings of an exact result to binary32 other than to nearest, ties to even, with subnormal
 * numbers. */

#include <stdint.h>

union binary32 {
  float value;
  uint32_t bits;
};

static inline float truncated(double exact) {
  union binary32 nearest = {(float)exact};
  const int is_larger = exact > 0 ? nearest.value > exact : nearest.value < exact;
  if (is_larger) --nearest.bits;
  return nearest.value;
}

static inline float tied_up(double exact) {
  const union binary32 nearest = {(float)exact};
  union binary32 above = nearest;
  if (nearest.value < exact) {
    above.bits += exact > 0 ? 1 : -1;
    if (above.value - exact == exact - nearest.value) return above.value;
  }
  return nearest.value;
}

static inline float flushed_to_zero(double exact) {
  const union binary32 nearest = {(float)exact};
  if ((nearest.bits & 0x7F800000) == 0) return 0;
  return nearest.value;
}

#endif
