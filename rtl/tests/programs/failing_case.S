# SPDX-License-Identifier: Apache-2.0
# What a public test program does when its case 42 fails.
    .section .text.start, "ax"
    .globl _start
_start:
    li      gp, 42
    slli    gp, gp, 1
    ori     gp, gp, 1
1:  la      t0, tohost
    sw      gp, 0(t0)
    sw      zero, 4(t0)
    j       1b
    .section .tohost, "aw"
    .globl  tohost
    .balign 64
tohost:
    .dword  0
