// SPDX-License-Identifier: Apache-2.0
// Every exception: cause, mepc, mtval, and that nothing of the trapping instruction or of those behind it
// took effect.
#include "test.h"
#include "traps.h"
TEST_BEGIN
  la t0, handler
  csrw mtvec, t0
  li a0, 0x80001000
  li a1, 42

  TRAPS(1, 11, 0, ecall)
  la s1, 2f
1:ebreak
2:EXPECT(2, s2, 3)
  bne s3, s4, fail
  la s1, 2f
1:c.ebreak
2:EXPECT(3, s2, 3)
  bne s3, s4, fail

  // Illegal: both all-zeros and all-ones, unknown opcodes, functions and CSRs.
  TRAPS(10, 2, 0, .half 0)
  TRAPS(11, 2, 0xffffffff, .word 0xffffffff)
  TRAPS(12, 2, 0x0000002f, .word 0x0000002f)
  TRAPS(13, 2, 0x02a5f5b3 | 0x40000000, .word 0x02a5f5b3 | 0x40000000)
  TRAPS(14, 2, 0x0005b503, .word 0x0005b503)
  TRAPS(15, 2, 0x0005e503, .word 0x0005e503)
  TRAPS(16, 2, 0x00a5b023, .word 0x00a5b023)
  TRAPS(17, 2, 0x00b52063, .word 0x00b52063)
  TRAPS(18, 2, 0x00051067, .word 0x00051067)
  TRAPS(19, 2, 0x02051513, .word 0x02051513)
  TRAPS(20, 2, 0x02055513, .word 0x02055513)
  TRAPS(21, 2, 0x0000200f, .word 0x0000200f)
  TRAPS(22, 2, 0x10300073, .word 0x10300073)
  TRAPS(23, 2, 0xc0001073, csrw cycle, zero)
  TRAPS(24, 2, 0xf1405073, csrwi mhartid, 0)
  TRAPS(25, 2, 0xc0209073, csrw instret, ra)
  TRAPS(26, 2, 0x5c0025f3, csrr a1, 0x5c0)
  TRAPS(27, 2, 0x180025f3, csrr a1, satp)
  TRAPS(28, 2, 0x302025f3, csrr a1, medeleg)
  TRAPS(29, 2, 0x7a0025f3, csrr a1, tselect)
  TRAPS(44, 2, 0xb01025f3, csrr a1, 0xb01)
  TRAPS(45, 2, 0x321025f3, csrr a1, 0x321)
  TRAPS(46, 2, 0xb20025f3, csrr a1, 0xb20)
  TRAPS(30, 2, 0x300045f3, .word 0x300045f3)
  TRAPS(31, 2, 0x000000f3, .word 0x000000f3)
  TRAPS(32, 2, 0x10200073, sret)
  TRAPS(33, 2, 0x30200173, .word 0x30200173)
  TRAPS(34, 2, 0x4002, .half 0x4002)
  TRAPS(35, 2, 0x8002, .half 0x8002)
  TRAPS(36, 2, 0x9501, .half 0x9501)
  TRAPS(37, 2, 0x9d01, .half 0x9d01)
  TRAPS(38, 2, 0x1502, .half 0x1502)
  TRAPS(39, 2, 0x6000, .half 0x6000)
  TRAPS(40, 2, 0x2002, .half 0x2002)
  TRAPS(41, 2, 0x6081, .half 0x6081)
  TRAPS(42, 2, 0x6101, .half 0x6101)
  TRAPS(43, 2, 0x8000, .half 0x8000)
  EXPECT(47, a1, 42)

  // Misaligned and out of range: loads, stores, fetch.
  TRAPS(50, 4, 0x80001001, lw a1, 1(a0))
  TRAPS(51, 4, 0x80001002, lw a1, 2(a0))
  TRAPS(52, 4, 0x80001003, lh a1, 3(a0))
  TRAPS(53, 4, 0x80001001, lhu a1, 1(a0))
  TRAPS(54, 6, 0x80001001, sw a1, 1(a0))
  TRAPS(55, 6, 0x80001003, sh a1, 3(a0))
  EXPECT(56, a1, 42)
  li a2, 0x7ffffffc
  li a3, 0x80100000
  TRAPS(57, 5, 0x7ffffffc, lw a1, 0(a2))
  TRAPS(58, 5, 0x80100003, lbu a1, 3(a3))
  TRAPS(59, 7, 0x7ffffffe, sh a1, 2(a2))
  TRAPS(60, 7, 0x80100000, sw a1, 0(a3))
  TRAPS(61, 5, 0, lw a1, 0(zero))
  li a4, 0x100000
  TRAPS(62, 5, 0x00100000, lw a1, 0(a4))
  EXPECT(63, a1, 42)

  // A store behind a faulting load must not reach memory, nor its result be used.
  la a4, word
  la s1, 2f
1:lw a1, 0(a2)
  sw a1, 0(a4)
  j fail
2:EXPECT(64, s2, 5)
  lw a5, 0(a4)
  EXPECT(65, a5, 0x5afe)
  // Two faulting accesses in a row: the first one counts.
  la s1, 2f
1:sw a1, 0(a2)
  lw a1, 0(a3)
2:EXPECT(66, s2, 7)
  EXPECT(67, s4, 0x7ffffffc)
  // A jump, a CSR write and an illegal instruction behind one.
  la s1, 2f
  lw a1, 0(a2)
  j fail
2:EXPECT(68, s2, 5)
  csrw mscratch, a1
  la s1, 2f
  lw a1, 0(a2)
  csrw mscratch, zero
2:csrr a5, mscratch
  EXPECT(69, a5, 42)
  la s1, 2f
  lw a1, 0(a2)
  .half 0
2:EXPECT(70, s2, 5)

  la s1, 2f
  li t1, 0x7ffffff0
  jalr ra, 0(t1)
1:j fail
2:EXPECT(71, s2, 1)
  EXPECT(72, s3, 0x7ffffff0)
  EXPECT(73, s4, 0x7ffffff0)
  la t6, 1b
  li gp, 74
  bne ra, t6, fail
  // The last halfword of the RAM starts a 32-bit instruction that would end behind it.
  li t1, 0x800ffffe
  li t2, 0x0013
  sh t2, 0(t1)
  fence              // fetched for the first time: nothing is to be forgotten
  la s1, 2f
  jalr ra, 0(t1)
  j fail
2:EXPECT(75, s2, 1)
  EXPECT(76, s3, 0x800ffffe)
  EXPECT(77, s4, 0x80100000)

  // mstatus across trap and mret, with interrupts enabled and none pending.
  csrsi mstatus, 8
  la s1, 2f
  ecall
2:EXPECT(78, s5, 0x1880)
  csrr a5, mstatus
  EXPECT(79, a5, 0x1888)
  csrci mstatus, 8
  la s1, 2f
  ecall
2:EXPECT(80, s5, 0x1800)
  TRAP_HANDLER
TEST_END
  .data
word: .word 0x5afe
