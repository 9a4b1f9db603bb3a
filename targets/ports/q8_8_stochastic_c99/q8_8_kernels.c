/* SPDX-License-Identifier: Apache-2.0 */
/* On RISC-V, gcc loads the operands of four columns before it multiplies any and runs out of
 * registers, or it loads each one right before its use and waits. The order written here is better.
 */
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-schedule-insns", "no-tree-ter")
#endif

#include "q8_8_kernels.h"

#if defined(__GNUC__)
#define RARE __attribute__((cold, noinline))
#else
#define RARE
#endif

/* Sums are kept 2^15 higher, so that those of 16 bits are 0 to 2^16 - 1. */
#define MIDDLE 32768u
/* Four products below 16 move a sum by less than 64. One that is -64 to 64 before and after them
 * did not leave its range between: it is looked at once for four, and 64 higher it is 0 to 2^15
 * - 1. */
#define MIDDLE_OF_FOUR 16384u

/** A sum that saturates after each addition, of `count` products with steps between the factors. */
RARE static int16_t saturating_sum(int32_t sum, const int16_t* weights, uint32_t stride,
                                   const int16_t* factors, uint32_t count) {
  for (; count != 0; --count, weights += stride, ++factors)
    sum = lsgd_saturate_int16(sum + lsgd_saturate_int16(lsgd_q8_8_product(*weights, *factors)));
  return (int16_t)sum;
}

static inline uint32_t sum_from(int32_t value, uint32_t middle) { return middle + (uint32_t)value; }

static inline int16_t value_of(uint32_t sum, uint32_t middle) {
  return (int16_t)(int32_t)(sum - middle);
}

/** The same for one row whose products stay in their range. */
static int16_t watched_sum(int16_t bias, const int16_t* row, const int16_t* input,
                           uint32_t inputs) {
  uint32_t sum = sum_from(bias, MIDDLE);
  uint32_t seen = 0;
  for (uint32_t i = 0; i < inputs; ++i) {
    sum += (uint32_t)lsgd_q8_8_product(row[i], input[i]);
    seen |= sum;
  }
  return seen >> 16 != 0 ? saturating_sum(bias, row, 1, input, inputs) : value_of(sum, MIDDLE);
}

/* Four rows share their input: loaded once for four products. */
void lsgd_q8_8_dense(const int16_t* weights, const int16_t* biases, const int16_t* input,
                     uint32_t inputs, uint32_t outputs, int is_small, int16_t* z) {
  const int16_t* const end = input + inputs;
  for (; is_small && outputs >= 4; outputs -= 4, biases += 4, z += 4) {
    const int16_t* row0 = weights;
    const int16_t* row1 = row0 + inputs;
    const int16_t* row2 = row1 + inputs;
    const int16_t* row3 = row2 + inputs;
    const int16_t* a = input;
    uint32_t sum0 = sum_from(biases[0], MIDDLE_OF_FOUR), sum1 = sum_from(biases[1], MIDDLE_OF_FOUR);
    uint32_t sum2 = sum_from(biases[2], MIDDLE_OF_FOUR), sum3 = sum_from(biases[3], MIDDLE_OF_FOUR);
    uint32_t seen = sum0 | sum1 | sum2 | sum3;
#define COLUMN(i)                                                                             \
  do {                                                                                        \
    const int32_t weight0 = row0[i], weight1 = row1[i], weight2 = row2[i], weight3 = row3[i]; \
    const int32_t a_i = a[i];                                                                 \
    const int32_t product0 = lsgd_q8_8_product(weight0, a_i);                                 \
    const int32_t product1 = lsgd_q8_8_product(weight1, a_i);                                 \
    const int32_t product2 = lsgd_q8_8_product(weight2, a_i);                                 \
    const int32_t product3 = lsgd_q8_8_product(weight3, a_i);                                 \
    sum0 += (uint32_t)product0;                                                               \
    sum1 += (uint32_t)product1;                                                               \
    sum2 += (uint32_t)product2;                                                               \
    sum3 += (uint32_t)product3;                                                               \
  } while (0)
#define ADVANCE(n) (a += (n), row0 += (n), row1 += (n), row2 += (n), row3 += (n))
    for (; end - a >= 4; ADVANCE(4)) {
      COLUMN(0);
      COLUMN(1);
      COLUMN(2);
      COLUMN(3);
      seen |= sum0 | sum1 | sum2 | sum3;
    }
    for (; a != end; ADVANCE(1)) COLUMN(0);
    seen |= sum0 | sum1 | sum2 | sum3;
#undef ADVANCE
#undef COLUMN
    if (seen >> 15 != 0) {
      for (uint32_t j = 0; j < 4; ++j)
        z[j] = saturating_sum(biases[j], weights + j * inputs, 1, input, inputs);
    } else {
      z[0] = value_of(sum0, MIDDLE_OF_FOUR);
      z[1] = value_of(sum1, MIDDLE_OF_FOUR);
      z[2] = value_of(sum2, MIDDLE_OF_FOUR);
      z[3] = value_of(sum3, MIDDLE_OF_FOUR);
    }
    weights = row3;
  }
  for (; outputs != 0; --outputs, ++biases, ++z, weights += inputs)
    *z = is_small ? watched_sum(*biases, weights, input, inputs)
                  : saturating_sum(*biases, weights, 1, input, inputs);
}

