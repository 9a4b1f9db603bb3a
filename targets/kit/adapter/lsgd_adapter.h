/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LSGD_ADAPTER_H
#define LSGD_ADAPTER_H

/**
 * @file
 * A library that trains already as a port: define lsgd_adapter, a table of functions that call it,
 * and compile lsgd_adapter.c. The library keeps its own network object, allocates as it likes, and
 * is asked for parameters one by one, in whatever layout it has them.
 */

#include "lsgd.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a library's functions are called by. `network` is what create returned. */
struct lsgd_adapter {
  const char* name;                  /**< [a-z0-9_], at most 31 characters */
  struct lsgd_arithmetic arithmetic; /**< a macro of lsgd.h, such as LSGD_ARITHMETIC_FLOAT32 */
  /** What the library takes at most: layers, d_0, the largest of d_1..d_L, their sum, parameters.
   */
  uint16_t layers, inputs, width;
  uint32_t activations, parameters;
  /** The only network that a library of fixed shape takes; NULL for one that takes any. */
  const struct lsgd_network* only;

  /** A network with every parameter zero; NULL where it cannot be: the case is then skipped. */
  void* (*create)(const struct lsgd_network* shape);
  void (*destroy)(void* network);

  /**
   * One code of a tensor of layer 1..L, in its low bits: of weights that from input `column` to
   * neuron `row`; of biases and activations that of neuron `row`. A number in binary32 is
   * lsgd_code_of(x).
   */
  uint32_t (*get)(void* network, enum lsgd_tensor tensor, uint16_t layer, uint32_t row,
                  uint32_t column);
  /** Replaces one of a parameter tensor. */
  void (*set)(void* network, enum lsgd_tensor tensor, uint16_t layer, uint32_t row, uint32_t column,
              uint32_t code);

  /** Computes the activations. */
  void (*forward)(void* network, const float* input);
  /**
   * One step on one sample: a batch of one, where the library knows batches. `learning_rate` is the
   * suite's divided by loss_scale.
   */
  void (*train)(void* network, const float* input, const float* target, double learning_rate);
  /**
   * The library's loss for a loss of the suite of 1, such as 2 / d_L where it has the mean of the
   * squares instead of half their sum. NULL stands for 1. Unless it is a power of two, the division
   * has to reach the library in double.
   */
  double (*loss_scale)(const struct lsgd_network* shape);
};

/** Defined by you. */
extern const struct lsgd_adapter lsgd_adapter;

/** The network that create was called for last. */
const struct lsgd_network* lsgd_shape(void);

/** The code of a number in binary32, and the number of a code. */
uint32_t lsgd_code_of(float value);
float lsgd_value_of(uint32_t code);

#ifdef __cplusplus
}
#endif
#endif
