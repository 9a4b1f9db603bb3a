// SPDX-License-Identifier: Apache-2.0
// Exceptions in directed tests.

// `instruction` at label 1 traps. The handler keeps mcause, mepc and mtval in s2 to s4, mstatus in s5,
// and continues at s1.
#define TRAPS(number, cause, value, ...) \
  la s1, 2f;                             \
  li s2, -1;                             \
  li s6, 0;                              \
  1: __VA_ARGS__;                        \
  addi s6, s6, 1;                        \
  addi s6, s6, 1;                        \
  j fail;                                \
  2: EXPECT(number, s2, cause);          \
  la t6, 1b;                             \
  bne s3, t6, fail;                      \
  li t6, value;                          \
  bne s4, t6, fail;                      \
  bnez s6, fail

// What falls into the handler jumps over it. It reads minstret because the model knows that a trapping
// instruction does not count.
#define TRAP_HANDLER \
  j 9f;              \
  TRAP_VECTORS(handler, handle_trap); \
  handle_trap:       \
  csrr s2, mcause;   \
  csrr s3, mepc;     \
  csrr s4, mtval;    \
  csrr s5, mstatus;  \
  csrr s7, minstret; \
  csrw mepc, s1;     \
  mret;              \
  9:
