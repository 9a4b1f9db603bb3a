/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include <stddef.h>

#include "lsgd/platform.h"

/* Alternating: what a port reads before it writes it is a small count, flag or number at one call
 * and a large one at the next. */
#define SMALL_PATTERN ((uintptr_t)0x0101010101010101)
#define LARGE_PATTERN ((uintptr_t)0xf5f5f5f5f5f5f5f5)

/** Left unpainted below a frame's address, for the frame itself: registers saved and spilled. */
#define FRAME_MARGIN 64

/** Bytes that are watched at least, more than twice what the smallest ports use. */
#define LEAST_WATCHED 512

static uintptr_t pattern = LARGE_PATTERN;

/* By words, and blocks of them: a simulated core would spend longer on each of its bytes than on
 * the step it is to measure. */
typedef volatile uintptr_t __attribute__((may_alias)) word;

/** Most bytes that a call has used since lsgd_stack_watch_all, the frame that they are counted
 * from, and where painting began before the last call; NULL before the first. */
static uint32_t deepest;
static const word* counted_from;
static word* watched;
/** What the stack below was painted with before the first call, and still holds. */
static uintptr_t pattern_below = LARGE_PATTERN;

static word* limit(void) { return (word*)(uintptr_t)lsgd_platform_stack_limit(); }

/** The end of the last whole block of four words between two addresses; `from` if there is none. */
static const word* end_of_blocks(const word* from, const word* to) {
  const uintptr_t bytes = (uintptr_t)to - (uintptr_t)from;
  return from < to ? (const word*)((uintptr_t)from + (bytes & ~(4 * sizeof *from - 1))) : from;
}

void lsgd_stack_watch_all(void) {
  deepest = 0;
  watched = NULL;
}

/* Painting and looking through kilobytes at every call takes longer than a step. */
void lsgd_stack_paint(void) {
  const uintptr_t other = pattern ^ SMALL_PATTERN ^ LARGE_PATTERN;
  word* const top = (word*)((uintptr_t)__builtin_frame_address(0) - FRAME_MARGIN);
  word* painted = limit();
  const uintptr_t bytes = (2 * (uintptr_t)deepest + LEAST_WATCHED) & ~(sizeof *painted - 1);
  if (watched == NULL)
    pattern_below = other;
  else if ((uintptr_t)top - (uintptr_t)painted > bytes)
    painted = (word*)((uintptr_t)top - bytes);
  watched = painted;
  for (const word* const end = end_of_blocks(painted, top); painted != end; painted += 4) {
    painted[0] = other;
    painted[1] = other;
    painted[2] = other;
    painted[3] = other;
  }
  for (; painted < top; ++painted) *painted = other;
  pattern = other;
}

/** Bytes from the first word that differs from its painting to the frame that they are counted
 * from; 0 where none differs before `top`. */
static uint32_t used_between(const word* painted, const word* top, uintptr_t untouched) {
  const word* const end = end_of_blocks(painted, top);
  for (; painted != end; painted += 4) {
    /* Two are loaded at a time: a processor waits for what it has just loaded. */
    const uintptr_t word0 = painted[0], word1 = painted[1];
    if (word0 != untouched || word1 != untouched) break;
    const uintptr_t word2 = painted[2], word3 = painted[3];
    if (word2 != untouched || word3 != untouched) break;
  }
  while (painted < top && *painted == untouched) ++painted;
  const uint32_t used =
      painted < top ? (uint32_t)((uintptr_t)counted_from - (uintptr_t)painted) : 0;
  if (used > deepest) deepest = used;
  return used;
}

uint32_t lsgd_stack_used(const uint8_t* base) {
  counted_from = (const word*)(uintptr_t)base;
  return used_between(watched, counted_from, pattern);
}

uint32_t lsgd_stack_used_below(void) {
  return watched == NULL ? 0 : used_between(limit(), watched, pattern_below);
}
