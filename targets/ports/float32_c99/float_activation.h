/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/**
 * @file
 * Binary32 sigmoid, tanh and softmax for processors without floating-point hardware. All functions
 * are computed in integers, which neither reassociation (-ffast-math) nor wider intermediates (x87)
 * can spoil; the source states the derivation of the error.
 */

/**
 * 1 / (1 + e^-z), within 0.8 ulp for every finite z, subnormal results included. Infinity and NaN
 * give 0 or 1 by their sign.
 */
float lsgd_float_sigmoid(float z);

/** tanh z, within 0.8 ulp for every finite z; +-1 for infinity and NaN. Keeps the sign of zero. */
float lsgd_float_tanh(float z);

/** e^-v, within 0.6 ulp for every v from 0, subnormal results included; 0 for infinity and NaN. */
float lsgd_float_exponential_of_minus(float v);

/** `count` pre-activations of a layer, at least one, become their softmax (SPEC 5.13). */
void lsgd_float_softmax(float* values, uint32_t count);
