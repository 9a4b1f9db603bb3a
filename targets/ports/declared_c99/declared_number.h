/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Numbers of any declared format and exact sums and products of them, in integer registers. A
 * result that needs more than 63 bits has its last bit set instead of those cut off, which every
 * later rounding to at most 60 bits takes for what they were.
 */

#include <stdint.h>

#include "declared_format.h"

enum declared_value_kind { VALUE_FINITE, VALUE_INFINITE, VALUE_NOT_A_NUMBER };

/** +-magnitude * 2^exponent. A fixed-point number keeps its grid, zero included: which bits a
 * stochastic rounding discards follows from formats alone. */
struct declared_number {
  uint64_t magnitude;
  int32_t exponent;
  uint8_t negative;
  uint8_t kind; /**< enum declared_value_kind */
};

/** What the numbers of a format are multiples of, at one place of a step. */
struct declared_grid {
  int fraction_bits;            /**< fixed */
  struct declared_number scale; /**< affine, set; above 0 */
  int32_t zero_point;           /**< affine */
};

/** The generator's state, which is part of the training state (SPEC 11.3). */
extern uint32_t declared_random_state;

/** The next word of a generator, whose state it changes. */
uint32_t declared_word(uint8_t generator, uint32_t* state);

/** The next `count` bits, 0 to 63; more than 32 are two draws. */
uint64_t declared_draw(uint8_t generator, int count);

/** Zero on no grid: what a sum starts with. */
struct declared_number declared_zero(void);
struct declared_number declared_integer(int32_t value);
struct declared_number declared_from_binary32(uint32_t bits);

struct declared_number declared_negated(struct declared_number x);
struct declared_number declared_sum(struct declared_number x, struct declared_number y);
/** A sum, which may have 64 bits, as a term of another one. */
struct declared_number declared_in_63_bits(struct declared_number x);
struct declared_number declared_product(struct declared_number x, struct declared_number y);
/** x / y, both finite, y not zero: 62 bits or more, the last one set where there are further ones.
 */
struct declared_number declared_quotient(struct declared_number x, struct declared_number y);
/** x with `bits` significant bits, to the nearest; ties to even, or away from zero. */
struct declared_number declared_nearest(struct declared_number x, int bits, int ties_away);
/** -1, 0 or 1 as |x| is below, at or above |y|; both finite. */
int declared_compare_magnitudes(struct declared_number x, struct declared_number y);
/** ceil(log2 |x|) of a finite number other than zero. */
int32_t declared_ceil_log2(struct declared_number x);

/**
 * A number rounded once.
 *
 * @param grid        of the format
 * @param generator   of stochastic rounding
 * @param overflowed  set to 1 where the rounded number was out of range; else left alone
 */
struct declared_number declared_round(struct declared_number x, const struct declared_rounding* r,
                                      const struct declared_grid* grid, uint8_t generator,
                                      uint8_t* overflowed);

/**
 * A sum in units of `sum_scale`, in units of the grid's scale, rounded as r->requantization says;
 * then its zero point and range.
 */
struct declared_number declared_requantize(struct declared_number sum,
                                           struct declared_number sum_scale,
                                           const struct declared_rounding* r,
                                           const struct declared_grid* grid, uint8_t* overflowed);

/** What an operation reads: zero for a subnormal of a format that flushes operands. */
struct declared_number declared_operand(struct declared_number x,
                                        const struct declared_format* format);

uint32_t declared_code(struct declared_number x, const struct declared_format* format,
                       const struct declared_grid* grid);
struct declared_number declared_decode(uint32_t code, const struct declared_format* format,
                                       const struct declared_grid* grid);
