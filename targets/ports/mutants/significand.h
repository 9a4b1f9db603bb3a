/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LSGD_MUTANTS_SIGNIFICAND_H
#define LSGD_MUTANTS_SIGNIFICAND_H

#include <stdint.h>
#include <string.h>

/* The first `bits` significand bits of x. */
static inline float chopped(float x, int bits) {
  uint32_t pattern;
  memcpy(&pattern, &x, sizeof pattern);
  pattern &= UINT32_MAX << (24 - bits);
  memcpy(&x, &pattern, sizeof x);
  return x;
}

/* To nearest, ties to even; a carry into the exponent is right, and overflow does not occur. */
static inline float rounded(float x, int bits) {
  uint32_t pattern;
  memcpy(&pattern, &x, sizeof pattern);
  const uint32_t below_half = (UINT32_C(1) << (23 - bits)) - 1;
  pattern += below_half + (pattern >> (24 - bits) & 1);
  memcpy(&x, &pattern, sizeof x);
  return chopped(x, bits);
}

/* A factor as a multiplier of fewer bits takes it: subnormal ones keep theirs, which are as few. */
static inline float factor(float x, int bits) {
  return x < 0x1p-126f && x > -0x1p-126f ? x : rounded(x, bits);
}

#endif
