/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * What takes the time: loops over all weights of a layer, [outputs][inputs], in codes of Q8.8. A
 * product is rounded to Q8.8, ties up, and every sum saturates after each addition. Sums are
 * computed without saturation and watched: an `or` of all partial sums tells whether one left its
 * 16 bits, and what it belongs to is then computed once more, with saturation.
 */

/** Linear congruential generator modulo 2^32 (SPEC 11.3). */
#define LSGD_RANDOM_MULTIPLIER 1664525u
#define LSGD_RANDOM_INCREMENT 1013904223u

static inline int32_t lsgd_saturate_int16(int32_t value) {
  if (value > 32767) return 32767;
  if (value < -32768) return -32768;
  return value;
}

/** A product of two codes of Q8.8, not saturated; whatever the codes are, it fits int32. */
static inline int32_t lsgd_q8_8_product(int32_t a, int32_t b) { return (a * b + 128) >> 8; }

/** Weights whose magnitude is below this, 16 in Q8.8, are small. */
#define LSGD_Q8_8_SMALL_WEIGHT 4096

static inline int lsgd_q8_8_is_small(int32_t weight) {
  return (uint32_t)(weight + (LSGD_Q8_8_SMALL_WEIGHT - 1)) < 2 * LSGD_Q8_8_SMALL_WEIGHT - 1;
}

/** z = biases + weights * input.
 * @param is_small  no product can reach 16: no input is beyond -1 and 1, and all weights are small
 */
void lsgd_q8_8_dense(const int16_t* weights, const int16_t* biases, const int16_t* input,
                     uint32_t inputs, uint32_t outputs, int is_small, int16_t* z);

/** errors = transposed weights * deltas. @param is_small  the same for the deltas */
void lsgd_q8_8_hidden_errors(const int16_t* weights, const int16_t* deltas, uint32_t inputs,
                             uint32_t outputs, int is_small, int16_t* errors);

/** Subtracts step * input, rounded at random to Q8.8, from a row of weights.
 * @param is_small  no change can leave int16
 * @param large     set where a weight is not small any more
 * @return the random state after a draw for each weight */
uint32_t lsgd_q8_8_update_row(int16_t* row, const int16_t* input, uint32_t inputs, int32_t step,
                              int is_small, uint32_t random_state, uint8_t* large);
