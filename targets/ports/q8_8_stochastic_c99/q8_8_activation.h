/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** From these codes of z on, sigmoid and tanh are 1. */
#define LSGD_Q8_8_SIGMOID_ENTRIES 1597
#define LSGD_Q8_8_TANH_ENTRIES 888

/** 256 f(q / 256), rounded, for codes q from 0 on; all are below 256. The source is written by
 * q8_8_activation_table_generator. */
extern const uint8_t lsgd_q8_8_sigmoid_table[LSGD_Q8_8_SIGMOID_ENTRIES];
extern const uint8_t lsgd_q8_8_tanh_table[LSGD_Q8_8_TANH_ENTRIES];

/** Replaces `count` pre-activations by f of them, in codes of Q8.8, correctly rounded for every
 * code (ties to even); `activation` is an enum lsgd_activation, not softmax. */
void lsgd_q8_8_activate(uint8_t activation, int16_t* values, uint32_t count);

#ifdef __cplusplus
}
#endif
