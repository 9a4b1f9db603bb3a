/* SPDX-License-Identifier: Apache-2.0 */
#include "declared_number.h"

/** Exponent of a zero on no grid: coarser than every other. */
#define NO_GRID ((int32_t)1 << 20)

uint32_t declared_random_state;

/** Word `position` of Philox4x32 with ten rounds, key 0. */
static uint32_t philox_word(uint32_t position) {
  uint32_t counter[4] = {0, 0, 0, 0};
  uint32_t key[2] = {0, 0};
  counter[0] = position >> 2;
  for (int round = 0; round < 10; ++round) {
    const uint64_t first = (uint64_t)counter[0] * 0xd2511f53u;
    const uint64_t second = (uint64_t)counter[2] * 0xcd9e8d57u;
    counter[0] = (uint32_t)(second >> 32) ^ counter[1] ^ key[0];
    counter[1] = (uint32_t)second;
    counter[2] = (uint32_t)(first >> 32) ^ counter[3] ^ key[1];
    counter[3] = (uint32_t)first;
    key[0] += 0x9e3779b9u;
    key[1] += 0xbb67ae85u;
  }
  return counter[position & 3];
}

uint32_t declared_word(uint8_t generator, uint32_t* state) {
  uint32_t word = *state;
  switch ((enum declared_generator)generator) {
    case GENERATOR_LCG32:
      word = word * 1664525u + 1013904223u;
      break;
    case GENERATOR_NONE:
    case GENERATOR_XORSHIFT32:
      word ^= word << 13;
      word ^= word >> 17;
      word ^= word << 5;
      break;
    case GENERATOR_PHILOX4X32_10:
      return philox_word((*state)++);
  }
  *state = word;
  return word;
}

uint64_t declared_draw(uint8_t generator, int count) {
  if (count > 32) {
    const uint64_t high = declared_draw(generator, 32);
    return high << (count - 32) | declared_draw(generator, count - 32);
  }
  return (uint64_t)declared_word(generator, &declared_random_state) >> (32 - count);
}

/** How many bits a magnitude has; 0 for 0. */
static int32_t length_of(uint64_t magnitude) {
  int32_t length = 0;
  for (int step = 32; step != 0; step >>= 1)
    if (magnitude >> step != 0) {
      magnitude >>= step;
      length += step;
    }
  return length + (magnitude != 0);
}

/** floor(log2 |x|) of a finite number other than zero. */
static int32_t floor_log2(struct declared_number x) {
  return length_of(x.magnitude) - 1 + x.exponent;
}

int32_t declared_ceil_log2(struct declared_number x) {
  return floor_log2(x) + ((x.magnitude & (x.magnitude - 1)) != 0);
}

/** A magnitude without its last bits, the new last one set where they were not zero. */
static uint64_t shifted_right(uint64_t magnitude, int32_t count) {
  if (count <= 0) return magnitude;
  if (count > 63) return magnitude != 0;
  return magnitude >> count | ((magnitude & (((uint64_t)1 << count) - 1)) != 0);
}

static struct declared_number finite(uint64_t magnitude, int32_t exponent, uint8_t negative) {
  struct declared_number x;
  x.magnitude = magnitude;
  x.exponent = exponent;
  x.negative = negative;
  x.kind = VALUE_FINITE;
  return x;
}

static struct declared_number special(uint8_t kind, uint8_t negative) {
  struct declared_number x = finite(0, NO_GRID, negative);
  x.kind = kind;
  return x;
}

struct declared_number declared_zero(void) {
  return finite(0, NO_GRID, 0);
}

struct declared_number declared_integer(int32_t value) {
  return finite(value < 0 ? 0u - (uint32_t)value : (uint32_t)value, 0, value < 0);
}

struct declared_number declared_from_binary32(uint32_t bits) {
  const uint32_t exponent = bits >> 23 & 0xff;
  const uint32_t fraction = bits & 0x007fffffu;
  const uint8_t negative = (uint8_t)(bits >> 31);
  if (exponent == 0) return finite(fraction, -149, negative);
  return finite(fraction | 0x00800000u, (int32_t)exponent - 150, negative);
}

