/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Loops over int8 weights that a compiler makes vectors of, where it may use AVX2 (-march=native).
 * Integers are exact, so that they give what the loops for small cores give.
 */

#include <stdint.h>

#if defined(__AVX2__) && defined(__GNUC__)
#define LSGD_HAS_INT8_VECTORS 1
#else
#define LSGD_HAS_INT8_VECTORS 0
#endif

#if LSGD_HAS_INT8_VECTORS

/** The sum of weight * input. */
static inline int32_t lsgd_int8_vector_dot_product(const int8_t* row, const int8_t* input,
                                                   uint32_t inputs) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < inputs; ++i) sum += row[i] * input[i];
  return sum;
}

/** Draws of lcg32/1 that are made side by side. */
#define LSGD_DRAWS 32

/** state -> multiplier[i] * state + increment[i] is i + 1 draws. */
struct lsgd_draws {
  uint32_t multiplier[LSGD_DRAWS];
  uint32_t increment[LSGD_DRAWS];
};

/**
 * Subtracts (delta * input + draw) >> shift from the first weights of a row, as many as whole
 * vectors hold (SPEC 11.7); `shift` is 9 to 30, a draw its highest bits.
 *
 * @param state     the random state, which is moved on
 * @param overflow  set where a weight had to saturate
 * @return          how many weights
 */
static inline uint32_t lsgd_int8_vector_update(int8_t* restrict row, const int8_t* restrict input,
                                               uint32_t inputs, int32_t delta, int shift,
                                               const struct lsgd_draws* restrict draws,
                                               uint32_t* state, int* overflow) {
  if (inputs < LSGD_DRAWS) return 0;
  const int unused_bits = 32 - shift;
  const uint32_t multiplier = draws->multiplier[LSGD_DRAWS - 1],
                 increment = draws->increment[LSGD_DRAWS - 1];
  uint32_t states[LSGD_DRAWS];
  int32_t lost = 0;
  for (int k = 0; k < LSGD_DRAWS; ++k)
    states[k] = *state * draws->multiplier[k] + draws->increment[k];
  uint32_t left = inputs;
  for (;;) {
    for (int k = 0; k < LSGD_DRAWS; ++k) {
      const int32_t change = (delta * input[k] + (int32_t)(states[k] >> unused_bits)) >> shift;
      const int32_t updated = row[k] - change;
      const int32_t floored = updated < -128 ? -128 : updated;
      const int32_t saturated = floored > 127 ? 127 : floored;
      lost |= saturated ^ updated;
      row[k] = (int8_t)saturated;
    }
    row += LSGD_DRAWS;
    input += LSGD_DRAWS;
    left -= LSGD_DRAWS;
    if (left < LSGD_DRAWS) break;
    for (int k = 0; k < LSGD_DRAWS; ++k) states[k] = states[k] * multiplier + increment;
  }
  *state = states[LSGD_DRAWS - 1];
  if (lost != 0) *overflow = 1;
  return inputs - left;
}

#endif
