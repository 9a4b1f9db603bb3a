# SPDX-License-Identifier: Apache-2.0
# Runs the programs of a batch one after the other and transmits, after each, its signature: registers, the
# number and a hash of its traps, and the memory it works on. Runs on lsgd_soc and on QEMU's virt machine alike.
# The generator (random_program.cpp) places the batch at `batch`: number of programs, nonzero for
# interrupts, addresses of the programs. A program starts with sp and s0 pointing into `memory`,
# leaves these, gp and tp alone, and ends with a jump to `done`.
    .section .text.start, "ax"
    .globl _start
_start:
    la      t0, handler
    csrw    mtvec, t0
    la      tp, saved
    la      t0, batch
    lw      t1, 4(t0)
    beqz    t1, 1f
    sw      t1, 20(tp)
    call    set_timer
    li      t1, 0x880
    csrw    mie, t1
    csrsi   mstatus, 8
1:  la      t0, batch
    addi    t0, t0, 8
    la      t1, position
    sw      t0, 0(t1)
next:
    la      t0, batch
    lw      t1, 0(t0)
    beqz    t1, finish
    addi    t1, t1, -1
    sw      t1, 0(t0)
    la      t0, position
    lw      t1, 0(t0)
    addi    t2, t1, 4
    sw      t2, 0(t0)
    lw      ra, 0(t1)
    sw      zero, 12(tp)
    sw      zero, 16(tp)
    la      sp, memory
    addi    s0, sp, 128
    jr      ra

    .globl done
done:
    la      gp, registers
    sw      x1, 0(gp)
    sw      x5, 4(gp)
    sw      x6, 8(gp)
    sw      x7, 12(gp)
    sw      x9, 16(gp)
    sw      x10, 20(gp)
    sw      x11, 24(gp)
    sw      x12, 28(gp)
    sw      x13, 32(gp)
    sw      x14, 36(gp)
    sw      x15, 40(gp)
    sw      x16, 44(gp)
    sw      x17, 48(gp)
    sw      x18, 52(gp)
    sw      x19, 56(gp)
    sw      x20, 60(gp)
    sw      x21, 64(gp)
    sw      x22, 68(gp)
    sw      x23, 72(gp)
    sw      x24, 76(gp)
    sw      x25, 80(gp)
    sw      x26, 84(gp)
    sw      x27, 88(gp)
    sw      x28, 92(gp)
    sw      x29, 96(gp)
    sw      x30, 100(gp)
    sw      x31, 104(gp)
    lw      t0, 12(tp)
    sw      t0, 108(gp)
    lw      t0, 16(tp)
    sw      t0, 112(gp)
    csrr    t0, mscratch
    sw      t0, 116(gp)
    la      t0, registers
    la      t1, signature_end
    li      t2, 0x10000000
2:  lbu     t3, 0(t0)
    sb      t3, 0(t2)
    addi    t0, t0, 1
    bne     t0, t1, 2b
    j       next

finish:
    li      t0, 0x00100000
    li      t1, 0x5555
    sw      t1, 0(t0)
3:  j       3b

# Lets the timer fire some 100 to 350 cycles from now. Uses t0 to t2.
set_timer:
    lw      t0, 20(tp)
    slli    t1, t0, 13
    xor     t0, t0, t1
    srli    t1, t0, 17
    xor     t0, t0, t1
    slli    t1, t0, 5
    xor     t0, t0, t1
    sw      t0, 20(tp)
    andi    t0, t0, 255
    li      t1, 0x0200bff8
    lw      t2, 0(t1)
    add     t0, t0, t2
    addi    t0, t0, 100
    li      t1, 0x02004000
    sw      t0, 0(t1)
    sw      zero, 4(t1)
    ret

# An interrupt leaves no trace; every second one of the timer raises the external line, so that another
# one is taken before the same instruction, which lowers it. An exception counts, its cause, address and value enter the hash,
# and execution goes on behind the instruction, after a failed fetch at the return address.
    .balign 256                 # for cores with a table of vectors, which interrupts enter at 4 times their number
    .option push
    .option norvc
handler:
    .rept   12
    j       handle_trap
    .endr
    .option pop
handle_trap:
    sw      t0, 0(tp)
    sw      t1, 4(tp)
    sw      t2, 8(tp)
    csrr    t0, mcause
    bltz    t0, interrupt
    lw      t1, 12(tp)
    addi    t1, t1, 1
    sw      t1, 12(tp)
    lw      t1, 16(tp)
    slli    t2, t1, 5
    add     t1, t1, t2
    xor     t1, t1, t0
    csrr    t2, mepc
    slli    t0, t1, 5
    add     t1, t1, t0
    xor     t1, t1, t2
    csrr    t2, mcause
    addi    t2, t2, -3          # the value of a breakpoint is optional
    beqz    t2, 1f
    csrr    t2, mtval
    slli    t0, t1, 5
    add     t1, t1, t0
    xor     t1, t1, t2
1:  sw      t1, 16(tp)
    csrr    t0, mcause
    addi    t0, t0, -1
    csrr    t1, mepc
    bnez    t0, 2f
    mv      t1, ra
    j       3f
2:  lbu     t2, 0(t1)
    andi    t2, t2, 3
    addi    t2, t2, -3
    addi    t1, t1, 2
    bnez    t2, 3f
    addi    t1, t1, 2
3:  csrw    mepc, t1
    lw      t0, 0(tp)
    lw      t1, 4(tp)
    lw      t2, 8(tp)
    mret
interrupt:
    andi    t0, t0, 15
    addi    t0, t0, -11
    beqz    t0, 4f
    sw      ra, 24(tp)
    call    set_timer
    lw      ra, 24(tp)
    lw      t0, 20(tp)
    andi    t0, t0, 1
4:  li      t1, 0x02000004
    sw      t0, 0(t1)
    nop                         # the line has its new level some cycles after the store
    nop
    lw      t0, 0(tp)
    lw      t1, 4(tp)
    lw      t2, 8(tp)
    mret

    .data
    .balign 4
saved:      # t0 to t2, number and hash of traps, timer state, ra of an interrupt
    .skip   28
position:
    .word   0
registers:
    .skip   120
memory:
    .skip   256
signature_end:
    .globl  batch
    .balign 16
batch:
