/* SPDX-License-Identifier: Apache-2.0 */
/* gcc loads each operand right before its use and waits, or all at once and runs out of registers:
 * here each weight is loaded while the one before it is used, in the order that is written. */
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-schedule-insns", "no-tree-ter")
#endif

#include "fixed_kernels.h"

/*
 * The loops of fixed_kernels.c where registers suffice for columns: up to 16 inputs, or 8 inputs
 * and 8 sums of the layer below, stay in registers while all rows pass by, and a row costs one
 * pointer. The numbers are those of fixed_kernels.c bit by bit.
 */
#if LSGD_HAS_31_REGISTERS

static inline int32_t shift_left(int32_t value, int count) {
  return (int32_t)((uint32_t)value << count);
}

/* DO(i) for i below a number of columns. */
#define EACH_1(DO) DO(0)
#define EACH_2(DO) EACH_1(DO) DO(1)
#define EACH_3(DO) EACH_2(DO) DO(2)
#define EACH_4(DO) EACH_3(DO) DO(3)
#define EACH_5(DO) EACH_4(DO) DO(4)
#define EACH_6(DO) EACH_5(DO) DO(5)
#define EACH_7(DO) EACH_6(DO) DO(6)
#define EACH_8(DO) EACH_7(DO) DO(7)
#define EACH_16(DO) EACH_8(DO) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