struct declared_number declared_negated(struct declared_number x) {
  x.negative ^= 1;
  return x;
}

struct declared_number declared_sum(struct declared_number x, struct declared_number y) {
  if (x.kind != VALUE_FINITE || y.kind != VALUE_FINITE) {
    if (x.kind == VALUE_NOT_A_NUMBER || y.kind == VALUE_NOT_A_NUMBER ||
        (x.kind == y.kind && x.negative != y.negative))
      return special(VALUE_NOT_A_NUMBER, 0);
    return x.kind == VALUE_INFINITE ? x : y;
  }
  struct declared_number coarse = x, fine = y;
  if (x.exponent < y.exponent) {
    coarse = y;
    fine = x;
  }
  if (coarse.magnitude == 0) {
    coarse.exponent = fine.exponent;
  } else if (coarse.exponent != fine.exponent) {
    const int32_t distance = coarse.exponent - fine.exponent;
    const int32_t room = 63 - length_of(coarse.magnitude);
    if (distance <= room) {
      coarse.magnitude <<= distance;
      coarse.exponent = fine.exponent;
    } else if (fine.magnitude != 0) {
      if (room > 0) coarse.magnitude <<= room;
      coarse.exponent -= room > 0 ? room : 0;
      fine.magnitude = shifted_right(fine.magnitude, coarse.exponent - fine.exponent);
    }
  }
  if (coarse.negative == fine.negative) {
    coarse.magnitude += fine.magnitude;
  } else if (coarse.magnitude < fine.magnitude) {
    coarse.magnitude = fine.magnitude - coarse.magnitude;
    coarse.negative = fine.negative;
  } else {
    coarse.magnitude -= fine.magnitude;
    if (coarse.magnitude == 0) coarse.negative = 0;
  }
  return coarse;
}

struct declared_number declared_product(struct declared_number x, struct declared_number y) {
  const uint8_t negative = x.negative ^ y.negative;
  if (x.kind != VALUE_FINITE || y.kind != VALUE_FINITE) {
    const int has_zero = (x.kind == VALUE_FINITE && x.magnitude == 0) ||
                         (y.kind == VALUE_FINITE && y.magnitude == 0);
    if (x.kind == VALUE_NOT_A_NUMBER || y.kind == VALUE_NOT_A_NUMBER || has_zero)
      return special(VALUE_NOT_A_NUMBER, 0);
    return special(VALUE_INFINITE, negative);
  }
  int32_t exponent = x.exponent + y.exponent;
  uint64_t a = x.magnitude, b = y.magnitude;
  if ((a | b) >> 32 == 0) return finite(a * b, exponent, negative);
  const uint64_t low = (a & 0xffffffffu) * (b & 0xffffffffu);
  const uint64_t middle = (a >> 32) * (b & 0xffffffffu) + (low >> 32);
  const uint64_t other = (a & 0xffffffffu) * (b >> 32) + (middle & 0xffffffffu);
  const uint64_t high = (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
  uint64_t magnitude = other << 32 | (low & 0xffffffffu);
  /* The upper 63 bits of 128, or fewer that need no more. */
  if (high != 0) {
    const int32_t kept_high = length_of(high);
    magnitude = shifted_right(magnitude, kept_high);
    if (kept_high < 64) magnitude |= high << (64 - kept_high);
    if (kept_high == 64) magnitude |= high;
    exponent += kept_high;
  }
  if (magnitude >> 63 != 0) {
    magnitude = shifted_right(magnitude, 1);
    ++exponent;
  }
  return finite(magnitude, exponent, negative);
}

struct declared_number declared_in_63_bits(struct declared_number x) {
  if (x.magnitude >> 63 == 0) return x;
  x.magnitude = shifted_right(x.magnitude, 1);
  ++x.exponent;
  return x;
}

struct declared_number declared_quotient(struct declared_number x, struct declared_number y) {
  x = declared_in_63_bits(x);
  y = declared_in_63_bits(y);
  const int32_t up_x = 63 - length_of(x.magnitude);
  const int32_t up_y = 63 - length_of(y.magnitude);
  const uint8_t negative = x.negative ^ y.negative;
  if (x.magnitude == 0) return finite(0, 0, negative);
  const uint64_t divisor = y.magnitude << up_y;
  uint64_t rest = x.magnitude << up_x;
  uint64_t result = rest >= divisor;
  if (result != 0) rest -= divisor;
  for (int bit = 0; bit < 62; ++bit) {
    rest <<= 1;
    result <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      result |= 1;
    }
  }
  return finite(result | (rest != 0), x.exponent - up_x - (y.exponent - up_y) - 62, negative);
}

