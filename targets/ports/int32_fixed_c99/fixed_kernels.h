/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * What takes the time: loops over all weights of a layer. Each product is the high half of 64 bits,
 * cut down; the callers see to it that no sum and no parameter leaves int32. Weights are
 * [outputs][inputs].
 */

/** High half of the product: one instruction (mulh, smull) on 32-bit processors. */
static inline int32_t lsgd_multiply_high(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b) >> 32);
}

/** Whether the core adds the high half of a product to a register in one instruction: Cortex-M4 and
 * those above it. */
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__GNUC__)
#define LSGD_HAS_HIGH_MULTIPLY_ADD 1
#else
#define LSGD_HAS_HIGH_MULTIPLY_ADD 0
#endif

/** sum + the high half of the product: one instruction with the DSP extension, which no C of gcc
 * 12.2 becomes. */
static inline int32_t lsgd_add_high_product(int32_t sum, int32_t a, int32_t b) {
#if LSGD_HAS_HIGH_MULTIPLY_ADD
  int32_t result;
  __asm__("smmla %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
#else
  return sum + lsgd_multiply_high(a, b);
#endif
}

/* Of functions that hardly any step needs, compiled for size; and of those that would make the
 * stack of their caller deeper, which then calls others. */
#if defined(__GNUC__)
#define LSGD_RARE __attribute__((cold, noinline))
#define LSGD_OUT_OF_LINE __attribute__((noinline))
#else
#define LSGD_RARE
#define LSGD_OUT_OF_LINE
#endif

/** Whether the core has registers enough for columns of many rows: fixed_kernels_riscv.c. */
#ifndef LSGD_HAS_31_REGISTERS
#if defined(__riscv) && !defined(__riscv_32e)
#define LSGD_HAS_31_REGISTERS 1
#else
#define LSGD_HAS_31_REGISTERS 0
#endif
#endif

/** How learning_rate * delta is computed: the step of a weight, before it is multiplied by the
 * input. */
struct lsgd_fixed_rate {
  int32_t significand; /**< 2^30..2^31 - 1 */
  int shift;      /**< right shift of the high half of significand * delta, 31 at most; negative
                       for a left shift */
  int32_t half;   /**< half a unit before a right shift */
  int bias_shift; /**< right shift of a step, 2 or 4, that gives that of the bias */
};

/** learning_rate * delta where bits are shifted out, rounded half up: below 2^30 in magnitude. */
static inline int32_t lsgd_small_step(struct lsgd_fixed_rate rate, int32_t delta) {
  return (lsgd_multiply_high(delta, rate.significand) + rate.half) >> rate.shift;
}

/** How sums become pre-activations. */
struct lsgd_fixed_sum {
  int32_t start;  /**< half a unit for each product that is cut, and for the bias */
  int bias_shift; /**< right shift of the bias to units of the sum */
  int z_shift;    /**< left shift of the sum */
};

/** z = (start + biases + weights * input) << z_shift. */
void lsgd_dense(const int32_t* weights, const int32_t* biases, const int32_t* input,
                uint32_t inputs, uint32_t outputs, struct lsgd_fixed_sum sum, int32_t* z);

/** sums[inputs] of the layer below = start + transposed weights * deltas, with 23 fraction bits,
 * and weights and biases updated in the same pass: each weight is read once. With is_tanh the sums
 * become deltas; returns at least each one's magnitude, less 1 where it is negative, else 0. */
uint32_t lsgd_hidden_delta_and_update(int32_t* weights, int32_t* biases, const int32_t* input,
                                      uint32_t inputs, uint32_t outputs, const int32_t* deltas,
                                      const struct lsgd_fixed_rate* of_step, int32_t start,
                                      int is_tanh, int32_t* sums);

/** Turns sums of the layer whose activations of tanh are a into deltas, whatever the sums are;
 * returns the bits of their magnitudes or-ed together. */
uint32_t lsgd_times_derivative_of_tanh(const int32_t* a, int32_t* sums, uint32_t neurons);

/** Only updates weights and biases; what is left of deltas has no meaning. */
void lsgd_update(int32_t* weights, int32_t* biases, const int32_t* input, uint32_t inputs,
                 uint32_t outputs, int32_t* deltas, const struct lsgd_fixed_rate* of_step);
