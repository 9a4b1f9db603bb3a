/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Binary32 arithmetic in integer registers, for processors without floating-point hardware: numbers
 * are unpacked once, products and sums stay unpacked along a chain, and only a chain's result is
 * rounded and packed. Operands are finite; results beyond the largest finite number become
 * infinity.
 */

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LSGD_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define LSGD_NOINLINE __attribute__((noinline))
#else
#define LSGD_UNLIKELY(condition) (condition)
#define LSGD_NOINLINE
#endif

#define LSGD_SIGN 0x80000000u
#define LSGD_BITS_OF_1 0x3f800000u

/** Exponent of a factor that is zero: its product with anything is far below any number. */
#define LSGD_ZERO_EXPONENT (-32768)

/** Magnitude of a number: significand * 2^(exponent - 158), significand in 2^31..2^32 - 1 or 0. */
struct lsgd_unpacked {
  uint32_t significand;
  int32_t exponent;
};

/**
 * value * 2^(scale - 282), |value| < 2^30: what a chain of multiply-adds accumulates in. The
 * product of two significands, one of them shifted right by 1, counts half units at the scale that
 * is the sum of their exponents.
 */
struct lsgd_sum {
  int32_t value;
  int32_t scale;
};

/** A number and its bits. Copied through this union, since memcpy may be a call where there is no C
 * library. */
union lsgd_binary32 {
  float value;
  uint32_t bits;
};

static inline uint32_t lsgd_load_bits(const float* element) {
  union lsgd_binary32 pattern;
  pattern.value = *element;
  return pattern.bits;
}

static inline void lsgd_store_bits(float* element, uint32_t bits) {
  union lsgd_binary32 pattern;
  pattern.bits = bits;
  *element = pattern.value;
}

/** The biased exponent; 0 for zero and subnormal numbers. */
static inline int32_t lsgd_exponent_of(uint32_t bits) { return (int32_t)(bits << 1 >> 24); }

/** The significand of a normal number. */
static inline uint32_t lsgd_significand_of(uint32_t bits) { return bits << 8 | LSGD_SIGN; }

/** High half of the product, truncated. */
static inline uint32_t lsgd_multiply_high(uint32_t a, uint32_t b) {
  return (uint32_t)(((uint64_t)a * b) >> 32);
}

/** 0 where the sign bits of all operands, joined by exclusive or, leave a positive one; else -1. */
static inline int32_t lsgd_sign_mask(uint32_t signs) { return (int32_t)signs >> 31; }

/** From the scale of a sum to the exponent of the same number unpacked. */
#define LSGD_SUM_SCALE 124

/** value, or -value where mask is -1. */
static inline int32_t lsgd_apply_sign(int32_t value, int32_t mask) { return (value ^ mask) - mask; }

/** Unpacks any finite number; zero has an exponent below all others. Subnormal numbers take a loop:
 * they are rare, and a call would cost stack. */
static inline struct lsgd_unpacked lsgd_unpack(uint32_t bits) {
  struct lsgd_unpacked number = {lsgd_significand_of(bits), lsgd_exponent_of(bits)};
  if (LSGD_UNLIKELY(number.exponent == 0)) {
    number.significand = bits << 9; /* its lowest bit, 9, is 2^-149 at exponent 0 */
    if (number.significand == 0) number.exponent = LSGD_ZERO_EXPONENT;
    if (number.significand == 0) return number;
    for (; !(number.significand & LSGD_SIGN); number.significand <<= 1) --number.exponent;
  }
  return number;
}

/** Number of zero bits above the highest set one; 31 for 0. */
#if defined(__ARM_FEATURE_CLZ) || defined(__riscv_zbb)
static inline int32_t lsgd_leading_zeros(uint32_t value) { return __builtin_clz(value | 1); }
#else
int32_t lsgd_leading_zeros(uint32_t value);
#endif

/** significand * 2^(exponent - 158) brought to the form above; the exponent of zero is of no
 * meaning. */