struct declared_number declared_nearest(struct declared_number x, int bits, int ties_away) {
  const int32_t shift = length_of(x.magnitude) - bits;
  if (shift <= 0) return x;
  const uint64_t half = (uint64_t)1 << (shift - 1);
  const uint64_t rest = x.magnitude & (2 * half - 1);
  uint64_t whole = x.magnitude >> shift;
  whole += rest > half || (rest == half && (ties_away || (whole & 1) != 0));
  return finite(whole, x.exponent + shift, x.negative);
}

int declared_compare_magnitudes(struct declared_number x, struct declared_number y) {
  x.negative = 0;
  y.negative = 1;
  const struct declared_number difference = declared_sum(x, y);
  if (difference.magnitude == 0) return 0;
  return difference.negative ? -1 : 1;
}

/** The magnitude of the integer that magnitude * 2^-shift is rounded to. */
static uint64_t to_integer(uint64_t magnitude, int32_t shift, uint8_t negative, int from_floor,
                           const struct declared_rounding* r, uint8_t generator) {
  uint64_t drawn = 0;
  int32_t count = r->random_bits;
  if (r->direction == DIRECTION_STOCHASTIC) {
    if (count == 0) count = shift < 0 ? 0 : shift;
    drawn = declared_draw(generator, count);
  }
  if (magnitude == 0) return 0;
  if (shift <= 0) {
    const int32_t left = -shift;
    const uint64_t shifted = left > 63 ? 0 : magnitude << left;
    if (left <= 63 && shifted >> left == magnitude) return shifted;
    return shifted | (uint64_t)1 << 62; /* out of every range, and the same modulo its codes */
  }
  if (shift > 63) {
    magnitude = shifted_right(magnitude, shift - 63);
    shift = 63;
  }
  const uint64_t whole = magnitude >> shift;
  const uint64_t one = (uint64_t)1 << shift;
  uint64_t fraction = magnitude & (one - 1);
  const uint64_t half = one >> 1;
  if (fraction == 0) return whole;
  switch ((enum declared_direction)r->direction) {
    case DIRECTION_ANY:
    case DIRECTION_NEAREST_EVEN:
      return whole + (fraction > half || (fraction == half && (whole & 1) != 0));
    case DIRECTION_NEAREST_AWAY:
      return whole + (fraction >= half);
    case DIRECTION_NEAREST_UP:
      return whole + (negative ? fraction > half : fraction >= half);
    case DIRECTION_NEAREST_DOWN:
      return whole + (negative ? fraction >= half : fraction > half);
    case DIRECTION_NEAREST_ZERO:
      return whole + (fraction > half);
    case DIRECTION_ZERO:
      return whole;
    case DIRECTION_UP:
      return whole + !negative;
    case DIRECTION_DOWN:
      return whole + negative;
    case DIRECTION_AWAY:
      return whole + 1;
    case DIRECTION_ODD:
      return whole | 1;
    case DIRECTION_NONE:
      return whole;
    case DIRECTION_STOCHASTIC:
      break;
  }
  const int mirrored = from_floor && negative;
  if (mirrored) fraction = one - fraction;
  const int32_t dropped = shift - count;
  uint64_t kept = dropped > 0 ? fraction >> dropped : fraction << -dropped;
  if (dropped > 0 && r->mapping != MAPPING_TRUNCATE) {
    const uint64_t rest = fraction & (((uint64_t)1 << dropped) - 1);
    const uint64_t middle = (uint64_t)1 << (dropped - 1);
    kept += r->mapping == MAPPING_MIDPOINT ? rest >= middle
                                           : rest > middle || (rest == middle && (kept & 1) != 0);
  }
  const int carries = (kept + drawn) >> count != 0;
  return whole + (carries != mirrored);
}

