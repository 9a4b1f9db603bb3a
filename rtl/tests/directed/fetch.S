// SPDX-License-Identifier: Apache-2.0
// Instructions across word boundaries, code written by the program, and predictions that code
// written later makes wrong.
#include "test.h"
TEST_BEGIN
  // A core without Zifencei has nothing to show here: it says so by an illegal instruction.
  la t0, without_fence_i
  csrw mtvec, t0
  fence.i
  la t0, unexpected_trap
  csrw mtvec, t0
  j with_fence_i
  TRAP_VECTORS(without_fence_i, illegal_fence_i)
illegal_fence_i:
  csrr a0, mcause
  EXPECT(20, a0, 2)
  j done
with_fence_i:
  .option norvc
  // The same word as the end of a branch and, entered in the middle, as another instruction.
  .balign 4
  .option rvc
  c.nop
  .option norvc
  li a0, 0
  li s2, 4
1:addi a0, a0, 1
  .option rvc
  c.addi a0, 1
  .option norvc
  addi a0, a0, 1
  addi s2, s2, -1
  bnez s2, 1b
  EXPECT(1, a0, 12)

  // Write code, fence.i, run it; twice, so that the second version meets the first one's predictions:
  // a taken jump becomes an addition, at both alignments.
  la s0, buffer
  li s3, 2
alignments:
  la s1, jumping
  jal copy_and_run
  EXPECT(2, a0, 7)
  la s1, adding
  jal copy_and_run
  EXPECT(3, a0, 33)
  la s1, splitting
  jal copy_and_run
  EXPECT(4, a0, 6)
  la s1, jumping
  jal copy_and_run
  EXPECT(5, a0, 7)
  la s1, splitting
  jal copy_and_run
  EXPECT(6, a0, 6)
  la s1, jumping
  jal copy_and_run
  EXPECT(7, a0, 7)
  la s1, jumping_far
  jal copy_and_run
  EXPECT(8, a0, 5)
  addi s0, s0, 2
  addi s3, s3, -1
  bnez s3, alignments
  j done

copy_and_run:
  mv t0, s0
  li t1, 10
1:lhu t2, 0(s1)
  sh t2, 0(t0)
  addi s1, s1, 2
  addi t0, t0, 2
  addi t1, t1, -1
  bnez t1, 1b
  fence.i
  mv s4, ra
  li a0, 0
  jalr ra, 0(s0)
  li a0, 0
  jalr ra, 0(s0)
  mv ra, s4
  ret

  .option rvc
  .balign 4
jumping:              // 16 bits: j over 4 halfwords, then 7
  c.j 2f
  c.addi a0, 1
  c.addi a0, 1
  c.addi a0, 1
  c.addi a0, 1
2:c.addi a0, 7
  c.jr ra
  c.nop
  c.nop
  c.nop
  .balign 4
adding:
  c.addi a0, 2
  c.addi a0, 4
  c.addi a0, 6
  c.addi a0, 8
  c.addi a0, 6
  c.addi a0, 7
  c.jr ra
  c.nop
  c.nop
  c.nop
  .balign 4
splitting:            // a 32-bit instruction starts where the 16-bit jump was
  .option norvc
  addi a0, a0, 1
  .option rvc
  c.addi a0, 1
  .option norvc
  addi a0, a0, 1
  addi a0, a0, 3
  .option rvc
  c.jr ra
  c.nop
  c.nop
  .balign 4
jumping_far:          // a 32-bit jump starts where the 16-bit one was: its first half is no jump to learn from
  .option norvc
  j 3f
  .option rvc
  c.addi a0, 1
  c.addi a0, 1
3:c.addi a0, 5
  c.jr ra
  c.nop
  c.nop
  c.nop
  c.nop
done:
  .option norvc
TEST_END
  .data
  .balign 4
buffer:
  .skip 64
