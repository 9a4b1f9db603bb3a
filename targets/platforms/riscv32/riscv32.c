/* SPDX-License-Identifier: Apache-2.0 */
#include "riscv32.h"

#include "../bare_metal/fault_line.h"
#include "lsgd/platform.h"

/* Line status: all of the transmitter's FIFO is free. */
#define READY_TO_SEND 0x20
#define TRANSMIT_FIFO_BYTES 16

/** QEMU's exit device: one word ends the machine with the status in its upper half. */
#define EXIT_DEVICE 0x00100000u
#define EXIT_SUCCESS 0x5555u
#define EXIT_FAILURE 0x3333u

#define TRAP_STATUS 64

extern uint8_t __stack_limit[];

static volatile uint8_t* const byte_device = (volatile uint8_t*)LSGD_RISCV32_BYTE_DEVICE;

/* Weak: where a board has another link, it takes this one's place. */
__attribute__((weak)) void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  volatile uint8_t* const data = byte_device + LSGD_RISCV32_DATA;
  while (count > 0) {
    while ((byte_device[LSGD_RISCV32_LINE_STATUS] & READY_TO_SEND) == 0) continue;
    const size_t sent = count < TRANSMIT_FIFO_BYTES ? count : TRANSMIT_FIFO_BYTES;
    for (const uint8_t* const end = bytes + sent; bytes != end; ++bytes) *data = *bytes;
    count -= sent;
  }
}

uint64_t lsgd_platform_instructions(void) {
  uint64_t instructions;
  LSGD_RISCV32_READ_COUNTER(instructions, "minstret");
  return instructions;
}

uint8_t* lsgd_platform_stack_limit(void) { return __stack_limit; }

uint32_t lsgd_platform_heap_bytes(void) { return 0; }

void lsgd_platform_exit(int status) {
  volatile uint32_t* const exit_device = (volatile uint32_t*)EXIT_DEVICE;
  *exit_device = status == 0 ? EXIT_SUCCESS : (uint32_t)status << 16 | EXIT_FAILURE;
  for (;;) continue;
}

void lsgd_riscv32_trap(uint32_t cause, uint32_t address, uint32_t value) {
  lsgd_riscv32_say(lsgd_fault_line(cause, address, value));
  lsgd_platform_exit((int)(TRAP_STATUS + (cause & 63)));
}