static int32_t lowest_exponent(const struct declared_format* format) { return 1 - format->bias; }

static struct declared_number largest_float(const struct declared_format* format) {
  const int32_t exponent_bits = format->bits - format->precision;
  const uint64_t all_ones = ((uint64_t)1 << format->precision) - 1;
  const int32_t highest = ((int32_t)1 << exponent_bits) - 1 - format->bias;
  switch ((enum declared_specials)format->specials) {
    case SPECIALS_IEEE:
      return finite(all_ones, highest - format->precision, 0);
    case SPECIALS_ONE_NAN:
      if (format->precision == 1) return finite(1, highest - 1, 0);
      return finite(all_ones - 1, highest - (format->precision - 1), 0);
    case SPECIALS_FINITE:
    case SPECIALS_ONE_ZERO:
      break;
  }
  return finite(all_ones, highest - (format->precision - 1), 0);
}

static int flushes_results(const struct declared_format* format) {
  return format->subnormals == SUBNORMALS_FLUSH_RESULTS ||
         format->subnormals == SUBNORMALS_FLUSH_BOTH;
}

/** What overflow makes of a float. */
static struct declared_number beyond(const struct declared_rounding* r, uint8_t negative,
                                     int was_infinite) {
  const uint8_t inwards = negative ? DIRECTION_UP : DIRECTION_DOWN;
  const int stops = !was_infinite && (r->direction == DIRECTION_ZERO || r->direction == inwards);
  if (r->overflow == OVERFLOW_SATURATE || stops) {
    struct declared_number largest = largest_float(&r->format);
    largest.negative = negative;
    return largest;
  }
  if (r->format.specials == SPECIALS_IEEE) return special(VALUE_INFINITE, negative);
  return special(VALUE_NOT_A_NUMBER, negative);
}

static struct declared_number round_float(struct declared_number x,
                                          const struct declared_rounding* r, uint8_t generator,
                                          uint8_t* overflowed) {
  const struct declared_format* const format = &r->format;
  const int32_t lowest = lowest_exponent(format);
  int32_t unit = NO_GRID;
  int32_t shift = 0;
  if (x.magnitude != 0) {
    const int32_t highest = floor_log2(x);
    unit = (highest > lowest ? highest : lowest) - (format->precision - 1);
    shift = unit - x.exponent;
  }
  if (shift < 0) {
    if (r->direction == DIRECTION_STOCHASTIC) declared_draw(generator, r->random_bits);
  } else {
    x.magnitude = to_integer(x.magnitude, shift, x.negative, 0, r, generator);
    x.exponent = x.magnitude == 0 ? NO_GRID : unit;
  }
  if (x.magnitude == 0) return x;
  if (declared_compare_magnitudes(x, largest_float(format)) > 0) {
    *overflowed = 1;
    return beyond(r, x.negative, 0);
  }
  if (flushes_results(format) && floor_log2(x) < lowest) return finite(0, NO_GRID, x.negative);
  return x;
}

static struct declared_number round_fixed(struct declared_number x,
                                          const struct declared_rounding* r, int fraction_bits,
                                          uint8_t generator, uint8_t* overflowed) {
  const struct declared_format* const format = &r->format;
  int32_t finer = 0; /* bits that are kept below the format's last one */
  if (r->direction == DIRECTION_NONE) {
    if (x.magnitude == 0) return x;
    finer = -fraction_bits - x.exponent;
    if (finer < 0) finer = 0;
  }
  const int32_t unit = -fraction_bits - finer;
  x.magnitude = to_integer(x.magnitude, unit - x.exponent, x.negative, 1, r, generator);
  x.exponent = unit;
  const int32_t bits = format->bits - format->is_signed + finer;
  const uint64_t above = bits > 63 ? 0 : (uint64_t)1 << bits; /* 0: nothing is out of range */
  uint64_t low = format->is_signed ? above : 0;
  if (format->is_symmetric) low -= (uint64_t)1 << finer;
  const uint64_t high = above - ((uint64_t)1 << finer);
  if (x.magnitude == 0) x.negative = 0;
  if (above == 0 || (x.negative ? x.magnitude <= low : x.magnitude <= high)) return x;
  if (r->overflow == OVERFLOW_SATURATE) {
    *overflowed = 1;
    x.magnitude = x.negative ? low : high;
    if (x.magnitude == 0) x.negative = 0;
    return x;
  }
  /* Modulo the number of codes. With bits kept below the last one the range ends just below the
     next unit, so that some of these are in range after all. */
  const uint64_t count = format->is_signed ? above << 1 : above;
  uint64_t residue = (x.negative ? 0 - x.magnitude : x.magnitude) & (count - 1);
  if (x.negative || x.magnitude >= above) *overflowed = 1;
  x.negative = format->is_signed && residue >= above;
  x.magnitude = x.negative ? (0 - residue) & (count - 1) : residue;
  return x;
}

