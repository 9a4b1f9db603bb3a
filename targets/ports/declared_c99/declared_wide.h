/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What floats of more than 32 bits need beside declared_number.h and declared_function.h: codes of
 * 64 bits, and functions that are exact enough for 53 significant bits. Where no tensor has such a
 * format nothing of this is compiled.
 */

#include "declared_arithmetic.h"
#include "declared_number.h"

#define DECLARED_HAS_WIDE_CODES                                                           \
  (DECLARED_WEIGHT_BYTES == 8 || DECLARED_BIAS_BYTES == 8 || DECLARED_INPUT_BYTES == 8 || \
   DECLARED_ACTIVATION_BYTES == 8 || DECLARED_DELTA_BYTES == 8)
#define DECLARED_HAS_WIDE_ACTIVATIONS (DECLARED_ACTIVATION_BYTES == 8)

/** declared_code and declared_decode of a float of 33 to 64 bits, SPECIALS_IEEE. */
uint64_t declared_wide_code(struct declared_number x, const struct declared_format* format);
struct declared_number declared_wide_decode(uint64_t code, const struct declared_format* format);

/**
 * sigmoid and tanh before they are rounded, within 2^-115 of themselves, then cut to 63 bits. Their
 * last bit is set, since they have no end, except at 0.
 */
struct declared_number declared_wide_sigmoid(struct declared_number z);
struct declared_number declared_wide_tanh(struct declared_number z);

/** Replaces `count` finite numbers z by e^z over the sum of all, in the same way. */
void declared_wide_softmax(struct declared_number* numbers, uint32_t count);
