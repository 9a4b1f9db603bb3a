// SPDX-License-Identifier: Apache-2.0
// Timer and software interrupts: pending, enabled, taken between instructions, returned from.
#include "test.h"
#define MSIP 0x02000000
#define MTIMECMP 0x02004000
#define MTIME 0x0200bff8

TEST_BEGIN
  la t0, handler
  csrw mtvec, t0
  li s0, MTIMECMP
  li s1, MTIME
  li s7, MSIP
  li s2, 0

  // Pending but not enabled.
  sw zero, 0(s0)
  sw zero, 4(s0)
  li a0, 10
1:addi a0, a0, -1
  bnez a0, 1b
  csrr a0, mip
  EXPECT(1, a0, 0x80)
  // wfi goes on at once where an enabled one is pending, although interrupts are off as a whole.
  li a0, 0x80
  csrw mie, a0
  wfi
  csrw mie, zero
  EXPECT(11, s2, 0)
  csrsi mstatus, 8
  nop
  EXPECT(2, s2, 0)
  // Enabled: taken before the next instruction completes.
  li a0, 0x80
  csrw mie, a0
  nop
  EXPECT(3, s2, 1)
  li t6, 0x80000007
  li gp, 4
  bne s3, t6, fail
  csrr a0, mstatus
  EXPECT(5, a0, 0x1888)

  // Software interrupt.
  li a0, 8
  csrw mie, a0
  li a0, 1
  sw a0, 0(s7)
  lw a1, 0(s7)
  nop
  nop
  EXPECT(6, s2, 2)
  li t6, 0x80000003
  li gp, 7
  bne s3, t6, fail
  lw a0, 0(s7)
  EXPECT(8, a0, 0)

  // The timer fires at a chosen time, in a loop of loads, divisions and branches that it must not disturb.
  li a0, 0x80
  csrw mie, a0
  li s8, 100
  la s9, word
2:lw a0, 0(s1)
  andi a1, s8, 31
  addi a0, a0, 20
  add a0, a0, a1
  sw a0, 0(s0)
  sw zero, 4(s0)
  li a2, 6
  li a3, 0
3:lw a4, 0(s9)
  addi a4, a4, 1
  divu a5, a4, a2
  add a3, a3, a5
  sw a4, 0(s9)
  addi a2, a2, -1
  bnez a2, 3b
  lw a4, 0(s9)
  addi a4, a4, -6
  sw a4, 0(s9)
  EXPECT(9, a3, 247)
  addi s8, s8, -1
  bnez s8, 2b
  // 100 times set, 100 times taken, besides the two above.
  li a0, 200
4:addi a0, a0, -1
  bnez a0, 4b
  EXPECT(10, s2, 102)
  j done

  TRAP_VECTORS(handler, handle_trap)
handle_trap:
  addi s2, s2, 1
  csrr s3, mcause
  li s4, -1
  sw s4, 4(s0)
  sw zero, 0(s7)
  // The line falls some cycles after the store.
  nop
  nop
  mret
done:
TEST_END
  .data
word: .word 97
