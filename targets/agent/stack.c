/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include "lsgd/platform.h"

#define PATTERN 0xa5a5a5a5u

/** Left unpainted below a frame's address, for the frame itself: registers saved and spilled. */
#define FRAME_MARGIN 64

/* By words: a simulated core would spend longer on bytes than on the step it is to measure. */
typedef volatile uint32_t __attribute__((may_alias)) word;

static word* lowest_word(void) { return (word*)(uintptr_t)lsgd_platform_stack_limit(); }

void lsgd_stack_paint(void) {
  word* const top = (word*)((uintptr_t)__builtin_frame_address(0) - FRAME_MARGIN);
  for (word* painted = lowest_word(); painted < top; ++painted) *painted = PATTERN;
}

uint32_t lsgd_stack_used(const uint8_t* base) {
  const word* painted = lowest_word();
  const word* const top = (const word*)(uintptr_t)base;
  while (painted < top && *painted == PATTERN) ++painted;
  return painted < top ? (uint32_t)((uintptr_t)top - (uintptr_t)painted) : 0;
}
