/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include "lsgd/platform.h"

/* Alternating: what a port reads before it writes it is a small count, flag or number at one call
 * and a large one at the next. */
#define SMALL_PATTERN ((uintptr_t)0x0101010101010101)
#define LARGE_PATTERN ((uintptr_t)0xf5f5f5f5f5f5f5f5)

/** Left unpainted below a frame's address, for the frame itself: registers saved and spilled. */
#define FRAME_MARGIN 64

/** Words painted below the deepest that was used: many more than the agent's own calls need. */
#define USE_MARGIN 512

/* By words: a simulated core would spend longer on each of its bytes than on the step it is to
 * measure. */
typedef volatile uintptr_t __attribute__((may_alias)) word;

/* Painting and searching a whole stack takes longer than a step of a small network. From `low` up
 * it has `pattern`, below that it keeps `deep_pattern` until something is used there. */
static word* low;
static uintptr_t pattern = LARGE_PATTERN;
static uintptr_t deep_pattern;
static const uint8_t* base_of_calls;

static word* lowest_word(void) { return (word*)(uintptr_t)lsgd_platform_stack_limit(); }

void lsgd_stack_paint(void) {
  word* const lowest = lowest_word();
  word* const top = (word*)((uintptr_t)__builtin_frame_address(0) - FRAME_MARGIN);
  if (low < lowest || low >= top) low = lowest; /* as at the first call */
  pattern ^= SMALL_PATTERN ^ LARGE_PATTERN;
  for (word* painted = low; painted < top; ++painted) *painted = pattern;
}

/** The first word that has another pattern; not below `end` if there is none. `from` may lie so far
 * above `end` that their difference is none. */
static __attribute__((noinline)) word* first_used(word* from, const word* end,
                                                  uintptr_t untouched) {
  while (from < end && end - from >= 4 && from[0] == untouched && from[1] == untouched &&
         from[2] == untouched && from[3] == untouched)
    from += 4; /* a simulated core spends its time here */
  while (from < end && *from == untouched) ++from;
  return from;
}

/** Bytes below the base; somewhat more is painted from now on. */
static uint32_t reached(word* used) {
  low = used - USE_MARGIN;
  return (uint32_t)((uintptr_t)base_of_calls - (uintptr_t)used);
}

uint32_t lsgd_stack_used_deeper(void) {
  word* const used = first_used(lowest_word(), low, deep_pattern);
  return used < low ? reached(used) : 0;
}

uint32_t lsgd_stack_used(const uint8_t* base) {
  base_of_calls = base;
  word* const used = first_used(low, (const word*)(uintptr_t)base, pattern);
  if ((const uint8_t*)(uintptr_t)used >= base) return 0;
  if (low == lowest_word()) {
    deep_pattern = pattern; /* of all of it */
  } else {
    if (used != low) return (uint32_t)((uintptr_t)base - (uintptr_t)used);
    const uint32_t deeper = lsgd_stack_used_deeper();
    if (deeper != 0) return deeper;
  }
  return reached(used);
}
