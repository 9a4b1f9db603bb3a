/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Network, parameters and activations of float32_unpacked, and lsgd_port_configure, _load and
 * _store, which set and show them. Activations are binary32. Parameters are kept in words that the
 * kernels take apart in fewer instructions.
 *
 * A word has an exponent e in its lowest 8 bits and a two's complement t in its highest 24, and
 * stands for s * 2^(e - 150), where s is 2^23 + t for t >= 0 and t - 2^23 for t < 0. So positive
 * numbers have the fraction and the exponent of binary32, and a negative power of two is -2^24 with
 * an exponent that is lower by 1. Words whose exponent is 0 or 255 stand for zeros, subnormal
 * numbers, infinities, NaN and -2^-126, and go the long way. Every pattern of binary32 has its own
 * word.
 */

#include "lsgd/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The network, or NULL before lsgd_port_configure. */
extern const struct lsgd_network* lsgd_unpacked_network;

/** W1, b1, W2, b2, ... without gaps. */
extern uint32_t lsgd_unpacked_parameters[LSGD_CAPACITY_PARAMETERS];

/** a_1, a_2, ... without gaps. */
extern float lsgd_unpacked_activations[LSGD_CAPACITY_ACTIVATIONS];

/** Number of weights and biases of a layer, and so the distance to the next layer's weights. */
uint32_t lsgd_unpacked_layer_parameters(const struct lsgd_layer* layer);

/** The word of a binary32, and back. */
uint32_t lsgd_word_from_bits(uint32_t bits);
uint32_t lsgd_bits_from_word(uint32_t word);

/** e of a word. */
static inline int32_t lsgd_word_exponent(uint32_t word) { return (int32_t)(word & 255); }

/** s of a word whose exponent is 1..254, shifted left by 7: a magnitude of 2^30..2^31. */
static inline int32_t lsgd_word_significand(uint32_t word) {
  return (int32_t)(((uint32_t)((int32_t)word >> 1) ^ 0x40000000u) & ~127u);
}

#ifdef __cplusplus
}
#endif
