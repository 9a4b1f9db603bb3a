/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Four int8 as two pairs of int16, and two products in an instruction, where the core has the DSP
 * extension (Cortex-M4 and those above it). Integers are exact, so that this gives what the loops
 * for other cores give. Words are loaded from any address, as these cores do.
 */

#include <stdint.h>

#if defined(__ARM_FEATURE_SIMD32) && defined(__ARM_FEATURE_UNALIGNED) && defined(__thumb2__) && \
    defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LSGD_HAS_HALFWORDS 1

struct lsgd_unaligned_word {
  uint32_t bits;
} __attribute__((packed, may_alias));

/** Bytes 0 and 2, or 1 and 3, of four. */
static inline uint32_t lsgd_even_bytes(uint32_t word) {
  uint32_t pair;
  __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
  return pair;
}
static inline uint32_t lsgd_odd_bytes(uint32_t word) {
  uint32_t pair;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
  return pair;
}

static inline uint32_t lsgd_load_word(const int8_t* bytes) {
  return ((const struct lsgd_unaligned_word*)bytes)->bits;
}

/** sum + both products of two pairs. */
static inline int32_t lsgd_add_both_products(int32_t sum, uint32_t a, uint32_t b) {
  __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}

/** sum + the lower, or the upper, number of a pair times the lower one of b. */
static inline int32_t lsgd_add_lower_product(int32_t sum, uint32_t pair, int32_t b) {
  __asm__("smlabb %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(b));
  return sum;
}
static inline int32_t lsgd_add_upper_product(int32_t sum, uint32_t pair, int32_t b) {
  __asm__("smlatb %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(b));
  return sum;
}
#else
#define LSGD_HAS_HALFWORDS 0
#endif
