// SPDX-License-Identifier: Apache-2.0
// Calls, a recursion three deep and a jump to another function, with known numbers of instructions.
    .option norvc
    .section .text.start, "ax"
    .globl _start
_start:
    la      sp, stack
    jal     root
    jal     leaf
    jal     root
    la      t0, tohost
    li      t1, 1
    sw      t1, 0(t0)
    j       .

    .macro  function name
    .type   \name, @function
\name:
    .endm

    function root
    addi    sp, sp, -16
    sw      ra, 0(sp)
    jal     leaf
    li      a0, 2
    jal     recurse
    lw      ra, 0(sp)
    addi    sp, sp, 16
    j       last

    function leaf
    nop
    ret

    function recurse
    beqz    a0, 1f
    addi    sp, sp, -16
    sw      ra, 0(sp)
    addi    a0, a0, -1
    jal     recurse
    lw      ra, 0(sp)
    addi    sp, sp, 16
1:  ret

    function last
    nop
    ret

    .section .tohost, "aw"
    .balign 64
    .globl  tohost
tohost: .dword 0
    .bss
    .balign 16
    .space  64
stack:
