/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include "lsgd/platform.h"

#define PATTERN 0xa5u

/** Left unpainted below a frame's address, for the frame itself: registers saved and spilled. */
#define FRAME_MARGIN 64

void lsgd_stack_paint(void) {
  volatile uint8_t* const top = (uint8_t*)__builtin_frame_address(0) - FRAME_MARGIN;
  for (volatile uint8_t* byte = lsgd_platform_stack_limit(); byte < top; ++byte) *byte = PATTERN;
}

uint32_t lsgd_stack_used(const uint8_t* base) {
  const volatile uint8_t* byte = lsgd_platform_stack_limit();
  while (byte < base && *byte == PATTERN) ++byte;
  return byte < base ? (uint32_t)(base - byte) : 0;
}
