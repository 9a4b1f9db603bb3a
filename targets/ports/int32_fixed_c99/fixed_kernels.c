/* SPDX-License-Identifier: Apache-2.0 */
#include "fixed_kernels.h"

/* Cores with the DSP extension have others, fixed_kernels_dsp.c, and so has RISC-V:
 * fixed_kernels_riscv.c. */
#if !LSGD_HAS_HIGH_MULTIPLY_ADD && !LSGD_HAS_31_REGISTERS

static inline int32_t shift_left(int32_t value, int count) {
  return (int32_t)((uint32_t)value << count);
}

/* Runs LSGD_COLUMN(i) on every column of four rows, four columns at a time; `also` names further
 * pointers that advance with the rows. */
#define LSGD_ALL_COLUMNS(also)                                 \
  do {                                                         \
    for (; end - a >= 4; LSGD_ADVANCE(4), also(4)) {           \
      LSGD_COLUMN(0);                                          \
      LSGD_COLUMN(1);                                          \
      LSGD_COLUMN(2);                                          \
      LSGD_COLUMN(3);                                          \
    }                                                          \
    for (; a != end; LSGD_ADVANCE(1), also(1)) LSGD_COLUMN(0); \
  } while (0)
#define LSGD_ADVANCE(n) (a += (n), row0 += (n), row1 += (n), row2 += (n), row3 += (n))
#define LSGD_NOTHING(n) ((void)(n))
#define LSGD_SUM(n) (sum += (n))

/* Four rows share their input: loaded once for four products. */
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
#define LSGD_COLUMN(i)                                                                        \
  do {                                                                                        \
    const int32_t weight0 = row0[i], weight1 = row1[i], weight2 = row2[i], weight3 = row3[i]; \
    const int32_t a_i = a[i];                                                                 \
    const int32_t product0 = lsgd_multiply_high(weight0, a_i);                                \
    const int32_t product1 = lsgd_multiply_high(weight1, a_i);                                \
    const int32_t product2 = lsgd_multiply_high(weight2, a_i);                                \
    const int32_t product3 = lsgd_multiply_high(weight3, a_i);                                \
    sum0 += product0;                                                                         \
    sum1 += product1;                                                                         \
    sum2 += product2;                                                                         \
    sum3 += product3;                                                                         \
  } while (0)
    LSGD_ALL_COLUMNS(LSGD_NOTHING);
#undef LSGD_COLUMN
    z[0] = shift_left(sum0, sum.z_shift);
    z[1] = shift_left(sum1, sum.z_shift);
    z[2] = shift_left(sum2, sum.z_shift);
    z[3] = shift_left(sum3, sum.z_shift);
    weights = row3;
  }
  for (; outputs != 0; --outputs, ++biases, ++z) {
    int32_t total = sum.start + (*biases >> sum.bias_shift);
    for (uint32_t i = 0; i < inputs; ++i) total += lsgd_multiply_high(*weights++, input[i]);
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

uint32_t lsgd_hidden_delta_and_update(int32_t* weights, int32_t* biases, const int32_t* input,
                                      uint32_t inputs, uint32_t outputs, const int32_t* deltas,
                                      const struct lsgd_fixed_rate* of_step, int32_t start,
                                      int is_tanh, int32_t* sums) {
  for (uint32_t i = 0; i < inputs; ++i) sums[i] = start;
  const struct lsgd_fixed_rate rate = *of_step;
  const int32_t bias_half = (int32_t)1 << (rate.bias_shift - 1);
  const int32_t* const end = input + inputs;
  for (; outputs >= 4; outputs -= 4, deltas += 4, biases += 4) {
    int32_t* row0 = weights;
    int32_t* row1 = row0 + inputs;
    int32_t* row2 = row1 + inputs;
    int32_t* row3 = row2 + inputs;
    const int32_t delta0 = deltas[0], delta1 = deltas[1], delta2 = deltas[2], delta3 = deltas[3];
    const int32_t step0 = update_bias(biases, rate, bias_half, delta0);
    const int32_t step1 = update_bias(biases + 1, rate, bias_half, delta1);
    const int32_t step2 = update_bias(biases + 2, rate, bias_half, delta2);
    const int32_t step3 = update_bias(biases + 3, rate, bias_half, delta3);
    const int32_t* a = input;
    int32_t* sum = sums;
#define LSGD_COLUMN(i)                                                                        \
  do {                                                                                        \
    const int32_t weight0 = row0[i], weight1 = row1[i], weight2 = row2[i], weight3 = row3[i]; \
    const int32_t a_i = a[i];                                                                 \
    sum[i] += lsgd_multiply_high(weight0, delta0) + lsgd_multiply_high(weight1, delta1) +     \
              lsgd_multiply_high(weight2, delta2) + lsgd_multiply_high(weight3, delta3);      \
    row0[i] = weight0 - lsgd_multiply_high(step0, a_i);                                       \
    row1[i] = weight1 - lsgd_multiply_high(step1, a_i);                                       \
    row2[i] = weight2 - lsgd_multiply_high(step2, a_i);                                       \
    row3[i] = weight3 - lsgd_multiply_high(step3, a_i);                                       \
  } while (0)
    LSGD_ALL_COLUMNS(LSGD_SUM);
#undef LSGD_COLUMN
    weights = row3;
  }
  for (; outputs != 0; --outputs, ++deltas, ++biases) {
    const int32_t delta = *deltas;
    const int32_t step = update_bias(biases, rate, bias_half, delta);
    for (uint32_t i = 0; i < inputs; ++i, ++weights) {
      const int32_t weight = *weights;
      sums[i] += lsgd_multiply_high(weight, delta);
      *weights = weight - lsgd_multiply_high(step, input[i]);
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
#define LSGD_COLUMN(i)                         \
  do {                                         \
    const int32_t a_i = a[i];                  \
    row0[i] -= lsgd_multiply_high(step0, a_i); \
    row1[i] -= lsgd_multiply_high(step1, a_i); \
    row2[i] -= lsgd_multiply_high(step2, a_i); \
    row3[i] -= lsgd_multiply_high(step3, a_i); \
  } while (0)
    LSGD_ALL_COLUMNS(LSGD_NOTHING);
#undef LSGD_COLUMN
    weights = row3;
  }
  for (; outputs != 0; --outputs) {
    const int32_t step = update_bias(biases++, rate, bias_half, *deltas++);
    for (const int32_t* a = input; a != end; ++a) *weights++ -= lsgd_multiply_high(step, *a);
  }
}

#endif
