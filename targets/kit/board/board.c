/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The platform: how bytes come and go on the board, here through a 16550 at the address of QEMU's
 * `virt` machine. Put your UART's registers, its set-up and your counters in its place; lsgd.h says
 * what each function is asked for.
 */
#include "lsgd.h"

#define UART ((volatile uint8_t*)0x10000000u)
#define LINE_STATUS 5
#define RECEIVED 0x01
#define READY_TO_SEND 0x20

/* QEMU's exit device; a board stays in the loop behind it. */
#define EXIT_DEVICE ((volatile uint32_t*)0x00100000u)

/* Stack that may be written, below main's frame: the agent measures what a port uses of it. */
#define STACK_BYTES 8192

static uint8_t* stack_limit;

int lsgd_platform_read(void) {
  while ((UART[LINE_STATUS] & RECEIVED) == 0) continue;
  return UART[0];
}

void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  for (; count > 0; --count) {
    while ((UART[LINE_STATUS] & READY_TO_SEND) == 0) continue;
    UART[0] = *bytes++;
  }
}

/* 0 where the board cannot count exactly. */
uint64_t lsgd_platform_cycles(void) { return 0; }
uint64_t lsgd_platform_instructions(void) { return 0; }

uint8_t* lsgd_platform_stack_limit(void) { return stack_limit; }

uint32_t lsgd_platform_heap_bytes(void) { return 0; }

void lsgd_platform_exit(int status) {
  *EXIT_DEVICE = status == 0 ? 0x5555u : (uint32_t)status << 16 | 0x3333u;
  for (;;) continue;
}

int main(void) {
  stack_limit = (uint8_t*)__builtin_frame_address(0) - STACK_BYTES;
  lsgd_agent_run();
  lsgd_platform_exit(0);
}