/* Four columns at a time, so that each delta is loaded once for four products; a delta of 0
 * contributes nothing. */
void lsgd_q8_8_hidden_errors(const int16_t* weights, const int16_t* deltas, uint32_t inputs,
                             uint32_t outputs, int is_small, int16_t* errors) {
  const int16_t* const end = deltas + outputs;
  uint32_t i = 0;
  for (; is_small && i + 4 <= inputs; i += 4) {
    uint32_t sum0 = MIDDLE, sum1 = MIDDLE, sum2 = MIDDLE, sum3 = MIDDLE;
    uint32_t seen = 0;
    const int16_t* column = weights + i;
    for (const int16_t* d = deltas; d != end; ++d, column += inputs) {
      const int32_t delta = *d;
      if (delta == 0) continue;
      const int32_t weight0 = column[0], weight1 = column[1], weight2 = column[2],
                    weight3 = column[3];
      sum0 += (uint32_t)lsgd_q8_8_product(weight0, delta);
      sum1 += (uint32_t)lsgd_q8_8_product(weight1, delta);
      sum2 += (uint32_t)lsgd_q8_8_product(weight2, delta);
      sum3 += (uint32_t)lsgd_q8_8_product(weight3, delta);
      seen |= sum0 | sum1 | sum2 | sum3;
    }
    if (seen >> 16 != 0) {
      for (uint32_t k = i; k < i + 4; ++k)
        errors[k] = saturating_sum(0, weights + k, inputs, deltas, outputs);
    } else {
      errors[i] = value_of(sum0, MIDDLE);
      errors[i + 1] = value_of(sum1, MIDDLE);
      errors[i + 2] = value_of(sum2, MIDDLE);
      errors[i + 3] = value_of(sum3, MIDDLE);
    }
  }
  for (; i < inputs; ++i) errors[i] = saturating_sum(0, weights + i, inputs, deltas, outputs);
}

/** Whatever the numbers are. */
RARE static uint32_t update_any_row(int16_t* row, const int16_t* input, uint32_t inputs,
                                    int32_t step, uint32_t state, uint8_t* large) {
  for (const int16_t* const end = input + inputs; input != end; ++input, ++row) {
    state = state * LSGD_RANDOM_MULTIPLIER + LSGD_RANDOM_INCREMENT;
    const int32_t change = (step * *input + (int32_t)(state >> 24)) >> 8;
    *row = (int16_t)lsgd_saturate_int16(*row - lsgd_saturate_int16(change));
    if (!lsgd_q8_8_is_small(*row)) *large = 1;
  }
  return state;
}

uint32_t lsgd_q8_8_update_row(int16_t* row, const int16_t* input, uint32_t inputs, int32_t step,
                              int is_small, uint32_t random_state, uint8_t* large) {
  if (!is_small) return update_any_row(row, input, inputs, step, random_state, large);
  uint32_t state = random_state;
  for (const int16_t* const end = input + inputs; input != end; ++input, ++row) {
    state = state * LSGD_RANDOM_MULTIPLIER + LSGD_RANDOM_INCREMENT;
    const int32_t change = step * *input + (int32_t)(state >> 24);
    if ((uint32_t)change < 256) continue; /* below one and not negative: 0 */
    const int32_t updated = *row - (change >> 8);
    if (lsgd_q8_8_is_small(updated)) {
      *row = (int16_t)updated;
    } else {
      *row = (int16_t)lsgd_saturate_int16(updated);
      *large = 1;
    }
  }
  return state;
}
