/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/** Fills the stack from the platform's limit to just below the caller's frame with one of two
 * patterns, in turn. */
void lsgd_stack_paint(void);

/**
 * Bytes of stack used below base since lsgd_stack_paint, as far down as the painted part reaches.
 * Uses of less than about a hundred bytes are not told apart: they vanish in what the painting
 * itself needs.
 *
 * @param base  frame address of the function that painted
 */
uint32_t lsgd_stack_used(const uint8_t* base);
