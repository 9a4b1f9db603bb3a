/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What float32_c99 and sgd_classic share: the forward pass, the deltas and the operations of the
 * port interface. A port adds lsgd_port_describe and lsgd_port_train_step.
 */

#include "float32_state.h"

/** value * f'(z), the derivative expressed by the activation a = f(z) (SPEC 2.2). */
float lsgd_float32_times_derivative(float value, uint8_t activation, float a);

/**
 * delta of the output layer (SPEC 2.5): a - target for bce, (a - target) * f' for mse.
 *
 * @param a, target, delta  d_L elements each
 */
void lsgd_float32_output_delta(const float* restrict a, const float* restrict target,
                               float* restrict delta);

/**
 * delta of the layer below one (SPEC 2.6): previous[i] = f'(z[i]) * sum over j, ascending, of
 * W[j][i] * delta[j].
 *
 * @param layer       the layer whose weights and delta are given
 * @param weights     [outputs][inputs], before its update
 * @param delta       [outputs]
 * @param activation  of the layer below
 * @param a           of the layer below, [inputs]
 * @param previous    [inputs], written
 */
void lsgd_float32_hidden_delta(const struct lsgd_layer* layer, const float* restrict weights,
                               const float* restrict delta, uint8_t activation,
                               const float* restrict a, float* restrict previous);
