/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Binary32 sigmoid and tanh for processors without floating-point hardware. All is
 * computed in integers, which neither reassociation (-ffast-math) nor wider intermediates (x87) can
 * spoil; the source states the derivation of the error.
 */

/**
 * 1 / (1 + e^-z), within 0.8 ulp for every finite z, subnormal results included. Infinity and NaN
 * give 0 or 1 by their sign.
 */
float lsgd_float_sigmoid(float z);

/** tanh z, within 0.8 ulp for every finite z; +-1 for infinity and NaN. Keeps the sign of zero. */
float lsgd_float_tanh(float z);
