/* SPDX-License-Identifier: Apache-2.0 */
#include "declared_function.h"

#define ONE ((uint64_t)1 << 62) /* 1 with 62 fraction bits */

/** Upper half of the product of two 64-bit numbers. */
static uint64_t multiply_high(uint64_t a, uint64_t b) {
  const uint64_t low = (a & 0xffffffffu) * (b & 0xffffffffu);
  const uint64_t middle = (a >> 32) * (b & 0xffffffffu) + (low >> 32);
  const uint64_t other = (a & 0xffffffffu) * (b >> 32) + (middle & 0xffffffffu);
  return (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
}

static struct declared_number number(uint64_t magnitude, int32_t exponent, uint8_t negative) {
  struct declared_number x;
  x.magnitude = magnitude;
  x.exponent = exponent;
  x.negative = negative;
  x.kind = VALUE_FINITE;
  return x;
}

/** |z| = significand * 2^(exponent - 63), z not zero: a significand of 64 bits. */
struct significand {
  uint64_t bits;
  int32_t exponent;
};

static struct significand significand_of(struct declared_number z) {
  struct significand s;
  s.bits = z.magnitude;
  s.exponent = z.exponent + 63;
  for (int step = 32; step != 0; step >>= 1)
    if (s.bits >> (64 - step) == 0) {
      s.bits <<= step;
      s.exponent -= step;
    }
  return s;
}

/** e^-v = fraction * 2^-(62 + whole), fraction of 62 bits from 1/2 to 1. */
struct exponential {
  uint64_t fraction;
  int32_t whole;
};

/** Of v = |z| * 2^doublings, below 2^21. */
static struct exponential exponential_of_minus(struct significand z, int32_t doublings) {
  /* log2(e) with 63 fraction bits; the product has 126 less the exponent. */
  const uint64_t log2_e = 0xb8aa3b295c17f0bcu;
  const uint64_t high = multiply_high(z.bits, log2_e);
  const uint64_t low = z.bits * log2_e;
  const int32_t shift = 62 - z.exponent - doublings; /* leaves 64 fraction bits; 41 at least */
  uint64_t whole = 0, scaled = 0;
  if (shift < 64) {
    whole = high >> shift;
    scaled = high << (64 - shift) | low >> shift;
  } else if (shift < 128) {
    scaled = high >> (shift - 64);
  }
  /* e^-t = 1 - t (1 - t/2 (1 - t/3 (...))), t = ln 2 * scaled below 0.7: t^19 / 19! < 2^-66. */
  static const uint64_t reciprocals[] = {
      0x8000000000000000u, 0x5555555555555555u, 0x4000000000000000u, 0x3333333333333333u,
      0x2aaaaaaaaaaaaaaau, 0x2492492492492492u, 0x2000000000000000u, 0x1c71c71c71c71c71u,
      0x1999999999999999u, 0x1745d1745d1745d1u, 0x1555555555555555u, 0x13b13b13b13b13b1u,
      0x1249249249249249u, 0x1111111111111111u, 0x1000000000000000u, 0x0f0f0f0f0f0f0f0fu,
      0x0e38e38e38e38e38u};
  const uint64_t t = multiply_high(scaled, 0xb17217f7d1cf79acu);
  uint64_t sum = (uint64_t)1 << 63; /* 63 fraction bits */
  for (int k = (int)(sizeof reciprocals / sizeof *reciprocals); k-- > 0;)
    sum = ((uint64_t)1 << 63) - multiply_high(multiply_high(t, reciprocals[k]), sum);
  sum = ((uint64_t)1 << 63) - multiply_high(t, sum);
  struct exponential result;
  result.fraction = sum >> 1;
  result.whole = (int32_t)whole;
  return result;
}

/** e^-v with 62 fraction bits. */
static uint64_t fixed(struct exponential e) { return e.whole > 62 ? 0 : e.fraction >> e.whole; }

/** numerator / denominator with 62 fraction bits, cut off; below 2^63, the quotient at most 1. */
static uint64_t quotient(uint64_t numerator, uint64_t denominator) {
  uint64_t result = numerator >= denominator;
  uint64_t rest = result != 0 ? numerator - denominator : numerator;
  for (int bit = 0; bit < 62; ++bit) {
    rest <<= 1;
    result <<= 1;
    if (rest >= denominator) {
      rest -= denominator;
      result |= 1;
    }
  }
  return result;
}

/** A quotient below 1 with its last bit set; 1 itself is the number below it. */
static uint64_t below_one(uint64_t bits) { return bits >= ONE ? ONE - 1 : bits | 1; }

struct declared_number declared_sigmoid(struct declared_number z) {
  if (z.kind == VALUE_NOT_A_NUMBER) return z;
  if (z.kind == VALUE_FINITE && z.magnitude == 0) return number(1, -1, 0);
  if (z.kind == VALUE_INFINITE) return z.negative ? number(0, 0, 0) : number(1, 0, 0);
  struct significand s = significand_of(z);
  if (s.exponent > 19) s.exponent = 19;
  const struct exponential e = exponential_of_minus(s, 0);
  const uint64_t denominator = ONE + fixed(e);
  if (!z.negative) return number(below_one(quotient(ONE, denominator)), -62, 0);
  return number(below_one(quotient(e.fraction, denominator)), -62 - e.whole, 0);
}

struct declared_number declared_tanh(struct declared_number z) {
  if (z.kind == VALUE_INFINITE) return number(1, 0, z.negative);
  if (z.kind == VALUE_NOT_A_NUMBER || z.magnitude == 0) return z;
  struct significand s = significand_of(z);
  if (s.exponent < -8) {
    /* z (1 - z^2/3 (1 - 2/5 z^2 (1 - 17/42 z^2))): the next term is below 2^-69 of z. */
    const int32_t shift = -2 * s.exponent - 2;
    const uint64_t square = shift > 63 ? 0 : multiply_high(s.bits, s.bits) >> shift;
    uint64_t rest = ~multiply_high(square, 0x679e79e79e79e79eu);
    rest = ~multiply_high(multiply_high(square, rest), 0x6666666666666666u);
    rest = multiply_high(multiply_high(square, rest), 0x5555555555555555u);
    const uint64_t bits = s.bits - multiply_high(s.bits, rest) - 1;
    return number(bits >> 1 | 1, s.exponent - 62, z.negative);
  }
  if (s.exponent > 19) s.exponent = 19;
  const uint64_t e = fixed(exponential_of_minus(s, 1));
  return number(below_one(quotient(ONE - e, ONE + e)), -62, z.negative);
}

struct declared_number declared_exponential(struct declared_number z) {
  if (z.kind == VALUE_NOT_A_NUMBER) return z;
  if (z.kind == VALUE_INFINITE) return declared_zero();
  if (z.magnitude == 0) return declared_integer(1);
  struct significand s = significand_of(z);
  if (s.exponent > 19) s.exponent = 19;
  const struct exponential e = exponential_of_minus(s, 0);
  return number(below_one(e.fraction), -62 - e.whole, 0);
}
