# SPDX-License-Identifier: Apache-2.0
# Entry of a C program: stack, traps that stop the simulation, zeroed data, main, exit device.
    .section .text.start, "ax"
    .globl _start
_start:
    la      sp, __stack
    la      t0, trap_vector
    csrw    mtvec, t0
    la      t0, __bss_start
    la      t1, __bss_end
1:  bgeu    t0, t1, 2f
    sw      zero, 0(t0)
    addi    t0, t0, 4
    j       1b
2:  call    main
exit:                       # a0: exit status
    li      t0, 0x00100000
    li      t1, 0x5555
    beqz    a0, 3f
    slli    t1, a0, 16
    li      t2, 0x3333
    or      t1, t1, t2
3:  sw      t1, 0(t0)
4:  j       4b

    .balign 4
trap:
    li      a0, 125
    j       exit

# Where traps go first: some cores take them at multiples of 256 only. The linker script aligns it, behind all other code:
# an alignment here would make the linker relax fewer calls everywhere.
    .section .trap_vector, "ax"
trap_vector:
    j       trap
