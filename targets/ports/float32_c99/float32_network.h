/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What the float32 ports share: network, parameters and activations with their part of the port
 * interface (configure, load, store, forward, arithmetic). A port adds lsgd_port_describe and
 * lsgd_port_train_step.
 */

#include "lsgd/port.h"

/** The network, or NULL before lsgd_port_configure. */
extern const struct lsgd_network* lsgd_float32_network;

/** W1, b1, W2, b2, ... without gaps. */
extern float lsgd_float32_parameters[LSGD_CAPACITY_PARAMETERS];

/** a_1, a_2, ... without gaps. */
extern float lsgd_float32_activations[LSGD_CAPACITY_ACTIVATIONS];

/** Number of weights and biases of a layer, and so the distance to the next layer's weights. */
uint32_t lsgd_float32_layer_parameters(const struct lsgd_layer* layer);

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