static inline struct lsgd_unpacked lsgd_normalized(uint32_t significand, int32_t exponent) {
  const int32_t zeros = lsgd_leading_zeros(significand);
  const struct lsgd_unpacked number = {significand << zeros, exponent - zeros};
  return number;
}

/** x y with 32 significant bits, truncated. */
static inline struct lsgd_unpacked lsgd_multiply(struct lsgd_unpacked x, struct lsgd_unpacked y) {
  const uint32_t significand = lsgd_multiply_high(x.significand, y.significand);
  const uint32_t shift = !(significand & LSGD_SIGN);
  const struct lsgd_unpacked product = {significand << shift,
                                        x.exponent + y.exponent - 126 - (int32_t)shift};
  const struct lsgd_unpacked zero = {0, LSGD_ZERO_EXPONENT};
  return significand == 0 ? zero : product;
}

/** Rounds significand * 2^(exponent - 158) with a sign to the nearest binary32, ties to even; any
 * significand. A set lowest bit may stand for what was cut off below it. */
uint32_t lsgd_pack(uint32_t sign, uint32_t significand, int32_t exponent);

/** The sum that starts with one number. */
static inline struct lsgd_sum lsgd_sum_from(uint32_t bits) {
  const struct lsgd_unpacked number = lsgd_unpack(bits);
  const struct lsgd_sum sum = {
      lsgd_apply_sign((int32_t)(number.significand >> 3), lsgd_sign_mask(bits)),
      number.exponent + LSGD_SUM_SCALE + 3};
  return sum;
}

/** value / 2^count rounded to nearest, ties to even; count from 1 on. */
static inline int32_t lsgd_shift_right_rounding(int32_t value, int32_t count) {
  if (count > 31) return 0;
  const int32_t floor = value >> (count - 1) >> 1;
  const uint32_t rest = (uint32_t)value << (32 - count);
  return floor + (rest > LSGD_SIGN || (rest == LSGD_SIGN && (floor & 1)));
}

/**
 * sum + x y, given the significands of both, one of them shifted right by 1, the sum of their
 * exponents, and the sign of the product as a mask.
 *
 * The product is rounded to the quantum of the sum, by which the largest of all products and
 * partial sums has at least 28 bits; what fits into these is exact.
 */
static inline struct lsgd_sum lsgd_add_product(struct lsgd_sum sum, uint32_t significand,
                                               uint32_t shifted_significand, int32_t scale,
                                               int32_t mask) {
  const uint32_t magnitude = lsgd_multiply_high(significand, shifted_significand);
  int32_t shift = sum.scale - scale;
  if (LSGD_UNLIKELY((uint32_t)shift > 31)) {
    if (shift > 0) return sum;
    sum.value = lsgd_shift_right_rounding(sum.value, -shift);
    sum.scale = scale;
    shift = 0;
  }
  sum.value += lsgd_apply_sign((int32_t)(((magnitude >> shift) + 1) >> 1), mask);
  if (LSGD_UNLIKELY((int32_t)((uint32_t)sum.value + 0x40000000u) < 0)) {
    sum.value = lsgd_shift_right_rounding(sum.value, 1);
    ++sum.scale;
  }
  return sum;
}

/** Adds x y to a sum, for any finite numbers. */
void lsgd_add_any_product(struct lsgd_sum* sum, uint32_t x, uint32_t y);

/** Rounds a sum to the nearest binary32, ties to even. */
static inline uint32_t lsgd_round_sum(struct lsgd_sum sum) {
  const uint32_t sign = (uint32_t)sum.value & LSGD_SIGN;
  const uint32_t magnitude = sign ? 0u - (uint32_t)sum.value : (uint32_t)sum.value;
  return lsgd_pack(sign, magnitude, sum.scale - LSGD_SUM_SCALE);
}

/** minuend - factor * multiplicand, the product exact, rounded once (ties to even); the factor's
 * sign is the highest bit of `sign`. */
uint32_t lsgd_subtract_product(uint32_t minuend, uint32_t factor_significand,
                               int32_t factor_exponent, uint32_t sign, uint32_t multiplicand);

#ifdef __cplusplus
}
#endif