static struct declared_number number_of(const struct declared_value* value) {
  return finite(value->magnitude, value->exponent, value->negative);
}

/** Whether x is above y; both finite. */
static int is_above(struct declared_number x, struct declared_number y) {
  const struct declared_number difference = declared_sum(x, declared_negated(y));
  return difference.magnitude != 0 && !difference.negative;
}

/** Member `position` of a set. */
static struct declared_number member(const struct declared_format* format,
                                     const struct declared_grid* grid, uint32_t position) {
  return declared_product(number_of(&format->values[position]), grid->scale);
}

/** Whether drawn bits carry x over to `high`, the next member above `low`. */
static int carries_over(struct declared_number x, struct declared_number low,
                        struct declared_number high, const struct declared_rounding* r,
                        uint8_t generator) {
  const struct declared_number part = declared_quotient(declared_sum(x, declared_negated(low)),
                                                        declared_sum(high, declared_negated(low)));
  return to_integer(part.magnitude, -part.exponent, 0, 1, r, generator) != 0;
}

static struct declared_number round_set(struct declared_number x, const struct declared_rounding* r,
                                        const struct declared_grid* grid, uint8_t generator,
                                        uint8_t* overflowed) {
  const struct declared_format* const format = &r->format;
  const int draws = r->direction == DIRECTION_STOCHASTIC;
  const uint32_t last = format->count - 1u;
  const struct declared_number lowest = member(format, grid, 0);
  const struct declared_number highest = member(format, grid, last);
  const int is_below = is_above(lowest, x);
  if (is_below || is_above(x, highest)) {
    if (draws) declared_draw(generator, r->random_bits);
    *overflowed = 1;
    return is_below ? lowest : highest;
  }
  uint32_t above = 1;
  while (above < last && !is_above(member(format, grid, above), x)) ++above;
  const struct declared_number low = member(format, grid, above - 1);
  const struct declared_number high = member(format, grid, above);
  if (draws) return carries_over(x, low, high, r, generator) ? high : low;
  if (!is_above(x, low)) return low;
  if (!is_above(high, x)) return high;
  const struct declared_number twice = declared_sum(x, x);
  const struct declared_number ends = declared_sum(low, high);
  int is_upper = is_above(twice, ends);
  int is_tie = !is_upper && !is_above(ends, twice);
  if (format->is_logarithmic && low.magnitude != 0 && high.magnitude != 0 &&
      low.negative == high.negative) {
    /* Of two powers of two: no x is their root, which is irrational. */
    is_upper = is_above(declared_product(x, x), declared_product(low, high)) != x.negative;
    is_tie = 0;
  }
  int up = 0;
  switch ((enum declared_direction)r->direction) {
    case DIRECTION_NEAREST_UP:
      up = is_upper || is_tie;
      break;
    case DIRECTION_NEAREST_DOWN:
      up = is_upper;
      break;
    case DIRECTION_ANY:
    case DIRECTION_NEAREST_AWAY:
      up = is_upper || (is_tie && !x.negative);
      break;
    case DIRECTION_NEAREST_ZERO:
      up = is_upper || (is_tie && x.negative);
      break;
    case DIRECTION_ZERO:
      up = x.negative;
      break;
    case DIRECTION_UP:
      up = 1;
      break;
    case DIRECTION_AWAY:
      up = !x.negative;
      break;
    case DIRECTION_DOWN:
    case DIRECTION_STOCHASTIC:   /* see above */
    case DIRECTION_NEAREST_EVEN: /* these three are refused for a set */
    case DIRECTION_ODD:
    case DIRECTION_NONE:
      break;
  }
  return up ? high : low;
}

