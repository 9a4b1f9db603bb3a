/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Binary32 sigmoid and tanh of arrays, for processors that compute in double and in vectors: loops
 * without branches. The source states the derivation of the error.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** values[i] = 1 / (1 + e^-values[i]), within 0.6 ulp for every finite number, subnormal results
 * included. */
void lsgd_vector_sigmoid(float* values, uint32_t count);

/** values[i] = tanh values[i], within 0.6 ulp for every finite number. */
void lsgd_vector_tanh(float* values, uint32_t count);

#ifdef __cplusplus
}
#endif
