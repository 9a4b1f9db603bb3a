/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/**
 * Replaces pre-activations (25 fraction bits) by sigmoid or tanh of them (30 fraction bits), within
 * 2^-26.
 */
void lsgd_fixed_sigmoid(int32_t* values, uint32_t count);
void lsgd_fixed_tanh(int32_t* values, uint32_t count);
