// SPDX-License-Identifier: Apache-2.0
// Every instruction of the C extension, at both alignments of the code around it.
#include "test.h"
.macro checks
  c.addi4spn a0, sp, 1020
  sub a0, a0, sp
  EXPECT(1, a0, 1020)
  c.addi4spn a0, sp, 4
  sub a0, a0, sp
  EXPECT(2, a0, 4)
  li a1, 0x600dcafe
  c.swsp a1, 252(sp)
  c.lwsp a2, 252(sp)
  EXPECT(3, a2, 0x600dcafe)
  mv a3, sp
  c.sw a1, 124(a3)
  c.lw a4, 124(a3)
  EXPECT(4, a4, 0x600dcafe)
  c.sw a1, 4(a3)
  lw a4, 4(sp)
  EXPECT(5, a4, 0x600dcafe)
  li a1, 4100
  c.sw a1, 4(a3)
  lw a4, 4(sp)
  EXPECT(40, a4, 4100)
  c.lw a4, 4(a3)
  EXPECT(41, a4, 4100)
  li a1, 4104
  c.sw a1, 8(a3)
  lw a4, 8(sp)
  EXPECT(42, a4, 4104)
  c.lw a4, 8(a3)
  EXPECT(43, a4, 4104)
  li a1, 4112
  c.sw a1, 16(a3)
  lw a4, 16(sp)
  EXPECT(44, a4, 4112)
  c.lw a4, 16(a3)
  EXPECT(45, a4, 4112)
  li a1, 4128
  c.sw a1, 32(a3)
  lw a4, 32(sp)
  EXPECT(46, a4, 4128)
  c.lw a4, 32(a3)
  EXPECT(47, a4, 4128)
  li a1, 4160
  c.sw a1, 64(a3)
  lw a4, 64(sp)
  EXPECT(48, a4, 4160)
  c.lw a4, 64(a3)
  EXPECT(49, a4, 4160)
  li a1, 8196
  c.swsp a1, 4(sp)
  lw a4, 4(sp)
  EXPECT(50, a4, 8196)
  c.lwsp a4, 4(sp)
  EXPECT(51, a4, 8196)
  li a1, 8200
  c.swsp a1, 8(sp)
  lw a4, 8(sp)
  EXPECT(52, a4, 8200)
  c.lwsp a4, 8(sp)
  EXPECT(53, a4, 8200)
  li a1, 8208
  c.swsp a1, 16(sp)
  lw a4, 16(sp)
  EXPECT(54, a4, 8208)
  c.lwsp a4, 16(sp)
  EXPECT(55, a4, 8208)
  li a1, 8224
  c.swsp a1, 32(sp)
  lw a4, 32(sp)
  EXPECT(56, a4, 8224)
  c.lwsp a4, 32(sp)
  EXPECT(57, a4, 8224)
  li a1, 8256
  c.swsp a1, 64(sp)
  lw a4, 64(sp)
  EXPECT(58, a4, 8256)
  c.lwsp a4, 64(sp)
  EXPECT(59, a4, 8256)
  li a1, 8320
  c.swsp a1, 128(sp)
  lw a4, 128(sp)
  EXPECT(60, a4, 8320)
  c.lwsp a4, 128(sp)
  EXPECT(61, a4, 8320)
  c.addi4spn a0, sp, 8
  sub a0, a0, sp
  EXPECT(62, a0, 8)
  c.addi4spn a0, sp, 16
  sub a0, a0, sp
  EXPECT(63, a0, 16)
  c.addi4spn a0, sp, 32
  sub a0, a0, sp
  EXPECT(64, a0, 32)
  c.addi4spn a0, sp, 64
  sub a0, a0, sp
  EXPECT(65, a0, 64)
  c.addi4spn a0, sp, 128
  sub a0, a0, sp
  EXPECT(66, a0, 128)
  c.addi4spn a0, sp, 256
  sub a0, a0, sp
  EXPECT(67, a0, 256)
  c.addi4spn a0, sp, 512
  sub a0, a0, sp
  EXPECT(68, a0, 512)
  li a0, 10
  c.addi a0, -32
  EXPECT(6, a0, -22)
  c.addi a0, 31
  EXPECT(7, a0, 9)
  c.nop
  c.li a0, -32
  EXPECT(8, a0, -32)
  c.li a0, 31
  EXPECT(9, a0, 31)
  mv a5, sp
  c.addi16sp sp, 496
  sub a0, sp, a5
  EXPECT(10, a0, 496)
  c.addi16sp sp, -512
  sub a0, sp, a5
  EXPECT(11, a0, -16)
  mv sp, a5
  c.addi16sp sp, 16
  sub a0, sp, a5
  EXPECT(30, a0, 16)
  mv sp, a5
  c.addi16sp sp, 32
  sub a0, sp, a5
  EXPECT(31, a0, 32)
  mv sp, a5
  c.addi16sp sp, 64
  sub a0, sp, a5
  EXPECT(32, a0, 64)
  mv sp, a5
  c.addi16sp sp, 128
  sub a0, sp, a5
  EXPECT(33, a0, 128)
  mv sp, a5
  c.addi16sp sp, 256
  sub a0, sp, a5
  EXPECT(34, a0, 256)
  mv sp, a5
  c.lui a0, 0x1f
  EXPECT(12, a0, 0x1f000)
  c.lui a0, 0xfffe0
  EXPECT(13, a0, 0xfffe0000)
  li a0, 0x80000010
  c.srli a0, 4
  EXPECT(14, a0, 0x08000001)
  li a0, 0x80000010
  c.srai a0, 31
  EXPECT(15, a0, -1)
  li a0, 0xff
  c.andi a0, -16
  EXPECT(16, a0, 0xf0)
  li a0, 0xff00
  li a1, 0x0ff0
  c.sub a0, a1
  EXPECT(17, a0, 0xef10)
  li a0, 0xff00
  c.xor a0, a1
  EXPECT(18, a0, 0xf0f0)
  li a0, 0xff00
  c.or a0, a1
  EXPECT(19, a0, 0xfff0)
  li a0, 0xff00
  c.and a0, a1
  EXPECT(20, a0, 0x0f00)
  li a0, 3
  c.slli a0, 30
  EXPECT(21, a0, 0xc0000000)
  li t3, 77
  c.mv a0, t3
  EXPECT(22, a0, 77)
  c.add a0, t3
  EXPECT(23, a0, 154)

  li gp, 24
  c.j 1f
  j fail
1:li a0, 0
  c.beqz a0, 2f
  j fail
2:c.bnez a0, 3f
  li a0, 1
  c.beqz a0, 3f
  c.bnez a0, 4f
3:j fail
4:li a0, 0
  c.jal subroutine
  c.jal subroutine
  la t3, subroutine
  c.jalr t3
  c.jalr t3
  EXPECT(25, a0, 4)
  // Backward, as far as compressed branches reach.
  li a1, 3
  c.j 6f
5:c.addi a1, -1
  c.j 6f
  .skip 230
6:c.bnez a1, 5b
  EXPECT(26, a1, 0)
.endm

TEST_BEGIN
  .option norelax
  la sp, stack
  checks
  .balign 4
  c.nop
  checks
  j done

subroutine:
  c.addi a0, 1
  c.jr ra
done:
TEST_END
  .data
  .balign 16
  .skip 512
stack:
  .skip 1040
