/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include "lsgd/platform.h"

/* Alternating: what a port reads before it writes it is a small count, flag or number at one call
 * and a large one at the next. */
#define SMALL_PATTERN ((uintptr_t)0x0101010101010101)
#define LARGE_PATTERN ((uintptr_t)0xf5f5f5f5f5f5f5f5)

/** Left unpainted below a frame's address, for the frame itself: registers saved and spilled. */
#define FRAME_MARGIN 64

static uintptr_t pattern = LARGE_PATTERN;

/* By words: a simulated core would spend longer on bytes than on the step it is to measure. */
typedef volatile uintptr_t __attribute__((may_alias)) word;

static word* lowest_word(void) { return (word*)(uintptr_t)lsgd_platform_stack_limit(); }

void lsgd_stack_paint(void) {
  const uintptr_t other = pattern ^ SMALL_PATTERN ^ LARGE_PATTERN;
  word* const top = (word*)((uintptr_t)__builtin_frame_address(0) - FRAME_MARGIN);
  for (word* painted = lowest_word(); painted < top; ++painted) *painted = other;
  pattern = other;
}

uint32_t lsgd_stack_used(const uint8_t* base) {
  const uintptr_t untouched = pattern;
  const word* painted = lowest_word();
  const word* const top = (const word*)(uintptr_t)base;
  while (painted < top && *painted == untouched) ++painted;
  return painted < top ? (uint32_t)((uintptr_t)top - (uintptr_t)painted) : 0;
}
