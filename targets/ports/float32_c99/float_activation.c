/* SPDX-License-Identifier: Apache-2.0 */
#include "float_activation.h"

#include <stdint.h>

#define SIGN 0x80000000u
#define EXPONENT_SHIFT 23
#define HIDDEN_BIT 0x00800000u
#define BITS_OF_1 0x3f800000u
#define BITS_OF_2_TO_MINUS_15 0x38000000u
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

/** The significand of a normal number, 2^31..2^32 - 1. */
static uint32_t significand_of(uint32_t bits) { return bits << 8 | SIGN; }

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
  const uint32_t high = (uint32_t)(product >> 32);
  /* The product has 39 + 23 fraction bits at exponent 0 (biased 127); 32 are kept. Word by word: a
     64-bit shift by a variable is a call on a 32-bit processor. */
  const uint32_t shift = 157 - doublings - (magnitude >> EXPONENT_SHIFT);
  uint32_t whole = 0;
  uint32_t scaled = 0;
  if (shift < 32) {
    whole = high >> shift;
    scaled = high << (32 - shift) | (uint32_t)product >> shift;
  } else if (shift < 64) {
    scaled = high >> (shift - 32);
  }

  /* 2^-(whole + scaled) = 2^fraction / 2^exponent, fraction in [0, 1) and the exponent rounded up.
   */
  const uint32_t fraction = 0u - scaled;
  struct exponential result;
  result.exponent = whole + (fraction != 0);

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

/**
 * 1 / d with 31 fraction bits, for d with 30 of them. Relative error below 2^-28.9: three Newton
 * steps take that of the line 24/17 - 8/17 d, 1/17 at most, below 2^-32.6; the rest is the
 * truncation of the last step.
 *
 * @param denominator  2^30..2^31
 */
static uint32_t reciprocal(uint32_t denominator) {
  uint32_t x = 0xb4b4b4b4u - multiply_fractions(denominator, 0xf0f0f0f1u);
  for (int step = 0; step < 3; ++step) {
    /* x d has 29 fraction bits and is near 1; x becomes x (2 - x d). */
    const uint32_t rest = (1u << 30) - multiply_fractions(x, denominator);
    x = multiply_fractions(x, rest << 2) << 1;
  }
  return x;
}

/**
 * significand * 2^(exponent - 158) rounded to the nearest binary32, subnormal numbers included;
 * ties up, since what the callers know of their results does not reach that far.
 *
 * @param significand  1..2^32 - 1
 * @param exponent     at most 127, and 126 once the significand is normalized
 */
static uint32_t round_significand(uint32_t significand, int32_t exponent) {
  while (!(significand & SIGN)) {
    significand <<= 1;
    --exponent;
  }
  if (exponent <= 0) {
    if (exponent < -24) return 0;
    significand >>= 1 - exponent;
    exponent = 1;
  }
  /* The hidden bit, where there is one, adds 1 to the exponent. */
  return (((uint32_t)exponent - 1) << EXPONENT_SHIFT) + (significand >> 8) + (significand >> 7 & 1);
}

/*
 * With e = e^-|z|, known to 2^-28.2: sigmoid is 1 / (1 + e) for z >= 0 and e / (1 + e) for z < 0.
 * Truncation of 1 + e at 30 fraction bits and its reciprocal add 2^-30 and 2^-28.9: in all below
 * 2^-27.3, a tenth of an ulp at most, and half an ulp of the only rounding. A subnormal result is
 * cut off once more before that, by less than 2^-7 ulp.
 */
float lsgd_float_sigmoid(float z) {
  const uint32_t bits = bits_of(z);
  const uint32_t magnitude = bits & ~SIGN;
  const int negative = (bits & SIGN) != 0;
  /* Beyond 128, e is below half the least subnormal. */
  if (magnitude >= BITS_OF_128) return from_bits(negative ? 0 : BITS_OF_1);

  const struct exponential e = exponential_of_minus(magnitude, 0);
  /* Below 2^-25, 1 + e rounds to 1; below 2^-28, e / (1 + e) is as good as e. */
  if (e.exponent >= 26 && !negative) return from_bits(BITS_OF_1);
  if (e.exponent >= 29)
    return from_bits(round_significand(e.significand, 127 - (int32_t)e.exponent));
  const uint32_t inverse = reciprocal((1u << 30) + (e.significand >> (e.exponent + 1))) << 1;
  return from_bits(negative ? round_significand(multiply_fractions(e.significand, inverse),
                                                127 - (int32_t)e.exponent)
                            : round_significand(inverse, 126));
}

/** tanh of the magnitude of a number, from 2^-15 to 1/8. */
static uint32_t tanh_by_series(uint32_t magnitude) {
  const uint32_t significand = significand_of(magnitude);
  const int32_t exponent = (int32_t)(magnitude >> EXPONENT_SHIFT);
  const uint32_t square = multiply_fractions(significand, significand) >> (252 - 2 * exponent);
  /* z (1 - z^2 (1/3 - z^2 (2/15 - z^2 17/315))), the coefficients with 32 fraction bits. */
  uint32_t rest = 0x22222222u - multiply_fractions(square, 0x0dd0dd0du);
  rest = 0x55555555u - multiply_fractions(square, rest);
  rest = multiply_fractions(square, rest);
  return round_significand(significand - multiply_fractions(significand, rest), exponent);
}

/*
 * Below 2^-15 tanh is z: z^3/3 is less than 2^-31 of it. Below 1/8 the Taylor series: its first
 * omitted term is 62/2835 z^8 < 2^-29 of z, and four truncated products add less than 2^-30 of it.
 *
 * Elsewhere (1 - e) / (1 + e) with e = e^-2|z| <= 0.779: an error of 2^-28.2 e + 2^-31 in 1 - e >=
 * 0.221 is below 2^-26.2 relative, that in 1 + e below 2^-29, the reciprocal's 2^-28.9: in all less
 * than 0.3 ulp, and half an ulp of the only rounding. From 10 on tanh is nearer to 1 than 2^-27.
 */
float lsgd_float_tanh(float z) {
  const uint32_t bits = bits_of(z);
  const uint32_t magnitude = bits & ~SIGN;
  const uint32_t sign = bits & SIGN;
  if (magnitude < BITS_OF_2_TO_MINUS_15) return z;
  if (magnitude < BITS_OF_EIGHTH) return from_bits(sign | tanh_by_series(magnitude));
  if (magnitude >= BITS_OF_10) return from_bits(sign | BITS_OF_1);

  const struct exponential e = exponential_of_minus(magnitude, 1);
  const uint32_t fixed = e.significand >> e.exponent;
  const uint32_t inverse = reciprocal((1u << 30) + (fixed >> 1)) << 1;
  return from_bits(sign | round_significand(multiply_fractions((1u << 31) - fixed, inverse), 127));
}

/* e is known to 2^-28.2, 2^-4.2 ulp; the rest is its only rounding. */
float lsgd_float_exponential_of_minus(float v) {
  if (bits_of(v) >= BITS_OF_128) return 0;
  const struct exponential e = exponential_of_minus(bits_of(v), 0);
  return from_bits(round_significand(e.significand, 127 - (int32_t)e.exponent));
}

void lsgd_float_softmax(float* values, uint32_t count) {
  float largest = values[0];
  for (uint32_t j = 1; j < count; ++j)
    if (values[j] > largest) largest = values[j];
  float sum = 0;
  for (uint32_t j = 0; j < count; ++j) {
    values[j] = lsgd_float_exponential_of_minus(largest - values[j]);
    sum += values[j];
  }
  for (uint32_t j = 0; j < count; ++j) values[j] /= sum;
}
