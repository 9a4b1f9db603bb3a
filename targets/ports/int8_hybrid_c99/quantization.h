/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Scalar arithmetic of profile int8_hybrid (SPEC 4). Defined for every operand: what is not finite
 * is treated as larger than any number.
 */

#include <stdint.h>

#include "lsgd/port.h"

#define LSGD_INPUT_FRACTION_BITS 7
#define LSGD_Z_FRACTION_BITS 4
#define LSGD_PARAMETER_FRACTION_BITS_MAXIMUM 7

/** Bits of |value|: ordered as the magnitudes are. */
uint32_t lsgd_magnitude_bits(float value);

/** saturate(round-half-away(value * 2^fraction_bits)); fraction_bits 0..7. */
int8_t lsgd_quantize(float value, int fraction_bits);

/** value / 2^fraction_bits, exact; fraction_bits 0..7. */
float lsgd_dequantize(int8_t value, int fraction_bits);

/** 7 - clamp(ceil(log2(maximum)), 0, 7), and 7 for 0; the maximum by its bits. */
int lsgd_fraction_bits(uint32_t maximum_bits);

/** saturate(accumulator >> shift), arithmetic; the accumulator contains its rounding term. */
int8_t lsgd_requantize(int32_t accumulator, int shift);

/** 1 << (shift - 1), and 0 for a shift of 0. */
int32_t lsgd_rounding_term(int shift);

/** bias << shift, or bias >> -shift (arithmetic) for a negative shift. */
int32_t lsgd_align_bias(int8_t bias, int shift);

/** f(z) of lsgd_activation for z with 4 fraction bits: 7 fraction bits for sigmoid and tanh,
 * else 4. */
int8_t lsgd_activate(uint8_t activation, int8_t z);

/** lsgd_port_arithmetic for the operations above and lsgd_dequantize; LSGD_UNSUPPORTED for others.
 */
int lsgd_quantization_operation(enum lsgd_operation operation, uint32_t a, uint32_t b,
                                uint32_t* result);
