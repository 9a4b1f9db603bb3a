// SPDX-License-Identifier: Apache-2.0
// CSR instructions, the fields of each register, counters.
#include "test.h"
TEST_BEGIN
  li a0, 0xa5a5a5a5
  csrw mscratch, a0
  csrr a1, mscratch
  EXPECT(1, a1, 0xa5a5a5a5)
  li a0, 0x0f0f0f0f
  csrrs a1, mscratch, a0
  EXPECT(2, a1, 0xa5a5a5a5)
  csrrc a1, mscratch, a0
  EXPECT(3, a1, 0xafafafaf)
  csrrw a1, mscratch, a0
  EXPECT(4, a1, 0xa0a0a0a0)
  csrrwi a1, mscratch, 21
  EXPECT(5, a1, 0x0f0f0f0f)
  csrrsi a1, mscratch, 10
  EXPECT(6, a1, 21)
  csrrci a1, mscratch, 3
  EXPECT(7, a1, 31)
  csrr a1, mscratch
  EXPECT(8, a1, 28)

  // Fields that do not exist read as zero, MPP as machine mode.
  li a0, -1
  csrw mie, a0
  csrr a1, mie
  EXPECT(9, a1, 0x888)
  csrw mie, zero
  csrr s1, mtvec
  csrw mtvec, a0
  csrr a1, mtvec
  csrw mtvec, s1
  EXPECT(10, a1, 0xfffffffc)
  csrw mepc, a0
  csrr a1, mepc
  EXPECT(11, a1, 0xfffffffe)
  csrw mcause, a0
  csrr a1, mcause
  EXPECT(12, a1, 0x8000000f)
  csrw mtval, a0
  csrr a1, mtval
  EXPECT(13, a1, 0xffffffff)
  csrw mstatus, a0
  csrr a1, mstatus
  EXPECT(14, a1, 0x1888)
  csrw mstatus, zero
  csrr a1, mstatus
  EXPECT(15, a1, 0x1800)
  csrw mip, a0
  csrr a1, mip
  EXPECT(16, a1, 0)
  csrr a1, misa
  EXPECT(17, a1, 0x40001104)
  csrw misa, zero
  csrr a1, misa
  EXPECT(18, a1, 0x40001104)
  csrr a1, mhartid
  csrr a2, mvendorid
  or a1, a1, a2
  csrr a2, marchid
  or a1, a1, a2
  csrr a2, mimpid
  or a1, a1, a2
  csrr a2, 0xf15
  or a1, a1, a2
  csrr a2, 0x310
  or a1, a1, a2
  EXPECT(19, a1, 0)

  // Counters of events and what inhibits counters are there and stay zero: first, last, upper halves.
  li a0, -1
  csrw mhpmcounter3, a0
  csrr a1, mhpmcounter3
  csrw mhpmcounter31, a0
  csrr a2, mhpmcounter31
  or a1, a1, a2
  csrw mhpmcounter3h, a0
  csrr a2, mhpmcounter3h
  or a1, a1, a2
  csrw mhpmcounter31h, a0
  csrr a2, mhpmcounter31h
  or a1, a1, a2
  csrw mhpmevent3, a0
  csrr a2, mhpmevent3
  or a1, a1, a2
  csrw mhpmevent31, a0
  csrr a2, mhpmevent31
  or a1, a1, a2
  csrw mcountinhibit, a0
  csrr a2, mcountinhibit
  or a1, a1, a2
  EXPECT(28, a1, 0)

  // minstret: a written value is read by the next instruction; then every instruction counts.
  li a0, 100
  csrw minstret, a0
  csrr a1, minstret
  EXPECT(20, a1, 100)
  csrw minstret, a0
  nop
  la a2, tohost
  nop
  csrr a1, minstret
  EXPECT(21, a1, 104)
  li a0, -1
  csrw minstret, a0
  nop
  csrr a1, instreth
  EXPECT(22, a1, 1)
  csrw minstreth, zero
  rdinstreth a1
  EXPECT(23, a1, 0)

  // mcycle runs, also across its halves; time follows it.
  csrr a0, mcycle
  csrr a1, cycle
  li gp, 24
  bgeu a0, a1, fail
  li a0, 0xffffffe0
  csrw mcycleh, zero
  csrw mcycle, a0
  li a1, 20
1:addi a1, a1, -1
  bnez a1, 1b
  csrr a1, cycleh
  EXPECT(25, a1, 1)
  csrr a0, time
  csrr a1, time
  li gp, 26
  bgeu a0, a1, fail
  csrr a0, timeh
  EXPECT(27, a0, 0)
TEST_END