/** The number of a code, counted from the zero point and not limited yet; `units` may be cut. */
static struct declared_number limited_affine(int negative, uint64_t units,
                                             const struct declared_format* format,
                                             const struct declared_grid* grid,
                                             uint8_t* overflowed) {
  const int64_t highest = ((int64_t)1 << (format->bits - format->is_signed)) - 1;
  const int64_t lowest = format->is_signed ? -highest - !format->is_symmetric : 0;
  const int64_t most = (int64_t)1 << 40; /* beyond every range */
  int64_t code = units > (uint64_t)most ? most : (int64_t)units;
  code = (negative ? -code : code) + grid->zero_point;
  if (code < lowest || code > highest) *overflowed = 1;
  if (code < lowest) code = lowest;
  if (code > highest) code = highest;
  code -= grid->zero_point;
  const struct declared_number whole =
      finite(code < 0 ? 0u - (uint64_t)code : (uint64_t)code, 0, code < 0);
  return declared_product(whole, grid->scale);
}

static struct declared_number round_affine(struct declared_number x,
                                           const struct declared_rounding* r,
                                           const struct declared_grid* grid, uint8_t generator,
                                           uint8_t* overflowed) {
  const struct declared_number quotient = declared_quotient(x, grid->scale);
  uint64_t units = ~(uint64_t)0;
  if (floor_log2(quotient) < 62 || quotient.magnitude == 0)
    units = to_integer(quotient.magnitude, -quotient.exponent, x.negative, 1, r, generator);
  else if (r->direction == DIRECTION_STOCHASTIC)
    declared_draw(generator, r->random_bits);
  return limited_affine(x.negative, units, &r->format, grid, overflowed);
}

/** `magnitude` * 2^-shift, halves up. */
static uint64_t shifted_half_up(uint64_t magnitude, int32_t shift) {
  return shift > 63 ? 0 : (magnitude + ((uint64_t)1 << (shift - 1))) >> shift;
}

/** The same of a negative number, -magnitude: its halves are nearer to zero. */
static uint64_t shifted_half_down(uint64_t magnitude, int32_t shift) {
  return shift > 63 ? 0 : (magnitude + (((uint64_t)1 << (shift - 1)) - 1)) >> shift;
}

struct declared_number declared_requantize(struct declared_number sum,
                                           struct declared_number sum_scale,
                                           const struct declared_rounding* r,
                                           const struct declared_grid* grid, uint8_t* overflowed) {
  /* An integer of at most 32 bits. */
  const uint64_t units = sum.exponent < 0     ? sum.magnitude >> -sum.exponent
                         : sum.magnitude == 0 ? 0
                                              : sum.magnitude << sum.exponent;
  const uint8_t negative = sum.negative;
  struct declared_number m = declared_quotient(sum_scale, grid->scale);
  if (r->requantization == REQUANTIZATION_FLOAT) {
    m = declared_nearest(m, 24, 0);
    const struct declared_number product = declared_nearest(
        declared_product(declared_nearest(finite(units, 0, negative), 24, 0), m), 24, 0);
    const uint64_t most = ~(uint64_t)0;
    const int is_large = product.magnitude != 0 && floor_log2(product) > 61;
    return limited_affine(
        negative,
        is_large ? most
                 : to_integer(product.magnitude, -product.exponent, negative, 1, r, GENERATOR_NONE),
        &r->format, grid, overflowed);
  }
  m = declared_nearest(m, 31, 1); /* m = multiplier * 2^(exponent - 31), a multiplier of 31 bits */
  while (length_of(m.magnitude) > 31) {
    m.magnitude >>= 1;
    ++m.exponent;
  }
  while (length_of(m.magnitude) < 31) {
    m.magnitude <<= 1;
    --m.exponent;
  }
  const int32_t exponent = m.exponent + 31;
  uint64_t result = 0;
  if (r->requantization == REQUANTIZATION_SINGLE) {
    const uint64_t product = units * m.magnitude;
    const int32_t shift = 31 - exponent;
    if (shift <= 0 || shift > 62)
      result = shift > 0 || product == 0 ? 0 : ~(uint64_t)0;
    else
      result = negative ? shifted_half_down(product, shift) : shifted_half_up(product, shift);
  } else {
    const uint64_t limit = (uint64_t)1 << 31; /* what is beyond is so after the product, too */
    const int32_t left = exponent < 0 ? 0 : exponent;
    uint64_t raised = units;
    for (int32_t bit = 0; bit < left && raised < limit; ++bit) raised <<= 1;
    if (raised > limit) raised = limit;
    const uint64_t product = raised * m.magnitude;
    const uint64_t high = negative ? shifted_half_down(product, 31) : shifted_half_up(product, 31);
    result = exponent < 0 ? shifted_half_up(high, -exponent) : high;
  }
  return limited_affine(negative, result, &r->format, grid, overflowed);
}

