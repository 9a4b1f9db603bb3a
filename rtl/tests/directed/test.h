// SPDX-License-Identifier: Apache-2.0
// Frame of a directed test. Cases are numbered in gp; a failing one stores 2 * number + 1 to `tohost`, the
// end of the test stores 1, as public RISC-V test programs do.
// Where traps go, for mtvec: a jump for each cause below 12, aligned as the strictest cores want it. It does not matter
// whether a core sends interrupts to their own entries or all traps to the first.
#define TRAP_VECTORS(table, handler)                         \
  .balign 256;                                               \
  .option push;                                              \
  .option norvc;                                             \
  table: j handler; j handler; j handler; j handler;         \
  j handler; j handler; j handler; j handler;                \
  j handler; j handler; j handler; j handler;                \
  .option pop

#define TEST_BEGIN             \
  .section .text.start, "ax"; \
  .globl _start;               \
  _start:                      \
  li gp, 0;                    \
  la t0, unexpected_trap;      \
  csrw mtvec, t0

#define TEST_END               \
  li gp, 0;                    \
  j finish;                    \
  TRAP_VECTORS(unexpected_trap, fail); \
  fail:                        \
  finish:                      \
  slli gp, gp, 1;              \
  ori gp, gp, 1;               \
  la t0, tohost;               \
  sw gp, 0(t0);                \
  sw zero, 4(t0);              \
  1: j 1b;                     \
  .section .tohost, "aw";      \
  .balign 64;                  \
  .globl tohost;               \
  tohost: .dword 0

// The register must hold the value; t6 is overwritten.
#define EXPECT(number, register, value) \
  li gp, number;                        \
  li t6, value;                         \
  bne register, t6, fail

// result = operation(a, b), with operands straight from the preceding instructions, then settled, then
// with the destination among the sources.
#define REGISTERS(number, operation, result, a, b) \
  li a0, a;                                        \
  li a1, b;                                        \
  operation a2, a0, a1;                            \
  EXPECT(number, a2, result);                      \
  nop;                                             \
  operation a0, a0, a1;                            \
  EXPECT(number, a0, result);                      \
  li a0, a;                                        \
  operation a1, a0, a1;                            \
  EXPECT(number, a1, result)

#define IMMEDIATE(number, operation, result, a, immediate) \
  li a0, a;                                                \
  operation a2, a0, immediate;                             \
  EXPECT(number, a2, result);                              \
  operation a0, a0, immediate;                             \
  EXPECT(number, a0, result)
