/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/**
 * Replaces pre-activations (25 fraction bits) by sigmoid or tanh of them (30 fraction bits), within
 * 2^-26.
 */
void lsgd_fixed_sigmoid(int32_t* values, uint32_t count);
void lsgd_fixed_tanh(int32_t* values, uint32_t count);

/** tanh(u / 2) about u = k / 16, k from 0 to 64: coefficients with 30 fraction bits of the third to
 * the zeroth power of the distance in units of 1/16. */
#define LSGD_FIXED_TANH_KNOTS 65
extern const int32_t lsgd_fixed_tanh_table[LSGD_FIXED_TANH_KNOTS][4];