/* DO(i, NEXT_WEIGHT) for the same columns, in which the next weight is loaded, if there is one. */
#define NEXT_WEIGHT(i)        \
  int32_t weight##i = row[i]; \
  __asm__ volatile("" : "+r"(weight##i));
#define NO_WEIGHT(i)
#define CHAIN_1(DO, NEXT) DO(0, 1, NEXT)
#define CHAIN_2(DO, NEXT) CHAIN_1(DO, NEXT_WEIGHT) DO(1, 2, NEXT)
#define CHAIN_3(DO, NEXT) CHAIN_2(DO, NEXT_WEIGHT) DO(2, 3, NEXT)
#define CHAIN_4(DO, NEXT) CHAIN_3(DO, NEXT_WEIGHT) DO(3, 4, NEXT)
#define CHAIN_5(DO, NEXT) CHAIN_4(DO, NEXT_WEIGHT) DO(4, 5, NEXT)
#define CHAIN_6(DO, NEXT) CHAIN_5(DO, NEXT_WEIGHT) DO(5, 6, NEXT)
#define CHAIN_7(DO, NEXT) CHAIN_6(DO, NEXT_WEIGHT) DO(6, 7, NEXT)
#define CHAIN_8(DO, NEXT) CHAIN_7(DO, NEXT_WEIGHT) DO(7, 8, NEXT)
#define CHAIN_16(DO, NEXT) \
  CHAIN_8(DO, NEXT_WEIGHT) \
  DO(8, 9, NEXT_WEIGHT)    \
  DO(9, 10, NEXT_WEIGHT)   \
  DO(10, 11, NEXT_WEIGHT)  \
  DO(11, 12, NEXT_WEIGHT)  \
  DO(12, 13, NEXT_WEIGHT) DO(13, 14, NEXT_WEIGHT) DO(14, 15, NEXT_WEIGHT) DO(15, 16, NEXT)

#define LOAD_INPUT(i) const int32_t a##i = input[i];

#define ADD_PRODUCT(i, next, NEXT) NEXT(next) total += lsgd_multiply_high(weight##i, a##i);

/* The products of some columns in all rows, added to what `start` says. */
#define SUM_COLUMNS(columns, start, also)                                                      \
  do {                                                                                         \
    const int z_shift = (left -= (columns)) == 0 ? sum.z_shift : 0;                            \
    const int32_t* row = weights;                                                              \
    EACH_##columns(LOAD_INPUT) for (int32_t* to = z; to != z_end; ++to, row += inputs, also) { \
      NEXT_WEIGHT(0)                                                                           \
      int32_t total = (start);                                                                 \
      CHAIN_##columns(ADD_PRODUCT, NO_WEIGHT)* to = shift_left(total, z_shift);                \
    }                                                                                          \
    input += (columns);                                                                        \
    weights += (columns);                                                                      \
  } while (0)
#define FIRST_SUMS(columns) SUM_COLUMNS(columns, sum.start + (*biases >> sum.bias_shift), ++biases)
#define FURTHER_SUMS(columns) SUM_COLUMNS(columns, *to, (void)0)

void lsgd_dense(const int32_t* weights, const int32_t* biases, const int32_t* input,
                uint32_t inputs, uint32_t outputs, struct lsgd_fixed_sum sum, int32_t* z) {
  int32_t* const z_end = z + outputs;
  uint32_t left = inputs;
  switch (inputs & 6) {
    case 2:
      FIRST_SUMS(2);
      break;
    case 4:
      FIRST_SUMS(4);
      break;
    case 6:
      FIRST_SUMS(6);
      break;
    default:
      if ((inputs & 8) != 0)
        FIRST_SUMS(8);
      else if (inputs > 1)
        FIRST_SUMS(16);
      else
        FIRST_SUMS(1);
  }
  if ((left & 1) != 0) FURTHER_SUMS(1);
  if ((left & 8) != 0) FURTHER_SUMS(8);
  while (left != 0) FURTHER_SUMS(16);
}

/* 32 registers would be needed if biases were updated in the same loop. */
static void update_biases(int32_t* biases, uint32_t outputs, const int32_t* deltas,
                          struct lsgd_fixed_rate rate) {
  const int32_t bias_half = (int32_t)1 << (rate.bias_shift - 1);
  for (const int32_t* const end = deltas + outputs; deltas != end; ++deltas, ++biases)
    *biases -= (lsgd_small_step(rate, *deltas) + bias_half) >> rate.bias_shift;
}

/* sum * (1 - a^2) with 28 fraction bits for sums below 4, which have 23: five instructions. */
static inline int32_t tanh_delta(int32_t sum, int32_t a) {
  const uint32_t derivative = (uint32_t)((1 << 28) - lsgd_multiply_high(a, a)) << 3;
  return (int32_t)(((int64_t)shift_left(sum, 6) * derivative) >> 32);
}
#define FOUR ((uint32_t)4 << 23)

#define START_SUM(i) int32_t sum##i = start;
#define STORE_SUM(i) sums[i] = sum##i;
#define STORE_TANH_DELTA(i) sums[i] = tanh_delta(sum##i, a##i);
#define OR_MAGNITUDE(i) bits |= (uint32_t)(sum##i ^ sum##i >> 31);
#define ADD_DELTA_AND_UPDATE(i, next, NEXT)       \
  NEXT(next)                                      \
  sum##i += lsgd_multiply_high(weight##i, delta); \
  row[i] = weight##i - lsgd_multiply_high(step, a##i);

#define DELTA_AND_UPDATE_COLUMNS(columns)                                                         \
  do {                                                                                            \
    int32_t* row = weights;                                                                       \
    EACH_##columns(LOAD_INPUT) EACH_##columns(                                                    \
        START_SUM) for (const int32_t* of_row = deltas; of_row != end; ++of_row, row += inputs) { \
      const int32_t delta = *of_row;                                                              \
      NEXT_WEIGHT(0)                                                                              \
      const int32_t step = lsgd_small_step(rate, delta);                                          \
      CHAIN_##columns(ADD_DELTA_AND_UPDATE, NO_WEIGHT)                                            \
    }                                                                                             \
    if (is_tanh) {                                                                                \
      EACH_##columns(OR_MAGNITUDE)                                                                \
    }                                                                                             \
    if (is_tanh && bits < FOUR) {                                                                 \
      EACH_##columns(STORE_TANH_DELTA)                                                            \
    } else {                                                                                      \
      EACH_##columns(STORE_SUM) raw += (columns);                                                 \
    }                                                                                             \
    input += (columns);                                                                           \
    weights += (columns);                                                                         \
    sums += (columns);                                                                            \
  } while (0)

