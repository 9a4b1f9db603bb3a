/* SPDX-License-Identifier: Apache-2.0 */
#include "declared_wide.h"

#if DECLARED_HAS_WIDE_CODES
static struct declared_number number(uint64_t magnitude, int32_t exponent, uint8_t negative) {
  struct declared_number x = declared_zero();
  x.magnitude = magnitude;
  x.exponent = exponent;
  x.negative = negative;
  return x;
}

/** How many bits a magnitude has; 0 for 0. */
static int32_t length_of(uint64_t magnitude) {
  int32_t length = 0;
  while (length < 64 && magnitude >> length != 0) ++length;
  return length;
}

/** floor(log2 |x|) of a finite number other than zero. */
static int32_t floor_log2(struct declared_number x) {
  return length_of(x.magnitude) - 1 + x.exponent;
}

uint64_t declared_wide_code(struct declared_number x, const struct declared_format* format) {
  const int fraction_bits = format->precision - 1;
  const uint64_t sign = (uint64_t)x.negative << (format->bits - 1);
  const uint64_t infinity = (((uint64_t)1 << (format->bits - format->precision)) - 1)
                            << fraction_bits;
  if (x.kind == VALUE_NOT_A_NUMBER) return infinity | (uint64_t)1 << (fraction_bits - 1);
  if (x.kind == VALUE_INFINITE) return sign | infinity;
  if (x.magnitude == 0) return sign;
  const int32_t lowest = 1 - format->bias;
  const int32_t highest = floor_log2(x);
  const int32_t exponent = highest > lowest ? highest : lowest;
  const int32_t shift = exponent - fraction_bits - x.exponent;
  const uint64_t significand = shift >= 0 ? x.magnitude >> shift : x.magnitude << -shift;
  /* The hidden bit, where there is one, adds 1 to the exponent. */
  return sign | (((uint64_t)(exponent - lowest) << fraction_bits) + significand);
}

struct declared_number declared_wide_decode(uint64_t code, const struct declared_format* format) {
  const int fraction_bits = format->precision - 1;
  const uint8_t negative = (uint8_t)(code >> (format->bits - 1) & 1);
  const uint64_t hidden = (uint64_t)1 << fraction_bits;
  const uint64_t fraction = code & (hidden - 1);
  const uint64_t exponents = ((uint64_t)1 << (format->bits - format->precision)) - 1;
  const uint64_t exponent = code >> fraction_bits & exponents;
  struct declared_number x = declared_zero();
  x.negative = negative;
  if (exponent == exponents) {
    x.kind = fraction == 0 ? VALUE_INFINITE : VALUE_NOT_A_NUMBER;
    return x;
  }
  if (exponent == 0 && fraction == 0) return x;
  return number(exponent == 0 ? fraction : fraction | hidden,
                (int32_t)(exponent == 0 ? 1 : exponent) - format->bias - fraction_bits, negative);
}
#endif

#if DECLARED_HAS_WIDE_ACTIVATIONS
#define LIMBS 6
#define FRACTION_BITS 160

/** A number from 0 on with 160 fraction bits: 32 bits in each limb, the lowest first. */
struct fixed {
  uint32_t limbs[LIMBS];
};

static const struct fixed one = {{0, 0, 0, 0, 0, 1}};
static const struct fixed largest_below_one = {
    {0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0}};
static const struct fixed ln_2 = {
    {0x40f34326u, 0x03f2f6afu, 0xc9e3b398u, 0xd1cf79abu, 0xb17217f7u, 0}};
static const struct fixed log2_e = {
    {0xd6aef551u, 0xd23a7d11u, 0x7d0ffda0u, 0xb82fe177u, 0x71547652u, 1}};

/** Larger arguments have functions that are the same once rounded: e^-4096 < 2^-5909. */
#define LARGEST_ARGUMENT 4096u
#define ARGUMENT_BITS 12

static int is_zero(const struct fixed* x) {
  for (int i = 0; i < LIMBS; ++i)
    if (x->limbs[i] != 0) return 0;
  return 1;
}

static int is_below(const struct fixed* x, const struct fixed* y) {
  for (int i = LIMBS; i-- > 0;)
    if (x->limbs[i] != y->limbs[i]) return x->limbs[i] < y->limbs[i];
  return 0;
}

