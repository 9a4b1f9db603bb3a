/* SPDX-License-Identifier: Apache-2.0 */
#include "fixed_activation.h"

#define ONE_31 0x80000000u /* 1 with 31 fraction bits */
#define ONE_30 (1 << 30)   /* 1 with 30 fraction bits */

static inline uint32_t multiply_high_unsigned(uint32_t a, uint32_t b) {
  return (uint32_t)(((uint64_t)a * b) >> 32);
}

/**
 * e^-v with 31 fraction bits, within 2^-28 and at most 1.
 *
 * v log2(e) is split into a whole part and a fraction f of 32 bits; the factor is off by less than
 * 2^-33 of itself, which moves e^-v by less than 2^-33. Then 2^-f = 1 - f (c1 - f (c2 - f (c3 - f
 * (c4 - f (c5 - f c6))))), the polynomial of least error on [0, 1] that is exact at 0: 2^-29.3, and
 * 2^-28.5 with coefficients and products cut to 31 fraction bits.
 *
 * @param v         25 fraction bits
 * @param doubling  1 for e^-2v, else 0
 */
static inline uint32_t exponential_of_minus(uint32_t v, int doubling) {
  const uint64_t scaled = (uint64_t)v * 0xb8aa3b29u; /* log2(e), 31 fraction bits */
  const uint32_t high = (uint32_t)(scaled >> 32);    /* 24 fraction bits */
  const uint32_t whole = high >> (24 - doubling);
  const uint32_t f = high << (8 + doubling) | (uint32_t)scaled >> (24 - doubling);
  if (whole > 31) return 0;
  uint32_t sum = 0x0029dc38u - multiply_high_unsigned(f, 0x00039a36u);
  sum = 0x0139fd70u - multiply_high_unsigned(f, sum);
  sum = 0x071a5f21u - multiply_high_unsigned(f, sum);
  sum = 0x1ebfaeefu - multiply_high_unsigned(f, sum);
  sum = 0x58b90b38u - multiply_high_unsigned(f, sum);
  return (ONE_31 - multiply_high_unsigned(f, sum)) >> whole;
}

/**
 * 1 / (1 + e) with 31 fraction bits, for e from 0 to 1 with 31, without a division: the polynomial
 * of degree 3 and least error, (1 - T4(2e - 1) / 577) / (1 + e) with Chebyshev's T4, is off by at
 * most 2^-9.1 of itself, its coefficients cut to what one instruction loads, and each of two Newton
 * steps squares that.
 */
static inline uint32_t reciprocal_of_one_plus(uint32_t e) {
  const uint32_t denominator = ONE_30 + (e >> 1);
  uint32_t rough = 0x552f8000u - multiply_high_unsigned(e, 0x38ca5000u);
  rough = 0x3c56f000u - multiply_high_unsigned(e, rough);
  rough = (0x1ff1c000u - multiply_high_unsigned(e, rough)) << 3; /* 32 fraction bits */
  const uint32_t better =
      multiply_high_unsigned(rough, ONE_31 - multiply_high_unsigned(rough, denominator)) << 2;
  /* Two less that times the denominator, with 31 fraction bits and near 1. */
  const uint32_t rest = 0u - (multiply_high_unsigned(better, denominator) << 1);
  return multiply_high_unsigned(better, rest);
}

/* 1 / (1 + e^-|z|), or one less that. */
void lsgd_fixed_sigmoid(int32_t* values, uint32_t count) {
  for (; count != 0; --count, ++values) {
    const uint32_t sign = (uint32_t)(*values >> 31); /* all ones for a negative z */
    const uint32_t e = exponential_of_minus(((uint32_t)*values ^ sign) - sign, 0);
    const int32_t a = (int32_t)(reciprocal_of_one_plus(e) >> 1);
    *values = sign != 0 ? ONE_30 - a : a;
  }
}

/* (1 - e^-2|z|) / (1 + e^-2|z|) with the sign of z. */
void lsgd_fixed_tanh(int32_t* values, uint32_t count) {
  for (; count != 0; --count, ++values) {
    const uint32_t sign = (uint32_t)(*values >> 31); /* all ones for a negative z */
    const uint32_t e = exponential_of_minus(((uint32_t)*values ^ sign) - sign, 1);
    const uint32_t a = multiply_high_unsigned(ONE_31 - e, reciprocal_of_one_plus(e));
    *values = (int32_t)((a ^ sign) - sign);
  }
}
