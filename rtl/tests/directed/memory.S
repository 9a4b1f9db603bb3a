// SPDX-License-Identifier: Apache-2.0
// Loads and stores of every size, sign and byte lane, and their hazards.
#include "test.h"
TEST_BEGIN
  .option norvc
  la s0, words
  lw a0, 0(s0)
  EXPECT(1, a0, 0x8070f0e1)
  lh a0, 0(s0)
  EXPECT(2, a0, 0xfffff0e1)
  lh a0, 2(s0)
  EXPECT(3, a0, 0xffff8070)
  lhu a0, 0(s0)
  EXPECT(4, a0, 0xf0e1)
  lhu a0, 2(s0)
  EXPECT(5, a0, 0x8070)
  lb a0, 0(s0)
  EXPECT(6, a0, 0xffffffe1)
  lb a0, 1(s0)
  EXPECT(7, a0, 0xfffffff0)
  lb a0, 2(s0)
  EXPECT(8, a0, 0x70)
  lb a0, 3(s0)
  EXPECT(9, a0, 0xffffff80)
  lbu a0, 0(s0)
  EXPECT(10, a0, 0xe1)
  lbu a0, 1(s0)
  EXPECT(11, a0, 0xf0)
  lbu a0, 2(s0)
  EXPECT(12, a0, 0x70)
  lbu a0, 3(s0)
  EXPECT(13, a0, 0x80)
  addi s1, s0, 2047
  lw a0, -2043(s1)
  EXPECT(14, a0, 0x12345678)

  li a1, 0xa1b2c3d4
  sw a1, 8(s0)
  lw a0, 8(s0)
  EXPECT(15, a0, 0xa1b2c3d4)
  li a1, 0x5e
  sb a1, 9(s0)
  lw a0, 8(s0)
  EXPECT(16, a0, 0xa1b25ed4)
  sb a1, 11(s0)
  sb a1, 8(s0)
  sb a1, 10(s0)
  lw a0, 8(s0)
  EXPECT(17, a0, 0x5e5e5e5e)
  li a1, 0x1234
  sh a1, 10(s0)
  lw a0, 8(s0)
  EXPECT(18, a0, 0x12345e5e)
  sh a1, 8(s0)
  lw a0, 8(s0)
  EXPECT(19, a0, 0x12341234)

  // A loaded value used by the next instruction: as operand, as address, as data to store.
  lw a0, 4(s0)
  addi a0, a0, 1
  EXPECT(20, a0, 0x12345679)
  la a1, pointer
  lw a1, 0(a1)
  lw a0, 0(a1)
  EXPECT(21, a0, 0x8070f0e1)
  lw a0, 4(s0)
  sw a0, 12(s0)
  lw a1, 12(s0)
  EXPECT(22, a1, 0x12345678)
  // Two writes to one register, the later one counts.
  lw a0, 4(s0)
  li a0, 5
  EXPECT(23, a0, 5)
  li a0, 5
  lw a0, 4(s0)
  EXPECT(24, a0, 0x12345678)
  // A load to x0 changes nothing.
  lw zero, 4(s0)
  mv a0, zero
  EXPECT(25, a0, 0)
TEST_END
  .data
words:
  .word 0x8070f0e1, 0x12345678, 0, 0
pointer:
  .word words