struct declared_number declared_round(struct declared_number x, const struct declared_rounding* r,
                                      const struct declared_grid* grid, uint8_t generator,
                                      uint8_t* overflowed) {
  if (x.kind != VALUE_FINITE) {
    if (r->direction == DIRECTION_STOCHASTIC) declared_draw(generator, r->random_bits);
    if (r->format.kind != KIND_FLOAT && x.kind == VALUE_INFINITE &&
        r->overflow == OVERFLOW_SATURATE) {
      const int32_t exponent = r->format.kind == KIND_FIXED ? -grid->fraction_bits : 1000;
      uint8_t ignored = 0;
      struct declared_rounding cut = *r; /* what is to be drawn was */
      cut.direction = DIRECTION_ZERO;
      return declared_round(finite((uint64_t)1 << 62, exponent, x.negative), &cut, grid, generator,
                            &ignored);
    }
    if (r->format.kind != KIND_FLOAT)
      return finite(0, -grid->fraction_bits, 0); /* outside the domain */
    return x.kind == VALUE_INFINITE ? beyond(r, x.negative, 1) : x;
  }
  switch ((enum declared_kind)r->format.kind) {
    case KIND_FLOAT:
      return round_float(x, r, generator, overflowed);
    case KIND_FIXED:
      return round_fixed(x, r, grid->fraction_bits, generator, overflowed);
    case KIND_AFFINE:
      return round_affine(x, r, grid, generator, overflowed);
    case KIND_SET:
      break;
  }
  return round_set(x, r, grid, generator, overflowed);
}

struct declared_number declared_operand(struct declared_number x,
                                        const struct declared_format* format) {
  const int flushes =
      format->kind == KIND_FLOAT && (format->subnormals == SUBNORMALS_FLUSH_OPERANDS ||
                                     format->subnormals == SUBNORMALS_FLUSH_BOTH);
  if (flushes && x.kind == VALUE_FINITE && x.magnitude != 0 &&
      floor_log2(x) < lowest_exponent(format))
    return finite(0, NO_GRID, x.negative);
  return x;
}

static uint32_t float_code(struct declared_number x, const struct declared_format* format) {
  const uint32_t sign = (uint32_t)x.negative << (format->bits - 1);
  const uint32_t all_ones = ((uint32_t)1 << (format->bits - 1)) - 1;
  const uint32_t infinity = all_ones & ~(((uint32_t)1 << (format->precision - 1)) - 1);
  if (x.kind != VALUE_FINITE) {
    if (x.kind == VALUE_INFINITE) return sign | infinity;
    if (format->specials == SPECIALS_IEEE) return infinity | (uint32_t)1 << (format->precision - 2);
    return format->specials == SPECIALS_ONE_ZERO ? (uint32_t)1 << (format->bits - 1) : all_ones;
  }
  if (x.magnitude == 0) return format->specials == SPECIALS_ONE_ZERO ? 0 : sign;
  const int32_t lowest = lowest_exponent(format);
  const int32_t highest = floor_log2(x);
  const int32_t exponent = highest > lowest ? highest : lowest;
  const int32_t shift = exponent - (format->precision - 1) - x.exponent;
  const uint32_t significand =
      (uint32_t)(shift >= 0 ? x.magnitude >> shift : x.magnitude << -shift);
  /* The hidden bit, where there is one, adds 1 to the exponent. */
  return sign | (((uint32_t)(exponent - lowest) << (format->precision - 1)) + significand);
}

