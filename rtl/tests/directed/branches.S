// SPDX-License-Identifier: Apache-2.0
// Conditional branches, taken or not, and jumps, each several times so that predictions are made, kept
// and corrected.
#include "test.h"

#define TAKEN(number, branch, a, b) \
  li gp, number;                    \
  li a0, a;                         \
  li a1, b;                         \
  branch a0, a1, 1f;                \
  j fail;                           \
  1:

#define NOT_TAKEN(number, branch, a, b) \
  li gp, number;                        \
  li a0, a;                             \
  li a1, b;                             \
  branch a0, a1, fail_near

TEST_BEGIN
  li s2, 3
again:
  TAKEN(1, beq, 5, 5)
  NOT_TAKEN(2, beq, 5, 6)
  TAKEN(3, bne, 5, 6)
  NOT_TAKEN(4, bne, 6, 6)
  TAKEN(5, blt, 0x80000000, 0x7fffffff)
  NOT_TAKEN(6, blt, 0x7fffffff, 0x80000000)
  NOT_TAKEN(7, blt, 4, 4)
  TAKEN(8, bge, 0x7fffffff, 0x80000000)
  TAKEN(9, bge, 4, 4)
  NOT_TAKEN(10, bge, -1, 0)
  TAKEN(11, bltu, 0x7fffffff, 0x80000000)
  NOT_TAKEN(12, bltu, 0x80000000, 0x7fffffff)
  TAKEN(13, bgeu, 0x80000000, 0x7fffffff)
  TAKEN(14, bgeu, -1, -1)
  NOT_TAKEN(15, bgeu, 0, 1)
  addi s2, s2, -1
  bgtz s2, again
  j counted

fail_near:
  j fail

counted:
  // A loop: the predictor learns the backward branch and misses its end.
  li gp, 16
  li a0, 0
  li a1, 10
1:addi a0, a0, 3
  addi a1, a1, -1
  bnez a1, 1b
  EXPECT(16, a0, 30)

  // A branch that alternates.
  li a0, 0
  li a1, 8
2:andi a2, a1, 1
  beqz a2, 3f
  addi a0, a0, 16
3:addi a0, a0, 1
  addi a1, a1, -1
  bnez a1, 2b
  EXPECT(17, a0, 72)

  // One return instruction with changing return addresses, in every alignment.
  .option push
  .option norvc
  li a0, 0
  li s2, 4
4:jal ra, add_one
  jal t1, add_two
  .option rvc
  c.nop
  .option norvc
  jal ra, add_one
  jal t1, add_two
  addi s2, s2, -1
  bnez s2, 4b
  EXPECT(18, a0, 24)

  // jalr clears bit 0 and uses its offset; rd and rs1 may be the same register.
  la a0, 5f
  addi a0, a0, -31
  jalr a0, 32(a0)
6:j fail
5:la a1, 6b
  li gp, 19
  bne a0, a1, fail
  .option pop

  // Jumps over jumps, and to targets in both halves of a word.
  li a0, 0
  li s2, 5
7:j 8f
9:addi a0, a0, 1
  j 10f
8:j 9b
10:
  addi s2, s2, -1
  bnez s2, 7b
  EXPECT(20, a0, 5)

  // Branches as far as they reach.
  li gp, 21
  j far
  .balign 4
far_back:
  j done
  .skip 3000
far:
  li a0, 1
  bnez a0, far_back
  j fail

add_one:
  addi a0, a0, 1
  ret
add_two:
  addi a0, a0, 2
  jr t1
done:
TEST_END
