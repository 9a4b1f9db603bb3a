/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/**
 * saturate(round-half-away(128 * f(z / 16))) for every int8 z (SPEC 4), at index z + 128: z has 4
 * fraction bits, the entry 7. The source is written by activation_table_generator.
 */
extern const int8_t lsgd_sigmoid_table[256];
extern const int8_t lsgd_tanh_table[256];
