# SPDX-License-Identifier: Apache-2.0
# Traps of several kinds, whose handler goes on behind the instruction; none reads a counter.
    .option norvc
    .globl _start
_start:
    la t0, handler
    csrw mtvec, t0
    li s0, 0
    li s1, 3
again:
    ecall
    ebreak
    .word 0
    lw a0, 1(zero)
    lw a0, 0(zero)
    sw a0, 4(zero)
    csrr a1, mcause
    addi s1, s1, -1
    bnez s1, again
    li t0, 1
    la t1, tohost
    sw t0, 0(t1)
end:
    j end

    .balign 4
handler:
    addi s0, s0, 1
    csrr t1, mepc
    addi t1, t1, 4
    csrw mepc, t1
    mret

    .balign 8
    .globl tohost
tohost:
    .word 0
