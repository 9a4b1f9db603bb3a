/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A dense layer of int8 weights and activations, with the shifts that follow from its formats. */
struct lsgd_int8_dense_layer {
  const int8_t* weights; /**< [outputs][inputs] */
  const void* biases;    /**< [outputs], int8 or int16 */
  uint16_t inputs;
  uint16_t outputs;
  uint8_t activation;  /**< enum lsgd_activation */
  uint8_t bias_bytes;  /**< 1 or 2 */
  int8_t bias_shift;   /**< from bias to weight times input; may be negative */
  int8_t output_shift; /**< from weight times input to z, at least 0 */
};

/**
 * a = f(z), z = saturate((bias << bias_shift) + h + sum of weight * input >> output_shift), where h
 * is half a unit of z (SPEC 4.4, 4.5, 11.4).
 *
 * @param input   [inputs]
 * @param output  [outputs], elsewhere than the input
 */
void lsgd_int8_dense_layer_forward(const struct lsgd_int8_dense_layer* layer, const int8_t* input,
                                   int8_t* output);

#ifdef __cplusplus
}
#endif
