/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QEMU's virt machine: instructions counted under -icount, no cycles; bytes from and to the host
 * through semihosting.
 */
#include "lsgd/platform.h"

#include "../bare_metal/semihosting.h"
#include "../riscv32/riscv32.h"

/** Physical memory protection: naturally aligned powers of two. */
#define LOCKED_AND_FORBIDDEN 0x98u
#define ALLOWED 0x1fu
#define EVERYWHERE 0xffffffffu

#define FORBIDDEN_BYTES 0x01000000u
#define FORBIDDEN_BASE (0x80000000u - FORBIDDEN_BYTES)

uint32_t lsgd_semihosting(uint32_t operation, const void* argument) {
  register uint32_t a0 __asm__("a0") = operation;
  register const void* a1 __asm__("a1") = argument;
  __asm__ volatile(
      ".option push\n\t.balign 16\n\t.option norvc\n\t"
      "slli zero, zero, 0x1f\n\tebreak\n\tsrai zero, zero, 7\n\t.option pop"
      : "+r"(a0)
      : "r"(a1)
      : "memory");
  return a0;
}

/* Where there is no memory below the stack, QEMU's PCIe window swallows stores silently. A page
   that no entry covers as a whole is looked up at each access, which costs most of the speed: the
   second entry covers all the others. */
static void forbid_access_below_the_stack(void) {
  __asm__ volatile("csrw pmpaddr0, %0" ::"r"((FORBIDDEN_BASE + FORBIDDEN_BYTES / 2 - 1) >> 2));
  __asm__ volatile("csrw pmpaddr1, %0" ::"r"(EVERYWHERE));
  __asm__ volatile("csrw pmpcfg0, %0" ::"r"(ALLOWED << 8 | LOCKED_AND_FORBIDDEN));
}

void lsgd_riscv32_prepare(void) { forbid_access_below_the_stack(); }

/* This goes to QEMU's standard error. */
void lsgd_riscv32_say(const char* line) { lsgd_semihosting(LSGD_SEMIHOSTING_WRITE0, line); }

uint64_t lsgd_platform_cycles(void) { return 0; }
