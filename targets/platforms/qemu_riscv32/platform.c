/* SPDX-License-Identifier: Apache-2.0 */

/* QEMU's virt machine: instructions counted under -icount, no cycles. */
#include "lsgd/platform.h"

#include "../riscv32/riscv32.h"

/* Registers of the 16550; the first two are another pair while the divisor is accessible. */
#define DIVISOR_LOW 0
#define DIVISOR_HIGH 1
#define INTERRUPT_ENABLE 1
#define FIFO_CONTROL 2
#define LINE_CONTROL 3
#define ENABLE_RECEIVED 0x01
#define FIFO_OF_14 0xc1 /* interrupts at 14 bytes, or when fewer have waited four bytes' time */
#define EIGHT_BITS 0x03
#define DIVISOR_ACCESS 0x80

/* The interrupt controller, for hart 0 in machine mode, and the byte device's line. */
#define INTERRUPT_PRIORITY 0x0c000000u
#define INTERRUPT_ENABLES 0x0c002000u
#define INTERRUPT_CLAIM 0x0c200004u
#define BYTE_DEVICE_INTERRUPT 10
#define MACHINE_EXTERNAL_INTERRUPT (1u << 11)

/** Physical memory protection: naturally aligned powers of two. */
#define LOCKED_AND_FORBIDDEN 0x98u
#define ALLOWED 0x1fu
#define EVERYWHERE 0xffffffffu

#define FORBIDDEN_BYTES 0x01000000u
#define FORBIDDEN_BASE (0x80000000u - FORBIDDEN_BYTES)

static volatile uint8_t* const byte_device = (volatile uint8_t*)LSGD_RISCV32_BYTE_DEVICE;

/* Where there is no memory below the stack, QEMU's PCIe window swallows stores silently. A page
   that no entry covers as a whole is looked up at each access, which costs most of the speed: the
   second entry covers all the others. */
static void forbid_access_below_the_stack(void) {
  __asm__ volatile("csrw pmpaddr0, %0" ::"r"((FORBIDDEN_BASE + FORBIDDEN_BYTES / 2 - 1) >> 2));
  __asm__ volatile("csrw pmpaddr1, %0" ::"r"(EVERYWHERE));
  __asm__ volatile("csrw pmpcfg0, %0" ::"r"(ALLOWED << 8 | LOCKED_AND_FORBIDDEN));
}

/* The divisor does not slow QEMU down, but it says how long fewer than 14 bytes wait. */
static void run_at_full_speed(void) {
  byte_device[LINE_CONTROL] = DIVISOR_ACCESS | EIGHT_BITS;
  byte_device[DIVISOR_LOW] = 1;
  byte_device[DIVISOR_HIGH] = 0;
  byte_device[LINE_CONTROL] = EIGHT_BITS;
}

/* The interrupt only ends wfi: it stays disabled globally. */
static void let_bytes_end_sleep(void) {
  ((volatile uint32_t*)INTERRUPT_PRIORITY)[BYTE_DEVICE_INTERRUPT] = 1;
  *(volatile uint32_t*)INTERRUPT_ENABLES = 1u << BYTE_DEVICE_INTERRUPT;
  byte_device[INTERRUPT_ENABLE] = ENABLE_RECEIVED;
  __asm__ volatile("csrw mie, %0" ::"r"(MACHINE_EXTERNAL_INTERRUPT));
}

void lsgd_riscv32_prepare(void) {
  forbid_access_below_the_stack();
  run_at_full_speed();
  let_bytes_end_sleep();
  /* This loses a byte that is already there; a host begins with zeros that mean nothing. */
  byte_device[FIFO_CONTROL] = FIFO_OF_14;
}

/* Polling would take the lock that QEMU needs to receive, and a processor from the host. */
void lsgd_riscv32_idle(void) {
  __asm__ volatile("wfi");
  /* Until it is claimed and completed it stays pending, and wfi would end at once. */
  volatile uint32_t* const claim = (volatile uint32_t*)INTERRUPT_CLAIM;
  *claim = *claim;
}

/* Semihosting: SYS_WRITE0, which goes to QEMU's standard error. */
void lsgd_riscv32_say(const char* line) {
  register uint32_t operation __asm__("a0") = 4;
  register const char* argument __asm__("a1") = line;
  __asm__ volatile(
      ".option push\n\t.balign 16\n\t.option norvc\n\t"
      "slli zero, zero, 0x1f\n\tebreak\n\tsrai zero, zero, 7\n\t.option pop"
      : "+r"(operation)
      : "r"(argument)
      : "memory");
}

uint64_t lsgd_platform_cycles(void) { return 0; }
