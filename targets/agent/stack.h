/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/** Before the next call all of the stack is painted, down to the platform's limit; before those
 * behind it twice as much as the deepest of them used. */
void lsgd_stack_watch_all(void);

/** Fills the stack that is watched, up to just below the caller's frame, with one of two patterns,
 * in turn. */
void lsgd_stack_paint(void);

/**
 * Bytes of stack used below base since lsgd_stack_paint, as far down as it painted. Uses of less
 * than about a hundred bytes are not told apart: they vanish in what the painting itself needs.
 *
 * @param base  frame address of the function that painted
 */
uint32_t lsgd_stack_used(const uint8_t* base);

/** Bytes used, below the same base, by a call since lsgd_stack_watch_all that went deeper than was
 * painted for it, as far down as the platform's limit; 0 if none did. */
uint32_t lsgd_stack_used_below(void);