uint32_t lsgd_hidden_delta_and_update(int32_t* weights, int32_t* biases, const int32_t* input,
                                      uint32_t inputs, uint32_t outputs, const int32_t* deltas,
                                      const struct lsgd_fixed_rate* of_step, int32_t start,
                                      int is_tanh, int32_t* sums) {
  const struct lsgd_fixed_rate rate = *of_step;
  const int32_t* const end = deltas + outputs;
  uint32_t bits = 0, raw = 0; /* how many sums at the end are no deltas yet */
  update_biases(biases, outputs, deltas, rate);
  for (uint32_t left = inputs; left >= 8; left -= 8) DELTA_AND_UPDATE_COLUMNS(8);
  if ((inputs & 4) != 0) DELTA_AND_UPDATE_COLUMNS(4);
  for (uint32_t left = inputs & 3; left != 0; --left) DELTA_AND_UPDATE_COLUMNS(1);
  if (bits >= FOUR)
    return lsgd_times_derivative_of_tanh(input - raw, sums - raw, raw) | ((FOUR << 5) - 1);
  if (bits != 0) return bits << 5 | 31;
  /* Sums of 0 and of -1 quantum; deltas of 0 must be told. */
  for (; inputs != 0; --inputs) {
    --sums;
    bits |= (uint32_t)(*sums ^ *sums >> 31);
  }
  return bits;
}

#define UPDATE(i, next, NEXT) NEXT(next) row[i] = weight##i - lsgd_multiply_high(step, a##i);

/* Some columns in all rows; `of_row` are deltas the first time, and then steps. */
#define UPDATE_COLUMNS(columns, step_of_row, also)                           \
  do {                                                                       \
    int32_t* row = weights;                                                  \
    EACH_##columns(LOAD_INPUT) for (int32_t* of_row = deltas; of_row != end; \
                                    ++of_row, row += inputs) {               \
      NEXT_WEIGHT(0)                                                         \
      const int32_t step = (step_of_row);                                    \
      also;                                                                  \
      CHAIN_##columns(UPDATE, NO_WEIGHT)                                     \
    }                                                                        \
    input += (columns);                                                      \
    weights += (columns);                                                    \
    left -= (columns);                                                       \
  } while (0)
#define FIRST_UPDATES(columns)                                       \
  UPDATE_COLUMNS(columns, lsgd_small_step(rate, *of_row),            \
                 *biases++ -= (step + bias_half) >> rate.bias_shift; \
                 *of_row = step)
#define FURTHER_UPDATES(columns) UPDATE_COLUMNS(columns, *of_row, (void)0)

void lsgd_update(int32_t* weights, int32_t* biases, const int32_t* input, uint32_t inputs,
                 uint32_t outputs, int32_t* deltas, const struct lsgd_fixed_rate* of_step) {
  const struct lsgd_fixed_rate rate = *of_step;
  const int32_t bias_half = (int32_t)1 << (rate.bias_shift - 1);
  const int32_t* const end = deltas + outputs;
  uint32_t left = inputs;
  switch (inputs & 6) {
    case 2:
      FIRST_UPDATES(2);
      break;
    case 4:
      FIRST_UPDATES(4);
      break;
    case 6:
      FIRST_UPDATES(6);
      break;
    default:
      if (inputs >= 8)
        FIRST_UPDATES(8);
      else
        FIRST_UPDATES(1);
  }
  if ((left & 1) != 0) FURTHER_UPDATES(1);
  if ((left & 8) != 0) FURTHER_UPDATES(8);
  while (left != 0) FURTHER_UPDATES(16);
}

#endif
