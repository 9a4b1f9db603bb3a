/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What differs between the machines that share start-up code, memory map and byte device: QEMU's
 * `virt` machine, and systems that follow its addresses. Each also provides lsgd_platform_read and
 * lsgd_platform_cycles.
 */

#include <stdint.h>

/** The byte device, a 16550, and registers of it. */
#define LSGD_RISCV32_BYTE_DEVICE 0x10000000u
#define LSGD_RISCV32_DATA 0
#define LSGD_RISCV32_LINE_STATUS 5

/** Makes the machine ready before the agent runs; stores below the stack must trap afterwards. */
void lsgd_riscv32_prepare(void);

/** Tells the person at the host one line, where the machine has a way besides the byte stream. */
void lsgd_riscv32_say(const char* line);

/** From start.S: an exception, which no image expects. Ends the device with status 64 + cause. */
void lsgd_riscv32_trap(uint32_t cause, uint32_t address, uint32_t value);

/** A 64-bit counter CSR in two halves, read until the upper half stood still. */
#define LSGD_RISCV32_READ_COUNTER(result, name)               \
  do {                                                        \
    uint32_t low, high, again;                                \
    do                                                        \
      __asm__ volatile("csrr %0, " name                       \
                       "h\n\t"                                \
                       "csrr %1, " name                       \
                       "\n\t"                                 \
                       "csrr %2, " name "h"                   \
                       : "=r"(high), "=r"(low), "=r"(again)); \
    while (high != again);                                    \
    result = (uint64_t)high << 32 | low;                      \
  } while (0)
