/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QEMU's models of Arm's MPS2 boards with the images AN385 (Cortex-M3) and AN386 (Cortex-M4), each
 * with a link of its own to the host; instructions from a clock that QEMU advances by a fixed time
 * for each.
 */
#include "lsgd/platform.h"

#include <string.h>

#include "../bare_metal/fault_line.h"
#include "../bare_metal/semihosting.h"
#include "agent.h"
#include "register.h"

/** Counts at 25 MHz; in 32 instructions of 128 ns (-icount shift=7) that is 102.4 times. */
#define BOARD_COUNTER REGISTER(0x40028018u)

#define COPROCESSOR_ACCESS REGISTER(0xe000ed88u)
#define FULL_ACCESS_TO_FPU (0xfu << 20)

/** Memory protection: region 0, 16 MiB without access up to the data memory, all else as without.
 */
#define PROTECTION_CONTROL REGISTER(0xe000ed94u)
#define PROTECTION_BASE REGISTER(0xe000ed9cu)
#define PROTECTION_ATTRIBUTES REGISTER(0xe000eda0u)
#define ON_WITH_DEFAULT_MAP 0x5u
#define BELOW_THE_STACK 0x1f000010u
#define FORBIDDEN_16_MIB (1u << 28 | 23u << 1 | 1u)

#define FAULT_STATUS REGISTER(0xe000ed28u)

#define FAULT_EXIT_STATUS 64

/** Reason of an exit. */
#define APPLICATION_EXIT 0x20026u

extern uint8_t __stack_limit[], __stack[], __bss_start[], __bss_end[];

uint32_t lsgd_semihosting(uint32_t operation, const void* argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

uint64_t lsgd_platform_cycles(void) { return 0; }

/* One instruction is 3.2 counts, so the rounded quotient of a difference is exact; it must not span
   2^32 counts, 1.3e9 instructions. */
uint64_t lsgd_platform_instructions(void) {
  static uint64_t instructions;
  static uint32_t before;
  const uint32_t now = BOARD_COUNTER;
  instructions += ((uint64_t)(now - before) * 10 + 16) / 32;
  before = now;
  return instructions;
}

uint8_t* lsgd_platform_stack_limit(void) { return __stack_limit; }

uint32_t lsgd_platform_heap_bytes(void) { return 0; }

void lsgd_platform_exit(int status) {
  const uint32_t reason[2] = {APPLICATION_EXIT, (uint32_t)status};
  for (;;) lsgd_semihosting(LSGD_SEMIHOSTING_EXIT_EXTENDED, reason);
}

/** Words that the processor pushes on an exception, and where among them it was executing. */
#define FRAME_WORDS 8
#define FRAME_PROGRAM_COUNTER 6

/** Every exception: none is expected. */
static __attribute__((used, noreturn)) void fault(uint32_t exception, const uint32_t* frame) {
  const uint32_t position = (uint32_t)frame;
  const int is_on_the_stack = position >= (uint32_t)__stack_limit &&
                              position <= (uint32_t)__stack - FRAME_WORDS * sizeof *frame;
  const uint32_t program_counter = is_on_the_stack ? frame[FRAME_PROGRAM_COUNTER] : 0;
  lsgd_semihosting(LSGD_SEMIHOSTING_WRITE0,
                   lsgd_fault_line(exception, program_counter, FAULT_STATUS));
  lsgd_platform_exit((int)(FAULT_EXIT_STATUS + (exception & 63)));
  for (;;) continue;
}

/* The stack may be what failed, and nothing returns to it: the report is written from below the
   frame where there is one, else from the top. */
static __attribute__((naked)) void fault_entry(void) {
  __asm__ volatile(
      "mrs r0, ipsr\n\t"
      "mov r1, sp\n\t"
      "ldr r2, =__stack_limit + 1024\n\t"
      "cmp r1, r2\n\t"
      "bhs 1f\n\t"
      "ldr r2, =__stack\n\t"
      "mov sp, r2\n"
      "1:\n\t"
      "b fault");
}

static __attribute__((noreturn)) void reset(void) {
  memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
#if defined(__ARM_FP)
  COPROCESSOR_ACCESS = FULL_ACCESS_TO_FPU;
  __asm__ volatile("dsb\n\tisb");
#endif
  /* QEMU's boards ignore stores where there is no memory. */
  PROTECTION_BASE = BELOW_THE_STACK;
  PROTECTION_ATTRIBUTES = FORBIDDEN_16_MIB;
  PROTECTION_CONTROL = ON_WITH_DEFAULT_MAP;
  lsgd_agent_run();
  lsgd_platform_exit(0);
  for (;;) continue;
}

struct vector_table {
  uint8_t* stack;
  void (*reset)(void);
  void (*exceptions[14])(void);
};

extern const struct vector_table lsgd_vector_table;
__attribute__((section(".vectors"))) const struct vector_table lsgd_vector_table = {
    __stack,
    reset,
    {fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry,
     fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry}};
