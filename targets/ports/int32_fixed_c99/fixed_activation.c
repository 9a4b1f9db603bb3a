/* SPDX-License-Identifier: Apache-2.0 */
#include "fixed_activation.h"

#include "fixed_kernels.h"

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
 * tanh(u / 2) for u from 4 on: (1 - e) / (1 + e) with e = e^-u below 2^-5.7, as 1 - 2 e (1 - e (1 -
 * e (1 - e (1 - e)))), which leaves out 2 e^6.
 */
LSGD_RARE static int32_t tanh_of_large(uint32_t v, int doubling) {
  const uint32_t e = exponential_of_minus(v, doubling);
  uint32_t sum = ONE_31 - e;
  sum = ONE_31 - (multiply_high_unsigned(e, sum) << 1);
  sum = ONE_31 - (multiply_high_unsigned(e, sum) << 1);
  sum = ONE_31 - (multiply_high_unsigned(e, sum) << 1);
  return ONE_30 - (int32_t)(multiply_high_unsigned(e, sum) << 1);
}

/**
 * tanh(u / 2) with 30 fraction bits, within 2^-28, for u from 0 on: a polynomial of degree 3 in the
 * distance t from the nearest multiple of 1/16, in units of that, from -1/2 to 1/2.
 *
 * @param v         u with 25 fraction bits, or half of it with doubling 1
 */
static inline int32_t tanh_of_half(uint32_t v, int doubling) {
  const int shift = 21 - doubling; /* of 1/16 */
  if (v >> (27 - doubling) != 0) return tanh_of_large(v, doubling);
  const int32_t* const coefficients = lsgd_fixed_tanh_table[(v + (1u << (shift - 1))) >> shift];
  const int32_t t = (int32_t)(v << (32 - shift)); /* 32 fraction bits */
  int32_t sum = lsgd_add_high_product(coefficients[1], coefficients[0], t);
  sum = lsgd_add_high_product(coefficients[2], sum, t);
  return lsgd_add_high_product(coefficients[3], sum, t);
}

/* (1 + tanh(z / 2)) / 2. */
void lsgd_fixed_sigmoid(int32_t* values, uint32_t count) {
  for (; count != 0; --count, ++values) {
    const uint32_t sign = (uint32_t)(*values >> 31); /* all ones for a negative z */
    const uint32_t a = (uint32_t)tanh_of_half(((uint32_t)*values ^ sign) - sign, 0);
    *values = (int32_t)((ONE_30 + ((a ^ sign) - sign)) >> 1);
  }
}

void lsgd_fixed_tanh(int32_t* values, uint32_t count) {
  for (; count != 0; --count, ++values) {
    const uint32_t sign = (uint32_t)(*values >> 31); /* all ones for a negative z */
    const uint32_t a = (uint32_t)tanh_of_half(((uint32_t)*values ^ sign) - sign, 1);
    *values = (int32_t)((a ^ sign) - sign);
  }
}
