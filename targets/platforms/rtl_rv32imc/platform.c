/* SPDX-License-Identifier: Apache-2.0 */

/* The simulated core (rtl/): exact cycles and instructions, and no memory below the stack. */
#include "lsgd/platform.h"

#include "../riscv32/riscv32.h"

void lsgd_riscv32_prepare(void) {}

/*
 * The simulation stands still until a byte is there: no need to ask the line status. Weak: where a
 * board has another link, it takes this one's place.
 */
__attribute__((weak)) int lsgd_platform_read(void) {
  return *(volatile uint8_t*)(LSGD_RISCV32_BYTE_DEVICE + LSGD_RISCV32_DATA);
}

/* The simulation prints what is written to the byte device's scratch register. */
void lsgd_riscv32_say(const char* line) {
  volatile uint8_t* const scratch = (volatile uint8_t*)(LSGD_RISCV32_BYTE_DEVICE + 7);
  while (*line != '\0') *scratch = (uint8_t)*line++;
}

uint64_t lsgd_platform_cycles(void) {
  uint64_t cycles;
  LSGD_RISCV32_READ_COUNTER(cycles, "mcycle");
  return cycles;
}
