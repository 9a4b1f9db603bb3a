// SPDX-License-Identifier: Apache-2.0
// The external interrupt: priority over the others, and precise where the instruction it precedes traps itself.
#include "test.h"
#define MSIP 0x02000000
#define EXTERNAL 0x02000004
#define MTIMECMP 0x02004000

// The next entry of the log, causes then addresses, must be this cause at this label.
#define EXPECT_TRAP(number, cause, label) \
  li gp, number;                          \
  lw a0, 0(s3);                           \
  li t6, cause;                           \
  bne a0, t6, fail;                       \
  lw a0, 4(s3);                           \
  la t6, label;                           \
  bne a0, t6, fail;                       \
  addi s3, s3, 8

#define EXPECT_LOG_END(number, end) \
  li gp, number;                    \
  la t6, end;                       \
  bne s2, t6, fail

TEST_BEGIN
  la t0, handler
  csrw mtvec, t0
  li s0, MTIMECMP
  li s1, EXTERNAL
  li s7, MSIP
  la s2, log
  mv s3, s2

  // Pending but not enabled; the line is what was written last.
  li a0, 1
  sw a0, 0(s1)
  lw a1, 0(s1)
  EXPECT(1, a1, 1)
  csrr a0, mip
  EXPECT(2, a0, 0x800)
  csrsi mstatus, 8
  nop
  EXPECT_LOG_END(3, log)
  // Another one enabled makes no difference.
  li a0, 0x88
  csrw mie, a0
  nop
  EXPECT_LOG_END(4, log)

  // Enabled: taken between two instructions.
  li a1, 0
  li a0, 0x800
  csrw mie, a0
1:addi a1, a1, 1
  EXPECT(5, a1, 1)
  EXPECT_TRAP(6, 0x8000000b, 1b)
  EXPECT_LOG_END(7, log + 8)
  csrr a0, mip
  EXPECT(8, a0, 0)
  lw a0, 0(s1)
  EXPECT(9, a0, 0)

  // All three at once: external, then software, then timer, each before the same instruction.
  csrci mstatus, 8
  sw zero, 0(s0)
  sw zero, 4(s0)
  li a0, 1
  sw a0, 0(s7)
  sw a0, 0(s1)
  li a0, 0x888
  csrw mie, a0
  csrr a0, mip
  EXPECT(10, a0, 0x888)
  csrsi mstatus, 8
2:nop
  EXPECT_TRAP(11, 0x8000000b, 2b)
  EXPECT_TRAP(12, 0x80000003, 2b)
  EXPECT_TRAP(13, 0x80000007, 2b)

  // External over the timer where software has none, and where the external one is masked the timer.
  csrci mstatus, 8
  sw zero, 0(s0)
  sw zero, 4(s0)
  li a0, 1
  sw a0, 0(s1)
  nop
  li a0, 0x880
  csrw mie, a0
  csrsi mstatus, 8
3:nop
  EXPECT_TRAP(14, 0x8000000b, 3b)
  EXPECT_TRAP(15, 0x80000007, 3b)
  csrci mstatus, 8
  sw zero, 0(s0)
  sw zero, 4(s0)
  li a0, 1
  sw a0, 0(s1)
  nop
  li a0, 0x80
  csrw mie, a0
  csrsi mstatus, 8
4:nop
  EXPECT_TRAP(16, 0x80000007, 4b)
  sw zero, 0(s1)

  // An instruction that traps itself: the interrupt comes first, at its address, then its exception.
  li a0, 0x800
  csrw mie, a0
  csrci mstatus, 8
  li a0, 1
  sw a0, 0(s1)
  csrsi mstatus, 8
5:ecall
  EXPECT_TRAP(17, 0x8000000b, 5b)
  EXPECT_TRAP(18, 11, 5b)
  csrci mstatus, 8
  li a0, 1
  sw a0, 0(s1)
  li a2, 0x40000000
  .option push
  .option norvc
  csrsi mstatus, 8
6:lw a3, 0(a2)
  .option pop
  EXPECT_TRAP(19, 0x8000000b, 6b)
  EXPECT_TRAP(20, 5, 6b)

  // By a store with interrupts enabled: nothing is lost or done twice, wherever it is taken.
  li s8, 50
  la s9, word
7:li a0, 1
  sw a0, 0(s1)
  lw a4, 0(s9)
  addi a4, a4, 3
  sw a4, 0(s9)
  li a5, 7
  divu a5, a4, a5
  beqz a5, 8f
  mv a6, a5
8:mv s2, s3
  addi s8, s8, -1
  bnez s8, 7b
  lw a4, 0(s9)
  EXPECT(21, a4, 150)
  EXPECT(22, a6, 21)
  la t6, taken
  lw a0, 0(t6)
  EXPECT(23, a0, 61)
  j done

// Logs cause and address, lowers the line that caused it, skips an instruction of four bytes that trapped.
  TRAP_VECTORS(handler, handle_trap)
handle_trap:
  csrr s4, mcause
  csrr s5, mepc
  sw s4, 0(s2)
  sw s5, 4(s2)
  addi s2, s2, 8
  la s6, taken
  lw s10, 0(s6)
  addi s10, s10, 1
  sw s10, 0(s6)
  bgez s4, exception
  andi s4, s4, 15
  li s5, 11
  beq s4, s5, external
  li s5, 3
  beq s4, s5, software
  li s4, -1
  sw s4, 4(s0)
  j lowered
external:
  sw zero, 0(s1)
  j lowered
software:
  sw zero, 0(s7)
lowered:
  // The line falls some cycles after the store.
  nop
  nop
  mret
exception:
  addi s5, s5, 4
  csrw mepc, s5
  mret
done:
TEST_END
  .data
  .balign 4
word: .word 0
taken: .word 0
log: .skip 256
