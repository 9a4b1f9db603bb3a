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
