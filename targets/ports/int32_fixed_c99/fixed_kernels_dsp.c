/* SPDX-License-Identifier: Apache-2.0 */
#include "fixed_kernels.h"

/*
 * The loops of fixed_kernels.c where the core has the DSP extension: a product is multiplied and
 * added, or subtracted, by one instruction, which no C of 12.2 becomes. A sum is that of the other
 * cores bit by bit. A product that is subtracted from a weight is rounded to nearest, where others
 * cut it down (SPEC 13.5 allows both).
 */
#if LSGD_HAS_HIGH_MULTIPLY_ADD

/** weight - a b / 2^32, rounded to nearest. */
static inline int32_t subtract_product(int32_t weight, int32_t a, int32_t b) {
  int32_t result;
  __asm__("smmlsr %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(weight));
  return result;
}

static inline int32_t shift_left(int32_t value, int count) {
  return (int32_t)((uint32_t)value << count);
}

/* Four columns at a time; `advance` moves all pointers on. */
#define ALL_COLUMNS(advance)                \
  do {                                      \
    for (; end - a >= 4; advance(4)) {      \
      COLUMN(0);                            \
      COLUMN(1);                            \
      COLUMN(2);                            \
      COLUMN(3);                            \
    }                                       \
    for (; a != end; advance(1)) COLUMN(0); \
  } while (0)
#define FOUR_ROWS(n) (a += (n), row0 += (n), row1 += (n), row2 += (n), row3 += (n))
#define TWO_ROWS(n) (a += (n), sum += (n), row0 += (n), row1 += (n))

void lsgd_dense(const int32_t* weights, const int32_t* biases, const int32_t* input,
                uint32_t inputs, uint32_t outputs, struct lsgd_fixed_sum sum, int32_t* z) {
  const int32_t* const end = input + inputs;
  for (; outputs >= 4; outputs -= 4, biases += 4, z += 4) {
    const int32_t* row0 = weights;
    const int32_t* row1 = row0 + inputs;
    const int32_t* row2 = row1 + inputs;
    const int32_t* row3 = row2 + inputs;
    const int32_t* a = input;
    int32_t sum0 = sum.start + (biases[0] >> sum.bias_shift);
    int32_t sum1 = sum.start + (biases[1] >> sum.bias_shift);
    int32_t sum2 = sum.start + (biases[2] >> sum.bias_shift);
    int32_t sum3 = sum.start + (biases[3] >> sum.bias_shift);
#define COLUMN(i)                                     \
  do {                                                \
    const int32_t a_i = a[i];                         \
    sum0 = lsgd_add_high_product(sum0, row0[i], a_i); \
    sum1 = lsgd_add_high_product(sum1, row1[i], a_i); \
    sum2 = lsgd_add_high_product(sum2, row2[i], a_i); \
    sum3 = lsgd_add_high_product(sum3, row3[i], a_i); \
  } while (0)
    ALL_COLUMNS(FOUR_ROWS);
#undef COLUMN
    z[0] = shift_left(sum0, sum.z_shift);
    z[1] = shift_left(sum1, sum.z_shift);
    z[2] = shift_left(sum2, sum.z_shift);
    z[3] = shift_left(sum3, sum.z_shift);
    weights = row3;
  }
  for (; outputs != 0; --outputs, ++biases, ++z) {
    int32_t total = sum.start + (*biases >> sum.bias_shift);
    for (const int32_t* a = input; a != end; ++a)
      total = lsgd_add_high_product(total, *weights++, *a);
    *z = shift_left(total, sum.z_shift);
  }
}

/** The step of a weight, after the bias of its neuron has been updated. */
static inline int32_t update_bias(int32_t* bias, struct lsgd_fixed_rate rate, int32_t bias_half,
                                  int32_t delta) {
  const int32_t step = lsgd_small_step(rate, delta);
  *bias -= (step + bias_half) >> rate.bias_shift;
  return step;
}

/* Two rows at a time, since four and what belongs to them need more registers than there are. */
uint32_t lsgd_hidden_delta_and_update(int32_t* weights, int32_t* biases, const int32_t* input,
                                      uint32_t inputs, uint32_t outputs, const int32_t* deltas,
                                      const struct lsgd_fixed_rate* of_step, int32_t start,
                                      int is_tanh, int32_t* sums) {
  for (uint32_t i = 0; i < inputs; ++i) sums[i] = start;
  const struct lsgd_fixed_rate rate = *of_step;
  const int32_t bias_half = (int32_t)1 << (rate.bias_shift - 1);
  const int32_t* const end = input + inputs;
  for (; outputs >= 2; outputs -= 2, deltas += 2, biases += 2) {
    int32_t* row0 = weights;
    int32_t* row1 = row0 + inputs;
    const int32_t delta0 = deltas[0], delta1 = deltas[1];
    const int32_t step0 = update_bias(biases, rate, bias_half, delta0);
    const int32_t step1 = update_bias(biases + 1, rate, bias_half, delta1);
    const int32_t* a = input;
    int32_t* sum = sums;
#define COLUMN(i)                                                                               \
  do {                                                                                          \
    const int32_t weight0 = row0[i], weight1 = row1[i], a_i = a[i];                             \
    sum[i] =                                                                                    \
        lsgd_add_high_product(lsgd_add_high_product(sum[i], weight0, delta0), weight1, delta1); \
    row0[i] = subtract_product(weight0, step0, a_i);                                            \
    row1[i] = subtract_product(weight1, step1, a_i);                                            \
  } while (0)
    ALL_COLUMNS(TWO_ROWS);
#undef COLUMN
    weights = row1;
  }
  for (; outputs != 0; --outputs, ++deltas, ++biases) {
    const int32_t delta = *deltas;
    const int32_t step = update_bias(biases, rate, bias_half, delta);
    int32_t* sum = sums;
    for (const int32_t* a = input; a != end; ++a, ++sum, ++weights) {
      const int32_t weight = *weights;
      *sum = lsgd_add_high_product(*sum, weight, delta);
      *weights = subtract_product(weight, step, *a);
    }
  }
  return is_tanh ? lsgd_times_derivative_of_tanh(input, sums, inputs) : 0;
}

void lsgd_update(int32_t* weights, int32_t* biases, const int32_t* input, uint32_t inputs,
                 uint32_t outputs, int32_t* deltas, const struct lsgd_fixed_rate* of_step) {
  const struct lsgd_fixed_rate rate = *of_step;
  const int32_t bias_half = (int32_t)1 << (rate.bias_shift - 1);
  const int32_t* const end = input + inputs;
  for (; outputs >= 4; outputs -= 4, deltas += 4, biases += 4) {
    int32_t* row0 = weights;
    int32_t* row1 = row0 + inputs;
    int32_t* row2 = row1 + inputs;
    int32_t* row3 = row2 + inputs;
    const int32_t step0 = update_bias(biases, rate, bias_half, deltas[0]);
    const int32_t step1 = update_bias(biases + 1, rate, bias_half, deltas[1]);
    const int32_t step2 = update_bias(biases + 2, rate, bias_half, deltas[2]);
    const int32_t step3 = update_bias(biases + 3, rate, bias_half, deltas[3]);
    const int32_t* a = input;
#define COLUMN(i)                                    \
  do {                                               \
    const int32_t a_i = a[i];                        \
    row0[i] = subtract_product(row0[i], step0, a_i); \
    row1[i] = subtract_product(row1[i], step1, a_i); \
    row2[i] = subtract_product(row2[i], step2, a_i); \
    row3[i] = subtract_product(row3[i], step3, a_i); \
  } while (0)
    ALL_COLUMNS(FOUR_ROWS);
#undef COLUMN
    weights = row3;
  }
  for (; outputs != 0; --outputs) {
    const int32_t step = update_bias(biases++, rate, bias_half, *deltas++);
    for (const int32_t* a = input; a != end; ++a, ++weights)
      *weights = subtract_product(*weights, step, *a);
  }
}

#endif