static struct fixed sum_of(const struct fixed* x, const struct fixed* y) {
  struct fixed sum;
  uint64_t carry = 0;
  for (int i = 0; i < LIMBS; ++i) {
    carry += (uint64_t)x->limbs[i] + y->limbs[i];
    sum.limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  return sum;
}

/** x - y, y at most x. */
static struct fixed difference_of(const struct fixed* x, const struct fixed* y) {
  struct fixed difference;
  uint32_t borrow = 0;
  for (int i = 0; i < LIMBS; ++i) {
    const uint64_t taken = (uint64_t)y->limbs[i] + borrow;
    difference.limbs[i] = (uint32_t)(x->limbs[i] - taken);
    borrow = x->limbs[i] < taken;
  }
  return difference;
}

/** Cut to its fraction bits. */
static struct fixed product_of(const struct fixed* x, const struct fixed* y) {
  uint32_t limbs[2 * LIMBS] = {0};
  for (int i = 0; i < LIMBS; ++i) {
    uint64_t carry = 0;
    for (int k = 0; k < LIMBS; ++k) {
      carry += (uint64_t)x->limbs[i] * y->limbs[k] + limbs[i + k];
      limbs[i + k] = (uint32_t)carry;
      carry >>= 32;
    }
    limbs[i + LIMBS] = (uint32_t)carry;
  }
  struct fixed product;
  for (int i = 0; i < LIMBS; ++i) product.limbs[i] = limbs[i + FRACTION_BITS / 32];
  return product;
}

static struct fixed divided_by(const struct fixed* x, uint32_t divisor) {
  struct fixed quotient;
  uint64_t rest = 0;
  for (int i = LIMBS; i-- > 0;) {
    rest = rest << 32 | x->limbs[i];
    quotient.limbs[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  return quotient;
}

/** x * 2^-count. */
static struct fixed shifted_right(const struct fixed* x, int32_t count) {
  struct fixed shifted;
  const int32_t limbs = count / 32, bits = count % 32;
  for (int32_t i = 0; i < LIMBS; ++i) {
    const uint64_t low = i + limbs < LIMBS ? x->limbs[i + limbs] : 0;
    const uint64_t high = i + limbs + 1 < LIMBS ? x->limbs[i + limbs + 1] : 0;
    shifted.limbs[i] = (uint32_t)((high << 32 | low) >> bits);
  }
  return shifted;
}

/** numerator / denominator, at most 1. */
static struct fixed quotient_of(struct fixed numerator, const struct fixed* denominator,
                                int* is_exact) {
  struct fixed quotient = {{0}};
  for (int bit = FRACTION_BITS; bit >= 0; --bit) {
    if (!is_below(&numerator, denominator)) {
      numerator = difference_of(&numerator, denominator);
      quotient.limbs[bit / 32] |= (uint32_t)1 << bit % 32;
    }
    numerator = sum_of(&numerator, &numerator);
  }
  *is_exact = is_zero(&numerator);
  return quotient;
}

/** |x| * 2^doublings, or the largest argument where it is above that. */
static struct fixed fixed_of(struct declared_number x, int32_t doublings) {
  struct fixed fixed = {{0}};
  if (x.magnitude == 0) return fixed;
  if (floor_log2(x) + doublings >= ARGUMENT_BITS) {
    fixed.limbs[LIMBS - 1] = LARGEST_ARGUMENT;
    return fixed;
  }
  const int32_t place = x.exponent + doublings + FRACTION_BITS;
  for (int32_t i = 0; i < LIMBS; ++i) {
    const int32_t up = place - 32 * i;
    if (up >= 0 && up < 32) fixed.limbs[i] = (uint32_t)(x.magnitude << up);
    if (up < 0 && up > -64) fixed.limbs[i] = (uint32_t)(x.magnitude >> -up);
  }
  return fixed;
}

/** x * 2^exponent in 63 bits, the last one set unless x is exact and has fewer. */
static struct declared_number number_of(const struct fixed* x, int32_t exponent, uint8_t negative,
                                        int is_exact) {
  int top = LIMBS - 1;
  while (top > 2 && x->limbs[top] == 0) --top;
  const uint64_t high = (uint64_t)x->limbs[top] << 32 | x->limbs[top - 1];
  const int32_t up = 64 - length_of(high);
  const uint64_t bits = high << up | (up == 0 ? 0 : x->limbs[top - 2] >> (32 - up));
  return number(bits >> 1 | (uint64_t)!is_exact, 32 * (top - 1) - FRACTION_BITS - up + 1 + exponent,
                negative);
}

/** e^-v = fraction * 2^-whole, fraction from 1/2 to 1. */
struct exponential {
  struct fixed fraction;
  int32_t whole;
};

static struct exponential exponential_of_minus(const struct fixed* v) {
  struct exponential result;
  /* Both factors were cut, so that what is left of v is not below 0. */
  const struct fixed halvings = product_of(v, &log2_e);
  result.whole = (int32_t)halvings.limbs[LIMBS - 1];
  struct fixed whole = {{0}};
  whole.limbs[LIMBS - 1] = halvings.limbs[LIMBS - 1];
  const struct fixed taken = product_of(&whole, &ln_2);
  const struct fixed t = difference_of(v, &taken);
  /* 1 - t (1 - t/2 (1 - t/3 (...))), t at most ln 2: t^37 / 37! < 2^-162. */
  struct fixed sum = one;
  for (uint32_t k = 36; k != 0; --k) {
    const struct fixed product = product_of(&t, &sum);
    const struct fixed term = divided_by(&product, k);
    sum = difference_of(&one, &term);
  }
  /* Of a v that is lost below the last bit e^-v is still below 1. */
  result.fraction = is_below(&sum, &one) ? sum : largest_below_one;
  return result;
}

static struct declared_number below_one(struct fixed x, int32_t exponent, uint8_t negative) {
  if (!is_below(&x, &one)) x = largest_below_one;
  return number_of(&x, exponent, negative, 0);
}

struct declared_number declared_wide_sigmoid(struct declared_number z) {
  if (z.kind == VALUE_NOT_A_NUMBER) return z;
  if (z.kind == VALUE_INFINITE) return number((uint64_t)!z.negative, 0, 0);
  if (z.magnitude == 0) return number(1, -1, 0);
  const struct fixed v = fixed_of(z, 0);
  const struct exponential e = exponential_of_minus(&v);
  const struct fixed power = shifted_right(&e.fraction, e.whole);
  const struct fixed denominator = sum_of(&one, &power);
  int is_exact = 0;
  if (!z.negative) return below_one(quotient_of(one, &denominator, &is_exact), 0, 0);
  return below_one(quotient_of(e.fraction, &denominator, &is_exact), -e.whole, 0);
}

/** tanh of a z below 2^-32 in magnitude: z (1 - z^2/3 (1 - 2/5 z^2)); the next term is below 2^-190
 * of z. */
static struct declared_number tanh_of_small(struct declared_number z) {
  const struct fixed v = fixed_of(z, 0);
  const struct fixed square = product_of(&v, &v);
  const struct fixed twice = sum_of(&square, &square);
  const struct fixed fifths = divided_by(&twice, 5);
  struct fixed factor = difference_of(&one, &fifths);
  const struct fixed product = product_of(&square, &factor);
  const struct fixed third = divided_by(&product, 3);
  factor = difference_of(&one, &third);
  if (!is_below(&factor, &one)) factor = largest_below_one;
  const int32_t length = length_of(z.magnitude);
  const int32_t exponent = z.exponent + length;
  z.exponent = -length; /* from 1/2 to 1 */
  const struct fixed significand = fixed_of(z, 0);
  const struct fixed result = product_of(&significand, &factor);
  return number_of(&result, exponent, z.negative, 0);
}

struct declared_number declared_wide_tanh(struct declared_number z) {
  if (z.kind == VALUE_INFINITE) return number(1, 0, z.negative);
  if (z.kind == VALUE_NOT_A_NUMBER || z.magnitude == 0) return z;
  if (floor_log2(z) < -32) return tanh_of_small(z);
  const struct fixed twice = fixed_of(z, 1);
  const struct exponential e = exponential_of_minus(&twice);
  const struct fixed power = shifted_right(&e.fraction, e.whole);
  const struct fixed numerator = difference_of(&one, &power);
  const struct fixed denominator = sum_of(&one, &power);
  int is_exact = 0;
  return below_one(quotient_of(numerator, &denominator, &is_exact), 0, z.negative);
}

/** largest - z, or the largest argument where it is above that. */
static struct fixed distance_below(struct declared_number largest, struct declared_number z) {
  /* Of large numbers so near to each other the difference has few bits. */
  const int is_small = (largest.magnitude == 0 || floor_log2(largest) < ARGUMENT_BITS) &&
                       (z.magnitude == 0 || floor_log2(z) < ARGUMENT_BITS);
  if (!is_small) return fixed_of(declared_sum(largest, declared_negated(z)), 0);
  const struct fixed x = fixed_of(largest, 0), y = fixed_of(z, 0);
  if (largest.negative != z.negative) return sum_of(&x, &y);
  return is_below(&x, &y) ? difference_of(&y, &x) : difference_of(&x, &y);
}

static struct exponential exponential_below(struct declared_number largest,
                                            struct declared_number z) {
  if (declared_sum(largest, declared_negated(z)).magnitude == 0) {
    struct exponential result;
    result.fraction = one;
    result.whole = 0;
    return result;
  }
  const struct fixed distance = distance_below(largest, z);
  return exponential_of_minus(&distance);
}

void declared_wide_softmax(struct declared_number* numbers, uint32_t count) {
  struct declared_number largest = numbers[0];
  for (uint32_t j = 1; j < count; ++j) {
    const struct declared_number rise = declared_sum(numbers[j], declared_negated(largest));
    if (rise.magnitude != 0 && !rise.negative) largest = numbers[j];
  }
  struct fixed total = {{0}};
  int are_equal = 1;
  for (uint32_t j = 0; j < count; ++j) {
    const struct exponential e = exponential_below(largest, numbers[j]);
    const struct fixed power = shifted_right(&e.fraction, e.whole);
    total = sum_of(&total, &power);
    are_equal = are_equal && !is_below(&e.fraction, &one);
  }
  for (uint32_t j = 0; j < count; ++j) {
    const struct exponential e = exponential_below(largest, numbers[j]);
    int is_exact = 0;
    const struct fixed quotient = quotient_of(e.fraction, &total, &is_exact);
    numbers[j] =
        are_equal ? number_of(&quotient, 0, 0, is_exact) : below_one(quotient, -e.whole, 0);
  }
}
#endif
