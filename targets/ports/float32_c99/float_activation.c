/* SPDX-License-Identifier: Apache-2.0 */
#include "float_activation.h"

#include <stdint.h>

#define SIGN 0x80000000u
#define EXPONENT_SHIFT 23
#define HIDDEN_BIT 0x00800000u
#define BITS_OF_1 0x3f800000u
#define BITS_OF_EIGHTH 0x3e000000u
#define BITS_OF_10 0x41200000u
#define BITS_OF_128 0x43000000u

union binary32 {
  float value;
  uint32_t bits;
};

static uint32_t bits_of(float value) {
  union binary32 pattern;
  pattern.value = value;
  return pattern.bits;
}

static float from_bits(uint32_t bits) {
  union binary32 pattern;
  pattern.bits = bits;
  return pattern.value;
}

/** High half of the product: the product of two numbers with 32 fraction bits, truncated. */
static uint32_t multiply_fractions(uint32_t a, uint32_t b) {
  return (uint32_t)(((uint64_t)a * b) >> 32);
}

/**
 * e^-v = significand * 2^-(31 + exponent).
 *
 * Relative error below 2^-28.2: 2^-28.73 of the polynomial, 2^-30.4 of its truncated products
 * (three units of 2^-32 on a value of at least 1), ln 2 * (2^-32 + 2^-33) of the exponent to
 * base 2.
 */
struct exponential {
  uint32_t significand; /**< 2^31..2^32 - 1 */
  uint32_t exponent;    /**< 0 only for v so small that e^-v is 1 here */
};

/**
 * @param magnitude  bits of v / 2^doublings, which is at least 0 and below 128
 * @param doublings  0 or 1
 */
static struct exponential exponential_of_minus(uint32_t magnitude, uint32_t doublings) {
  /* log2(e) with 39 fraction bits: the error of v * log2(e) is at most 128 * 2^-40 = 2^-33. */
  const uint64_t log2_e = 0xb8aa3b295cu;
  const uint64_t product = ((magnitude & (HIDDEN_BIT - 1)) | HIDDEN_BIT) * log2_e;
  /* The product has 39 + 23 fraction bits at exponent 0 (biased 127); 32 are kept. */
  const uint32_t shift = 157 - doublings - (magnitude >> EXPONENT_SHIFT);
  const uint64_t scaled = shift < 64 ? product >> shift : 0;

  /* 2^-scaled = 2^fraction / 2^exponent with fraction in [0, 1) and the exponent rounded up. */
  const uint32_t fraction = 0u - (uint32_t)scaled;
  struct exponential result;
  result.exponent = (uint32_t)(scaled >> 32) + (fraction != 0);

  /* 2^g = 1 + g - g * (1 - g) * q(g) on [0, 1): exact at both ends, and below 2. q minimises the
     relative error of 2^g, 2^-28.73 with these rounded coefficients (32 fraction bits). */
  uint32_t q = 0x000e3b2du;
  q = multiply_fractions(q, fraction) + 0x005fc382u;
  q = multiply_fractions(q, fraction) + 0x02da0679u;
  q = multiply_fractions(q, fraction) + 0x110e3c15u;
  q = multiply_fractions(q, fraction) + 0x4e8dea85u;
  const uint32_t bend = multiply_fractions(multiply_fractions(fraction, ~fraction), q);
  result.significand = SIGN + (fraction >> 1) - (bend >> 1);
  return result;
}

/** value / 2^power with one rounding, for value in [1, 4): no float operation could flush the
 * result. */
static float divide_by_power_of_two(float value, uint32_t power) {
  const uint32_t bits = bits_of(value);
  const uint32_t exponent = bits >> EXPONENT_SHIFT;
  if (exponent > power) return from_bits(bits - (power << EXPONENT_SHIFT));
  const uint32_t shift = power - exponent + 1;
  const uint32_t significand = (bits & (HIDDEN_BIT - 1)) | HIDDEN_BIT;
  return from_bits(shift > 24 ? 0 : (significand + (1u << (shift - 1))) >> shift);
}

/*
 * With e = e^-|z|, known to 2^-28.2: sigmoid is 1 / (1 + e) for z >= 0 and e / (1 + e) for z < 0.
 * Conversions of e and 1 + e to binary32, and the division, add at most 2^-24 each, the truncation
 * of 1 + e at 30 fraction bits 2^-30: 3.1 * 2^-24 relative, which is at most 3.1 ulp. A subnormal
 * result has a fixed ulp and is rounded once more: at most 1/2 + 1.6 ulp there.
 */
float lsgd_float_sigmoid(float z) {
  const uint32_t bits = bits_of(z);
  const uint32_t magnitude = bits & ~SIGN;
  const int negative = (bits & SIGN) != 0;
  /* Beyond 128, e is below half the least subnormal. */
  if (magnitude >= BITS_OF_128) return from_bits(negative ? 0 : BITS_OF_1);

  const struct exponential e = exponential_of_minus(magnitude, 0);
  const uint32_t denominator =
      (1u << 30) + (e.exponent < 31 ? e.significand >> (e.exponent + 1) : 0);
  if (!negative) return 0x1p30f / (float)denominator;
  return divide_by_power_of_two((float)e.significand / (float)denominator, e.exponent + 1);
}

/*
 * Below 1/8 the Taylor series: its first omitted term is 62/2835 z^8 < 2^-29 of z, the rounding
 * errors of the terms after z weigh at most z^2/3 < 2^-7, so the last sum's rounding remains: 0.6
 * ulp, or 1.6 if the compiler factors z out.
 *
 * Elsewhere (1 - e) / (1 + e) with e = e^-2|z| <= 0.779: an error of 2^-28.2 e + 2^-31 in 1 - e >=
 * 0.221 is 2^-26.2 relative, that in 1 + e is below 2^-29; with 2^-24 for each conversion and the
 * division, 3.3 * 2^-24 in all, which is at most 3.3 ulp. From 10 on tanh is nearer to 1 than
 * 2^-27.
 */
float lsgd_float_tanh(float z) {
  const uint32_t bits = bits_of(z);
  const uint32_t magnitude = bits & ~SIGN;
  const uint32_t sign = bits & SIGN;
  if (magnitude < BITS_OF_EIGHTH) {
    const float square = z * z;
    return z + z * (square * (-1.0f / 3 + square * (2.0f / 15 - square * (17.0f / 315))));
  }
  if (magnitude >= BITS_OF_10) return from_bits(BITS_OF_1 | sign);

  const struct exponential e = exponential_of_minus(magnitude, 1);
  const uint32_t fixed = e.significand >> e.exponent;
  const float ratio = (float)((1u << 31) - fixed) / (float)((1u << 31) + fixed);
  return from_bits(bits_of(ratio) | sign);
}
