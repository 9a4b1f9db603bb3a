/* SPDX-License-Identifier: Apache-2.0 */
#include "vector_activation.h"

#include "instruction_set.h"

LSGD_CONTRACT_PRODUCTS
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("tree-vectorize", "vect-cost-model=dynamic")
#endif

#define SIGN 0x80000000u
#define BITS_OF_128 0x43000000u /* beyond it both functions have their limits as results */
#define BITS_OF_DOUBLE_1 0x3ff0000000000000u

/* Choices are made on the bits, in integers: a loop with a comparison of floating-point numbers is
   not made one of vectors, since a comparison may raise an exception. */
union binary32 {
  uint32_t bits;
  float value;
};
union binary64 {
  uint64_t bits;
  double value;
};

/** |z|, or 128 if that is less. */
LSGD_INLINE double limited_magnitude(uint32_t bits) {
  union binary32 magnitude;
  magnitude.bits = bits & ~SIGN;
  if (magnitude.bits > BITS_OF_128) magnitude.bits = BITS_OF_128;
  return (double)magnitude.value;
}

/** e^-v = scale * (1 + change), |change| below 0.42. */
struct exponential {
  int32_t whole;
  double scale; /**< 2^-whole */
  double change;
};

/**
 * Relative error of change below 2^-30.6: the first term omitted from the series of e^r - 1, with r
 * at most ln(2) / 2, is r^8 / 9! < 2^-30.7 of r, and those behind it are less than 4 % of it.
 *
 * @param v  0..256
 */
LSGD_INLINE struct exponential exponential_of_minus(double v) {
  const double log2_e = 1.4426950408889634;
  const double ln_2 = 0.69314718055994531;
  const double exponent = v * log2_e;
  const int32_t whole = (int32_t)(exponent + 0.5);
  const double r = (whole - exponent) * ln_2;
  double series = 1.0 / 40320;
  series = series * r + 1.0 / 5040;
  series = series * r + 1.0 / 720;
  series = series * r + 1.0 / 120;
  series = series * r + 1.0 / 24;
  series = series * r + 1.0 / 6;
  series = series * r + 0.5;
  series = series * r + 1;
  union binary64 power;
  power.bits = (uint64_t)(uint32_t)(1023 - whole) << 52;
  const struct exponential result = {whole, power.value, series * r};
  return result;
}

/*
 * With e = e^-|z| sigmoid is 1 / (1 + e), or e / (1 + e) for z < 0: an error below 2^-31 of the
 * result, and the rounding to binary32.
 */
LSGD_INLINE void sigmoid(float* values, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    union binary32 z;
    z.value = values[i];
    const struct exponential power = exponential_of_minus(limited_magnitude(z.bits));
    union binary64 e, numerator;
    e.value = power.scale + power.scale * power.change;
    const uint64_t is_negative = (uint64_t)((int64_t)((uint64_t)z.bits << 32) >> 63);
    numerator.bits = (e.bits & is_negative) | (BITS_OF_DOUBLE_1 & ~is_negative);
    values[i] = (float)(numerator.value / (1 + e.value));
  }
}

/*
 * With m = e^(-2|z|) - 1 tanh of |z| is -m / (2 + m). Where |z| is below ln(2) / 4, m is `change`
 * itself and as accurate; above, m is at least 0.29 and the error of `change` counts 1.5 times at
 * most: in all 2^-29.8 of the result, and the rounding to binary32.
 */
LSGD_INLINE void hyperbolic_tangent(float* values, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    union binary32 z, a;
    z.value = values[i];
    const struct exponential power = exponential_of_minus(2 * limited_magnitude(z.bits));
    union binary64 step;
    step.value = power.scale - 1;
    /* It is 0 already, but now -ffast-math cannot add scale * change to scale first. */
    step.bits &= 0 - (uint64_t)(power.whole != 0);
    const double m = power.scale * power.change + step.value;
    a.value = (float)(-m / (2 + m));
    a.bits = (a.bits & ~SIGN) | (z.bits & SIGN);
    values[i] = a.value;
  }
}

#define FOR_INSTRUCTION_SET(set)                                               \
  LSGD_TARGET_##set static void sigmoid_##set(float* values, uint32_t count) { \
    sigmoid(values, count);                                                    \
  }                                                                            \
  LSGD_TARGET_##set static void tanh_##set(float* values, uint32_t count) {    \
    hyperbolic_tangent(values, count);                                         \
  }
LSGD_FOR_EACH_INSTRUCTION_SET(FOR_INSTRUCTION_SET)

void lsgd_vector_sigmoid(float* values, uint32_t count) {
  LSGD_CALL_FOR_INSTRUCTION_SET(sigmoid_, (values, count));
}

void lsgd_vector_tanh(float* values, uint32_t count) {
  LSGD_CALL_FOR_INSTRUCTION_SET(tanh_, (values, count));
}
