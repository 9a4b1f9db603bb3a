/* SPDX-License-Identifier: Apache-2.0 */
#include "unpacked.h"

#if defined(__ARM_FEATURE_CLZ) || defined(__riscv_zbb)
#define leading_zeros lsgd_leading_zeros
#else
static inline int32_t leading_zeros(uint32_t value) {
  int32_t count = 0;
  if (!(value & 0xffff0000u)) count += 16, value <<= 16;
  if (!(value & 0xff000000u)) count += 8, value <<= 8;
  if (!(value & 0xf0000000u)) count += 4, value <<= 4;
  if (!(value & 0xc0000000u)) count += 2, value <<= 2;
  return count + !(value & LSGD_SIGN);
}

int32_t lsgd_leading_zeros(uint32_t value) { return leading_zeros(value); }
#endif

uint32_t lsgd_pack(uint32_t sign, uint32_t significand, int32_t exponent) {
  sign &= LSGD_SIGN;
  if (significand == 0) return sign;
  const int32_t zeros = leading_zeros(significand);
  significand <<= zeros;
  exponent -= zeros;
  if (exponent >= 255) return sign | 0x7f800000u;
  uint32_t dropped = 8;
  if (exponent <= 0) {
    /* Subnormal: the lowest bit stands for 2^-149, as at exponent 1. */
    dropped += (uint32_t)(1 - exponent);
    if (dropped > 32) return sign;
    exponent = 1;
    if (dropped == 32) return sign | (significand > LSGD_SIGN);
  }
  const uint32_t kept = significand >> dropped;
  const uint32_t rest = significand << (32 - dropped);
  const uint32_t up = rest > LSGD_SIGN || (rest == LSGD_SIGN && (kept & 1));
  /* The hidden bit of `kept`, where there is one, adds 1 to the exponent field. */
  return sign | ((((uint32_t)exponent - 1) << 23) + kept + up);
}

void lsgd_add_any_product(struct lsgd_sum* sum, uint32_t x, uint32_t y) {
  const struct lsgd_unpacked first = lsgd_unpack(x);
  const struct lsgd_unpacked second = lsgd_unpack(y);
  if (first.significand == 0 || second.significand == 0) return;
  *sum = lsgd_add_product(*sum, first.significand, second.significand >> 1,
                          first.exponent + second.exponent, lsgd_sign_mask(x ^ y));
}

/** value >> distance with the lowest bit set if a bit was lost; distance from 0 on. */
static uint64_t shift_right_jamming(uint64_t value, int32_t distance) {
  if (distance == 0) return value;
  if (distance > 63) return value != 0;
  return value >> distance | (value << (64 - distance) != 0);
}

uint32_t lsgd_subtract_product(uint32_t minuend, uint32_t factor_significand,
                               int32_t factor_exponent, uint32_t sign, uint32_t multiplicand) {
  const struct lsgd_unpacked first = lsgd_unpack(minuend);
  const struct lsgd_unpacked second = lsgd_unpack(multiplicand);
  /* Two magnitudes below 2^62, times 2^(exponent - 188). The product has 56 significant bits, so
     its last six are zero: shifting by less, where cancellation could bring them up, loses nothing.
   */
  uint64_t product = ((uint64_t)factor_significand * second.significand) >> 2;
  uint64_t number = (uint64_t)first.significand << 30;
  if (product == 0) return minuend;
  int32_t exponent = factor_exponent + second.exponent - 126;
  const int32_t distance = first.exponent - exponent;
  if (number == 0) {
  } else if (distance > 0) {
    product = shift_right_jamming(product, distance);
    exponent = first.exponent;
  } else {
    number = shift_right_jamming(number, -distance);
  }
  const int32_t product_mask = ~lsgd_sign_mask(sign ^ multiplicand);
  const int32_t number_mask = lsgd_sign_mask(minuend);
  const uint64_t difference =
      (((uint64_t)(int64_t)number_mask ^ number) - (uint64_t)(int64_t)number_mask) +
      (((uint64_t)(int64_t)product_mask ^ product) - (uint64_t)(int64_t)product_mask);
  const uint32_t result_sign = (uint32_t)(difference >> 32) & LSGD_SIGN;
  const uint64_t magnitude = result_sign ? 0 - difference : difference;
  const uint32_t high = (uint32_t)(magnitude >> 32);
  if (high == 0) return lsgd_pack(result_sign, (uint32_t)magnitude, exponent - 30);
  const int32_t zeros = leading_zeros(high);
  const uint32_t low = (uint32_t)magnitude;
  const uint32_t significand = high << zeros | (zeros ? low >> (32 - zeros) : 0);
  return lsgd_pack(result_sign, significand | (low << zeros != 0), exponent + 2 - zeros);
}
