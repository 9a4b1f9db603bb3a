# SPDX-License-Identifier: Apache-2.0
# Entry of an image: trap handler, stack, zeroed memory, the agent.
    .section .text.start, "ax"
    .globl _start
_start:
    la      sp, __stack
    la      t0, trap
    csrw    mtvec, t0
    la      t0, __bss_start
    la      t1, __bss_end
1:  bgeu    t0, t1, 2f
    sw      zero, 0(t0)
    addi    t0, t0, 4
    j       1b
2:  call    lsgd_riscv32_prepare
    call    lsgd_agent_run
    li      a0, 0
    call    lsgd_platform_exit

# The stack may be what failed, and nothing returns to it.
    .balign 4
trap:
    la      sp, __stack
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    call    lsgd_riscv32_trap
