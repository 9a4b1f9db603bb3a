/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What all float32 ports share: network, parameters and activations, and lsgd_port_configure, _load
 * and _store, which set and show them.
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
