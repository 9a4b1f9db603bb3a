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

/* By words, and blocks of them: a simulated core would spend longer on each of its bytes than on
 * the step it is to measure. */
typedef volatile uintptr_t __attribute__((may_alias)) word;

static word* lowest_word(void) { return (word*)(uintptr_t)lsgd_platform_stack_limit(); }

/** The end of the last whole block of four words between two addresses; `from` if there is none. */
static const word* end_of_blocks(const word* from, const word* to) {
  const uintptr_t bytes = (uintptr_t)to - (uintptr_t)from;
  return from < to ? (const word*)((uintptr_t)from + (bytes & ~(4 * sizeof *from - 1))) : from;
}

void lsgd_stack_paint(void) {
  const uintptr_t other = pattern ^ SMALL_PATTERN ^ LARGE_PATTERN;
  word* const top = (word*)((uintptr_t)__builtin_frame_address(0) - FRAME_MARGIN);
  word* painted = lowest_word();
  for (const word* const end = end_of_blocks(painted, top); painted != end; painted += 4) {
    painted[0] = other;
    painted[1] = other;
    painted[2] = other;
    painted[3] = other;
  }
  for (; painted < top; ++painted) *painted = other;
  pattern = other;
}

uint32_t lsgd_stack_used(const uint8_t* base) {
  const uintptr_t untouched = pattern;
  const word* painted = lowest_word();
  const word* const top = (const word*)(uintptr_t)base;
  const word* const end = end_of_blocks(painted, top);
  for (; painted != end; painted += 4) {
    /* Two are loaded at a time: a processor waits for what it has just loaded. */
    const uintptr_t word0 = painted[0], word1 = painted[1];
    if (word0 != untouched || word1 != untouched) break;
    const uintptr_t word2 = painted[2], word3 = painted[3];
    if (word2 != untouched || word3 != untouched) break;
  }
  while (painted < top && *painted == untouched) ++painted;
  return painted < top ? (uint32_t)((uintptr_t)top - (uintptr_t)painted) : 0;
}
