# SPDX-License-Identifier: Apache-2.0
# Enters and leaves like the public RISC-V tests of the `p` environment: CSRs that may be missing are
# tried under a trap vector behind them, the test runs after mret, ecall ends it.
    .section .text.start, "ax"
    .globl _start
_start:
    j       reset_vector
    .balign 4
trap_vector:
    csrr    t5, mcause
    li      t6, 11
    beq     t5, t6, write_tohost
    ori     gp, gp, 1337
write_tohost:
    sw      gp, tohost, t5
    sw      zero, tohost + 4, t5
    j       write_tohost
.macro try csr
    la      t0, 1f
    csrw    mtvec, t0
    csrwi   \csr, 0
    .balign 4
1:
.endm
reset_vector:
    li      gp, 0
    csrr    a0, mhartid
1:  bnez    a0, 1b
    try     0x744           # mnstatus
    try     0x180           # satp
    try     0x3b0           # pmpaddr0
    try     0x302           # medeleg
    try     0x303           # mideleg
    csrwi   mie, 0
    la      t0, trap_vector
    csrw    mtvec, t0
    csrwi   mstatus, 0
    la      t0, 1f
    csrw    mepc, t0
    mret
1:  li      gp, 2
    li      a1, 40
    addi    a1, a1, 2
    li      t2, 42
    bne     a1, t2, fail
    fence
    li      gp, 1
    li      a7, 93
    li      a0, 0
    ecall
fail:
    fence
    slli    gp, gp, 1
    ori     gp, gp, 1
    li      a7, 93
    mv      a0, gp
    ecall
    .section .tohost, "aw"
    .balign 64
    .globl  tohost, fromhost
tohost:
    .dword  0
    .balign 64
fromhost:
    .dword  0
