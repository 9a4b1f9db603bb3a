/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/**
 * Before a call of the port: fills the stack with one of two patterns, in turn, from somewhat below
 * the deepest place that was used to just below the caller's frame; the first time from the
 * platform's limit.
 */
void lsgd_stack_paint(void);

/**
 * After the call: bytes of stack that it used below base, where it used no more than calls before
 * it did, or somewhat more; lsgd_stack_used_deeper() knows what it used below that. Uses of less
 * than about a hundred bytes are not told apart: they vanish in what the painting itself needs.
 *
 * @param base  frame address of the function that painted
 */
uint32_t lsgd_stack_used(const uint8_t* base);

/** Bytes below that base which calls have used, since this was asked last, below what
 * lsgd_stack_used() looks at; 0 if none has. It looks at the whole stack, down to the limit. */
uint32_t lsgd_stack_used_deeper(void);
