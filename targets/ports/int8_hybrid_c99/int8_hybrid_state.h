/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What the int8_hybrid ports share: network, parameters, fraction bits and activations, and
 * lsgd_port_configure, _load and _store, which set and show them.
 */

#include "lsgd/port.h"

/** What a layer needs beside its bytes; the shifts follow from the fraction bits. */
struct lsgd_layer_format {
  int8_t weight_fraction_bits;
  int8_t bias_fraction_bits;
  int8_t output_shift; /**< from weight times input to z */
  int8_t bias_shift;   /**< from bias to weight times input; may be negative */
};

extern const struct lsgd_network* lsgd_int8_network;

/** By layer, from 0. */
extern struct lsgd_layer_format lsgd_int8_formats[LSGD_CAPACITY_LAYERS];

/** W1, b1, W2, b2, ... without gaps. */
extern int8_t lsgd_int8_parameters[LSGD_CAPACITY_PARAMETERS];

/** a_1, a_2, ... without gaps. */
extern int8_t lsgd_int8_activations[LSGD_CAPACITY_ACTIVATIONS];

/** a_0, the quantized input. */
extern int8_t lsgd_int8_input[LSGD_CAPACITY_INPUTS];

uint32_t lsgd_int8_layer_weights(const struct lsgd_layer* layer);

/** Number of weights and biases of a layer, and so the distance to the next layer's weights. */
uint32_t lsgd_int8_layer_parameters(const struct lsgd_layer* layer);

/** Fraction bits of the activations of layer l, 0..L - 1; -1 stands for the network's input. */
int lsgd_int8_activation_fraction_bits(int l);

/** The only way fraction bits change: the shifts change with them. */
void lsgd_int8_set_fraction_bits(int l, int weight_fraction_bits, int bias_fraction_bits);