static struct declared_number float_number(uint32_t code, const struct declared_format* format) {
  const uint8_t negative = (uint8_t)(code >> (format->bits - 1) & 1);
  const uint32_t all_ones = ((uint32_t)1 << (format->bits - 1)) - 1;
  const uint32_t rest = code & all_ones;
  const uint32_t fraction_mask = ((uint32_t)1 << (format->precision - 1)) - 1;
  const uint32_t infinity = all_ones & ~fraction_mask;
  if (format->specials == SPECIALS_IEEE && rest >= infinity)
    return special(rest == infinity ? VALUE_INFINITE : VALUE_NOT_A_NUMBER, negative);
  if ((format->specials == SPECIALS_ONE_NAN && rest == all_ones) ||
      (format->specials == SPECIALS_ONE_ZERO && rest == 0 && negative))
    return special(VALUE_NOT_A_NUMBER, negative);
  if (rest == 0) return finite(0, NO_GRID, negative);
  const uint32_t exponent = rest >> (format->precision - 1);
  const uint32_t hidden = exponent == 0 ? 0 : fraction_mask + 1;
  return finite((rest & fraction_mask) | hidden,
                (int32_t)(exponent == 0 ? 1 : exponent) - format->bias - (format->precision - 1),
                negative);
}

/** The low bits of a word in which the codes of an integer format lie. */
static uint32_t code_mask(const struct declared_format* format) {
  return 0xffffffffu >> (32u - format->bits);
}

uint32_t declared_code(struct declared_number x, const struct declared_format* format,
                       const struct declared_grid* grid) {
  switch ((enum declared_kind)format->kind) {
    case KIND_FLOAT:
      return float_code(x, format);
    case KIND_FIXED: {
      const int32_t shift = -grid->fraction_bits - x.exponent;
      const uint64_t integer =
          shift >= 0 ? (shift > 63 ? 0 : x.magnitude >> shift) : x.magnitude << (-shift & 63);
      return (uint32_t)(x.negative ? 0 - integer : integer) & code_mask(format);
    }
    case KIND_AFFINE: {
      const struct declared_number units = declared_quotient(x, grid->scale);
      const int32_t shift = -units.exponent;
      const uint64_t integer = units.magnitude == 0 || shift > 63 ? 0 : units.magnitude >> shift;
      return (uint32_t)((units.negative ? 0 - integer : integer) +
                        (uint64_t)(int64_t)grid->zero_point) &
             code_mask(format);
    }
    case KIND_SET:
      break;
  }
  uint32_t position = 0;
  while (position + 1u < format->count && is_above(x, member(format, grid, position))) ++position;
  return position;
}

struct declared_number declared_decode(uint32_t code, const struct declared_format* format,
                                       const struct declared_grid* grid) {
  switch ((enum declared_kind)format->kind) {
    case KIND_FLOAT:
      return float_number(code, format);
    case KIND_FIXED:
    case KIND_AFFINE: {
      const uint32_t unused = 32u - format->bits;
      const uint32_t bits = code << unused;
      const int negative = format->is_signed && bits >> 31 != 0;
      const uint32_t magnitude = (negative ? 0u - bits : bits) >> unused;
      if (format->kind == KIND_FIXED)
        return finite(magnitude, -grid->fraction_bits, (uint8_t)negative);
      const int64_t units =
          (negative ? -(int64_t)magnitude : (int64_t)magnitude) - grid->zero_point;
      const struct declared_number whole =
          finite((uint64_t)(units < 0 ? -units : units), 0, units < 0);
      return declared_product(whole, grid->scale);
    }
    case KIND_SET:
      break;
  }
  return member(format, grid, code < format->count ? code : format->count - 1u);
}
